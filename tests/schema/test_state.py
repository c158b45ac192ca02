"""What a database is to the program, told without changing it, and what the program then refuses to do."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.engine import Connection

from src.db.driver import sqlite_module
from src.db.session import Database
from src.domain.errors import DatabaseBusy, DatabaseMissing, DatabaseUnversioned, NotADatabase
from src.schema.revisions import head_revision
from src.schema.state import DatabaseState, read_state, refusal_of, require_current, state_from
from src.schema.upgrade import upgrade_to_head
from src.services import CRM
from tests.migrations.command_line import command_line, without_roots_right_to_open_everything
from tests.migrations.conftest import FIRST, HEAD, create_all, execute, make_empty, path_of, prepare, version_of
from tests.migrations.projects import add_revision, copy_project
from tests.real_databases import statements_of

EXPECTED = {
    "empty": ("EMPTY", "DatabaseUnversioned"),
    "unversioned": ("UNVERSIONED", "DatabaseUnversioned"),
    "behind": ("BEHIND", "DatabaseBehind"),
    "at head": ("AT_HEAD", None),
    "unknown": ("UNKNOWN_REVISION", "DatabaseAhead"),
}
# Run in a copy of the project that has one revision more, so that a database can be behind.
LOOK = """
import json, sys
from sqlalchemy import make_url
from src.db.session import Database
from src.domain.errors import CrmError
from src.schema.state import read_state, require_current
from src.services import CRM
for line in sys.stdin:
    url = make_url(line.strip())
    answers = [read_state(url, CRM).name]
    database = Database(url)
    for transaction in (database.reading, database.writing):
        try:
            with transaction() as session:
                require_current(session.connection(), CRM)
            answers.append(None)
        except CrmError as refusal:
            answers.append([type(refusal).__name__, str(refusal)])
    print(json.dumps(answers), flush=True)
"""
ADVICE = {"empty": "epicevents init", "unversioned": "alembic stamp head", "behind": "alembic upgrade head"}


def test_the_application_works_only_on_a_database_at_its_own_revision(tmp_path: Path, database_url: str) -> None:
    project = copy_project(tmp_path / "copy")
    add_revision(project, HEAD, after=FIRST)
    place = str(path_of(database_url)) if "sqlite" in database_url else f"//{database_url.rpartition('@')[2]}"
    looking = subprocess.Popen(
        [sys.executable, "-P", "-c", LOOK],
        env={**os.environ, "PYTHONPATH": str(project)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with command_line(project) as alembic, looking:
        assert looking.stdin is not None
        assert looking.stdout is not None
        for state, (name, refusal) in EXPECTED.items():
            make_empty(database_url)
            prepare(alembic, database_url, state)
            looking.stdin.write(f"{database_url}\n")
            looking.stdin.flush()
            found, reading, writing = json.loads(looking.stdout.readline())
            assert found == name
            assert reading == writing
            assert (reading and reading[0]) == refusal
            if refusal:
                assert place in reading[1]
                assert ADVICE.get(state, "revision gone") in reading[1]
        looking.stdin.close()


def test_the_check_costs_one_select(migrated_url: str) -> None:
    database = Database(make_url(migrated_url))
    with statements_of(database) as statements, database.reading() as session:
        require_current(session.connection(), CRM)
    assert statements == ["SELECT version_num FROM alembic_version"]


def test_looking_creates_nothing(tmp_path: Path) -> None:
    assert read_state(make_url(f"sqlite:///{tmp_path / 'none.db'}"), CRM) is DatabaseState.MISSING
    assert read_state(make_url(f"sqlite:///{tmp_path / 'no' / 'folder' / 'none.db'}"), CRM) is DatabaseState.MISSING
    assert read_state(make_url("sqlite:////dev/null/none.db"), CRM) is DatabaseState.MISSING
    assert list(tmp_path.iterdir()) == []


def test_looking_leaves_a_database_in_use_as_it_is(migrated_sqlite_url: str) -> None:
    """With a write-ahead log: beside the file are two others while it is open, and none when nobody has it open."""
    folder = path_of(migrated_sqlite_url).parent
    url = make_url(migrated_sqlite_url)
    database = Database(url)
    with database.writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = 'not committed'")
        assert read_state(url, CRM) is DatabaseState.AT_HEAD
        session.rollback()
    before = path_of(migrated_sqlite_url).read_bytes()
    assert read_state(url, CRM) is DatabaseState.AT_HEAD
    assert [path.name for path in folder.iterdir()] == ["migrated.db"]
    assert path_of(migrated_sqlite_url).read_bytes() == before


def a_text(file: Path) -> None:
    """Somebody's notes."""
    file.write_text("my notes", encoding="utf-8")


def a_folder(file: Path) -> None:
    """A folder with the name of the database."""
    file.mkdir()


def a_torn_file(file: Path) -> None:
    """A copy of which only the beginning arrived."""
    create_all(f"sqlite:///{file}")
    file.write_bytes(file.read_bytes()[:5000])


@pytest.mark.parametrize("thing", [a_text, a_folder, a_torn_file])
def test_what_is_not_a_database_is_recognised(tmp_path: Path, thing: Callable[[Path], None]) -> None:
    file = tmp_path / "thing.db"
    thing(file)
    url = make_url(f"sqlite:///{file}")
    assert read_state(url, CRM) is DatabaseState.NOT_A_DATABASE
    assert isinstance(refusal_of(DatabaseState.NOT_A_DATABASE, url, CRM), NotADatabase)


def test_a_file_that_may_not_be_opened_is_unreachable(migrated_sqlite_url: str) -> None:
    """In a process of its own that has given up root's right to open everything."""
    file = path_of(migrated_sqlite_url)
    file.chmod(0)
    code = "import sys; from sqlalchemy import make_url; from src.schema.state import read_state\n"
    code += "from src.services import CRM\n"
    code += "try: print(read_state(make_url(sys.argv[1]), CRM))\nexcept Exception as e: print(type(e).__name__, e)"
    done = subprocess.run(
        [sys.executable, "-c", code, migrated_sqlite_url],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=without_roots_right_to_open_everything,
    )
    assert done.stdout == (
        f"DatabaseUnreachable The database at {file} cannot be opened (permission denied). Nothing was saved.\n"
    )


def test_a_database_that_is_locked_for_long_is_busy(migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("src.schema.state._READ_TIMEOUT_SECONDS", 0.1)
    holder = sqlite_module().connect(path_of(migrated_sqlite_url), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DatabaseBusy):
        read_state(make_url(migrated_sqlite_url), CRM)
    holder.close()


def test_states_are_told_from_versions_and_tables() -> None:
    parents: dict[str, tuple[str, ...]] = {"a": (), "b": ("a",), "branch": ("a",)}
    heads = frozenset({"b"})

    def state(revisions: set[str], tables: set[str]) -> DatabaseState:
        return state_from(frozenset(revisions), frozenset(tables), parents=parents, heads=heads)

    assert state(set(), set()) is DatabaseState.EMPTY
    assert state(set(), {"alembic_version"}) is DatabaseState.EMPTY
    assert state(set(), {"alembic_version", "users"}) is DatabaseState.UNVERSIONED
    assert state({"a"}, {"alembic_version"}) is DatabaseState.BEHIND
    assert state({"b"}, {"alembic_version"}) is DatabaseState.AT_HEAD
    assert state({"b", "branch"}, {"alembic_version"}) is DatabaseState.BEHIND
    assert state({"a", "b"}, {"alembic_version", "users"}) is DatabaseState.UNVERSIONED
    assert state({"b", "c"}, {"alembic_version"}) is DatabaseState.UNKNOWN_REVISION


def test_a_version_out_of_a_database_cannot_move_the_cursor(migrated_sqlite_url: str) -> None:
    execute(migrated_sqlite_url, "UPDATE alembic_version SET version_num = char(27) || '[2J' || 'x'")
    database = Database(make_url(migrated_sqlite_url))
    with pytest.raises(Exception, match=r"at revision \?\[2Jx,"), database.reading() as session:
        require_current(session.connection(), CRM)


def test_upgrading_from_inside_the_program_creates_and_upgrades(database_url: str) -> None:
    for _time in range(2):
        upgrade_to_head(CRM, database_url)
        assert version_of(database_url) == head_revision(CRM.versions)
    if database_url.startswith("sqlite"):
        assert path_of(database_url).stat().st_mode & 0o777 == 0o600


def test_upgrading_from_inside_the_program_refuses_with_the_program_s_own_errors(sqlite_url: str) -> None:
    create_all(sqlite_url)
    with pytest.raises(DatabaseUnversioned, match="alembic stamp head"):
        upgrade_to_head(CRM, sqlite_url)


def test_a_missing_database_is_named_before_anything_else(sqlite_url: str) -> None:
    database = Database(make_url(sqlite_url))

    def check(connection: Connection) -> None:
        require_current(connection, CRM)

    with pytest.raises(DatabaseMissing, match="epicevents init"), database.reading() as session:
        check(session.connection())
    assert not path_of(sqlite_url).exists()


def test_the_log_beside_a_database_is_as_private_as_the_database(sqlite_url: str) -> None:
    upgrade_to_head(CRM, sqlite_url)
    with Database(make_url(sqlite_url)).writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
        modes = {path.name: path.stat().st_mode & 0o777 for path in path_of(sqlite_url).parent.iterdir()}
    assert set(modes.values()) == {0o600}, modes
