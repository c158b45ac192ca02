"""Every `epicevents db` command on a database in every state: its exit code, one refusal, nothing created by looking.

`verify`, `adopt` and `plan` have the same in test_db_checking.py.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest
from sqlalchemy import make_url

from src.schema.revisions import head_revision
from src.services import CRM
from tests.cli.company import execute
from tests.migrations.conftest import create_all, path_of, version_of
from tests.migrations.conftest import execute as run_sql
from tests.migrations.test_secrets import PASSWORD, WRONG, leaked
from tests.migrations.test_states import NO_FILES, a_cut_off_database, a_cut_off_header, a_text, fingerprint

HEAD = head_revision(CRM.versions)
LOOKING = ("status", "status --json", "history", "backups", "lint")
CHANGING = ("restore nothing.sqlite --yes", "backup", "downgrade -1 --yes", "upgrade")


class State(NamedTuple):
    """How a database comes to be in a state, and the exit code of each command; those left out answer 0."""

    make: Callable[[str], object]
    codes: dict[str, int]
    upgraded: bool = True


def nothing(_url: str) -> None:
    """No file."""


def empty(url: str) -> None:
    """A file without a byte, or a database without a table."""
    if url.startswith("sqlite"):
        path_of(url).touch()


def migrated(url: str) -> None:
    """At head."""
    assert execute("init", "--no-manager", env={"DATABASE_URL": url}).code == 0


def unknown(url: str) -> None:
    """At a revision that this program does not know."""
    migrated(url)
    run_sql(url, "UPDATE alembic_version SET version_num = 'gone'")


def behind(url: str) -> None:
    """At the revision before."""
    migrated(url)
    assert execute("db", "downgrade", "-1", "--yes", "--no-backup", env={"DATABASE_URL": url}).code == 0


def contradictory(url: str) -> None:
    """At two revisions, of which one follows the other."""
    migrated(url)
    run_sql(url, "INSERT INTO alembic_version VALUES ('0001_initial')")


def a_file(make: Callable[[Path], None]) -> Callable[[str], None]:
    """What is no database."""
    return lambda url: make(path_of(url))


def every(code: int, *but: str) -> dict[str, int]:
    """The same for every command but some; a backup that does not exist is told first."""
    codes = dict.fromkeys([*LOOKING[:3], *CHANGING], code)
    return {command: code for command, code in codes.items() if command not in but} | {CHANGING[0]: 5}


NO_DATABASE = every(14)
STATES = {
    "no file": State(nothing, every(10, "upgrade")),
    "empty": State(empty, every(11, "history", "upgrade", "backup")),
    "unversioned": State(create_all, every(11, "history", "backup"), upgraded=False),
    "at head": State(migrated, {CHANGING[0]: 5}),
    "behind": State(behind, dict.fromkeys(LOOKING[:2], 12) | {CHANGING[0]: 5}),
    "unknown": State(unknown, every(13, "history", "backup"), upgraded=False),
    "contradictory": State(contradictory, every(11, "history", "backup"), upgraded=False),
    "a text": State(a_file(a_text), NO_DATABASE, upgraded=False),
    "a cut off header": State(a_file(a_cut_off_header), NO_DATABASE, upgraded=False),
    "a cut off database": State(a_file(a_cut_off_database), NO_DATABASE, upgraded=False),
    **{make.__name__: State(a_file(make), NO_DATABASE, upgraded=False) for make in NO_FILES},
}
OF_SERVERS = ("empty", "unversioned", "at head", "behind", "unknown", "contradictory")


@pytest.mark.parametrize("state", STATES)
def test_every_command_has_an_answer_for_every_file(state: str, tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    check(STATES[state], f"sqlite:///{folder / 'crm.db'}", home / "backups")


@pytest.mark.parametrize("state", OF_SERVERS)
def test_every_command_has_an_answer_for_every_database_of_a_server(state: str, postgres_url: str, home: Path) -> None:
    check(STATES[state], postgres_url, home / "backups")


def check(state: State, url: str, backups: Path) -> None:
    """Run every command: first those that look, then from the least to the most that is changed."""
    state.make(url)
    before = fingerprint(url)
    for command in (*LOOKING, *CHANGING):
        answer = execute("db", *command.split(), env={"DATABASE_URL": url})
        expected = state.codes.get(command, 0)
        assert answer.code == expected, (command, answer)
        if expected:
            # A status says everything on the output, and with --json the advice too.
            assert answer.err.count("\n") == (0 if command == "status --json" else 1), (command, answer)
        assert "Traceback" not in answer.err + answer.out
        if expected or command in LOOKING or command == "backup":
            assert fingerprint(url) == before, command
        if command in (*LOOKING, CHANGING[0]):
            assert not backups.exists(), command
    assert not state.upgraded or version_of(url) == HEAD


FOLDERS = ("/", ".", "other")


def test_no_command_shows_a_password_whatever_is_wrong_and_from_wherever_it_is_typed(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = make_url(postgres_url)
    place = f"{server.host}:{server.port}/{server.database}"
    (tmp_path / "other").mkdir()
    for form, pattern in WRONG.items():
        for number, folder in enumerate(FOLDERS):
            monkeypatch.chdir(tmp_path / folder)
            password = PASSWORD if number % 2 else quote(PASSWORD, safe="")
            url = pattern.format(user=server.username, password=password, place=place)
            every_command = (*LOOKING[:4], *CHANGING, "verify", "plan", "adopt")
            for command in every_command if number == 0 else ("status --json", "verify", "upgrade"):
                answer = execute("db", *command.split(), env={"DATABASE_URL": url})
                assert not leaked(PASSWORD, answer.out + answer.err), (form, command, answer)
                assert answer.code in {16, 19, 20} or command in {"backups", CHANGING[0]}, (form, command, answer)
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_a_password_that_works_is_not_shown_either(postgres_url: str, home: Path) -> None:
    password = str(make_url(postgres_url).password)
    migrated(postgres_url)
    run_sql(postgres_url, "CREATE TABLE notes (id integer)")
    run_sql(postgres_url, "INSERT INTO notes VALUES (1)")
    said = ""
    for command in ("backup", *LOOKING, "backup --json", "downgrade base --yes", "upgrade", "history --json"):
        answer = execute("db", *command.split(), env={"DATABASE_URL": postgres_url})
        said += answer.out + answer.err
    kept = "".join(file.read_text(encoding="utf-8") for file in (home / "backups").glob("*.json"))
    assert len(kept) > 1000
    assert not leaked(password, said + kept)
