"""Whatever was changed without a migration is named, on both engines; autogenerate misses more than half of these."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, make_url
from sqlalchemy.pool import NullPool

from src.db.driver import sqlite_module
from src.schema.drift.differences import compare
from src.schema.drift.drift import find_drift
from src.schema.drift.reference import objects_in, reference
from src.schema.guard.objects import Objects
from tests.databases import new_database, text_of
from tests.schema.drift import on_postgresql, on_sqlite
from tests.schema.guard.foreign_project import ForeignProject


class Workshop:
    """A foreign project with one revision, its database, and what its migrations make."""

    def __init__(self, folder: Path, url: str, statements: tuple[str, ...]) -> None:
        project = ForeignProject(folder, url)
        project.start_with(*statements)
        self.url = url
        self.scripts = ScriptDirectory.from_config(project.config)
        with reference(make_url(url), self.scripts, ["first"], schema="public") as expected:
            again = expected.restated() if expected.restated is not None else expected.objects
            self.expected: list[Objects] = [expected.objects, again]

    def named(self, connection: Connection) -> tuple[str, ...]:
        """Name what differs."""
        found, _schema = objects_in(connection)
        return tuple(sorted(one.short for one in compare(self.expected, found)))


@pytest.fixture(scope="module")
def sqlite_workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """The workshop on SQLite."""
    folder = tmp_path_factory.mktemp("workshop")
    return Workshop(folder, f"sqlite:///{folder / 'workshop.db'}", on_sqlite.WORKSHOP)


@pytest.fixture(scope="module")
def postgres_workshop(tmp_path_factory: pytest.TempPathFactory, postgres_server: URL) -> Iterator[Workshop]:
    """The workshop on PostgreSQL."""
    with new_database(postgres_server) as url:
        yield Workshop(tmp_path_factory.mktemp("workshop"), text_of(url), on_postgresql.WORKSHOP)


@pytest.mark.parametrize("change", on_sqlite.CHANGES.values(), ids=on_sqlite.CHANGES)
def test_sqlite(sqlite_workshop: Workshop, tmp_path: Path, change: on_sqlite.Change) -> None:
    file = tmp_path / "changed.db"
    shutil.copyfile(sqlite_workshop.url.removeprefix("sqlite:///"), file)
    driver = sqlite_module().connect(file, isolation_level=None)
    for statement in change.statements:
        if isinstance(statement, str):
            driver.execute(statement)
            continue
        driver.execute("PRAGMA writable_schema=ON")
        changed = driver.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ?1, ?2) WHERE instr(sql, ?1)", statement
        ).rowcount
        assert changed, statement
    driver.close()
    with create_engine(f"sqlite:///{file}", module=sqlite_module(), poolclass=NullPool).connect() as connection:
        assert sqlite_workshop.named(connection) == tuple(sorted(change.named))


@pytest.mark.parametrize("change", on_postgresql.CHANGES.values(), ids=on_postgresql.CHANGES)
def test_postgresql(postgres_workshop: Workshop, change: on_sqlite.Change) -> None:
    """In a transaction that is rolled back, so that one database serves them all."""
    with create_engine(postgres_workshop.url, poolclass=NullPool).connect() as connection:
        for statement in change.statements:
            connection.exec_driver_sql(str(statement))
        assert postgres_workshop.named(connection) == tuple(sorted(change.named))
        connection.rollback()


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_nothing_differs_right_after_the_migrations(request: pytest.FixtureRequest, engine: str) -> None:
    workshop: Workshop = request.getfixturevalue(f"{engine}_workshop")
    module = sqlite_module() if engine == "sqlite" else None
    with create_engine(workshop.url, poolclass=NullPool, module=module).connect() as connection:
        assert find_drift(connection, workshop.scripts, ["first"]) == []
