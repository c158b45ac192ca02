"""Sees which tables of a SQLite database a statement is going to write to, before it does.

SQLite asks an authorizer while it prepares a statement, and names each table that the statement, or a trigger that it
fires, would write to. A statement that comes through SQLAlchemy is therefore first prepared for EXPLAIN, which runs
nothing. One that comes through the driver itself is refused if it would write to a table that nobody has looked at.
"""

import re
import sqlite3
from collections.abc import Sequence
from typing import Any

from src.schema.guard.objects import Key, Objects, columns_of, tables_in
from src.schema.guard.rows import Range, TablePrint
from src.schema.guard.sql_text import normal
from src.schema.guard.sqlite_objects import is_virtual, read_sqlite_objects
from src.schema.guard.sqlite_rows import count_sqlite_rows, print_sqlite_table

_WRITES = frozenset({
    sqlite3.SQLITE_INSERT,
    sqlite3.SQLITE_UPDATE,
    sqlite3.SQLITE_DELETE,
    sqlite3.SQLITE_DROP_TABLE,
    sqlite3.SQLITE_DROP_VTABLE,
})  # fmt: skip
_TRANSACTION_ENDS = frozenset({"COMMIT", "ROLLBACK"})
# A new column neither moves nor changes what is in the others.
_HARMLESS = re.compile(r"alter table (\S+ \. )?\S+ add ")
_ENDS = re.compile(r"\s*(commit|end|rollback(?!\s+(transaction\s+)?to))\b", re.IGNORECASE)
_ROWIDS = ("rowid", "_rowid_", "oid")
_BEGINNING = 2000


class SqliteWatch:
    """Looks at a SQLite database for the guard."""

    dialect = "sqlite"

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._known: frozenset[str] = frozenset()
        self._looked_at: set[str] = set()
        self._asked: set[str] = set()
        self._answer: set[str] | None = None
        self._trusted = True
        self._bypassed: set[str] = set()
        self.ending = False

    def start(self, objects: Objects, *, ignored: frozenset[str]) -> None:
        """Look out for writes to these tables from here on."""
        self._known = frozenset(tables_in(objects)) - ignored
        self._looked_at.clear()
        self._asked.clear()
        self._trusted = False
        # This makes SQLite prepare, and ask about, even the statements that it has already prepared.
        self._driver.set_authorizer(self._authorize)

    def stop(self) -> None:
        """Look away."""
        # Not None: only Python ≥ 3.11's own driver takes that.
        self._driver.set_authorizer(_allow)

    def written_by(self, statement: str, parameters: Any, *, many: bool) -> frozenset[str]:
        """Name the known tables that a statement will write to, itself or through triggers."""
        if not self._known:
            # An empty database has nothing to lose but the transaction.
            self.ending |= _ENDS.match(statement) is not None
            return frozenset()
        if statement in self._asked:
            return frozenset()
        words = normal(statement[:_BEGINNING])
        if words.startswith("pragma"):
            # A PRAGMA acts while it is prepared. This one lets a statement exchange tables behind their names.
            return self._known if "writable_schema" in words else frozenset()
        if words.startswith(("begin", "savepoint", "release")):
            return frozenset()  # the driver may begin a transaction of its own before an EXPLAIN of these
        given = (parameters[0] if parameters else ()) if many else parameters
        written: set[str] = set()
        self._answer = written
        try:
            self._driver.execute(f"EXPLAIN {statement}", given or ()).close()
        except Exception:  # noqa: BLE001 - the statement itself will fail, with its own error
            return frozenset()
        finally:
            self._answer = None
        if not words.startswith(("alter", "create", "drop")):
            self._asked.add(statement)
        return frozenset() if _HARMLESS.match(words) else frozenset(written & self._known)

    def trust(self, *, trusted: bool) -> None:
        """Tell that what comes is known: a statement that was looked at, or the end that SQLAlchemy makes."""
        self._trusted = trusted

    def bypassed(self) -> frozenset[str]:
        """Name the tables that somebody tried to write to past the guard."""
        return frozenset(self._bypassed)

    def note_beginning(self) -> None:
        """A transaction of SQLAlchemy's begins."""

    def ended(self) -> bool:
        """Tell whether the revision tried to end the transaction by itself."""
        return self.ending

    def read_objects(self) -> Objects:
        """Read what the database is made of."""
        return read_sqlite_objects(self._driver)

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
        """Take the checksums of a table."""
        if is_virtual(objects, table):
            taken = TablePrint(rows=count_sqlite_rows(self._driver, table), columns={})
        else:
            names = {column.lower() for column in columns_of(objects, table)}
            rowid = next((name for name in _ROWIDS if name not in names), None)
            if Key("table option", table, "without rowid") in objects:
                rowid = None
            keyed = self._driver.execute("SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk", (table,))
            order = [name for (name,) in keyed]
            taken = print_sqlite_table(self._driver, table, columns, within=within, rowid=rowid, key=order)
        self._looked_at.add(table)
        return taken

    def _authorize(self, action: int, first: str | None, second: str | None, schema: str | None, _by: object) -> int:
        table = second if action == sqlite3.SQLITE_ALTER_TABLE else first
        writes = action in _WRITES or action == sqlite3.SQLITE_ALTER_TABLE
        ends = action == sqlite3.SQLITE_TRANSACTION and first in _TRANSACTION_ENDS
        if self._answer is not None:
            self.ending |= ends
            if writes and table is not None:
                self._answer.add(table)
            return sqlite3.SQLITE_OK
        if self._trusted:
            return sqlite3.SQLITE_OK
        if ends:
            self.ending = True
            return sqlite3.SQLITE_DENY
        if writes and schema in {"main", None} and table in self._known - self._looked_at:
            self._bypassed.add(str(table))
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK


def _allow(*_: object) -> int:
    return sqlite3.SQLITE_OK
