"""Whether the values in a SQLite file can be read: it takes any bytes for a text, and any text for a date.

PostgreSQL reads what it is given before it keeps it, and its pages have checksums.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple

from sqlalchemy import Connection

from src.domain.errors import Marked
from src.i18n import N_
from src.schema.guard.sqlite_rows import quoted
from src.schema.values.wrong import WrongValues

_BLOCK = 2000
_NO_TEXT = Marked(N_("Values that are not text (their bytes are not UTF-8): {rows}, the first in row {row}."))


class _Form(NamedTuple):
    """How a value of a declared type is read, and what is said of those that cannot be."""

    read: Callable[[str], object]
    refusal: Marked


_MOMENT = _Form(datetime.fromisoformat, Marked(N_("Values that are no moment: {rows}, the first in row {row}.")))
_FORMS = {
    "DATETIME": _MOMENT,
    "TIMESTAMP": _MOMENT,
    "DATE": _Form(date.fromisoformat, Marked(N_("Values that are no date: {rows}, the first in row {row}."))),
    "TIME": _Form(time.fromisoformat, Marked(N_("Values that are no time of day: {rows}, the first in row {row}."))),
    "JSON": _Form(json.loads, Marked(N_("Values that are not JSON: {rows}, the first in row {row}."))),
}
_TRUTHS = frozenset({None, 0, 1})
_NO_TRUTH = Marked(N_("Values that are neither true nor false: {rows}, the first in row {row}."))


def unreadable_values(connection: Connection) -> Iterator[WrongValues]:
    """Read every value of every table once, in the open transaction."""
    if connection.dialect.name != "sqlite":
        return
    driver: Any = connection.connection.driver_connection
    listed = "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name"
    tables = [(name, wr) for name, wr in driver.execute(listed).fetchall() if not name.startswith("sqlite_")]
    usual, driver.text_factory = driver.text_factory, bytes
    try:
        for table, without_rowid in tables:
            yield from _in_table(driver, table, has_rowid=not without_rowid)
    finally:
        driver.text_factory = usual


def _in_table(driver: Any, table: str, *, has_rowid: bool) -> Iterator[WrongValues]:
    listed = driver.execute("SELECT name, upper(type) FROM pragma_table_xinfo(?)", (table,)).fetchall()
    columns = [(name.decode(), re.split(r"[ (]", kind.decode())[0]) for name, kind in listed]
    names = {name.lower() for name, _ in columns}
    key = next((quoted(name) for name in ("rowid", "_rowid_", "oid") if has_rowid and name not in names), "NULL")
    wanted = ", ".join([key, *(quoted(name) for name, _ in columns)])
    cursor = driver.execute(f"SELECT {wanted} FROM main.{quoted(table)} NOT INDEXED")  # noqa: S608 - names from the schema
    found: dict[tuple[str, Marked], tuple[int, object]] = {}
    while block := cursor.fetchmany(_BLOCK):
        keys, *values = zip(*block, strict=True)
        for (name, kind), column in zip(columns, values, strict=True):
            # A block at once takes a fifth of the time; a sound file is nothing else.
            if _refusal_of(column, kind) is None:
                continue
            for row, value in zip(keys, column, strict=True):
                if (refusal := _refusal_of((value,), kind)) is not None:
                    rows, first = found.get((name, refusal), (0, row))
                    found[name, refusal] = rows + 1, first
    for (name, refusal), (rows, first) in found.items():
        yield WrongValues(table, name, rows, first, refusal)


def _refusal_of(values: Sequence[Any], kind: str) -> Marked | None:
    """Say what one of some values of a declared type is not; None if all of them can be read."""
    if kind == "BLOB":
        return None
    if kind == "BOOLEAN":
        return None if _TRUTHS.issuperset(values) else _NO_TRUTH
    texts = [value for value in values if type(value) is bytes]
    try:
        if kind in _FORMS:
            for text in texts:
                _FORMS[kind].read(text.decode())
        else:
            b"\n".join(texts).decode()
    except UnicodeDecodeError:
        return _NO_TEXT
    except ValueError:
        return _FORMS[kind].refusal
    return None
