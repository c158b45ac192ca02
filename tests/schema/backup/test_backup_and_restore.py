"""A backup is made while people work, is equal to the database, and gives everything back, on both engines."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url

from src.domain.errors import NotADatabase, NotRestored
from src.schema.backup.backups import check_backup, list_backups, open_backup
from src.schema.backup.create import create_backup
from src.schema.backup.restore import REASON, restore_backup
from tests.schema.backup.samples import REVISION, change_everything, everything, execute

NOW = datetime.now(UTC).replace(microsecond=0)


def test_a_restore_gives_back_everything_and_keeps_what_was_there(
    filled_url: URL, tmp_path: Path, programs: Path
) -> None:
    old = everything(filled_url)
    backup = create_backup(filled_url, tmp_path / "backups", reason="a test", now=NOW, programs=programs)
    change_everything(filled_url)
    new = everything(filled_url)

    restored = restore_backup(filled_url, backup, now=NOW + timedelta(hours=1), programs=programs)

    assert everything(filled_url) == old
    assert restored.present is not None
    assert restored.present.manifest.reason == REASON
    restore_backup(filled_url, restored.present, now=NOW + timedelta(hours=2), programs=programs)
    assert everything(filled_url) == new


def test_a_backup_tells_what_is_in_it_and_is_for_its_owner_only(
    filled_url: URL, tmp_path: Path, programs: Path
) -> None:
    folder = tmp_path / "it's 100% full? #1"
    seen: list[tuple[int, int]] = []

    backup = create_backup(
        filled_url,
        folder,
        reason="a test",
        now=NOW,
        program="1.2",
        programs=programs,
        progress=lambda done, total: seen.append((done, total)),
    )

    assert list_backups(folder) == [backup] == [open_backup(backup.file)]
    check_backup(backup, programs=programs)
    manifest = backup.manifest
    assert (manifest.made_at, manifest.reason, manifest.program, manifest.restored) == (NOW, "a test", "1.2", True)
    assert manifest.content.revisions == (REVISION,)
    assert manifest.content.tables["boats"].rows == 300
    assert {path.name for path in folder.iterdir()} == {backup.file.name, f"{backup.file.name}.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert seen == sorted(seen)
    assert seen[-1] == (1000, 1000)
    secret = filled_url.password or "no password here"
    assert [path for path in folder.iterdir() if secret.encode() in path.read_bytes()] == []
    assert json.loads(folder.joinpath(f"{backup.file.name}.json").read_text())["place"] == manifest.place


@pytest.mark.parametrize("tables", [[], ["CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"]])
def test_a_database_with_nothing_in_it_can_be_backed_up_and_restored(
    database_url: str, tmp_path: Path, programs: Path, tables: list[str]
) -> None:
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        Path(url.database or "").touch()
    for statement in tables:
        execute(url, statement)
    old = everything(url)
    backup = create_backup(url, tmp_path / "backups", reason="a test", now=NOW, programs=programs)
    execute(url, "CREATE TABLE boats (code text)", "INSERT INTO boats VALUES ('x')")

    restore_backup(url, backup, now=NOW, programs=programs)

    assert everything(url) == old


def test_a_backup_of_another_engine_or_of_a_newer_program_is_refused(
    sqlite_filled: URL, postgres_filled: URL, tmp_path: Path, programs: Path
) -> None:
    backup = create_backup(sqlite_filled, tmp_path / "backups", reason="a test", now=NOW)
    old = everything(sqlite_filled), everything(postgres_filled)

    with pytest.raises(NotRestored, match="SQLite"):
        restore_backup(postgres_filled, backup, now=NOW, programs=programs)
    with pytest.raises(NotRestored, match=f"revision {REVISION}, which this program does not know"):
        restore_backup(sqlite_filled, backup, now=NOW, known_revisions={"0001_first"})

    assert (everything(sqlite_filled), everything(postgres_filled)) == old
    assert list_backups(tmp_path / "backups") == [backup]
    restore_backup(sqlite_filled, backup, now=NOW, known_revisions={"0001_first", REVISION})


def test_a_damaged_database_is_kept_aside_and_a_missing_one_comes_back(sqlite_filled: URL, tmp_path: Path) -> None:
    file = Path(sqlite_filled.database or "")
    old = everything(sqlite_filled)
    backup = create_backup(sqlite_filled, tmp_path / "backups", reason="a test", now=NOW)

    file.unlink()
    assert restore_backup(sqlite_filled, backup, now=NOW).aside is None
    assert everything(sqlite_filled) == old

    wreck = b"SQLite format 3\0" + b"rubbish" * 3000
    file.write_bytes(wreck)
    with pytest.raises(NotADatabase):
        create_backup(sqlite_filled, tmp_path / "backups", reason="a test", now=NOW)
    restored = restore_backup(sqlite_filled, backup, now=NOW)

    assert everything(sqlite_filled) == old
    assert restored.present is None
    assert restored.aside is not None
    assert restored.aside.read_bytes() == wreck
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list_backups(tmp_path / "backups") == [backup]


def test_a_hundred_restores_give_back_the_old_content_a_hundred_times(sqlite_filled: URL, tmp_path: Path) -> None:
    old = everything(sqlite_filled)
    backup = create_backup(sqlite_filled, tmp_path / "backups", reason="a test", now=NOW)
    same = 0
    for _ in range(100):
        execute(sqlite_filled, "UPDATE harbours SET depth = random()", "CREATE TABLE extra (x)")
        restore_backup(sqlite_filled, backup, now=NOW)
        same += everything(sqlite_filled) == old
    assert same == 100
