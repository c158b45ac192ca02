"""Every revision comes, goes and comes again with rows that are hard to keep, and takes along only what it brought."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect, make_url
from sqlalchemy.pool import NullPool

from src.db.driver import sqlite_module
from src.schema.guard.objects import columns_of
from tests.crash.upgrades import history
from tests.schema.fingerprints import Fingerprint, fingerprint_of
from tests.schema.hostile_rows import fill_with_hostile_rows, quoted
from tests.shared_server import PROJECT


@pytest.mark.long
def test_up_down_up_is_up_and_down_is_down_with_every_row_at_every_revision(database_url: str) -> None:
    """What is only in columns and tables that the revision adds may go with them; all else is there each time."""
    for number, (before, revision) in enumerate(history(PROJECT)):
        old = fingerprint_of(database_url)
        change(database_url, "upgrade", revision)
        up = fingerprint_of(database_url)
        change(database_url, "downgrade", before)
        assert fingerprint_of(database_url).differences(old) == [], f"{revision}: down is not down"
        change(database_url, "upgrade", revision)
        assert fingerprint_of(database_url).differences(up) == [], f"{revision}: up, down, up is not up"

        filled = fill_with_hostile_rows(database_url, seed=number)
        assert [table for table, rows in filled.items() if rows == 0] == [], f"{revision}: nothing can be put in there"
        shared = shared_columns(old, fingerprint_of(database_url))
        rows = rows_of(database_url, shared)
        change(database_url, "downgrade", before)
        assert rows_of(database_url, shared) == rows, f"{revision}: going, it took what it had not brought"
        change(database_url, "upgrade", revision)
        assert rows_of(database_url, shared) == rows, f"{revision}: coming again, it changed what was there"
        fill_with_hostile_rows(database_url, variants=1, seed=number)


def test_the_rows_are_as_hostile_as_the_tables_let_them_be(migrated_url: str) -> None:
    filled = fill_with_hostile_rows(migrated_url)
    assert 0 not in filled.values()
    with create_engine(migrated_url, poolclass=NullPool, module=module_for(migrated_url)).connect() as connection:
        columns = {table: inspect(connection).get_columns(table) for table in filled}
    whole = {
        table: [column["name"] for column in found if not column.get("computed")] for table, found in columns.items()
    }
    rows = rows_of(migrated_url, whole)
    nothing = "NULL" if migrated_url.startswith("sqlite") else None
    never_empty = [
        f"{table}.{column['name']}"
        for table, found in columns.items()
        for column in found
        if column["nullable"] and not {nothing} < {row[whole[table].index(column["name"])] for row in rows[table]}
    ]
    assert never_empty == []
    everything = str([value for found in rows.values() for row in found for value in row])
    for sign in ("0001-01-01", "9999-12-31", "\U0001f600" * 20, "e\u0301" * 10, str(2**63 - 1)):
        assert sign in everything


def change(url: str, verb: str, to: str) -> None:
    """Run `alembic upgrade` or `downgrade`, without the backup before it: nothing here would need it."""
    config = Config(PROJECT / "alembic.ini", cmd_opts=Namespace(x=[f"url={url}", "backup=no"]))
    getattr(command, verb)(config, to)


def shared_columns(old: Fingerprint, new: Fingerprint) -> Mapping[str, Sequence[str]]:
    """The columns that were there before a revision and are there with it, by table; of other tables, none."""
    both = {
        table: [column for column in columns_of(old.objects, table) if column in columns_of(new.objects, table)]
        for table in old.tables
        if table in new.tables
    }
    # What a full-text index keeps for itself has no columns that anybody described.
    return {table: columns for table, columns in both.items() if columns}


def rows_of(url: str, tables: Mapping[str, Sequence[str]]) -> Mapping[str, list[tuple[Any, ...]]]:
    """The rows of these columns, each value as the database itself writes it."""
    written = "quote({})" if url.startswith("sqlite") else "{}::text"
    with create_engine(url, poolclass=NullPool, module=module_for(url)).connect() as connection:
        if not url.startswith("sqlite"):
            connection.exec_driver_sql("SET timezone = 'UTC'")
        return {
            table: sorted(
                (
                    tuple(row)
                    for row in connection.exec_driver_sql(
                        f"SELECT {', '.join(written.format(quoted(name)) for name in columns)} FROM {quoted(table)}"
                    )
                ),
                key=str,
            )
            for table, columns in tables.items()
        }


def module_for(url: str) -> Any:
    """The driver of a database."""
    return sqlite_module() if make_url(url).get_backend_name() == "sqlite" else None
