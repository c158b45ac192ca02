"""Sees which tables of a PostgreSQL database a statement may write to, before it does.

PostgreSQL tells nobody beforehand, so every table counts that a statement names, with those that its triggers,
functions, rules, partitions and cascading foreign keys write to. Afterwards PostgreSQL's own counters of this
transaction tell whether any other table was written to all the same.
"""

import re
from collections.abc import Sequence
from typing import Any

from src.schema.guard.objects import Key, Objects, tables_in
from src.schema.guard.postgresql_objects import read_postgresql_objects
from src.schema.guard.postgresql_rows import print_postgresql_table, quoted
from src.schema.guard.rows import Range, TablePrint
from src.schema.guard.sql_text import names_in, normal

_NAME = "CASE WHEN n.nspname = %(schema)s THEN c.relname::text ELSE n.nspname || '.' || c.relname END"
# In words that a statement may hold: what else is written to when these are.
_LEADS_TO = """
    SELECT child.relname, parent.relname, f.confdeltype::text || f.confupdtype::text, 'foreign key' FROM pg_constraint f
        JOIN pg_class child ON child.oid = f.conrelid JOIN pg_class parent ON parent.oid = f.confrelid
        WHERE f.contype = 'f'
    UNION ALL SELECT p.proname, c.relname, '', 'trigger' FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal
    UNION ALL SELECT child.relname, parent.relname, '', 'partition' FROM pg_inherits i
        JOIN pg_class child ON child.oid = i.inhrelid JOIN pg_class parent ON parent.oid = i.inhparent
    UNION ALL SELECT p.prosrc, p.proname, '', 'function' FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT EXISTS
        (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    UNION ALL SELECT pg_get_ruledef(r.oid), c.relname, '', 'rule' FROM pg_rewrite r
        JOIN pg_class c ON c.oid = r.ev_class
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
_COUNTERS = f"""
    SELECT {_NAME}, s.relid::bigint, s.n_tup_ins + s.n_tup_upd + s.n_tup_del, pg_relation_filenode(s.relid)::bigint
    FROM pg_stat_xact_user_tables s JOIN pg_class c ON c.oid = s.relid JOIN pg_namespace n ON n.oid = c.relnamespace
"""  # noqa: S608 - constants
_KEY = f"""
    SELECT a.attname, a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
    WHERE {_NAME} = %(table)s ORDER BY a.attnum
"""  # noqa: S608 - constants
_WRITTEN = re.compile(
    r"\b(?:into|update|truncate|table|copy|delete\s+from|alter|drop)\s+(?:only\s+|table\s+|if\s+exists\s+)*([\w.]+)"
)
_LOOKING = ("select", "show", "values", "table", "comment", "analyze", "set", "reset", "lock")
_HARMLESS = re.compile(
    r"(create (or replace )?(unique )?(index|trigger|view|function|sequence|type)|drop index|reindex)\b"
)
_ENDS = re.compile(r"(commit|end|abort|start transaction|begin|prepare transaction|rollback(?! to))\b")


class PostgresqlWatch:
    """Looks at a PostgreSQL database for the guard."""

    dialect = "postgresql"

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        (self._schema,) = driver.execute("SELECT coalesce(current_schema(), 'public')").fetchone()
        self._known: frozenset[str] = frozenset()
        self._looked_at: set[str] = set()
        self._extended: set[str] = set()
        self._counted: dict[str, tuple[int, int, int]] = {}
        self._leads_to: dict[str, set[str]] | None = None
        self._functions: set[str] = set()
        self._began: object = None
        self.ending = False

    def start(self, objects: Objects, *, ignored: frozenset[str]) -> None:
        """Look out for writes to these tables from here on."""
        self._known = frozenset(tables_in(objects)) - ignored
        self._looked_at.clear()
        self._extended.clear()
        self._leads_to = None
        self.note_beginning()

    def stop(self) -> None:
        """Look away."""

    def written_by(self, statement: str, parameters: Any, *, many: bool) -> frozenset[str]:
        """Name the known tables that a statement may write to, itself or through others."""
        words = normal(statement)
        if _ENDS.match(words):
            self.ending = True
        if not self._known or self.ending:
            return frozenset()
        leads_to = self._read_leads()
        named = names_in(statement)
        if words.startswith(_LOOKING) and not named & (self._functions | {"into"}):
            return frozenset()
        if words.startswith("create"):
            self._leads_to = None  # a new function or trigger may lead elsewhere
        if _HARMLESS.match(words):
            return frozenset()
        if words.startswith("alter table") and " add " in words and not named & {"drop", "rename", "type", "using"}:
            # A new column or constraint neither moves nor changes what is in the others, even if all is written anew.
            self._extended |= named & self._known
            return frozenset()
        if words.startswith("do ") and "execute" in named:
            return self._known
        far = bool(named & {"cascade", "truncate"})
        reached, waiting = set(named), list(named)
        while waiting:
            for name in leads_to.get(waiting.pop(), set()):
                bare = name.removeprefix("*")
                if (far or not name.startswith("*")) and bare not in reached:
                    reached.add(bare)
                    waiting.append(bare)
        if "" in reached:
            return self._known
        return frozenset(table for table in self._known if _is_named(table, reached, statement))

    def trust(self, *, trusted: bool) -> None:
        """PostgreSQL asks nobody."""

    def bypassed(self) -> frozenset[str]:
        """Name the tables that were written to although nobody had looked at them before."""
        if not self._known:
            return frozenset()
        now = self._count()
        found = set()
        for table in self._known - self._looked_at:
            before, after = self._counted.get(table), now.get(table)
            if before is None or after is None or before == after:
                continue
            if table in self._extended and before[:2] == after[:2]:
                continue
            found.add(table)
        return frozenset(found)

    def note_beginning(self) -> None:
        """A transaction of SQLAlchemy's begins: PostgreSQL counts from here, and knows it by its time."""
        self._counted = self._count() if self._known else {}
        (self._began,) = self._driver.execute("SELECT transaction_timestamp()").fetchone()

    def ended(self) -> bool:
        """Tell whether the revision ended the transaction by itself, or tried to."""
        (began,) = self._driver.execute("SELECT transaction_timestamp()").fetchone()
        return self.ending or began != self._began

    def read_objects(self) -> Objects:
        """Read what the database is made of."""
        return read_postgresql_objects(self._driver, self._schema)

    def print_table(
        self,
        objects: Objects,
        table: str,
        columns: Sequence[str],
        *,
        within: Range,
        like: TablePrint | None = None,
        key: Sequence[str] = (),
    ) -> TablePrint:
        """Take the checksums of a table, bound to its primary key; `like` another time, to `key`."""
        name = ".".join(quoted(part) for part in table.split("."))
        # Until the end nobody else may write to it, or what they wrote would be taken for what the migration did.
        self._driver.execute(f"LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE")
        self._looked_at.add(table)
        if like is None:
            found = self._driver.execute(_KEY, {"schema": self._schema, "table": table}).fetchall()
            numbered = [number for _, number in found] == [True]
            key = [column for column, _ in found]
        else:
            numbered = like.row_digests is None
        types = {column: objects[Key("column", table, column)]["type"] for column in columns}
        return print_postgresql_table(self._driver, name, types, within=within, key=key, numbered=numbered)

    def _count(self) -> dict[str, tuple[int, int, int]]:
        rows = self._driver.execute(_COUNTERS, {"schema": self._schema}).fetchall()
        return {table: (oid, written, file) for table, oid, written, file in rows}

    def _read_leads(self) -> dict[str, set[str]]:
        """Follow what is written to when something else is; read again in each revision."""
        if self._leads_to is not None:
            return self._leads_to
        leads: dict[str, set[str]] = {}
        rows = self._driver.execute(_LEADS_TO).fetchall()
        self._functions = {name.lower() for _, name, _, kind in rows if kind == "function"}
        for to, name, actions, kind in rows:
            targets = leads.setdefault(name.lower(), set())
            if kind in {"function", "rule"}:
                text = to.lower()
                words = names_in(text)
                targets |= {found.rpartition(".")[2] for found in _WRITTEN.findall(text)} | words & self._functions
                if "execute" in words:
                    targets.add("")  # whatever it makes up
            elif kind == "foreign key" and not set(actions) & set("cnd"):
                targets.add(f"*{to.lower()}")  # only if everything that refers to it goes too
            else:
                targets.add(to.lower())
        self._leads_to = leads
        return leads


def _is_named(table: str, words: set[str], statement: str) -> bool:
    bare = table.rpartition(".")[2].lower()
    return bare in words if re.fullmatch(r"\w+", bare) else bare in statement.lower()
