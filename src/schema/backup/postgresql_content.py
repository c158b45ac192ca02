"""Reads all that a PostgreSQL database holds; every checksum is computed by the server.

The definitions are compared by name and type only: PostgreSQL writes the expression of a CHECK or a view differently
once it was dumped and restored.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from src.schema.backup.content import Advance, Content, TableContent
from src.schema.state import VERSION_TABLE

# Gives the rows of a query that selects one column of JSON.
Ask = Callable[[str], list[Any]]

# How values are written depends on these.
SETTINGS = (
    "SET LOCAL datestyle = 'ISO, YMD'",
    "SET LOCAL intervalstyle = 'postgres'",
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL search_path = ''",
)
_OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"
_NOT_AN_EXTENSIONS = (
    "NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.{catalogue}'::regclass"
    " AND d.objid = {oid} AND d.deptype = 'e')"
)
RELATIONS = (
    f"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS}"
    f" AND {_NOT_AN_EXTENSIONS.format(catalogue='pg_class', oid='c.oid')}"
)
_COLUMN = "format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef, a.attidentity, a.attgenerated"

_LABELS = "(SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = x.oid)"


def _joined(catalogue: str, relation: str) -> str:
    return RELATIONS.replace(" WHERE ", f" JOIN pg_catalog.{catalogue} ON {relation} = c.oid WHERE ", 1)


def _named(catalogue: str, schema: str) -> str:
    return (
        f"FROM pg_catalog.{catalogue} x JOIN pg_catalog.pg_namespace n ON n.oid = x.{schema}"
        f" WHERE {_OURS} AND {_NOT_AN_EXTENSIONS.format(catalogue=catalogue, oid='x.oid')}"
    )


_TABLES = (
    "SELECT json_build_array(format('%I.%I', n.nspname, c.relname),"
    f" CASE WHEN n.nspname = 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END) {RELATIONS}"
    " AND c.relkind IN ('r', 'm') ORDER BY 1::text"
)
_DEFINITIONS = (
    f"SELECT json_build_array(c.relkind, n.nspname, c.relname) {RELATIONS}",
    f"SELECT json_build_array(n.nspname, c.relname, a.attname, {_COLUMN}) {_joined('pg_attribute a', 'a.attrelid')}"
    " AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped",
    f"SELECT json_build_array(n.nspname, c.relname, o.contype, o.conname, o.confdeltype, o.confupdtype, o.convalidated)"
    f" {_joined('pg_constraint o', 'o.conrelid')} AND o.contype <> 'n'",
    f"SELECT json_build_array(n.nspname, c.relname, g.tgname, g.tgenabled, g.tgtype)"
    f" {_joined('pg_trigger g', 'g.tgrelid')} AND NOT g.tgisinternal",
    "SELECT json_build_array(n.nspname, x.proname, x.proargtypes::regtype[]::text, md5(x.prosrc))"
    f" {_named('pg_proc', 'pronamespace')}",
    f"SELECT json_build_array(n.nspname, x.typname, x.typtype, {_LABELS}) {_named('pg_type', 'typnamespace')}"
    " AND x.typtype IN ('e', 'd', 'r')",
    "SELECT json_build_array(extname) FROM pg_catalog.pg_extension",
)


def read_postgresql_content(ask: Ask, advance: Advance) -> Content:
    """Read everything, in the transaction that is open and has the SETTINGS."""
    definitions = [sorted(json.dumps(row) for row in ask(query)) for query in _DEFINITIONS]
    listed = ask(_TABLES)
    tables = {}
    for number, (quoted, name) in enumerate(listed):
        tables[name] = _read_table(ask, quoted)
        advance((number + 1) / len(listed))
    revisions = []
    if VERSION_TABLE in tables:
        revisions = ask(f"SELECT to_json(version_num::text) FROM public.{VERSION_TABLE}")  # noqa: S608 - a constant
    return Content(
        definition=hashlib.sha256(json.dumps(definitions).encode()).hexdigest(),
        tables=tables,
        revisions=tuple(sorted(revisions)),
    )


def _read_table(ask: Ask, table: str) -> TableContent:
    # The sum of all rows' checksums is the same in whatever order they lie. ROW(x.*): a column may be called x.
    halves = ", ".join(
        f"coalesce(sum(('x' || substr(h, {start}, 16))::bit(64)::bigint::numeric), 0)::text" for start in (1, 17)
    )
    ((rows, first, second),) = ask(
        f"SELECT json_build_array(count(*), {halves}) FROM (SELECT md5(ROW(x.*)::text) AS h FROM ONLY {table} AS x) y"  # noqa: S608 - quoted by the server
    )
    return TableContent(rows, hashlib.sha256(f"{first} {second}".encode()).hexdigest())
