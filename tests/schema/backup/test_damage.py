"""A damaged backup is found before it replaces anything."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import URL

from src.domain.errors import BackupDamaged
from src.schema.backup.backups import list_backups, list_damaged
from src.schema.backup.create import create_backup
from src.schema.backup.folder import manifest_of
from src.schema.backup.restore import restore_backup
from tests.schema.backup import flips
from tests.schema.backup.samples import change_everything, everything

NOW = datetime.now(UTC).replace(microsecond=0)


def test_every_flipped_bit_and_every_cut_is_found_and_nothing_is_replaced(
    filled_url: URL, tmp_path: Path, programs: Path
) -> None:
    backup = create_backup(filled_url, tmp_path / "backups", reason="a test", now=NOW, programs=programs)
    change_everything(filled_url)

    tally = flips.run(filled_url, backup, trials=60, seed=3, programs=programs)

    assert (tally.found, tally.missed) == (60, [])


def test_a_backup_without_its_manifest_is_not_taken(sqlite_filled: URL, tmp_path: Path) -> None:
    backup = create_backup(sqlite_filled, tmp_path / "backups", reason="a test", now=NOW)
    old = everything(sqlite_filled)
    manifest_of(backup.file).unlink()

    with pytest.raises(BackupDamaged):
        restore_backup(sqlite_filled, backup, now=NOW)

    assert everything(sqlite_filled) == old


def test_damaged_manifests_are_listed_apart(sqlite_filled: URL, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    first, second = (create_backup(sqlite_filled, folder, reason="a test", now=NOW) for _ in range(2))
    manifest_of(first.file).write_text("{}")

    assert list_backups(folder) == [second]
    assert list_damaged(folder) == [first.file]
