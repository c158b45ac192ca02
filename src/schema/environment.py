"""What a project's env.py runs: every Alembic command, atomic and alone on both engines.

Commands that only look (current, history, check, revision --autogenerate) cannot write: the database refuses it, and a
SQLite file that does not exist is an empty database in memory to them. Commands that change wait for their turn, read
the current revision then, back up what there is to lose, do everything in one transaction, and check in it that nothing
was lost before they commit.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from alembic import context
from sqlalchemy import URL, Engine, MetaData, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from src.db.driver import sqlite_module
from src.db.url import place_of
from src.domain.errors import CrmError, DatabaseError, NotADatabase
from src.i18n import N_, _
from src.schema.answers import command_name, explained, run_revisions, say
from src.schema.backup_first import Precaution
from src.schema.change import Change
from src.schema.configuration import configure
from src.schema.drift.drift import find_drift
from src.schema.fitness import Fitness
from src.schema.revision_text import require_python
from src.schema.revisions import Project
from src.schema.state import DatabaseState, open_to_look, revisions_of, state_of_file

_CHANGING = frozenset({"upgrade", "downgrade", "stamp", "ensure_version"})


def migrate(
    url: URL,
    metadata: MetaData,
    options: Mapping[str, str],
    project: Project,
    *,
    precaution: Precaution | None = None,
    program: str = "",
) -> None:
    """Run the Alembic command that was asked for on this database; `options` are its `-x` options.

    `project` says what people type; `precaution` where a backup goes before rows are put at risk; `program` is what
    runs, with its version. A program that calls Alembic may listen: config.attributes["onlooker"], an Onlooker.

    Raises CrmError, or Alembic's CommandError for a wrong use of its command line.
    """
    require_python(Path(context.script.versions))
    try:
        if context.is_offline_mode():
            _write_sql(url, metadata)
        elif command_name() in _CHANGING:
            _file_state(url)
            Change(url, metadata, options, precaution, project, program=program).make()
        else:
            _look(url, metadata)
    except DBAPIError as error:
        refusal = explained(error, place_of(url))
        if isinstance(refusal, NotADatabase):
            raise _damaged(url, project) from error
        raise _perhaps_adrift(url, project, refusal) from error
    except NotADatabase:
        raise _damaged(url, project) from None


def _damaged(url: URL, project: Project) -> NotADatabase:
    return NotADatabase(
        N_(
            "{place} is not a database, or it is damaged. Choose another file, or give a backup back: {restore} BACKUP"
            " ({backups} lists them)"
        ),
        place=place_of(url),
        restore=project.restore_command,
        backups=project.backups_command,
    )


def _perhaps_adrift(url: URL, project: Project, refusal: CrmError) -> CrmError:
    """Say that a migration failed on tables that no migration made, where that is so: there is the way out."""
    if type(refusal) is not DatabaseError or command_name() not in _CHANGING:
        return refusal
    with suppress(DBAPIError, CrmError), open_to_look(url).connect() as connection:
        at = sorted(revisions_of(connection))
        if find_drift(connection, context.script, at):
            return DatabaseError(
                N_("{refusal} The database is not what revision {revision} makes. What differs: {verify}"),
                refusal=str(refusal),
                revision=", ".join(at) or "base",
                verify=project.verify_command,
            )
    return refusal


def _look(url: URL, metadata: MetaData) -> None:
    file = _file_state(url)
    engine = _nothing(url) if file is DatabaseState.MISSING else open_to_look(url)
    with engine.connect() as connection:
        configure(metadata, connection=connection, dont_mutate=True)
        with context.begin_transaction():
            fitness = Fitness(url, metadata, connection, missing=file is DatabaseState.MISSING)
            fitness.require_for(command_name())
            context.run_migrations()
    if command_name() == "current" and (advice := fitness.advice()) is not None:
        say(str(advice))


def _write_sql(url: URL, metadata: MetaData) -> None:
    say(
        _(
            "What is written here is not tried out: nobody looks whether running it loses something, and no backup is"
            " made."
        )
    )
    configure(metadata, url=url, literal_binds=True, dialect_opts={"paramstyle": "named"})
    if url.get_backend_name() == "sqlite":
        for pragma in ("foreign_keys=OFF", "legacy_alter_table=ON"):
            context.execute(f"PRAGMA {pragma}")
    with context.begin_transaction():
        run_revisions(context.run_migrations)


def _file_state(url: URL) -> DatabaseState | None:
    state = state_of_file(url)
    if state is DatabaseState.NOT_A_DATABASE:
        raise NotADatabase(place=place_of(url))
    return state


def _nothing(url: URL) -> Engine:
    """What a SQLite file that does not exist holds; the file is not created by looking."""
    sqlite = sqlite_module()
    return create_engine(
        url, module=sqlite, creator=lambda: sqlite.connect(":memory:", isolation_level=None), poolclass=NullPool
    )
