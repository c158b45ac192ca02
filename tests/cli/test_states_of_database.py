"""Every command on a database in every state: its exit code, what it says to do, and nothing created or changed."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from tests.cli.command_lines import ABOUT_ONESELF, LINES, SECRETS, asked
from tests.cli.company import Answer, Company, execute
from tests.migrations.conftest import FIRST, create_all
from tests.migrations.conftest import execute as run_sql
from tests.migrations.projects import add_revision, copy_project
from tests.migrations.test_states import NO_FILES
from tests.program import HANG_SECONDS
from tests.services.office import Office
from tests.shared_server import PROJECT

Program: TypeAlias = Callable[[Company, list[list[str]]], list[Answer]]

FIRST_MANAGER = "init --username diane --email d@epic.example --first-name Diane --last-name Roy"
INIT = ("init --no-manager", FIRST_MANAGER)
LOG_IN_AND_OUT = ("login --username sales", "logout")


class State(NamedTuple):
    """What every command answers, in English and in French; `{place}` is where the database is."""

    code: int
    english: str
    french: str


MISSING = State(
    10,
    "There is no database at {place}. Create it with: epicevents init",
    "Il n’y a pas de base de données à l’emplacement {place}. Créez-la avec\u00a0: epicevents init",
)
EMPTY = State(
    11,
    "The database at {place} has no schema version. It is empty; create its tables with: epicevents init",
    "La base de données {place} n’a pas de version de schéma. Elle est vide\u202f; créez ses tables avec\u00a0: "
    "epicevents init",
)
UNVERSIONED = State(
    11,
    "The database at {place} has no schema version. If its tables are those of this program, mark it with: "
    "alembic stamp head (it compares them first)",
    "La base de données {place} n’a pas de version de schéma. Si ses tables sont celles de ce programme, "
    "marquez-la avec\u00a0: alembic stamp head (qui les compare d’abord)",
)
BEHIND = State(
    12,
    "The database at {place} is older than this program. Upgrade it with: alembic upgrade head",
    "La base de données {place} est plus ancienne que ce programme. "
    "Mettez-la à niveau avec\u00a0: alembic upgrade head",
)
UNKNOWN = State(
    13,
    "The database at {place} is at revision gone, which this program does not know. "
    "Install the newer program that wrote it. If only its mark is wrong: alembic stamp head (it compares the tables "
    "first)",
    "La base de données {place} est à la révision gone, que ce programme ne connaît pas. "
    "Installez le programme plus récent qui l’a écrite. Si seule sa marque est fausse\u00a0: alembic stamp head "
    "(la commande compare d’abord les tables)",
)
NOT_A_DATABASE = State(
    14,
    "{place} is not a database, or it is damaged. Restore a backup or choose another file. "
    "To give a backup back: epicevents db restore BACKUP (epicevents db backups lists them)",
    "{place} n’est pas une base de données, ou elle est endommagée. "
    "Restaurez une sauvegarde ou choisissez un autre fichier. "
    "Pour rendre une sauvegarde\u00a0: epicevents db restore SAUVEGARDE (epicevents db backups les liste)",
)
UNREACHABLE = State(
    16,
    "The database at {place} cannot be opened (no server listens at this address). Nothing was saved.",
    "La base de données {place} ne peut pas être ouverte (aucun serveur n’écoute à cette adresse). "
    "Rien n’a été enregistré.",
)
WRONG_ADDRESS = State(
    20,
    "DATABASE_URL (environment): this setting cannot be used: only SQLite (sqlite:///…) and PostgreSQL "
    "(postgresql://…) are supported.",
    "DATABASE_URL (environment)\u00a0: ce réglage est inutilisable\u00a0: seuls SQLite (sqlite:///…) et PostgreSQL "
    "(postgresql://…) sont pris en charge.",
)


def lines(office: Office, *more: str) -> list[list[str]]:
    """Every command line of somebody in sales about their own records."""
    person = office.people["sales"]
    own = [asked(office, person, line.words, own=True) for line in LINES]
    return [*own, *(words.split() for words in (*ABOUT_ONESELF, *LOG_IN_AND_OUT, *more))]


def check_all(office: Office, url: str, state: State, place: str, *more: str) -> None:
    """Run every command in this state."""
    env = {**SECRETS, "DATABASE_URL": url, "EPICEVENTS_TOKEN": office.people["sales"].token}
    for words in lines(office, *more):
        answer = execute(*words, env=env)
        told = json.loads(answer.err)["error"]["message"] if "--json" in words else answer.message
        assert (words, answer.code, answer.out, told) == (words, state.code, "", state.english.format(place=place))
    french = execute("client", "list", "--lang", "fr", env=env)
    assert (french.code, french.out, french.message) == (state.code, "", state.french.format(place=place))


@pytest.fixture
def office(office_file: tuple[Path, Office]) -> Office:
    """Who would be logged in."""
    return office_file[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for a database."""
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def test_no_file(office: Office, folder: Path) -> None:
    file = folder / "none.db"
    check_all(office, f"sqlite:///{file}", MISSING, str(file))
    check_all(office, f"sqlite:///{folder}/nowhere/none.db", MISSING, f"{folder}/nowhere/none.db")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"hello, this is a letter to a client",
        b"SQLite format 3\0" + b"\xff" * 5000,
    ],
    ids=["a text", "damaged"],
)
def test_a_file_that_is_something_else_or_damaged(office: Office, folder: Path, content: bytes) -> None:
    file = folder / "odd.db"
    file.write_bytes(content)
    check_all(office, f"sqlite:///{file}", NOT_A_DATABASE, str(file), *INIT)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"odd.db": content}


@pytest.mark.parametrize("make", NO_FILES)
def test_what_is_no_file_is_neither_opened_nor_waited_for(
    office: Office, folder: Path, make: Callable[[Path], None]
) -> None:
    file = folder / "odd.db"
    make(file)
    check_all(office, f"sqlite:///{file}", NOT_A_DATABASE, str(file), *INIT)
    assert [path.name for path in folder.iterdir()] == ["odd.db"]


def test_a_name_that_no_file_can_have_is_told_as_it_is(office: Office, folder: Path) -> None:
    (folder / "loop.db").symlink_to("loop.db")
    for name, reason in {
        "loop.db": "its link leads back to itself",
        "x" * 300: "its name is too long for this disk",
    }.items():
        file = folder / name
        for words in ("client list", FIRST_MANAGER, "db status", "db upgrade"):
            answer = execute(*words.split(), env={**SECRETS, "DATABASE_URL": f"sqlite:///{file}"})
            assert answer.code == 16, (words, answer)
            told = f"The database at {file} cannot be opened ({reason}). Nothing was saved.\n"
            assert answer.err.endswith(told), (words, answer)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_tables_without_a_version(request: pytest.FixtureRequest, office: Office, engine: str) -> None:
    url = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[engine])
    create_all(url)
    check_all(office, url, UNVERSIONED, place_of(url), *INIT)
    assert run_sql(url, "SELECT count(*) FROM users") == [(0,)]


def test_an_empty_file(office: Office, folder: Path) -> None:
    file = folder / "empty.db"
    file.touch()
    check_all(office, f"sqlite:///{file}", EMPTY, str(file))
    assert run_sql(f"sqlite:///{file}", "SELECT count(*) FROM sqlite_master") == [(0,)]


def test_an_empty_database_on_a_server(office: Office, postgres_url: str) -> None:
    check_all(office, postgres_url, EMPTY, place_of(postgres_url))
    tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    assert run_sql(postgres_url, tables) == [(0,)]


def test_a_revision_that_this_program_does_not_know(company_on_both: Company) -> None:
    run_sql(company_on_both.url, "UPDATE alembic_version SET version_num = 'gone'")
    before = company_on_both.look()
    check_all(company_on_both.office, company_on_both.url, UNKNOWN, place_of(company_on_both.url), *INIT)
    assert company_on_both.look() == before


def test_an_older_revision(company_on_both: Company, newer_program: Program) -> None:
    """Asked in a copy of the project that has one revision more."""
    company, place = company_on_both, place_of(company_on_both.url)
    before = company.look()
    asked_for = [*lines(company.office), ["client", "list", "--lang", "fr"]]
    answers = newer_program(company, asked_for)
    for words, answer in zip(asked_for, answers, strict=True):
        told = json.loads(answer.err)["error"]["message"] if "--json" in words else answer.message
        expected = BEHIND.french if "fr" in words else BEHIND.english
        assert (words, answer.code, answer.out, told) == (words, BEHIND.code, "", expected.format(place=place))
    assert company.look() == before


@pytest.fixture(scope="session")
def newer_program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Runs command lines, all in one process, in a copy of the project that has one revision more."""
    project = copy_project(tmp_path_factory.mktemp("newer"))
    add_revision(project, "zzzz_change_nothing", after=FIRST)
    script = (
        "import dataclasses, json, sys\n"
        "from tests.cli.company import execute\n"
        "print(json.dumps([dataclasses.astuple(execute(*words)) for words in json.load(sys.stdin)]))\n"
    )

    def run(company: Company, words: list[list[str]]) -> list[Answer]:
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=project,
            input=json.dumps(words),
            env={
                **os.environ,
                **SECRETS,
                # The folder itself comes first, so that its own migrations are those of the program.
                "PYTHONPATH": str(PROJECT),
                "DATABASE_URL": company.url,
                "EPICEVENTS_TOKEN": company.office.people["sales"].token,
            },
            capture_output=True,
            text=True,
            timeout=HANG_SECONDS,
            check=True,
        )
        return [Answer(*answer) for answer in json.loads(done.stdout)]

    return run


def test_a_server_that_does_not_answer_and_an_address_that_is_none(office: Office) -> None:
    check_all(
        office, "postgresql://someone:hidden-word@127.0.0.1:9/none", UNREACHABLE, "postgresql://127.0.0.1:9/none", *INIT
    )
    check_all(office, "mysql://someone:hidden-word@127.0.0.1/none", WRONG_ADDRESS, "", *INIT)


def place_of(url: str) -> str:
    """Where the database is, as messages tell it: without user and password."""
    if url.startswith("sqlite"):
        return url.removeprefix("sqlite:///")
    return f"postgresql://{url.rpartition('@')[2]}"
