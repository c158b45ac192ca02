"""Fixtures over real databases as the application opens them, on both engines: one of its own, or one to look at.

A test that commits takes `database`. A test that only wants to see what one transaction does takes `standing`, which
all tests of a worker share, and writes into it inside `undone(...)`.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Connection, Engine, Pool, event, make_url
from sqlalchemy.orm import Session

from src.db.driver import sqlite_module
from src.db.session import Database
from src.models import Base
from src.schema.state import VERSION_TABLE
from tests.databases import new_database

Dump = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """A migrated database of its own, once per engine."""
    with opened(migrated_url) as made:
        yield made


@pytest.fixture
def sqlite_database(migrated_sqlite_url: str) -> Iterator[Database]:
    """A migrated SQLite database of its own."""
    with opened(migrated_sqlite_url) as made:
        yield made


@pytest.fixture
def postgres_database(migrated_postgres_url: str) -> Iterator[Database]:
    """A migrated PostgreSQL database of its own."""
    with opened(migrated_postgres_url) as made:
        yield made


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def standing(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated and empty database, once per engine and worker: whatever is written into it is undone."""
    with shared_by_a_worker(request, request.param) as made:
        yield made


@contextmanager
def shared_by_a_worker(request: pytest.FixtureRequest, engine: str) -> Iterator[Database]:
    """A migrated database for a fixture that many tests of one worker share."""
    if engine == "sqlite":
        factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
        file = factory.mktemp("shared") / "shared.db"
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copyfile(template, file)
        with opened(f"sqlite:///{file}") as made:
            yield made
        return
    server: URL = request.getfixturevalue("postgres_server")
    with new_database(server, template=request.getfixturevalue("postgres_template")) as url, opened(url) as made:
        yield made


@contextmanager
def opened(url: str | URL) -> Iterator[Database]:
    """A database as a server process opens it: connections are kept until the end."""
    made = Database(make_url(url), pooled=True)
    try:
        yield made
    finally:
        made.close()


class _UndoneError(Exception):
    """Ends a transaction that was only to be looked at."""


@contextmanager
def undone(database: Database) -> Iterator[Session]:
    """A transaction that writes for real, and that nobody ever sees."""
    try:
        with database.writing() as session:
            yield session
            session.flush()
            raise _UndoneError
    except _UndoneError:
        pass


def dump(session: Session) -> Dump:
    """Every row of every table, as this transaction sees them."""
    connection = session.connection()
    return {
        table.name: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table.name} ORDER BY id")]
        for table in Base.metadata.sorted_tables
    }


@contextmanager
def statements_of(database: Database | None = None) -> Iterator[list[str]]:
    """Collect the SQL that reaches a database, or every one, but for the words that open a transaction."""
    seen: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN")):
            seen.append(statement)

    def note_version(statement: str) -> None:
        if VERSION_TABLE in statement:
            seen.append(statement)

    def listen_to_driver(connection: Any, *_rest: object) -> None:
        # Which schema version it has, SQLite is asked past SQLAlchemy.
        if isinstance(connection, sqlite_module().Connection):
            connection.set_trace_callback(note_version)

    engine, pool = (database.engine, database.engine.pool) if database else (Engine, Pool)
    event.listen(engine, "before_cursor_execute", note)
    event.listen(pool, "checkout", listen_to_driver)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
        event.remove(pool, "checkout", listen_to_driver)
