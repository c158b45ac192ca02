"""Backups are kept by number and by age, and the last good one is never removed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import URL

from src.schema.backup.backups import Backup, list_backups
from src.schema.backup.create import create_backup
from src.schema.backup.retention import BEFORE_DOWNGRADE, BEFORE_UPGRADE, Keep, remove_old_backups
from tests.schema.backup.samples import fill

NOW = datetime.now(UTC).replace(microsecond=0)


def made(url: URL, folder: Path, *, days_ago: float, keep: Keep | None = None, reason: str = "a test") -> Backup:
    """A backup of some days ago."""
    return create_backup(url, folder, reason=reason, now=NOW - timedelta(days=days_ago), keep=keep)


def test_a_new_backup_removes_those_that_are_too_many_or_too_old(sqlite_filled: URL, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    recent = [made(sqlite_filled, folder, days_ago=days) for days in (1, 2, 3, 30)]
    (folder / "my own.sqlite").write_text("not one of the program's")

    new = made(sqlite_filled, folder, days_ago=0, keep=Keep(count=3, days=7))

    assert list_backups(folder) == [new, *recent[:2]]
    assert (folder / "my own.sqlite").exists()
    assert len([*folder.iterdir()]) == 7


def test_upgrades_that_fail_again_and_again_push_out_no_older_backup(sqlite_filled: URL, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    asked_for, undone = (
        made(sqlite_filled, folder, days_ago=3),
        made(sqlite_filled, folder, days_ago=2, reason=BEFORE_DOWNGRADE),
    )
    for number in range(5):
        last = made(sqlite_filled, folder, days_ago=1 - number / 10, keep=Keep(count=4, days=7), reason=BEFORE_UPGRADE)
        assert list_backups(folder)[-2:] == [undone, asked_for]

    assert list_backups(folder)[0] == last
    assert len(list_backups(folder)) == 4


def test_the_last_good_backup_stays_however_old(sqlite_filled: URL, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    damaged, good, older = (made(sqlite_filled, folder, days_ago=days) for days in (1, 400, 500))
    damaged.file.write_bytes(damaged.file.read_bytes()[:-1])

    removed = remove_old_backups(folder, sqlite_filled, now=NOW, keep=Keep(count=1, days=7))

    assert removed == [older]
    assert list_backups(folder) == [damaged, good]


def test_nothing_is_removed_where_no_backup_is_good(sqlite_filled: URL, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    backups = [made(sqlite_filled, folder, days_ago=days) for days in (400, 500)]
    for backup in backups:
        backup.file.write_bytes(b"")

    assert remove_old_backups(folder, sqlite_filled, now=NOW, keep=Keep(count=1, days=7)) == []
    assert list_backups(folder) == backups


def test_the_backups_of_other_databases_stay(sqlite_filled: URL, tmp_path: Path) -> None:
    folder, other = tmp_path / "backups", URL.create("sqlite", database=str(tmp_path / "other.db"))
    fill(other)
    kept = made(other, folder, days_ago=400)

    new = made(sqlite_filled, folder, days_ago=0, keep=Keep(count=1, days=7))

    assert list_backups(folder) == [new, kept]


def test_a_clock_that_was_put_back_does_not_cost_the_new_backup(sqlite_filled: URL, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    ahead = made(sqlite_filled, folder, days_ago=-10)

    new = made(sqlite_filled, folder, days_ago=0, keep=Keep(count=1, days=7))

    assert list_backups(folder) == [ahead, new]
