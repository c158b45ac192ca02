"""What a PostgreSQL database is made of, read from its own catalogues; what an extension owns is the extension's."""

from collections.abc import Sequence
from typing import Any

from src.schema.guard.objects import SEQUENCE_VALUE, Key, Objects, table_key
from src.schema.guard.sql_text import normal_definition

_OURS = (
    "{n}.nspname NOT IN ('pg_catalog', 'information_schema') AND {n}.nspname !~ '^pg_(toast|temp)'"
    " AND (%(everywhere)s OR {n}.nspname = %(schema)s)"
)
_NOT_AN_EXTENSIONS = (
    "NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = '{catalogue}'::regclass AND d.objid = {oid}"
    " AND d.deptype = 'e')"
)
_RELATION = "CASE WHEN n.nspname = %(schema)s THEN c.relname::text ELSE n.nspname || '.' || c.relname END"
_FROM_RELATIONS = (
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace {join} WHERE "
    + _OURS.format(n="n")
    + " AND "
    + _NOT_AN_EXTENSIONS.format(catalogue="pg_class", oid="c.oid")
)
_TABLES = "c.relkind IN ('r', 'p', 'f')"
_PARTS = (
    "concat_ws(' ', pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid),"
    " (SELECT string_agg(h.inhparent::regclass::text, ' ' ORDER BY h.inhseqno) FROM pg_inherits h"
    " WHERE h.inhrelid = c.oid))"
)
_TYPE_NAME = "CASE WHEN n.nspname = %(schema)s THEN t.typname::text ELSE n.nspname || '.' || t.typname END"


def _relations(what: str, condition: str, join: str = "") -> str:
    return f"SELECT {_RELATION}, {what} {_FROM_RELATIONS.format(join=join)} AND {condition}"


_CONSTRAINT_KINDS = "CASE o.contype WHEN 'c' THEN 'check' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key'"
_CONSTRAINTS = _relations(
    f"{_CONSTRAINT_KINDS} WHEN 'p' THEN 'primary key' ELSE 'exclusion' END, o.conname, pg_get_constraintdef(o.oid)",
    "o.contype IN ('c', 'u', 'f', 'p', 'x') AND c.relkind IN ('r', 'p', 'f')",
    "JOIN pg_constraint o ON o.conrelid = c.oid",
)
_COLUMNS = _relations(
    "a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(e.adbin, e.adrelid),"
    " CASE WHEN a.attcollation <> t.typcollation THEN l.collname END, a.attidentity::text, a.attgenerated::text",
    f"{_TABLES} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum",
    "JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid"
    " LEFT JOIN pg_attrdef e ON e.adrelid = c.oid AND e.adnum = a.attnum"
    " LEFT JOIN pg_collation l ON l.oid = a.attcollation",
)
_SEQUENCES = _relations(
    "coalesce(o.relname, ''), coalesce(a.attname, ''), pg_sequence_last_value(c.oid)::text,"
    " concat_ws(' ', s.seqtypid::regtype, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle)",
    "c.relkind = 'S'",
    "JOIN pg_sequence s ON s.seqrelid = c.oid"
    " LEFT JOIN pg_depend p ON p.classid = 'pg_class'::regclass AND p.objid = c.oid AND p.deptype IN ('a', 'i')"
    " AND p.refclassid = 'pg_class'::regclass LEFT JOIN pg_class o ON o.oid = p.refobjid"
    " LEFT JOIN pg_attribute a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid",
)
_VIEWS = _relations(
    "pg_get_viewdef(c.oid), concat_ws(' ', CASE c.relkind WHEN 'm' THEN 'materialized' END,"
    " array_to_string(c.reloptions, ' '))",
    "c.relkind IN ('v', 'm')",
)
_FUNCTIONS = f"""
    SELECT CASE WHEN n.nspname = %(schema)s THEN '' ELSE n.nspname || '.' END || c.proname,
        CASE WHEN c.prokind IN ('f', 'p') THEN pg_get_functiondef(c.oid) ELSE c.proname::text END
    FROM pg_proc c JOIN pg_namespace n ON n.oid = c.pronamespace
    WHERE {_OURS.format(n="n")} AND {_NOT_AN_EXTENSIONS.format(catalogue="pg_proc", oid="c.oid")} AND NOT EXISTS
        (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = c.oid AND d.deptype = 'i')
"""  # noqa: S608 - constants
_TYPES = f"""
    SELECT {_TYPE_NAME}, CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' ELSE 'type' END,
        CASE t.typtype WHEN 'e' THEN (SELECT string_agg(quote_literal(enumlabel), ' ' ORDER BY enumsortorder)
            FROM pg_enum WHERE enumtypid = t.oid)
        WHEN 'r' THEN (SELECT format_type(rngsubtype, NULL) FROM pg_range WHERE rngtypid = t.oid)
        WHEN 'c' THEN (SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
            FROM pg_attribute WHERE attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped)
        ELSE concat_ws(' ', format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN 'NOT NULL' END,
            t.typdefault, (SELECT string_agg(pg_get_constraintdef(oid), ' ' ORDER BY conname)
                FROM pg_constraint WHERE contypid = t.oid)) END
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c') AND {_OURS.format(n="n")}
        AND {_NOT_AN_EXTENSIONS.format(catalogue="pg_type", oid="t.oid")}
"""  # noqa: S608 - constants
_WITHOUT_CONSTRAINT = "NOT EXISTS (SELECT 1 FROM pg_constraint o WHERE o.conindid = i.oid AND o.conrelid = c.oid)"
_OF_TABLES = (
    ("index", "i.relname, pg_get_indexdef(i.oid) || CASE WHEN x.indisvalid THEN '' ELSE ' INVALID' END",
     " AND ".join([_TABLES, _WITHOUT_CONSTRAINT]),
     "JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid"),
    ("trigger", "g.tgname, pg_get_triggerdef(g.oid) || ' ' || g.tgenabled::text", "NOT g.tgisinternal",
     "JOIN pg_trigger g ON g.tgrelid = c.oid"),
    ("policy", "p.polname, concat_ws(' ', p.polcmd::text, p.polpermissive, p.polroles::regrole[],"
     " pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))", "TRUE",
     "JOIN pg_policy p ON p.polrelid = c.oid"),
    ("rule", "r.rulename, pg_get_ruledef(r.oid)", "r.rulename <> '_RETURN'",
     "JOIN pg_rewrite r ON r.ev_class = c.oid"),
    ("comment", "coalesce(a.attname, ''), s.description", "c.relkind <> 'i'",
     "JOIN pg_description s ON s.classoid = 'pg_class'::regclass AND s.objoid = c.oid"
     " LEFT JOIN pg_attribute a ON s.objsubid > 0 AND a.attrelid = c.oid AND a.attnum = s.objsubid"),
    ("privilege", "g.grantee::regrole::text || ': ' || g.privilege_type, ''", "c.relacl IS NOT NULL",
     "CROSS JOIN aclexplode(c.relacl) g"),
    ("table option", "o.option, ''", f"{_TABLES} AND o.present",
     "CROSS JOIN LATERAL (VALUES ('row level security', c.relrowsecurity), ('forced row level security',"
     " c.relforcerowsecurity), ('kept after a crash', c.relpersistence = 'p')) o (option, present)"),
)  # fmt: skip
# What people wrote on parts that are no relations themselves: (catalogue, whose they are, name, further tables).
_OF_A_TABLE = "JOIN pg_class c ON c.oid = x.{key} JOIN pg_namespace n ON n.oid = c.relnamespace"
_COMMENTED = (
    ("pg_constraint", _RELATION, "'constraint ' || x.conname", _OF_A_TABLE.format(key="conrelid")),
    ("pg_trigger", _RELATION, "'trigger ' || x.tgname", _OF_A_TABLE.format(key="tgrelid")),
    ("pg_policy", _RELATION, "'policy ' || x.polname", _OF_A_TABLE.format(key="polrelid")),
    ("pg_class", _RELATION, "'index ' || x.relname", "JOIN pg_index i ON i.indexrelid = x.oid"
     " JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace"),
    ("pg_proc", "''", "'function ' || x.proname", "JOIN pg_namespace n ON n.oid = x.pronamespace"),
    ("pg_type", "''", "'type ' || x.typname", "JOIN pg_namespace n ON n.oid = x.typnamespace"),
)  # fmt: skip
_COMMENTS = " UNION ALL ".join(
    f"SELECT {owner}, {name}, s.description FROM {catalogue} x JOIN pg_description s ON s.objoid = x.oid"  # noqa: S608 - constants
    f" AND s.classoid = '{catalogue}'::regclass AND s.objsubid = 0 {join} WHERE {_OURS.format(n='n')}"
    f" AND {_NOT_AN_EXTENSIONS.format(catalogue=catalogue, oid='x.oid')}"
    for catalogue, owner, name, join in _COMMENTED
)
_QUERIES = {kind: _relations(what, condition, join) for kind, what, condition, join in _OF_TABLES}


def read_postgresql_objects(driver: Any, schema: str, *, everywhere: bool = True) -> Objects:
    """Read all that the migrations of a company could have made.

    `schema` is the one whose names stand alone; what is in others is read too, if `everywhere`.
    """
    found: dict[Key, dict[str, str]] = {}

    def rows(query: str) -> list[tuple[Any, ...]]:
        answer: list[tuple[Any, ...]] = driver.execute(query, {"schema": schema, "everywhere": everywhere}).fetchall()
        return answer

    for table, parts in rows(_relations(_PARTS, _TABLES)):
        found[table_key(table)] = {"partition": normal_definition(parts)} if parts else {}
    if not found and not rows(_relations("1", "TRUE") + " LIMIT 1") and not rows(_FUNCTIONS + " LIMIT 1"):
        return found  # nothing yet: the first upgrade of an empty database need not ask for the rest
    for table, name, *facts in rows(_COLUMNS):
        found[Key("column", table, name)] = _column(facts)
    for table, kind, name, definition in rows(_CONSTRAINTS):
        found[Key(kind, table, "" if kind == "primary key" else name)] = {"definition": normal_definition(definition)}
    for kind, query in _QUERIES.items():
        for table, name, definition in rows(query):
            text = definition if kind == "comment" else normal_definition(definition)
            found[Key(kind, table, name)] = {"definition": text} if text else {}
    for owner, name, text in rows(_COMMENTS):
        found[Key("comment", owner, name)] = {"definition": text}
    for view, definition, options in rows(_VIEWS):
        found[Key("view", "", view)] = {"definition": normal_definition(definition)} | (
            {"options": options} if options else {}
        )
    for sequence, table, column, value, definition in rows(_SEQUENCES):
        said = {"definition": definition, "owner": column, SEQUENCE_VALUE: value}
        found[Key("sequence", table, sequence)] = {side: text for side, text in said.items() if text}
    for name, definition in rows(_FUNCTIONS):
        key = Key("function", "", name)
        # One name may stand for several functions; together they are what must not change.
        before = found.get(key, {"definition": ""})["definition"]
        found[key] = {"definition": " ".join(sorted([before, normal_definition(definition)])).strip()}
    for name, kind, definition in rows(_TYPES):
        found[Key(kind, "", name)] = {"definition": definition or ""}
    for (name,) in rows("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'"):
        found[Key("extension", "", name)] = {}
    return found


_GENERATED = {"s": " stored", "v": " virtual"}


def _column(facts: Sequence[Any]) -> dict[str, str]:
    declared, not_null, default, collation, identity, generated = facts
    said = {
        "type": declared,
        "not null": "not null" if not_null else "",
        # What a generated column is computed from is kept where others have their default.
        "generated" if generated else "default": f"{normal_definition(default or '')}{_GENERATED.get(generated, '')}",
        "collate": collation or "",
        "identity": identity,
    }
    return {attribute: value for attribute, value in said.items() if value or attribute == "type"}
