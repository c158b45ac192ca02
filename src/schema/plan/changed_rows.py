"""How many rows of which table a migration writes: inserted, changed or deleted, by itself or through a trigger."""

import re
from typing import Any, Protocol

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, event

from src.schema.guard.sql_text import normal
from src.schema.state import VERSION_TABLE

# Rows written, by table; "" stands for what a trigger wrote to other tables.
Counted = dict[str, int]

_TARGET = re.compile(
    r"(?:with .*?)?\b(?:insert (?:or \w+ )?into|replace into|update(?: or \w+)?|delete from|alter table)"
    r" (?:\S+ \. )?(\S+)"
)
_RENAME = re.compile(r"alter table (?:\S+ \. )?(\S+) rename to (\S+)")
_COUNTERS = """
    SELECT s.relid::bigint, c.relname::text, s.n_tup_ins + s.n_tup_upd + s.n_tup_del,
        pg_relation_filenode(s.relid)::bigint, quote_ident(n.nspname) || '.' || quote_ident(c.relname)
    FROM pg_stat_xact_user_tables s JOIN pg_class c ON c.oid = s.relid JOIN pg_namespace n ON n.oid = c.relnamespace
"""


class Counter(Protocol):
    """Counts from `begin` to `end` into what it is given."""

    def begin(self, counted: Counted) -> None: ...
    def end(self) -> None: ...


def counter_for(connection: Connection) -> Counter:
    """Give what counts on this engine."""
    return _Sqlite(connection) if connection.dialect.name == "sqlite" else _Postgresql(connection)


class _Sqlite:
    """SQLite counts all rows that a statement wrote, and those that it wrote through triggers apart."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._counted: Counted = {}
        self._before = 0

    def begin(self, counted: Counted) -> None:
        self._counted = counted
        event.listen(self._connection, "before_cursor_execute", self._look)
        event.listen(self._connection, "after_cursor_execute", self._count)

    def end(self) -> None:
        event.remove(self._connection, "before_cursor_execute", self._look)
        event.remove(self._connection, "after_cursor_execute", self._count)

    def _total(self) -> int:
        return int(getattr(self._connection.connection.driver_connection, "total_changes", 0))

    def _look(self, *_: Any) -> None:
        self._before = self._total()

    def _count(self, _connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
        words = normal(statement)
        renamed = _RENAME.match(words)
        if renamed is not None and renamed[1] in self._counted:
            self._counted[renamed[2]] = self._counted.get(renamed[2], 0) + self._counted.pop(renamed[1])
        written = self._total() - self._before
        target = _TARGET.match(words)
        if not written or target is None or VERSION_TABLE in words:
            return
        own = min(written, max(0, cursor.rowcount))
        for table, rows in ((target[1], own), ("", written - own)):
            if rows:
                self._counted[table] = self._counted.get(table, 0) + rows


class _Postgresql:
    """PostgreSQL counts the rows written in this transaction, table by table; one with a new file was written whole."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._counted: Counted = {}
        self._before: dict[int, tuple[int, int]] = {}

    def begin(self, counted: Counted) -> None:
        self._counted = counted
        self._before = {oid: (written, file) for oid, _name, written, file, _quoted in self._rows()}

    def end(self) -> None:
        for oid, table, written, file, quoted in self._rows():
            before, old_file = self._before.get(oid, (0, file))
            # After an autocommit block PostgreSQL has begun to count anew.
            rows = written - before if written >= before else written
            if file != old_file:
                rows = max(rows, self._all_of(quoted))
            if rows and table != VERSION_TABLE:
                self._counted[table] = self._counted.get(table, 0) + rows

    def _rows(self) -> list[Any]:
        driver: Any = self._connection.connection.driver_connection
        if driver.info.transaction_status == TransactionStatus.INERROR:
            return []  # it answers nothing more; what was written is undone anyway
        return list(driver.execute(_COUNTERS).fetchall())

    def _all_of(self, quoted: str) -> int:
        driver: Any = self._connection.connection.driver_connection
        ((rows,),) = driver.execute(f"SELECT count(*) FROM {quoted}").fetchall()  # noqa: S608 - quoted by the server
        return int(rows)
