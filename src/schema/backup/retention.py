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

BEFORE_UPGRADE = "before an upgrade"
BEFORE_DOWNGRADE = "before a downgrade"
BEFORE_CHANGES = frozenset({BEFORE_UPGRADE, BEFORE_DOWNGRADE})


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
    Where there are too many, those of failed attempts go first: whoever tries again and again loses no older state.
    """
    place, oldest = place_of(url), now - timedelta(days=keep.days)
    ours = [backup for backup in list_backups(folder) if backup.manifest.place == place]
    attempts = _failed_attempts(ours)
    worth_most_first = [backup for backup in ours if backup not in attempts] + attempts
    too_many = worth_most_first[keep.count :]
    old = [
        backup for backup in ours if backup != known_good and (backup in too_many or backup.manifest.made_at < oldest)
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


def _failed_attempts(newest_first: list[Backup]) -> list[Backup]:
    """Give the backups before changes that did not happen: the next change of the same kind began where they did."""
    failed = []
    later: Backup | None = None
    for backup in newest_first:
        if backup.manifest.reason not in BEFORE_CHANGES:
            continue
        if later is not None and _begins_as(later) == _begins_as(backup):
            failed.append(backup)
        later = backup
    return failed


def _begins_as(backup: Backup) -> tuple[str, tuple[str, ...]]:
    return backup.manifest.reason, backup.manifest.content.revisions


def _is_good(backup: Backup) -> bool:
    try:
        check_backup(backup)
    except CrmError:
        return False
    return True
