"""A small company at work: people of three departments already logged in, and their commands run in this process.

A real process costs half a second, most of it the start of Python. So nearly every test runs its command lines here,
from `src.cli.start.run` on, with streams and an environment of their own; the terminal and process tests prove that a
real one does the same.
"""

import io
import itertools
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import URL, update

from src.cli import context, outcome
from src.cli.start import run
from src.db.session import Database
from src.i18n import DEFAULT_LANGUAGE, set_language
from src.models.user_session import UserSession
from tests import factories
from tests.databases import new_database
from tests.real_databases import Dump, dump, opened
from tests.services.office import Office, Person, open_office


@dataclass(frozen=True)
class Answer:
    """What became of a command line."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on the output; there must be one."""
        return json.loads(self.out)

    @property
    def items(self) -> list[dict[str, Any]]:
        """The rows of a list asked for with --json."""
        items: list[dict[str, Any]] = self.json["items"]
        return items

    @property
    def json_error(self) -> str:
        """The sentence of a refusal that was asked for with --json."""
        sentence: str = json.loads(self.err)["error"]["message"]
        return sentence

    @property
    def message_is_an_error(self) -> bool:
        """Whether the last line of the error output tells of an error (in English)."""
        return self.err.rstrip("\n").rpartition("\n")[2].startswith("Error: ")

    @property
    def message(self) -> str:
        """The last line of the error output, without its label."""
        return self.err.rstrip("\n").rpartition("\n")[2].removeprefix("Error: ").removeprefix("Erreur\u00a0: ")


class _Stream(io.TextIOWrapper):
    """A stream of the process, at a terminal or not."""

    def __init__(self, content: bytes = b"", *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8", newline="")
        self.terminal = terminal

    def isatty(self) -> bool:
        """Whether a person is there."""
        return self.terminal

    @property
    def text(self) -> str:
        """What was written."""
        self.flush()
        raw = self.buffer
        assert isinstance(raw, io.BytesIO)
        return raw.getvalue().decode("utf-8")


def execute(
    *words: str,
    env: Mapping[str, str] | None = None,
    typed: str = "",
    answers: Sequence[str] | None = None,
    screen: int | None = None,
) -> Answer:
    """Run `epicevents WORDS…` from its first line on.

    `typed` is what a pipe holds, `answers` what a person at a terminal types, a line each; `screen` is the width of the
    terminal that shows the output, if one does.
    """
    asking = answers is not None
    width = {"COLUMNS": str(screen), "TERM": "xterm", "NO_COLOR": "1"} if screen else {}
    content = "".join(f"{line}\n" for line in answers or ()) or typed
    standard_input = _Stream(content.encode("utf-8", "surrogateescape"), terminal=asking)
    out, err = _Stream(terminal=screen is not None), _Stream(terminal=asking)
    interrupt = signal.getsignal(signal.SIGINT)
    with (
        patch.dict(os.environ, {**(env or {}), **width}),
        patch("sys.stdin", standard_input),
        patch("sys.unraisablehook", sys.unraisablehook),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        # What a new process begins with.
        context.settings.cache_clear()
        context.open_database.cache_clear()
        outcome.mark(outcome.NOTHING_SAVED)
        try:
            code = run(list(words))
            return Answer(code, out.text, err.text)
        finally:
            with suppress(ValueError):
                signal.signal(signal.SIGINT, interrupt)
            context.settings.cache_clear()
            context.open_database.cache_clear()
            set_language(DEFAULT_LANGUAGE)


@dataclass(frozen=True)
class Company:
    """One database, and who is logged in to it."""

    url: str
    database: Database
    office: Office

    def run(
        self,
        person: Person | str | None,
        *words: str,
        env: Mapping[str, str] | None = None,
        typed: str = "",
        answers: Sequence[str] | None = None,
        screen: int | None = None,
    ) -> Answer:
        """Run a command line as this person (a department's name will do); None is nobody."""
        if isinstance(person, str):
            person = self.office.people[person]
        token = {"EPICEVENTS_TOKEN": person.token} if person else {}
        place = {"DATABASE_URL": self.url}
        return execute(*words, env={**place, **token, **(env or {})}, typed=typed, answers=answers, screen=screen)

    def look(self) -> Dump:
        """Every row of every table."""
        with self.database.reading() as session:
            return dump(session)


@pytest.fixture(scope="session")
def office_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Office]:
    """A SQLite file with the company in it, to copy."""
    file = tmp_path_factory.mktemp("company") / "company.db"
    shutil.copyfile(sqlite_template, file)
    with opened(f"sqlite:///{file}") as database:
        office = _open_for_today(database)
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    return file, office


@pytest.fixture(scope="session")
def office_on_server(postgres_server: URL, postgres_template: str) -> Iterator[tuple[str, Office]]:
    """A PostgreSQL database with the company in it, to copy."""
    with new_database(postgres_server, template=postgres_template) as url:
        with opened(url) as database:
            office = _open_for_today(database)
        assert url.database is not None
        yield url.database, office


@contextmanager
def copied(office_file: tuple[Path, Office], folder: Path) -> Iterator[Company]:
    """A copy of the company that a test may change, on SQLite."""
    file, office = office_file
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, folder / "company.db")
    url = f"sqlite:///{folder / 'company.db'}"
    with opened(url) as database:
        yield Company(url, database, office)


@contextmanager
def copied_on_server(office_on_server: tuple[str, Office], server: URL) -> Iterator[Company]:
    """A copy of the company that a test may change, on PostgreSQL."""
    template, office = office_on_server
    with new_database(server, template=template) as url, opened(url) as database:
        yield Company(url.render_as_string(hide_password=False), database, office)


@pytest.fixture
def company(office_file: tuple[Path, Office], tmp_path: Path) -> Iterator[Company]:
    """The company on SQLite; this test's own."""
    with copied(office_file, tmp_path / "company") as made:
        yield made


@pytest.fixture
def company_on_postgres(office_on_server: tuple[str, Office], postgres_server: URL) -> Iterator[Company]:
    """The company on PostgreSQL; this test's own."""
    with copied_on_server(office_on_server, postgres_server) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def company_on_both(request: pytest.FixtureRequest) -> Company:
    """The company, once per engine; this test's own."""
    made: Company = request.getfixturevalue({"sqlite": "company", "postgresql": "company_on_postgres"}[request.param])
    return made


@pytest.fixture(scope="session")
def quiet_company(office_file: tuple[Path, Office], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The company on SQLite, shared by all tests of a worker: for what changes nothing."""
    with copied(office_file, tmp_path_factory.mktemp("quiet")) as made:
        yield made


@pytest.fixture(scope="session")
def quiet_company_on_postgres(office_on_server: tuple[str, Office], postgres_server: URL) -> Iterator[Company]:
    """The company on PostgreSQL, shared by all tests of a worker: for what changes nothing."""
    with copied_on_server(office_on_server, postgres_server) as made:
        yield made


def _open_for_today(database: Database) -> Office:
    # The office opened on the day that all tests know; the program asks the real clock.
    # The same numbers in their names in every test run; what a test then adds must not repeat them.
    numbers = factories._numbers
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(factories, "_numbers", itertools.count(1))
        office = open_office(database)
    for _used in range(100):
        next(numbers)
    now = datetime.now(UTC)
    with database.writing() as session:
        session.execute(
            update(UserSession)
            .values(created_at=now, last_seen_at=now, expires_at=now + timedelta(hours=12))
            .execution_options(synchronize_session=False)
        )
    return office
