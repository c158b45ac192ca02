"""Every Alembic command on a database in every state: its exit code, what it says to do, and what it leaves alone."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.migrations.command_line import CommandLine, without_roots_right_to_open_everything
from tests.migrations.conftest import BEFORE, FIRST, HEAD, create_all, execute, make_empty, path_of, prepare, version_of

pytestmark = pytest.mark.usefixtures("nothing_written_in_the_project")

LOOKING = ("current", "history", "check", "revision --autogenerate -m Changes")
CHANGING = ("upgrade head", "downgrade -1", "stamp head")
REFUSED = 255


class Expected(NamedTuple):
    """What a command must answer in a state, and the version that the database must have then."""

    code: int
    out: str
    err: str
    version: str | None


def refused(words: str, version: str | None = None) -> Expected:
    """A refusal: one line on standard output that names the way out, and nothing changed."""
    return Expected(REFUSED, words, "", version)


CREATE = "upgrade head"
NOT_UP_TO_DATE = "FAILED: Target database is not up to date. "
HISTORY = Expected(0, f"{FIRST} -> {HEAD} (head), Change nothing", "", None)

EMPTY = {
    "current": Expected(0, "", "It is empty; create its tables with: alembic upgrade head", None),
    "history": HISTORY,
    "check": refused(f"{NOT_UP_TO_DATE}The database at * has no schema version. It is empty; create its tables with: "),
    "revision --autogenerate -m Changes": refused(
        f"{NOT_UP_TO_DATE}The database at * has no schema version. It is empty"
    ),
    "upgrade head": Expected(0, "", f"Running upgrade {FIRST} -> {HEAD}", HEAD),
    "downgrade -1": refused("FAILED: The database at * has no schema version. It is empty; create its tables with: "),
    "stamp head": refused(
        "FAILED: The tables of the database at * are not those of this program, so it was not marked."
    ),
}
STAMP_IT = "If its tables are those of this program, mark it with: alembic stamp head"
UNVERSIONED = {
    "current": Expected(0, "", STAMP_IT, None),
    "history": HISTORY,
    "check": refused(f"{NOT_UP_TO_DATE}The database at * has no schema version. {STAMP_IT}"),
    "revision --autogenerate -m Changes": refused(
        f"{NOT_UP_TO_DATE}The database at * has no schema version. {STAMP_IT}"
    ),
    "upgrade head": refused(f"FAILED: The database at * has no schema version. {STAMP_IT}"),
    "downgrade -1": refused(f"FAILED: The database at * has no schema version. {STAMP_IT}"),
    "stamp head": Expected(0, "", f"Running stamp_revision  -> {HEAD}", HEAD),
}
UPGRADE_IT = "The database at * is older than this program. Upgrade it with: alembic upgrade head"
BEHIND = {
    "current": Expected(0, f"{FIRST}\n", UPGRADE_IT, FIRST),
    "history": HISTORY._replace(version=FIRST),
    "check": refused(f"{NOT_UP_TO_DATE}{UPGRADE_IT}", FIRST),
    "revision --autogenerate -m Changes": refused(f"{NOT_UP_TO_DATE}{UPGRADE_IT}", FIRST),
    "upgrade head": Expected(0, "", f"Running upgrade {FIRST} -> {HEAD}", HEAD),
    "downgrade -1": Expected(0, "", f"Running downgrade {FIRST} -> {BEFORE}", BEFORE),
    "stamp head": Expected(0, "", f"Running stamp_revision {FIRST} -> {HEAD}", HEAD),
}
AT_HEAD = {
    "current": Expected(0, f"{HEAD} (head)\n", "", HEAD),
    "history": HISTORY._replace(version=HEAD),
    "check": Expected(0, "No new upgrade operations detected.\n", "", HEAD),
    "revision --autogenerate -m Changes": Expected(
        0, "The database already agrees with the models: no revision was written.\n", "", HEAD
    ),
    "upgrade head": Expected(0, "", "", HEAD),
    "downgrade -1": Expected(0, "", f"Running downgrade {HEAD} -> {FIRST}", FIRST),
    "stamp head": Expected(0, "", "", HEAD),
}
AHEAD = refused(
    "FAILED: Can't locate revision identified by 'gone': the database at * was upgraded by a newer program, or the "
    "revision's file is gone. Install the newer program; or, if the tables are those of this program, mark them with: "
    "alembic stamp head",
    "gone",
)
UNKNOWN = dict.fromkeys([*LOOKING, *CHANGING], AHEAD) | {
    "history": HISTORY._replace(version="gone"),
    "stamp head": Expected(0, "", f"Running stamp_revision  -> {HEAD}", HEAD),
}
STATES = {"empty": EMPTY, "unversioned": UNVERSIONED, "behind": BEHIND, "at head": AT_HEAD, "unknown": UNKNOWN}


@pytest.fixture
def nothing_written_in_the_project(project: Path) -> object:
    """Compares the project's folder before and after."""
    before = sorted(path for path in project.rglob("*") if "__pycache__" not in path.parts)
    yield
    assert sorted(path for path in project.rglob("*") if "__pycache__" not in path.parts) == before


@pytest.mark.parametrize("state", STATES)
def test_every_command_answers_in_every_state(in_state: Callable[[str], str], alembic: CommandLine, state: str) -> None:
    """Looking commands first: they change nothing, so that one database serves them all; the others get it anew."""
    url = in_state(state)
    before = fingerprint(url)
    for command in LOOKING:
        check_answer(alembic, command, url, STATES[state][command])
        assert fingerprint(url) == before, command
    for command in CHANGING:
        check_answer(alembic, command, url, STATES[state][command])
        if STATES[state][command].code == REFUSED:
            assert fingerprint(url) == before, command
        else:
            make_empty(url)
            prepare(alembic, url, state)


def check_answer(alembic: CommandLine, command: str, url: str, expected: Expected) -> None:
    answer = alembic(*command.split(), url=url)
    place = str(path_of(url)) if url.startswith("sqlite") else f"postgresql://{url.rpartition('@')[2]}"
    assert answer.code == expected.code, (command, answer)
    assert expected.out.replace("*", place) in answer.out, (command, answer)
    assert expected.err.replace("*", place) in answer.err, (command, answer)
    if not expected.out:
        assert answer.out == "", (command, answer)
    if expected.code == REFUSED:
        assert answer.out.count("\n") == 1, (command, answer)
        assert "FAILED" not in answer.err, (command, answer)
    assert version_of(url) == expected.version, (command, answer)


def fingerprint(url: str) -> object:
    """Everything that looking must not change."""
    if url.startswith("sqlite"):
        folder = path_of(url).parent
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    tables = execute(url, "SELECT relname, relkind, oid FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    return sorted(map(str, tables)), version_of(url)


MISSING = {
    "current": Expected(0, "", "There is no database at *. Create it with: alembic upgrade head\n", None),
    "history": HISTORY,
    "check": refused(f"{NOT_UP_TO_DATE}There is no database at *. Create it with: alembic upgrade head"),
    "revision --autogenerate -m Changes": refused(
        f"{NOT_UP_TO_DATE}There is no database at *. Create it with: alembic "
    ),
    "downgrade -1": refused("FAILED: There is no database at *. Create it with: alembic upgrade head"),
    "stamp head": refused("FAILED: There is no database at *. Create it with: alembic upgrade head"),
}


def test_a_missing_file_is_created_by_upgrade_alone(alembic: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    for command, expected in MISSING.items():
        answer = alembic(*command.split(), url=f"sqlite:///{file}")
        assert answer.code == expected.code, (command, answer)
        assert expected.out.replace("*", str(file)) in answer.out, (command, answer)
        assert expected.err.replace("*", str(file)) in answer.err, (command, answer)
        assert (answer.out == "") == (expected.out == ""), (command, answer)
        assert list(tmp_path.iterdir()) == [], command
    assert alembic("upgrade", "head", url=f"sqlite:///{file}").code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["new.db"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert version_of(f"sqlite:///{file}") == HEAD


def test_current_check_heads_fails_on_a_missing_file(alembic: CommandLine, tmp_path: Path) -> None:
    answer = alembic("current", "--check-heads", url=f"sqlite:///{tmp_path / 'new.db'}")
    assert (answer.code, answer.out) == (REFUSED, "FAILED: Database is not on all head revisions\n")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(alembic: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "no" / "folder.db"
    answer = alembic("upgrade", "head", url=f"sqlite:///{file}")
    assert answer.code == REFUSED
    assert answer.out == (
        f"FAILED: The database at {file} cannot be opened (its folder does not exist). Nothing was saved.\n"
    )


def a_text(file: Path) -> None:
    """Somebody's notes."""
    file.write_text("These are my notes about the clients.\n" * 100, encoding="utf-8")


def a_short_text(file: Path) -> None:
    """Shorter than a database's header."""
    file.write_text("x", encoding="utf-8")


def a_folder(file: Path) -> None:
    """A folder with the name of the database."""
    file.mkdir()


def a_pipe(file: Path) -> None:
    """A pipe into which nobody writes: whoever opens it to read waits for ever."""
    os.mkfifo(file)


def a_socket(file: Path) -> None:
    """What another program left where it listened."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(file))


def a_device(file: Path) -> None:
    """A link to a device, which reads like an empty file."""
    file.symlink_to(os.devnull)


def a_cut_off_header(file: Path) -> None:
    """A copy of which only the first bytes arrived."""
    file.write_bytes(b"SQLite format 3\0" + bytes(20))


def a_cut_off_database(file: Path) -> None:
    """A copy of which only the first page arrived."""
    create_all(f"sqlite:///{file}")
    file.write_bytes(file.read_bytes()[:5000])


NO_FILES = (a_folder, a_pipe, a_socket, a_device)


@pytest.mark.parametrize("thing", [a_text, a_short_text, a_cut_off_header, a_cut_off_database, *NO_FILES])
def test_what_is_not_a_database_is_left_alone(
    alembic: CommandLine, tmp_path: Path, thing: Callable[[Path], None]
) -> None:
    file = tmp_path / "thing.db"
    thing(file)
    before = file.read_bytes() if file.is_file() else None
    for command in (*LOOKING, *CHANGING):
        answer = alembic(*command.split(), url=f"sqlite:///{file}")
        if command == "history":
            assert answer.code == 0
        else:
            says = (
                f"FAILED: {file} is not a database, or it is damaged. Choose another file, or give a backup back:"
                " epicevents db restore BACKUP (epicevents db backups lists them)\n"
            )
            assert (answer.code, answer.out) == (REFUSED, says), (command, answer)
        assert (file.read_bytes() if file.is_file() else None) == before, command
        assert [path.name for path in tmp_path.iterdir()] == ["thing.db"], command


def test_the_tables_of_another_program_are_not_touched(alembic: CommandLine, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    execute(url, "CREATE TABLE bookmarks (id INTEGER PRIMARY KEY)")
    before = fingerprint(url)
    assert STAMP_IT in alembic("upgrade", "head", url=url).out
    stamp = alembic("stamp", "head", url=url)
    assert stamp.code == REFUSED
    assert "+bookmarks, −" in stamp.out
    assert fingerprint(url) == before


def test_a_server_without_such_a_database_is_named(alembic: CommandLine, postgres_url: str) -> None:
    for command in ("current", "check", "upgrade head", "stamp head"):
        answer = alembic(*command.split(), url=f"{postgres_url}_not")
        place = f"postgresql://{postgres_url.rpartition('@')[2]}_not"
        assert answer.code == REFUSED
        assert answer.out == (
            f"FAILED: The database at {place} cannot be opened (the server has no database of this name)."
            " Nothing was saved.\n"
        )


def test_a_table_of_an_extension_does_not_make_a_postgresql_database_unversioned(
    alembic: CommandLine, postgres_url: str
) -> None:
    execute(postgres_url, "CREATE TABLE spatial_ref_sys (srid integer PRIMARY KEY)")
    assert alembic("upgrade", "head", url=postgres_url).code == 0
    assert version_of(postgres_url) == HEAD


def test_a_file_that_may_not_be_written_is_left_as_it_is(alembic: CommandLine, migrated_sqlite_url: str) -> None:
    """In processes that have given up root's right to write everywhere."""
    file = path_of(migrated_sqlite_url)
    before = file.read_bytes()
    file.chmod(0o400)
    file.parent.chmod(0o500)

    def run(*command: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *command],
            cwd=alembic.project,
            env={**os.environ, "DATABASE_URL": migrated_sqlite_url},
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=without_roots_right_to_open_everything,
        )
        return done.returncode, done.stdout

    assert run("current") == (0, f"{FIRST}\n")
    assert run("downgrade", "base") == (
        REFUSED,
        f"FAILED: The database at {file} cannot be written. Check the rights on the file and its folder."
        " Nothing was saved.\n",
    )
    file.parent.chmod(0o700)
    assert file.read_bytes() == before
