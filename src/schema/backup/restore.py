"""Gives back what a backup holds: the old state or the restored one, never something between."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL

from src.domain.errors import DiskFull, Marked, NotADatabase, NotRestored
from src.i18n import N_
from src.schema.backup.backups import Backup, check_backup
from src.schema.backup.content import Advance, in_stages
from src.schema.backup.create import Progress, create_backup, no_progress, shares_of
from src.schema.backup.folder import is_full, why
from src.schema.backup.postgresql_restore import restore_postgresql
from src.schema.backup.sqlite_files import file_of
from src.schema.backup.sqlite_restore import replace_file, restore_sqlite
from src.schema.state import printable

REASON = "before a restore"


@dataclass(frozen=True)
class Restored:
    """What became of the state before a restore: `present` is a backup of it, `aside` are its damaged files."""

    present: Backup | None
    aside: Path | None


def restore_backup(
    url: URL,
    backup: Backup,
    *,
    now: datetime,
    known_revisions: Collection[str] | None = None,
    program: str = "",
    programs: Path | None = None,
    progress: Progress = no_progress,
) -> Restored:
    """Replace all that is in the database by what a backup holds, once the present state is backed up beside it.

    A SQLite database that is damaged or missing cannot be backed up: its files are kept under another name.
    `known_revisions`, if given, are those of this program; a backup at any other is refused. Raises BackupDamaged,
    NotRestored, BackupFailed (of the present state), NoRoom, DiskFull, DatabaseBusy; then the database is as it was.
    """
    _require_fitting(url, backup, known_revisions)
    checking, saving, restoring = in_stages(shares_of(progress), 1, 4, 2)
    check_backup(backup, programs=programs, advance=checking)
    present: Backup | None = None

    def save_present() -> None:
        nonlocal present
        present = create_backup(
            url,
            backup.file.parent,
            reason=REASON,
            now=now,
            program=program,
            programs=programs,
            progress=lambda done, total: saving(done / total),
        )

    if url.get_backend_name() != "sqlite":
        restore_postgresql(url, backup, programs=programs, save_present=save_present, advance=restoring)
        return Restored(present, None)
    live = file_of(url)
    if live.exists():
        try:
            restore_sqlite(backup.file, live, save_present=save_present, advance=restoring)
        except NotADatabase:
            if present is not None:
                raise
        else:
            return Restored(present, None)
    return Restored(None, _replace(backup, live, now=now, advance=restoring))


def _replace(backup: Backup, live: Path, *, now: datetime, advance: Advance) -> Path | None:
    # The file itself, where a link leads to it.
    live = live.resolve()
    aside = live.with_name(f"{live.stem}.damaged-{now.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}{live.suffix}")
    try:
        was_there = replace_file(backup.file, live, aside=aside, advance=advance)
    except OSError as error:
        if is_full(error):
            raise DiskFull from None
        raise NotRestored(name=backup.file.name, reason=why(error)) from None
    return aside if was_there else None


def _require_fitting(url: URL, backup: Backup, known_revisions: Collection[str] | None) -> None:
    if backup.manifest.engine != url.get_backend_name():
        reason = Marked(N_("it is of SQLite, and the database is PostgreSQL's"))
        if url.get_backend_name() == "sqlite":
            reason = Marked(N_("it is of PostgreSQL, and the database is SQLite's"))
        raise NotRestored(name=backup.file.name, reason=reason)
    unknown = set(backup.manifest.content.revisions) - set(known_revisions or ())
    if known_revisions is not None and unknown:
        raise NotRestored(
            N_(
                "The backup {name} was not restored, and nothing was changed: it is at revision {revision}, which this"
                " program does not know. Install the newer program that wrote it."
            ),
            name=backup.file.name,
            revision=printable(unknown),
        )
