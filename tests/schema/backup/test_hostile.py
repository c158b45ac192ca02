"""No room, no rights, other people's writing, Ctrl-C: each ends in words, leaves nothing behind and loses nothing."""

import multiprocessing
import os
import resource
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url

from src.db.driver import sqlite_module
from src.domain.errors import (
    BackupFailed,
    CrmError,
    DatabaseBusy,
    DatabaseError,
    DatabaseMissing,
    NoRoom,
)
from src.schema import lock
from src.schema.backup.backups import check_backup, list_backups
from src.schema.backup.create import create_backup
from src.schema.backup.restore import restore_backup
from tests.schema.backup.samples import change_everything, connected, content_of, everything, execute

NOW = datetime.now(UTC).replace(microsecond=0)
NOBODY = 65534


def refusal_of(work: Callable[[], object], *, largest_file: int | None = None, as_nobody: bool = False) -> str:
    """Work in a process of its own, with less room or fewer rights; gives the kind of refusal, or "done"."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def limited() -> None:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
        if as_nobody and os.geteuid() == 0:
            os.setuid(NOBODY)
        try:
            work()
        except CrmError as refusal:
            sender.send(type(refusal).__name__)
        else:
            sender.send("done")

    process = context.Process(target=limited)
    process.start()
    sender.close()
    answer: str = receiver.recv()
    process.join()
    receiver.close()
    return answer


def files_in(folder: Path) -> list[str]:
    """Everything in a folder, hidden or not."""
    return sorted(path.name for path in folder.iterdir())


def test_too_little_room_is_told_with_both_figures_before_anything_is_written(
    filled_url: URL, tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usual._replace(free=700_000))

    with pytest.raises(NoRoom) as refused:
        create_backup(filled_url, tmp_path / "backups", reason="a test", now=NOW, programs=programs)

    assert (refused.value.facts["need"], refused.value.facts["have"]) == (2, 0)
    assert files_in(tmp_path / "backups") == []


def test_a_disk_that_is_full_in_the_middle_leaves_no_backup(filled_url: URL, tmp_path: Path, programs: Path) -> None:
    def create() -> None:
        create_backup(filled_url, tmp_path / "backups", reason="a test", now=NOW, programs=programs)

    limit = 2000  # what is dumped of so little is smaller than a page
    if filled_url.get_backend_name() == "sqlite":
        limit = 100_000
        execute(filled_url, "CREATE TABLE big AS SELECT randomblob(200000) AS x")
    assert refusal_of(create, largest_file=limit) in {"DiskFull", "BackupFailed"}
    assert files_in(tmp_path / "backups") == []


@pytest.mark.parametrize("journal", ["wal", "truncate"])
def test_a_disk_that_is_full_in_the_middle_of_a_restore_leaves_the_database(
    sqlite_filled: URL, tmp_path: Path, journal: str
) -> None:
    execute(sqlite_filled, "CREATE TABLE big AS SELECT randomblob(200000) AS x", f"PRAGMA journal_mode={journal}")
    backup = create_backup(sqlite_filled, tmp_path / "backups", reason="a test", now=NOW)
    execute(sqlite_filled, "DROP TABLE big", "DELETE FROM harbours", "VACUUM")
    old = everything(sqlite_filled)

    def restore() -> None:
        restore_backup(sqlite_filled, backup, now=NOW)

    assert refusal_of(restore, largest_file=150_000) in {"DiskFull", "DatabaseUnreachable"}
    assert everything(sqlite_filled) == old
    assert execute(sqlite_filled, "PRAGMA integrity_check") == [("ok",)]


def test_a_folder_that_may_not_be_written_or_is_none_is_told(sqlite_filled: URL, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "none" / "backups", tmp_path / "file" / "backups"):
        with pytest.raises(BackupFailed):
            create_backup(sqlite_filled, folder, reason="a test", now=NOW)
    with pytest.raises(DatabaseMissing):
        create_backup(make_url(f"sqlite:///{tmp_path}/none.db"), tmp_path / "backups", reason="a test", now=NOW)
    assert not (tmp_path / "none.db").exists()


def test_a_folder_of_somebody_else_is_told(sqlite_filled: URL, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("closed") / "backups"
    folder.mkdir(mode=0o500)

    def create() -> None:
        create_backup(sqlite_filled, folder, reason="a test", now=NOW)

    assert refusal_of(create, as_nobody=True) in {"BackupFailed", "DatabaseUnreachable"}
    assert files_in(folder) == []


def test_ctrl_c_leaves_no_backup_and_the_database_as_it_was(filled_url: URL, tmp_path: Path, programs: Path) -> None:
    def interrupt(done: int, _total: int) -> None:
        if done >= stop:
            raise KeyboardInterrupt

    folder, stop = tmp_path / "backups", 300
    with pytest.raises(KeyboardInterrupt):
        create_backup(filled_url, folder, reason="a test", now=NOW, programs=programs, progress=interrupt)
    assert files_in(folder) == []
    backup = create_backup(filled_url, folder, reason="a test", now=NOW, programs=programs)
    change_everything(filled_url)
    old, stop = everything(filled_url), 800

    with pytest.raises(KeyboardInterrupt):
        restore_backup(filled_url, backup, now=NOW, programs=programs, progress=interrupt)

    assert everything(filled_url) == old


def test_a_backup_under_a_live_writer_is_of_one_moment(sqlite_filled: URL, tmp_path: Path) -> None:
    execute(sqlite_filled, "CREATE TABLE pairs (side TEXT, n INTEGER)")
    context = multiprocessing.get_context("fork")
    going, over = context.Event(), context.Event()

    def write() -> None:
        driver = sqlite_module().connect(sqlite_filled.database, isolation_level=None, timeout=60)
        number = 0
        while not over.is_set():
            number += 1
            driver.execute("BEGIN IMMEDIATE")
            driver.executemany("INSERT INTO pairs VALUES (?, ?)", [("left", number), ("right", number)])
            driver.execute("COMMIT")
            going.set()

    writer = context.Process(target=write)
    writer.start()
    going.wait()
    backups = [create_backup(sqlite_filled, tmp_path / "backups", reason="a test", now=NOW) for _ in range(5)]
    over.set()
    writer.join()

    for backup in backups:
        check_backup(backup)
        copy = URL.create("sqlite", database=str(backup.file))
        assert execute(copy, "SELECT count(*) FROM (SELECT n FROM pairs GROUP BY n HAVING count(*) <> 2)") == [(0,)]


def test_what_is_committed_until_the_restore_begins_is_in_the_backup_of_the_present_state(
    sqlite_filled: URL, tmp_path: Path
) -> None:
    backup = create_backup(sqlite_filled, tmp_path / "backups", reason="a test", now=NOW)
    refused: list[str] = []

    def write(_done: int, _total: int) -> None:
        driver = sqlite_module().connect(sqlite_filled.database, isolation_level=None, timeout=0)
        try:
            driver.execute("INSERT INTO harbours (name) VALUES (hex(randomblob(8)))")
        except sqlite_module().OperationalError as error:
            refused.append(str(error))
        else:
            refused.clear()
        finally:
            counts.append(len(refused))
            last.append(driver.execute("SELECT count(*) FROM harbours").fetchone()[0])
            driver.close()

    counts: list[int] = []
    last: list[int] = []
    restored = restore_backup(sqlite_filled, backup, now=NOW, progress=write)

    assert restored.present is not None
    # All that others could write before they were kept from it is saved; once kept from it, they are until the end.
    assert restored.present.manifest.content.tables["harbours"].rows == max(last)
    assert max(counts) > 3


def test_people_who_read_see_the_old_rows_until_the_end(sqlite_filled: URL, tmp_path: Path) -> None:
    backup = create_backup(sqlite_filled, tmp_path / "backups", reason="a test", now=NOW)
    change_everything(sqlite_filled)
    reader = sqlite_module().connect(sqlite_filled.database, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM boats").fetchone() == (0,)

    restore_backup(sqlite_filled, backup, now=NOW)

    assert reader.execute("SELECT count(*) FROM boats").fetchone() == (0,)
    reader.execute("COMMIT")
    assert reader.execute("SELECT count(*) FROM boats").fetchone() == (300,)
    reader.close()


def test_a_restore_waits_for_writers_and_gives_up_in_words(
    filled_url: URL, tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = create_backup(filled_url, tmp_path / "backups", reason="a test", now=NOW, programs=programs)
    old = everything(filled_url)
    monkeypatch.setattr(lock, "WAIT_SECONDS", 1)
    monkeypatch.setattr("src.schema.backup.sqlite_restore.WAIT_SECONDS", 1)
    if filled_url.get_backend_name() == "sqlite":
        writer = sqlite_module().connect(filled_url.database, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
    else:
        writer = connected(filled_url)
        writer.execute("BEGIN")
        writer.execute("LOCK TABLE boats IN ROW EXCLUSIVE MODE")

    with pytest.raises(DatabaseBusy):
        restore_backup(filled_url, backup, now=NOW, programs=programs)

    writer.close()
    assert everything(filled_url) == old


@pytest.mark.parametrize("page_size", [1024, 16384])
def test_a_backup_with_pages_of_another_size_is_restored(sqlite_filled: URL, tmp_path: Path, page_size: int) -> None:
    backup = create_backup(sqlite_filled, tmp_path / "backups", reason="a test", now=NOW)
    old = everything(sqlite_filled)
    execute(sqlite_filled, "PRAGMA journal_mode=DELETE")
    execute(sqlite_filled, f"PRAGMA page_size={page_size}", "VACUUM", "PRAGMA journal_mode=WAL")

    restore_backup(sqlite_filled, backup, now=NOW)

    assert content_of(Path(sqlite_filled.database or "")) == old


def test_programs_that_are_missing_are_told(postgres_filled: URL, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatabaseError, match="pg_dump, pg_restore and psql"):
        create_backup(postgres_filled, tmp_path / "backups", reason="a test", now=NOW, programs=tmp_path / "empty")
    assert list_backups(tmp_path / "backups") == []


def test_programs_older_than_the_server_are_told_with_both_versions(postgres_filled: URL, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    for name in ("pg_dump", "pg_restore", "psql"):
        (old / name).write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6'\n")
        (old / name).chmod(0o755)
    with pytest.raises(DatabaseError, match="of version 9, the server is of version 1"):
        create_backup(postgres_filled, tmp_path / "backups", reason="a test", now=NOW, programs=old)
    assert files_in(tmp_path / "backups") == []
