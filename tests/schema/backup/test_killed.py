"""Killed at any instant, a backup leaves nothing that counts, and a restore the old state or the restored one."""

import random
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import URL

from src.schema.backup.backups import check_backup, list_backups
from src.schema.backup.create import create_backup
from src.schema.backup.restore import restore_backup
from tests.schema.backup.killed import COMMAND, Killer, killer, request
from tests.schema.backup.samples import change_everything, everything, execute
from tests.shared_server import PROJECT

NOW = datetime.now(UTC).replace(microsecond=0)
AT = (0, 100, 250, 400, 550, 700, 720, 800, 900, 990, 1000)


@pytest.fixture(scope="module")
def kill() -> Iterator[Killer]:
    """Kills backups and restores of SQLite."""
    with killer() as made:
        yield made


def test_a_killed_backup_does_not_count_and_the_next_one_cleans_up(
    kill: Killer, sqlite_filled: URL, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    for stop in AT[:-1]:
        assert kill("create", sqlite_filled, folder, stop=stop) == -signal.SIGKILL
        assert list_backups(folder) == []

    backup = create_backup(sqlite_filled, folder, reason="a test", now=NOW)

    assert {path.name for path in folder.iterdir()} == {backup.file.name, f"{backup.file.name}.json"}


def test_a_backup_that_is_at_work_is_not_taken_for_a_leftover(sqlite_filled: URL, tmp_path: Path) -> None:
    folder, url = tmp_path / "backups", sqlite_filled
    others = [
        subprocess.Popen([*COMMAND, "once"], cwd=PROJECT, text=True, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for other in others:
        assert other.stdin is not None
        other.stdin.write(request("create", url, folder))
        other.stdin.close()
    made = 0
    while made < 5 or any(other.poll() is None for other in others):
        create_backup(url, folder, reason="a test", now=NOW)
        made += 1
    for other in others:
        assert other.stderr is not None
        with other.stderr:
            assert (other.stderr.read(), other.wait()) == ("", 0)

    backups = list_backups(folder)

    assert len(backups) == made + 2
    for backup in backups:
        check_backup(backup)
    assert len([*folder.iterdir()]) == 2 * len(backups)


@pytest.mark.parametrize("journal", ["wal", "truncate"])
def test_a_killed_restore_leaves_the_old_state_or_the_restored_one(
    kill: Killer, sqlite_filled: URL, tmp_path: Path, journal: str
) -> None:
    old = everything(sqlite_filled)
    backup = create_backup(sqlite_filled, tmp_path / "backups", reason="a test", now=NOW)
    change_everything(sqlite_filled)
    execute(sqlite_filled, f"PRAGMA journal_mode={journal}")
    new = everything(sqlite_filled)
    outcomes = []
    for stop in AT:
        assert kill("restore", sqlite_filled, backup.file, stop=stop) == -signal.SIGKILL
        outcomes.append(state_of(sqlite_filled, old=old, new=new))
        assert execute(sqlite_filled, "PRAGMA integrity_check") == [("ok",)]

    assert "neither" not in outcomes
    assert outcomes[0] == "new"
    restore_backup(sqlite_filled, backup, now=NOW)
    assert everything(sqlite_filled) == old


def test_a_restore_killed_at_random_instants(kill: Killer, sqlite_filled: URL, tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - when to kill is no secret
    old = everything(sqlite_filled)
    backup = create_backup(sqlite_filled, tmp_path / "backups", reason="a test", now=NOW)
    outcomes = []
    for _ in range(20):
        restore_backup(sqlite_filled, backup, now=NOW)
        execute(sqlite_filled, "UPDATE harbours SET depth = 1", "CREATE TABLE extra (x)")
        new = everything(sqlite_filled)
        kill("restore", sqlite_filled, backup.file, seconds=chance.uniform(0, 0.15))
        outcomes.append(state_of(sqlite_filled, old=old, new=new))
    assert "neither" not in outcomes


def test_a_restore_of_a_damaged_file_killed_at_random_leaves_a_file(
    kill: Killer, sqlite_filled: URL, tmp_path: Path
) -> None:
    chance = random.Random(8)  # noqa: S311 - when to kill is no secret
    file = Path(sqlite_filled.database or "")
    old, wreck = everything(sqlite_filled), b"rubbish" * 5000
    backup = create_backup(sqlite_filled, tmp_path / "backups", reason="a test", now=NOW)
    for _ in range(8):
        file.write_bytes(wreck)
        kill("restore", sqlite_filled, backup.file, seconds=chance.uniform(0, 0.05))
        assert file.read_bytes() == wreck or everything(sqlite_filled) == old
    file.write_bytes(wreck)
    restore_backup(sqlite_filled, backup, now=NOW)
    assert everything(sqlite_filled) == old
    assert [path for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_a_killed_restore_on_postgresql_leaves_the_old_state_or_the_restored_one(
    postgres_filled: URL, tmp_path: Path, programs: Path
) -> None:
    chance = random.Random(9)  # noqa: S311 - when to kill is no secret
    outcomes = []
    old = everything(postgres_filled)
    backup = create_backup(postgres_filled, tmp_path / "backups", reason="a test", now=NOW, programs=programs)
    change_everything(postgres_filled)
    new = everything(postgres_filled)
    with killer(programs) as kill:
        for stop in (700, 720, 900):
            kill("restore", postgres_filled, backup.file, stop=stop)
            outcomes.append(state_of(postgres_filled, old=old, new=new))
        for _ in range(3):
            kill("restore", postgres_filled, backup.file, seconds=chance.uniform(0.2, 1.5))
            outcomes.append(state_of(postgres_filled, old=old, new=new))

    assert "neither" not in outcomes
    restore_backup(postgres_filled, backup, now=NOW, programs=programs)
    assert everything(postgres_filled) == old


def state_of(url: URL, *, old: object, new: object) -> str:
    """What is in the database; the server may need a moment to see that its client is gone."""
    found = everything(url)
    return "restored" if found == old else "new" if found == new else "neither"
