"""The table that says what was set aside, how it was defined, and whether its values are still there."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, Text, delete, func, insert, inspect, select, update

from src.domain.errors import DataLossRefused
from src.i18n import N_
from src.schema.own_tables import ASIDE

_LONGEST = 63  # PostgreSQL cuts longer names
_ENTRIES = Table(
    ASIDE,
    MetaData(),
    Column("name", String(_LONGEST), primary_key=True),
    Column("what", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("purged_because", Text),
)


@dataclass(frozen=True)
class Entry:
    """One thing that was set aside: the table that holds its values, and what it was."""

    name: str
    what: str
    definition: Mapping[str, Any]
    purged: bool


def aside_name(table: str, column: str = "") -> str:
    """Name the table that keeps a table, or a column, aside."""
    name = f"{ASIDE}_{table}__{column}" if column else f"{ASIDE}_{table}"
    if len(name.encode()) <= _LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:10]
    return f"{name.encode()[: _LONGEST - 11].decode(errors='ignore')}_{digest}"


def remember(connection: Connection, table: str, column: str, definition: Mapping[str, Any]) -> None:
    """Note what was set aside."""
    values = {
        "name": aside_name(table, column),
        "what": what_is(table, column),
        "definition": json.dumps(definition, ensure_ascii=False),
    }
    connection.execute(insert(_ENTRIES).values(values))


def require_room(connection: Connection, table: str, column: str) -> str:
    """Make sure that nothing of this name is aside already, and give the name. Raises DataLossRefused."""
    _ENTRIES.create(connection, checkfirst=True)
    name = aside_name(table, column)
    if find(connection, table, column) is not None or inspect(connection).has_table(name):
        raise DataLossRefused(
            N_("The migration was undone: {what} has been set aside before. Bring it back, or purge it, first."),
            what=what_is(table, column),
        )
    return name


def require(connection: Connection, table: str, column: str) -> Entry:
    """Give what was set aside. Raises DataLossRefused if nothing was."""
    found = find(connection, table, column)
    if found is None:
        raise DataLossRefused(
            N_("The migration was undone: {what} was never set aside, or has been brought back."),
            what=what_is(table, column),
        )
    return found


def find(connection: Connection, table: str, column: str) -> Entry | None:
    """Give what was set aside, if it was."""
    if not inspect(connection).has_table(ASIDE):
        return None
    name = aside_name(table, column)
    row = connection.execute(select(_ENTRIES).where(_ENTRIES.c.name == name)).first()
    if row is None:
        return None
    return Entry(row.name, row.what, json.loads(row.definition), row.purged_because is not None)


def note_purge(connection: Connection, entry: Entry, because: str) -> None:
    """Note that the values are gone for good; what was defined stays known, so that there is still a way back."""
    connection.execute(update(_ENTRIES).where(_ENTRIES.c.name == entry.name).values(purged_because=because))


def forget(connection: Connection, entry: Entry) -> None:
    """Forget what was brought back; the last one takes the list along."""
    connection.execute(delete(_ENTRIES).where(_ENTRIES.c.name == entry.name))
    if connection.scalar(select(func.count()).select_from(_ENTRIES)) == 0:
        _ENTRIES.drop(connection)


def forget_everything(connection: Connection) -> None:
    """Drop all that is aside, with the list: nothing is left that it could come back to."""
    if not inspect(connection).has_table(ASIDE):
        return
    quoted = connection.dialect.identifier_preparer.quote
    for name in connection.scalars(select(_ENTRIES.c.name)).all():
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {quoted(name)}")
    _ENTRIES.drop(connection)


def what_is(table: str, column: str) -> str:
    """Name a table or a column for people."""
    return f"{table}.{column}" if column else table
