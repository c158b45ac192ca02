"""What a command that changes the database does: in its turn, backed up, watched, written down, whole or not at all."""

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from alembic import context
from sqlalchemy import URL, Connection, Engine, MetaData
from sqlalchemy.exc import DBAPIError

from src.db.url import place_of
from src.domain.errors import DatabaseMissing, DataLossRefused
from src.schema import lock
from src.schema.answers import command_name, command_options, run_revisions
from src.schema.aside.catalogue import forget_everything
from src.schema.backup.retention import BEFORE_DOWNGRADE, BEFORE_UPGRADE
from src.schema.backup_first import BackupFirst, Precaution
from src.schema.configuration import configure
from src.schema.fitness import Fitness
from src.schema.guard import declarations
from src.schema.guard.alone import all_in_one_transaction
from src.schema.guard.guard import Guard
from src.schema.ledger import Bookkeeper
from src.schema.onlooker import ONLOOKER, Onlooker, PersonAtAlembic
from src.schema.own_tables import LEDGER
from src.schema.references import refuse_broken_references
from src.schema.revisions import Project
from src.schema.state import UPGRADE_COMMAND, VERSION_TABLE, DatabaseState, state_of_file

_LOCK_NOT_AVAILABLE = "55P03"
# What the layer writes into them is no change of the data.
_OURS = frozenset({VERSION_TABLE, LEDGER})


class Change:
    """One run of a command that changes the database, however often it must give way and begin again."""

    def __init__(
        self,
        url: URL,
        metadata: MetaData,
        options: Mapping[str, str],
        precaution: Precaution | None,
        project: Project,
        *,
        program: str,
    ) -> None:
        self.url, self.metadata, self.program = url, metadata, program
        self.stamp_anyway, self.unprotected = "stamp" in options, "backup" in options
        self.onlooker: Onlooker = context.config.attributes.get(ONLOOKER) or PersonAtAlembic(project.restore_command)
        self.backup = BackupFirst(url, precaution, program=program, onlooker=self.onlooker)

    def make(self) -> None:
        """Wait for the turn, and change everything or nothing."""
        if state_of_file(self.url) is DatabaseState.MISSING:
            if command_name() == "downgrade" or (command_name() == "stamp" and not self.stamp_anyway):
                raise DatabaseMissing(place=place_of(self.url), command=UPGRADE_COMMAND)
            lock.create_private_file(self.url)
        with lock.open_to_change(self.url) as engine:
            end = time.monotonic() + lock.WAIT_SECONDS
            pause = lock.PAUSE_SECONDS
            while True:
                try:
                    self._try(engine)
                except DBAPIError as error:
                    # Everything was rolled back: those who were waiting behind us work on, then we try again.
                    if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE or time.monotonic() > end:
                        raise
                    time.sleep(pause)
                    pause = min(2 * pause, 2.0)
                else:
                    return

    def _try(self, engine: Engine) -> None:
        guard = Guard()
        books = Bookkeeper(_files(), self.program, ignored=_OURS)
        with engine.connect() as connection:
            options = {declarations.OPTION: guard.declare, "on_version_apply": (guard.verify_revision, books.note)}
            configure(self.metadata, connection=connection, **options)
            if connection.dialect.name == "sqlite":
                all_in_one_transaction(context.get_context())
            # From here the turn is ours and the revision that is read stays the current one.
            with context.begin_transaction():
                fitness = Fitness(self.url, self.metadata, connection)
                if command_name() == "stamp":
                    fitness.require_for_stamp(anyway=self.stamp_anyway)
                    context.run_migrations()
                    return
                fitness.require_for(command_name())
                books.backup = self._protect(connection)
                try:
                    with guard.watching(connection, version_table=VERSION_TABLE), books.counting(connection):
                        run_revisions(context.run_migrations)
                except DataLossRefused:
                    # If there are any, they tell more; but where a key is gone, SQLite cannot tell.
                    with suppress(DBAPIError):
                        if (transaction := connection.get_transaction()) is not None and transaction.is_active:
                            refuse_broken_references(connection)
                    raise
                if not context.get_context().get_current_heads():
                    # The records that it belongs to are gone too, and others would get their numbers.
                    forget_everything(connection)
                refuse_broken_references(connection)
                self.onlooker.committing()

    def _protect(self, connection: Connection) -> str | None:
        """Have a backup if a revision is going to run; gives its name."""
        migrations = context.get_context()
        if not any(True for _ in command_options()["fn"](migrations.get_current_heads(), migrations)):
            return None
        if self.unprotected:
            self.onlooker.unprotected()
            return None
        reason = BEFORE_UPGRADE if command_name() == "upgrade" else BEFORE_DOWNGRADE
        self.backup.require(connection, reason=reason, ignored=_OURS)
        return self.backup.made.file.name if self.backup.made is not None else None


def _files() -> Mapping[str, Path]:
    return {script.revision: Path(script.path) for script in context.script.walk_revisions()}
