"""Storing a million rows in one transaction: many rows a statement, every trigger, CHECK and foreign key on.

The rows are what the tables store (see rows.py), so that nothing has to be converted on the way.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause, bindparam, text
from sqlalchemy.exc import DBAPIError

from src.models.search import SEARCHED

# Rows that a SQLite statement holds. Measured: triggers and foreign keys make each statement save the pages it changes,
# in case it is refused half-way, and some dozens of rows share that; with thousands it is the saving that takes memory.
_AT_ONCE = 32
# How much of its file SQLite keeps in memory while a big company is loaded, whatever its size.
_CACHE_KIB = 256 * 1024
_TABLES = ("users", "clients", "contracts", "contract_lines", "payments", "events")


def store(connection: Connection, table: str, kind: type[NamedTuple], rows: Sequence[tuple[Any, ...]]) -> None:
    """Store rows of one table."""
    columns = ", ".join(kind._fields)
    if connection.dialect.name == "postgresql":
        _copy(connection, f"COPY {table} ({columns}) FROM STDIN", rows)
        return
    one = f"({', '.join('?' * len(kind._fields))})"
    insert = f"INSERT INTO {table} ({columns}) VALUES "  # noqa: S608 - names of ours
    whole = len(rows) - len(rows) % _AT_ONCE
    for start in range(0, whole, _AT_ONCE):
        values = tuple(chain.from_iterable(rows[start : start + _AT_ONCE]))
        connection.exec_driver_sql(insert + ", ".join([one] * _AT_ONCE), values)
    if rows[whole:]:
        connection.exec_driver_sql(insert + one, list(rows[whole:]))


def take_over(connection: Connection, *, many: bool) -> dict[str, int]:
    """Keep everybody else from adding records until this transaction ends; gives the last id given in each table.

    `many` also lets SQLite keep more of the indexes in memory, where a million rows land all over them.
    """
    if connection.dialect.name == "postgresql":
        # Readers are not disturbed. The rows' moments are texts in UTC.
        connection.execute(text(f"LOCK TABLE {', '.join(_TABLES)} IN SHARE ROW EXCLUSIVE MODE"))
        connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))
        return {table: connection.execute(_next_id(table)).scalar_one() - 1 for table in _TABLES}
    if many:
        connection.exec_driver_sql(f"PRAGMA cache_size=-{_CACHE_KIB}")
    given = {row.name: row.seq for row in connection.execute(text("SELECT name, seq FROM sqlite_sequence"))}
    return {table: given.get(table, 0) for table in _TABLES}


def give_back(connection: Connection, last_ids: dict[str, int]) -> None:
    """Let the database continue the ids where they ended, and learn what it now holds."""
    if connection.dialect.name != "postgresql":
        return  # SQLite counts by itself
    # What was loaded waits in the search indexes to be sorted in; autovacuum would come to it later.
    names = [searched.index_name for searched in SEARCHED]
    connection.execute(
        text("SELECT gin_clean_pending_list(oid) FROM pg_class WHERE relname = ANY (:names)"), {"names": names}
    )
    for table, last in last_ids.items():
        connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), :last)"), {"last": last})
        connection.execute(text(f"ANALYZE {table}"))


def call_off(connection: Connection, contracts: Sequence[int]) -> None:
    """Cancel contracts that were signed, paid for and refunded."""
    statement = text("UPDATE contracts SET status = 'cancelled' WHERE id IN :ids")
    if contracts:
        connection.execute(statement.bindparams(bindparam("ids", expanding=True)), {"ids": contracts})


def _next_id(table: str) -> TextClause:
    return text(f"SELECT nextval(pg_get_serial_sequence('{table}', 'id'))")


def _copy(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    driver: Any = connection.dialect.dbapi
    cursor: Any = connection.connection.cursor()  # psycopg's own: SQLAlchemy has no COPY
    try:
        with cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except driver.Error as error:
        # As SQLAlchemy raises what a driver refuses: so that it is told in words, without the row it is about.
        raise DBAPIError.instance(
            statement, None, error, driver.Error, hide_parameters=True, dialect=connection.dialect
        ) from None
