"""Alembic's command line in a copy of the project that has one revision more, and databases in every state."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from src.db.driver import sqlite_module
from src.models import Base
from src.schema.revisions import head_revision, read_history
from src.services import CRM
from tests.migrations.command_line import CommandLine, command_line
from tests.migrations.projects import add_revision, copy_project

FIRST = head_revision(CRM.versions)
# The one before it.
(BEFORE,) = read_history(CRM.versions).parents[FIRST]
HEAD = "zzzz_change_nothing"


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project; its newest revision, HEAD, changes no table and follows the project's own, FIRST."""
    folder = copy_project(tmp_path_factory.mktemp("project") / "with one more")
    add_revision(folder, HEAD, after=FIRST)
    return folder


@pytest.fixture(scope="session")
def warm(project: Path) -> Iterator[CommandLine]:
    """Alembic's command line in the copy of the project, shared by all tests of a worker."""
    with command_line(project) as running:
        yield running


@pytest.fixture
def alembic(warm: CommandLine) -> CommandLine:
    """Alembic's command line in the copy of the project."""
    return warm


@pytest.fixture(params=["sqlite", "postgresql"])
def in_state(request: pytest.FixtureRequest, alembic: CommandLine) -> Callable[[str], str]:
    """Gives a database that is `empty`, `unversioned`, `behind`, `at head` or at an `unknown` revision, per engine."""
    url: str = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param])

    def make(state: str) -> str:
        prepare(alembic, url, state)
        return url

    return make


def prepare(alembic: CommandLine, url: str, state: str) -> None:
    """Bring an empty database into a state."""
    if url.startswith("sqlite"):
        path_of(url).touch()
    if state == "unversioned":
        create_all(url)
    elif state != "empty":
        assert alembic("upgrade", FIRST if state == "behind" else "head", url=url).code == 0
    if state == "unknown":
        execute(url, "UPDATE alembic_version SET version_num = 'gone'")


def make_empty(url: str) -> None:
    """Take everything out of a database; a SQLite file goes altogether."""
    if url.startswith("sqlite"):
        path_of(url).unlink(missing_ok=True)
    else:
        execute(url, "DROP SCHEMA public CASCADE")
        execute(url, "CREATE SCHEMA public")


def create_all(url: str) -> None:
    """Make the models' tables without Alembic."""
    engine = create_engine(url, module=sqlite_module() if url.startswith("sqlite") else None, poolclass=NullPool)
    Base.metadata.create_all(engine)


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    """Run one statement and give its rows."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


def path_of(url: str) -> Path:
    """The file of a SQLite address."""
    return Path(url.removeprefix("sqlite:///"))


def version_of(url: str) -> str | None:
    """The schema version in a database, if it has one."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        if not connection.dialect.has_table(connection, "alembic_version"):
            return None
        version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return version
