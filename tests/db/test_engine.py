"""The connection keeps each engine's promises, and a place that cannot serve says why and is left as it was."""

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, make_url, text

from src.db import engine
from src.db.driver import WAL_SAFE_SINCE, may_distrust_schema, sqlite_module, wal_is_safe
from src.db.session import Database
from src.domain.errors import DatabaseBusy, DatabaseError, DatabaseMissing, DatabaseUnreachable, DiskFull, NotADatabase
from src.models.user_session import UserSession
from tests import factories
from tests.factories import NOW
from tests.real_databases import statements_of
from tests.shared_server import PROJECT


def url(file: Path) -> str:
    return f"sqlite:///{file}"


def read(file: Path) -> object:
    database = Database(make_url(url(file)))
    try:
        with database.reading() as session:
            return session.scalar(text("SELECT count(*) FROM users"))
    finally:
        database.close()


@pytest.mark.parametrize("pooled", [False, True])
def test_sqlite_is_switched_to_safe_on_every_connection(migrated_sqlite_url: str, pooled: bool) -> None:  # noqa: FBT001 - given by name
    database = Database(make_url(migrated_sqlite_url), pooled=pooled)
    wanted = {
        "journal_mode": "wal" if wal_is_safe() else "truncate",
        "synchronous": 2,  # FULL: on the disk before it is acknowledged
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "secure_delete": 1,
        "trusted_schema": 0 if may_distrust_schema() else 1,
        "busy_timeout": 60_000,
    }
    for transaction in (database.writing, database.reading, database.writing):
        with transaction() as session:
            assert {name: session.scalar(text(f"PRAGMA {name}")) for name in wanted} == wanted
    database.close()


def test_a_start_does_not_fail_because_somebody_reads_a_file_that_is_not_switched_yet(migrated_sqlite_url: str) -> None:
    """Two first starts at once: one has just made the file, the other looks at it."""
    file = Path(migrated_sqlite_url.removeprefix("sqlite:///"))
    reader = sqlite_module().connect(file, isolation_level=None)
    assert reader.execute("PRAGMA journal_mode=delete").fetchone() == ("delete",)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM users").fetchall()
    assert read(file) == 0

    reader.close()
    assert read(file) == 0
    with closing(sqlite_module().connect(file)) as after:
        assert after.execute("PRAGMA journal_mode").fetchone() == ("wal" if wal_is_safe() else "delete",)


def test_writers_take_the_lock_when_they_begin_and_readers_never_do(sqlite_database: Database) -> None:
    sent: list[str] = []
    event.listen(sqlite_database.engine, "connect", lambda opened, _record: opened.set_trace_callback(sent.append))
    with sqlite_database.writing():
        pass
    with sqlite_database.reading():
        pass
    with sqlite_database.writing() as session:
        session.scalar(text("SELECT 1"))
    with sqlite_database.reading() as session:
        session.scalar(text("SELECT 1"))
    assert [words for words in sent if words.startswith(("BEGIN", "PRAGMA query_only", "SELECT 1"))] == [
        *("PRAGMA query_only=OFF", "BEGIN IMMEDIATE", "SELECT 1"),
        *("PRAGMA query_only=ON", "BEGIN", "SELECT 1"),
    ]


def test_an_older_sqlite_keeps_no_write_ahead_log_and_every_rule(tmp_path: Path) -> None:
    """Where the recent driver has no wheel, Python's own serves: the rules are broken once more, with that one."""
    expected = "wal" if sqlite3.sqlite_version_info >= WAL_SAFE_SINCE else "truncate"
    (tmp_path / "older.py").write_text(
        "import sys\n"
        "sys.modules['pysqlite3'] = None\n"  # as if it were not installed
        "from src.db.driver import sqlite_module\n"
        "assert sqlite_module().__name__ == 'sqlite3.dbapi2'\n"
        "def pytest_sessionstart(session):\n"
        "    from src.db import engine\n"
        f"    assert ('wal' if engine.wal_is_safe() else 'truncate') == {expected!r}\n",
        encoding="utf-8",
    )
    tests = ["tests/models/test_invariants.py", "tests/db/test_session.py", "tests/db/test_engine.py::" + SWITCHES]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "older", "-p", "no:cacheprovider", "-k", "sqlite", *tests],
        cwd=PROJECT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


SWITCHES = "test_sqlite_is_switched_to_safe_on_every_connection"


def test_a_missing_file_is_missing_and_stays_so(tmp_path: Path) -> None:
    for file in (tmp_path / "missing.db", tmp_path / "no folder" / "missing.db"):
        with pytest.raises(DatabaseMissing) as refusal:
            read(file)
        assert str(refusal.value) == f"There is no database at {file}. Create it with: epicevents init"
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_database_is_left_as_it_was(tmp_path: Path, sqlite_template: Path) -> None:
    whole = sqlite_template.read_bytes()
    for name, content in (
        ("text", b"Dear client, " * 500),
        ("cut", whole[: len(whole) // 2]),
        ("damaged", whole[:8192] + os.urandom(len(whole) - 16384) + whole[-8192:]),
    ):
        file = tmp_path / f"{name}.db"
        file.write_bytes(content)
        with pytest.raises(NotADatabase) as refusal:
            read(file)
        assert str(refusal.value).startswith(f"{file} is not a database, or it is damaged.")
        if name == "text":
            assert file.read_bytes() == content


def test_an_empty_file_is_no_crm(tmp_path: Path) -> None:
    """It is a database to SQLite; whether its schema fits is asked before the services are (src/schema/fitness.py)."""
    file = tmp_path / "empty.db"
    file.touch()
    with pytest.raises(DatabaseError):
        read(file)


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(NotADatabase):
        read(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["what?.db", "100%.db", "a#b.db", "épic events.db", "a&b=c.db", "%3F.db", "[1].db", ";.db"]
)
def test_a_file_may_have_any_name(tmp_path: Path, sqlite_template: Path, name: str) -> None:
    folder = tmp_path / f"in {name}"
    folder.mkdir()
    shutil.copyfile(sqlite_template, folder / name)
    database = Database(make_url("sqlite://").set(database=str(folder / name)))
    with database.writing() as session:
        factories.seller(session)
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM users")) == 1
    database.close()
    assert [path.name for path in folder.iterdir()] == [name]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o700)


READ_ONLY = "DatabaseReadOnly: The database at {file} cannot be written."
CLOSED = "DatabaseUnreachable: The database at {file} cannot be opened (permission denied)."


@pytest.mark.parametrize(
    ("file_mode", "folder_mode", "endings"),
    [
        (0o444, 0o777, {"reading": "done", "writing": READ_ONLY}),
        # The write-ahead log lies beside the file: without it there is no reading, either.
        (0o444, 0o555, {"reading": READ_ONLY, "writing": READ_ONLY}),
        (0o666, 0o555, {"reading": READ_ONLY, "writing": READ_ONLY}),
        (0o000, 0o777, {"reading": CLOSED, "writing": CLOSED}),
    ],
    ids=["file", "file and folder", "folder", "no right at all"],
)
def test_what_may_not_be_written_says_so(
    open_folder: Path, sqlite_template: Path, file_mode: int, folder_mode: int, endings: dict[str, str]
) -> None:
    file, warm = open_folder / "epic.db", open_folder / "warm.db"
    shutil.copyfile(sqlite_template, file)
    shutil.copyfile(sqlite_template, warm)
    assert read(file) == 0  # turns the write-ahead log on
    file.chmod(file_mode)
    open_folder.chmod(folder_mode)
    command = [sys.executable, "-m", "tests.db.as_somebody_else", str(warm), str(file)]
    ended = json.loads(subprocess.run(command, cwd=PROJECT, capture_output=True, check=True).stdout)
    assert ended.keys() == endings.keys()
    for attempt, ending in endings.items():
        assert ended[attempt].startswith(ending.format(file=file))


def test_a_lock_held_too_long_is_a_busy_database(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_SECONDS", 0.05)
    with sqlite_database.writing() as session:
        factories.seller(session)
    other: Any = sqlite_module().connect(sqlite_database.place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy, match="Nothing was saved; try again"), sqlite_database.writing() as session:
        factories.seller(session)
    with sqlite_database.reading() as session:  # who only reads waits for nobody
        assert session.scalar(text("SELECT count(*) FROM users")) == 1
    other.execute("ROLLBACK")
    with sqlite_database.writing() as session:
        factories.seller(session)
        assert session.scalar(text("SELECT count(*) FROM users")) == 2
    other.close()


def write_much(database: Database) -> None:
    with database.writing() as session:
        for _one in range(200):
            factories.client(session, factories.seller(session))


def test_a_full_disk_saves_nothing_and_reads_go_on(sqlite_database: Database) -> None:
    """SQLite meets its own limit as it meets the disk's, with the same error at the same place."""
    with sqlite_database.writing() as session:
        factories.seller(session)
    sqlite_database.close()

    def be_full(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # SQLite makes it the present size

    event.listen(sqlite_database.engine, "connect", be_full)
    with pytest.raises(DiskFull, match="Nothing was saved; free some space"):
        write_much(sqlite_database)
    with sqlite_database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM users")) == 1
    sqlite_database.close()
    event.remove(sqlite_database.engine, "connect", be_full)
    with sqlite_database.writing() as session:  # there is room again
        factories.seller(session)
        assert session.scalar(text("SELECT count(*) FROM users")) == 2


def test_a_write_that_the_system_refuses_saves_nothing(migrated_sqlite_url: str) -> None:
    """A real failure of the file system, by the limit on the size of files that a process may have."""
    database = Database(make_url(migrated_sqlite_url))
    with database.writing() as session:
        factories.seller(session)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (Path(database.place).stat().st_size // 2, limits[1]))
    try:
        with pytest.raises(DatabaseUnreachable, match="the disk or network failed"):
            write_much(database)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM users")) == 1
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    database.close()


def test_what_is_deleted_is_gone_from_the_file(sqlite_database: Database) -> None:
    marker = "a device that nobody else has"
    with sqlite_database.writing() as session:
        seller = factories.seller(session)
        session.add(
            UserSession(
                user_id=seller.id, token_hash="a", interface="cli", device=marker, expires_at=NOW, created_at=NOW
            )
        )
    sqlite_database.close()
    assert marker.encode() in Path(sqlite_database.place).read_bytes()
    with sqlite_database.writing() as session:
        session.execute(text("DELETE FROM sessions"))
    sqlite_database.close()
    left = [path for path in Path(sqlite_database.place).parent.iterdir() if marker.encode() in path.read_bytes()]
    assert left == []


def test_a_server_that_does_not_answer_says_why_without_the_password(postgres_url: str) -> None:
    right = make_url(postgres_url)
    for wrong, reason in (
        (right.set(port=1), "no server listens at this address"),
        (right.set(password="marker-of-a-password"), "the server refuses this user or password"),
        (right.set(database="nothing_here"), "the server has no database of this name"),
        (right.set(host="no-such-host.invalid"), "no machine has this name"),
    ):
        database = Database(wrong)
        with pytest.raises(DatabaseUnreachable) as refusal, database.reading() as session:
            session.scalar(text("SELECT 1"))
        assert str(refusal.value).endswith(f"cannot be opened ({reason}). Nothing was saved.")
        assert str(wrong.password) not in f"{refusal.value}{refusal.value!r}{refusal.value.facts}"


def test_statements_are_prepared_for_a_reader_only_once(sqlite_database: Database) -> None:
    """Guards the counting that other tests rely on: opening a transaction is not a statement of a screen."""
    with sqlite_database.reading() as session, statements_of(sqlite_database) as sent:
        session.scalar(text("SELECT 1"))
    assert sent == ["SELECT 1"]
