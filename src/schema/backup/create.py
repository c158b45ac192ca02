"""Makes a backup that is known to be good before anybody relies on it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL

from src.db.driver import sqlite_version
from src.db.url import place_of
from src.schema.backup.backups import Backup, size_and_sha256
from src.schema.backup.content import Advance, in_stages
from src.schema.backup.folder import new_backup_name, new_private_file, part_of, prepare, publish, told_in_words
from src.schema.backup.manifest import Manifest, written
from src.schema.backup.postgresql_backup import dump_postgresql
from src.schema.backup.retention import Keep, remove_old_backups
from src.schema.backup.sqlite_backup import copy_sqlite
from src.schema.backup.sqlite_files import file_of

# Told how much is done, of how much; the last call says all.
Progress = Callable[[int, int], None]
_PARTS = 1000


def no_progress(_done: int, _total: int) -> None:
    """Tell nobody."""


def create_backup(
    url: URL,
    folder: Path,
    *,
    reason: str,
    now: datetime,
    program: str = "",
    keep: Keep | None = None,
    programs: Path | None = None,
    progress: Progress = no_progress,
) -> Backup:
    """Save the whole database as it is at one moment, while people work in it.

    `reason` and `program` (its version) are noted beside it. `keep` removes older backups of the same database, but
    never the last good one. `programs` is the folder of PostgreSQL's programs, which are looked for if not given.
    Raises BackupFailed, NoRoom, DiskFull, or what is wrong with the database; then no backup is left behind.
    """
    sqlite = url.get_backend_name() == "sqlite"
    copying, hashing = in_stages(shares_of(progress), 8, 1)
    with told_in_words(folder):
        prepare(folder)
        file = folder / new_backup_name(_stem(url), now, ".sqlite" if sqlite else ".dump")
        with new_private_file(part_of(file)) as part:
            if sqlite:
                content, restored = copy_sqlite(file_of(url), part, copying), True
                server = "SQLite {}.{}.{}".format(*sqlite_version())
            else:
                content, restored, server = dump_postgresql(url, part, programs=programs, advance=copying)
            size, digest = size_and_sha256(part, advance=hashing, expected=part.stat().st_size)
            manifest = Manifest(
                engine="sqlite" if sqlite else "postgresql",
                place=place_of(url),
                made_at=now.astimezone(UTC),
                reason=reason,
                program=program,
                server=server,
                restored=restored,
                size=size,
                sha256=digest,
                content=content,
            )
            publish(part, file, written(manifest))
    backup = Backup(file, manifest)
    if keep is not None:
        remove_old_backups(folder, url, now=now, keep=keep, known_good=backup)
    progress(_PARTS, _PARTS)
    return backup


def shares_of(progress: Progress) -> Advance:
    """Count a share from 0 to 1 in whole numbers."""
    return lambda share: progress(int(share * _PARTS), _PARTS)


def _stem(url: URL) -> str:
    name = file_of(url).stem if url.get_backend_name() == "sqlite" else url.database or ""
    return re.sub(r"[^\w.-]", "_", name, flags=re.ASCII).lstrip(".-")[:60] or "database"
