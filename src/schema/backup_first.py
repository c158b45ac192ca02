"""Makes a verified backup before the first revision runs, where there is anything to lose.

It is made when the turn is taken and nobody else can write any more: no commit that somebody was told of falls between
the backup and the change.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, Connection, Select, inspect, literal_column, select, table

from src.domain.errors import (
    BackupFailed,
    CrmError,
    DatabaseBusy,
    DatabaseUnreachable,
    DiskFull,
    NotADatabase,
)
from src.i18n import N_
from src.schema.backup.backups import Backup
from src.schema.backup.create import create_backup
from src.schema.backup.folder import remove
from src.schema.backup.postgresql_backup import holds_still
from src.schema.backup.postgresql_clearing import STOP_WRITERS
from src.schema.backup.retention import Keep
from src.schema.onlooker import Onlooker

_ONE: Select[tuple[object]] = select(literal_column("1"))


@dataclass(frozen=True)
class Precaution:
    """Where backups go before a change, and how long they are kept."""

    folder: Path
    keep: Keep


class BackupFirst:
    """The backup of one run; a run that has to begin again keeps the one that it has made, if nothing changed since."""

    def __init__(self, url: URL, precaution: Precaution | None, *, program: str, onlooker: Onlooker) -> None:
        self._url, self._precaution = url, precaution
        self._program, self._onlooker = program, onlooker
        self.made: Backup | None = None

    def require(self, connection: Connection, *, reason: str, ignored: Collection[str]) -> None:
        """Have a good backup of what the open transaction will change.

        Raises BackupFailed, NoRoom, or what is wrong with the database; then nothing must be changed.
        """
        if self._precaution is None or not _holds_rows(connection, ignored=ignored):
            return
        if connection.dialect.name == "postgresql":
            # Readers go on. On SQLite the turn is the write lock itself.
            connection.exec_driver_sql(STOP_WRITERS.replace("%", "%%"))
        if self.made is not None and holds_still(self._url, self.made.manifest.content):
            return
        self._forget()
        try:
            self.made = create_backup(
                self._url,
                self._precaution.folder,
                reason=reason,
                now=datetime.now(UTC),
                program=self._program,
                keep=self._precaution.keep,
                progress=self._onlooker.backing_up,
            )
        except (DiskFull, DatabaseBusy, DatabaseUnreachable, NotADatabase):
            raise
        except CrmError as error:
            raise BackupFailed(
                N_(
                    "{reason} So nothing was changed. Another folder for backups: BACKUP_FOLDER; to go on without a"
                    " backup: alembic -x backup=no upgrade head"
                ),
                reason=str(error),
            ) from error
        self._onlooker.backed_up(self.made)

    def _forget(self) -> None:
        if self.made is not None:
            remove(self.made.file)
            self.made = None


def _holds_rows(connection: Connection, *, ignored: Collection[str]) -> bool:
    names = [name for name in inspect(connection).get_table_names() if name not in ignored]
    return any(connection.scalar(_ONE.select_from(table(name)).limit(1)) for name in names)
