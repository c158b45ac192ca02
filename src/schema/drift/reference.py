"""What the migrations make: they are run from the beginning where nobody sees it, and what is there then is read."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from src.db.driver import sqlite_module
from src.domain.errors import CrmError, DatabaseError
from src.i18n import N_
from src.schema.drift.postgresql_reference import scratch_schema, set_search_path
from src.schema.guard.objects import Objects
from src.schema.guard.postgresql_objects import read_postgresql_objects
from src.schema.guard.sqlite_objects import read_sqlite_objects
from src.schema.steps import run_inside_transaction, upgrade_steps


@dataclass(frozen=True)
class Reference:
    """What is expected after a run of migrations.

    `restated` gives the same in another way of writing; None where there is only one. `after` is what each revision
    had made when it was done.
    """

    objects: Objects
    after: dict[str, Objects]
    restated: Callable[[], Objects] | None


@contextmanager
def reference(
    url: URL, scripts: ScriptDirectory, revisions: Sequence[str], *, schema: str, keep_each: bool = False
) -> Iterator[Reference]:
    """Run the migrations up to these revisions, on the engine of this address; the database itself is not touched.

    `schema` is the one of the tables, where there are schemas. Raises DatabaseError if that cannot be done.
    """
    after: dict[str, Objects] = {}
    steps = upgrade_steps(scripts, revisions)
    if url.get_backend_name() == "sqlite":
        with _sqlite_in_memory() as connection:
            driver = connection.connection.driver_connection

            def note_sqlite(revision: str) -> None:
                after[revision] = read_sqlite_objects(driver)

            with _explained():
                run_inside_transaction(connection, steps, after_step=note_sqlite if keep_each else None)
            yield Reference(read_sqlite_objects(driver), after, None)
        return
    with scratch_schema(url, company=schema) as scratch:

        def note(revision: str) -> None:
            after[revision] = scratch.read()

        with _explained():
            run_inside_transaction(
                scratch.connection, steps, schema=scratch.schema, after_step=note if keep_each else None
            )
        yield Reference(scratch.read(), after, scratch.read_restated)


def objects_in(connection: Connection) -> tuple[Objects, str]:
    """Read what an open database is made of, and the schema of its tables ("" where there are none)."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        return read_sqlite_objects(driver), ""
    ((schema, path),) = driver.execute(
        "SELECT coalesce(current_schema(), 'public'), current_setting('search_path')"
    ).fetchall()
    set_search_path(driver, schema)
    try:
        return read_postgresql_objects(driver, schema, everywhere=False), schema
    finally:
        driver.execute("SELECT set_config('search_path', %s, true)", (path,))


@contextmanager
def _sqlite_in_memory() -> Iterator[Connection]:
    sqlite = sqlite_module()

    def connect() -> Any:
        driver = sqlite.connect(":memory:", isolation_level=None)
        for pragma in ("foreign_keys=OFF", "legacy_alter_table=ON"):
            driver.execute(f"PRAGMA {pragma}").close()
        return driver

    with create_engine("sqlite://", module=sqlite, creator=connect, poolclass=NullPool).connect() as connection:
        connection.begin()
        yield connection


@contextmanager
def _explained() -> Iterator[None]:
    """Say which of the program's own files is at fault, not the database."""
    try:
        yield
    except CrmError:
        raise
    except (CommandError, DBAPIError) as error:
        reason = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        raise DatabaseError(
            N_("The migrations of this program cannot be tried out from the beginning: {reason}"), reason=reason
        ) from error
