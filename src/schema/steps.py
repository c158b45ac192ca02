"""Runs the revisions of an Alembic project on a database of our own: to learn what they make, or what they would do.

The project's env.py is not run, which would open the live database: the connection is given instead.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import src.schema.alembic_parts  # noqa: F401 - revisions use them
from src.schema.guard.alone import all_in_one_transaction
from src.schema.state import VERSION_TABLE

# Gives the steps of a run, from the revisions that the database is at.
Steps = Callable[[Any, MigrationContext], Iterable[Any]]


def upgrade_steps(scripts: ScriptDirectory, revisions: Sequence[str]) -> Steps:
    """Give the way up from nothing to these revisions (several where branches were never joined)."""

    def steps(_current: Any, _context: MigrationContext) -> Iterable[Any]:
        done: set[str] = set()
        for revision in revisions:
            # Alembic has no public function for this; its own commands call it.
            for step in scripts._upgrade_revs(revision, ()):  # type: ignore[arg-type]  # it takes one name, too
                if step.revision.revision not in done:
                    done.add(step.revision.revision)
                    yield step

    return steps


def run_inside_transaction(
    connection: Connection, steps: Steps, *, schema: str | None = None, after_step: Callable[[str], None] | None = None
) -> None:
    """Run revisions in the transaction that is open on this connection; it is never committed here.

    `schema` is where Alembic's own table goes. `after_step` is told each revision that was run.
    """

    def tell(*, step: Any, **_: Any) -> None:
        if after_step is not None:
            after_step(step.up_revision_id)

    options = {
        "fn": steps,
        "transactional_ddl": True,
        "render_as_batch": True,
        "version_table": VERSION_TABLE,
        "version_table_schema": schema,
        "on_version_apply": (tell,),
    }
    with quiet():
        context = MigrationContext.configure(connection, opts=options)
        # Nobody else sees these tables, so nothing need be done outside the transaction; see the callers.
        all_in_one_transaction(context)
        with Operations.context(context):
            context.run_migrations()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Alembic from telling that it upgrades: it is not the live database that it does this to."""
    log = logging.getLogger("alembic.runtime.migration")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before
