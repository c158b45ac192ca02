"""Fixtures for real databases: each test gets its own, empty or migrated to head, on SQLite and on PostgreSQL."""

import os
import secrets
import shutil
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import URL, make_url

from tests.postgres_programs import programs_for
from tests.shared_server import PROJECT, RUN_FOLDER, shared_server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of its own without any table, once per engine."""
    url: str = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param])
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """A database of its own at the head of the migrations, once per engine."""
    url: str = request.getfixturevalue(
        {"sqlite": "migrated_sqlite_url", "postgresql": "migrated_postgres_url"}[request.param]
    )
    return url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def migrated_sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A SQLite file at the head of the migrations."""
    shutil.copyfile(sqlite_template, tmp_path / "migrated.db")
    return f"sqlite:///{tmp_path / 'migrated.db'}"


@pytest.fixture
def postgres_url(postgres_server: URL) -> Iterator[str]:
    """A new PostgreSQL database without any table."""
    with new_database(postgres_server) as url:
        yield text_of(url)


@pytest.fixture
def migrated_postgres_url(postgres_server: URL, postgres_template: str) -> Iterator[str]:
    """A new PostgreSQL database at the head of the migrations."""
    with new_database(postgres_server, template=postgres_template) as url:
        yield text_of(url)


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> URL:
    """The server that tests create their databases on: TEST_POSTGRES_URL, else a private one for this run.

    Its own pg_dump and pg_restore are found in the PATH from then on.
    """
    if chosen := os.environ.get("TEST_POSTGRES_URL"):
        server = make_url(chosen).set(drivername="postgresql+psycopg")
    else:
        server = shared_server(request.config.stash[RUN_FOLDER])
    use_programs_of(server)
    return server


def use_programs_of(server: URL) -> None:
    """Let pg_dump and pg_restore of the server's own version be found in the PATH."""
    with maintenance(server) as connection:
        programs = programs_for(connection.info.server_version // 10_000)
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy, so that the migrations run once per worker and not once per test."""
    template = tmp_path_factory.mktemp("template") / "template.db"
    migrate(f"sqlite:///{template}")
    beside = [path.name for path in template.parent.iterdir() if path != template]
    assert beside == [], f"the migrated SQLite file cannot be copied while {beside} holds a part of it"
    return template


@pytest.fixture(scope="session")
def postgres_template(postgres_server: URL) -> Iterator[str]:
    """A migrated PostgreSQL database to copy, so that the migrations run once per worker and not once per test."""
    with new_database(postgres_server) as url:
        migrate(text_of(url))
        assert url.database is not None
        yield url.database


def migrate(url: str, revision: str = "head") -> None:
    """Bring a database to a revision as `alembic -x url=… upgrade` does."""
    config = Config(PROJECT / "alembic.ini", cmd_opts=Namespace(x=[f"url={url}"]))
    command.upgrade(config, revision)


@contextmanager
def new_database(server: URL, *, template: str = "template1") -> Iterator[URL]:
    """Create a database on the server, and drop it at the end whoever is still connected."""
    name = f"epic_events_test_{secrets.token_hex(6)}"
    create_database(server, name, template=template)
    try:
        yield server.set(database=name)
    finally:
        with maintenance(server) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def create_database(server: URL, name: str, *, template: str) -> None:
    """Create a database as a copy of another one."""
    with maintenance(server) as connection:
        # Page by page through the log, as servers since 15 do if they may choose, takes nearly twice the time.
        strategy = " STRATEGY file_copy" if connection.info.server_version >= 150_000 else ""
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}" + strategy)
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))


def maintenance(server: URL) -> "psycopg.Connection[tuple[object, ...]]":
    """A connection to the server's own database, outside any transaction."""
    return psycopg.connect(text_of(server.set(drivername="postgresql")), autocommit=True)


def text_of(url: URL) -> str:
    """The URL as a configuration would hold it, password included."""
    return url.render_as_string(hide_password=False)
