"""What migrations/env.py runs: every Alembic command, atomic and alone on both engines.

Commands that only look (current, history, check, revision --autogenerate) cannot write: the database refuses it, and a
SQLite file that does not exist is an empty database in memory to them. Commands that change wait for their turn, read
the current revision then, do everything in one transaction, and check the references in it before they commit.
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from alembic import context
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Engine, MetaData, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

import src.schema.alembic_parts  # noqa: F401 - revisions use them
from src.db.driver import sqlite_module
from src.db.url import place_of
from src.domain.errors import DatabaseMissing, DataLossRefused, NotADatabase
from src.i18n import _
from src.schema import autogenerate, lock
from src.schema.answers import command_name, explained, say
from src.schema.aside.autogenerate import set_aside_what_is_dropped
from src.schema.fitness import Fitness
from src.schema.guard import declarations
from src.schema.guard.alone import all_in_one_transaction
from src.schema.guard.declarations import declare_what_becomes_weaker, declare_what_upgrade_added
from src.schema.guard.guard import Guard
from src.schema.references import refuse_broken_references
from src.schema.state import UPGRADE_COMMAND, VERSION_TABLE, DatabaseState, open_to_look, state_of_file

_CHANGING = frozenset({"upgrade", "downgrade", "stamp", "ensure_version"})
_LOCK_NOT_AVAILABLE = "55P03"


def migrate(url: URL, metadata: MetaData, options: Mapping[str, str]) -> None:
    """Run the Alembic command that was asked for on this database; `options` are its `-x` options.

    Raises CrmError, or Alembic's CommandError for a wrong use of its command line.
    """
    try:
        if context.is_offline_mode():
            _write_sql(url, metadata)
        elif command_name() in _CHANGING:
            _change(url, metadata, stamp_anyway="stamp" in options)
        else:
            _look(url, metadata)
    except DBAPIError as error:
        raise explained(error, place_of(url)) from error


def _look(url: URL, metadata: MetaData) -> None:
    file = _file_state(url)
    engine = _nothing(url) if file is DatabaseState.MISSING else open_to_look(url)
    with engine.connect() as connection:
        _configure(metadata, connection=connection, dont_mutate=True)
        with context.begin_transaction():
            fitness = Fitness(url, metadata, connection, missing=file is DatabaseState.MISSING)
            fitness.require_for(command_name())
            context.run_migrations()
    if command_name() == "current" and (advice := fitness.advice()) is not None:
        say(str(advice))


def _change(url: URL, metadata: MetaData, *, stamp_anyway: bool) -> None:
    if _file_state(url) is DatabaseState.MISSING:
        if command_name() == "downgrade" or (command_name() == "stamp" and not stamp_anyway):
            raise DatabaseMissing(place=place_of(url), command=UPGRADE_COMMAND)
        lock.create_private_file(url)
    with lock.open_to_change(url) as engine:
        end = time.monotonic() + lock.WAIT_SECONDS
        pause = lock.PAUSE_SECONDS
        while True:
            try:
                _change_once(engine, url, metadata, stamp_anyway=stamp_anyway)
            except DBAPIError as error:
                # Everything was rolled back: those who were waiting behind us work on, then we try again.
                if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE or time.monotonic() > end:
                    raise
                time.sleep(pause)
                pause = min(2 * pause, 2.0)
            else:
                return


def _change_once(engine: Engine, url: URL, metadata: MetaData, *, stamp_anyway: bool) -> None:
    guard = Guard()
    with engine.connect() as connection:
        options = {declarations.OPTION: guard.declare, "on_version_apply": guard.verify_revision}
        _configure(metadata, connection=connection, **options)
        if connection.dialect.name == "sqlite":
            all_in_one_transaction(context.get_context())
        # From here the turn is ours and the revision that is read stays the current one.
        with context.begin_transaction():
            fitness = Fitness(url, metadata, connection)
            if command_name() == "stamp":
                fitness.require_for_stamp(anyway=stamp_anyway)
                context.run_migrations()
                return
            fitness.require_for(command_name())
            try:
                with guard.watching(connection, version_table=VERSION_TABLE):
                    context.run_migrations()
            except DataLossRefused:
                # If there are any, they tell more; but where a key is gone, SQLite cannot tell.
                with suppress(DBAPIError):
                    if (transaction := connection.get_transaction()) is not None and transaction.is_active:
                        refuse_broken_references(connection)
                raise
            refuse_broken_references(connection)


def _write_sql(url: URL, metadata: MetaData) -> None:
    _configure(metadata, url=url, literal_binds=True, dialect_opts={"paramstyle": "named"})
    if url.get_backend_name() == "sqlite":
        for pragma in ("foreign_keys=OFF", "legacy_alter_table=ON"):
            context.execute(f"PRAGMA {pragma}")
    with context.begin_transaction():
        context.run_migrations()


def _configure(metadata: MetaData, **how: Any) -> None:
    context.configure(
        target_metadata=metadata,
        transactional_ddl=True,
        render_as_batch=True,
        compare_server_default=True,
        autogenerate_plugins=autogenerate.PLUGINS,
        render_item=autogenerate.plain_type,
        include_name=autogenerate.is_compared,
        include_object=autogenerate.is_of_this_engine,
        process_revision_directives=_finish_revision if command_name() == "revision" else None,
        **how,
    )


def _finish_revision(_context: MigrationContext, _revision: object, scripts: list[MigrationScript]) -> None:
    if all(operations.is_empty() for operations in scripts[0].upgrade_ops_list):
        scripts.clear()
        context.config.print_stdout(_("The database already agrees with the models: no revision was written."))
        return
    for upgrade, downgrade in zip(scripts[0].upgrade_ops_list, scripts[0].downgrade_ops_list, strict=True):
        set_aside_what_is_dropped(upgrade, downgrade)
        declare_what_upgrade_added(downgrade)
        declare_what_becomes_weaker(upgrade)
        declare_what_becomes_weaker(downgrade)


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
