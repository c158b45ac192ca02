"""How long backups are kept."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import URL

from src.db.url import place_of
from src.domain.errors import CrmError
from src.schema.backup.backups import Backup, check_backup, list_backups
from src.schema.backup.folder import remove


@dataclass(frozen=True)
class Keep:
    """How many backups of one database are kept, and for how many days."""

    count: int = 20
    days: int = 90


def remove_old_backups(
    folder: Path, url: URL, *, now: datetime, keep: Keep, known_good: Backup | None = None
) -> list[Backup]:
    """Remove the backups of this database that are too many or too old; gives those that were removed.

    The last good one stays, however old; `known_good` is one that was just made. Damaged backups are no good ones.
    """
    place, oldest = place_of(url), now - timedelta(days=keep.days)
    ours = [backup for backup in list_backups(folder) if backup.manifest.place == place]
    old = [
        backup
        for number, backup in enumerate(ours)
        if backup != known_good and (number >= keep.count or backup.manifest.made_at < oldest)
    ]
    if known_good is None and old:
        # The newest good one, wherever it stands.
        last_good = next((backup for backup in ours if _is_good(backup)), None)
        old = [backup for backup in old if last_good is not None and backup != last_good]
    removed = []
    for backup in old:
        # What cannot be removed stays: the backup that was just made is worth more than the order in the folder.
        with suppress(OSError):
            remove(backup.file)
            removed.append(backup)
    return removed


def _is_good(backup: Backup) -> bool:
    try:
        check_backup(backup)
    except CrmError:
        return False
    return True
