"""On the company's own tables: whatever is set aside comes back, or is refused by the name of what uses it."""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.pool import NullPool

import src.schema.alembic_parts  # noqa: F401 - its operations are used
from src.db.driver import sqlite_module
from src.domain.errors import DataLossRefused
from src.schema.guard.declarations import OPTION
from src.schema.guard.guard import Guard
from src.schema.guard.objects import Key
from src.schema.guard.postgresql_objects import read_postgresql_objects
from src.schema.guard.sqlite_objects import read_sqlite_objects
from src.schema.own_tables import is_layer_table


@pytest.fixture
def connection(migrated_url: str) -> Iterator[Connection]:
    """The company's database at head."""
    options: dict[str, Any] = {}
    if migrated_url.startswith("sqlite"):
        options = {"module": sqlite_module(), "connect_args": {"isolation_level": None}}
    engine = create_engine(migrated_url, poolclass=NullPool, **options)
    with engine.connect() as opened:
        if opened.dialect.name == "sqlite":
            opened.exec_driver_sql("PRAGMA legacy_alter_table=ON")
        opened.commit()
        yield opened


def made_of(connection: Connection) -> dict[Key, dict[str, str]]:
    driver = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        return {key: dict(said) for key, said in read_sqlite_objects(driver).items()}
    # PostgreSQL writes the casts of a list of varchar otherwise each time that it reads a CHECK or an index.
    return {
        key: {name: re.sub(r"[^a-z0-9_'.<>=-]|character|varying|text|array", "", text) for name, text in said.items()}
        for key, said in read_postgresql_objects(driver, "public").items()
    }


def revision(connection: Connection, step: str, *names: str) -> None:
    """Run one revision, watched by the guard."""
    guard = Guard()
    context = MigrationContext.configure(connection, opts={OPTION: guard.declare})
    with guard.watching(connection, version_table="alembic_version"):
        getattr(Operations(context), step)(*names)
        guard.verify_revision(step=SimpleNamespace(up_revision_id=step, down_revision_ids=()))


def test_every_column_and_table_comes_back_or_is_refused_by_name(connection: Connection) -> None:
    found = inspect(connection)
    tables = {table for table in found.get_table_names() if not is_layer_table(table)} - {"alembic_version"}
    if connection.dialect.name == "sqlite":  # a full-text index is no table to set aside, nor are its parts
        tables &= set(connection.exec_driver_sql("SELECT name FROM pragma_table_list WHERE type = 'table'").scalars())
    things: list[tuple[str, ...]] = [(table,) for table in sorted(tables)]
    # Those on which most depends.
    things += [(table, column["name"]) for table in ("users", "contracts") for column in found.get_columns(table)]
    connection.commit()
    came_back = 0
    refusals = []
    for thing in things:
        kind = "column" if len(thing) == 2 else "table"
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        before = made_of(connection)
        try:
            revision(connection, f"set_aside_{kind}", *thing)
            revision(connection, f"bring_back_{kind}", *thing)
        except DataLossRefused as refused:
            refusals.append(str(refused))
        else:
            came_back += 1
            assert made_of(connection) == before, thing
        connection.rollback()
    reasons = "cannot be set aside|would not work any more|no column that has values"
    assert [refusal for refusal in refusals if not re.search(reasons, refusal)] == []
    assert came_back > len(refusals) > 0
