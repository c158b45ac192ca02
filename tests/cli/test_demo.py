"""`epicevents demo`: everything ready for somebody who wants to look, and no harm to a company that is real."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.company import Answer, Company, execute
from tests.cli.terminals import PROJECT, at_terminal
from tests.migrations.conftest import FIRST
from tests.migrations.conftest import execute as run_sql
from tests.migrations.projects import add_revision, copy_project
from tests.program import HANG_SECONDS
from tests.real_databases import dump, opened

PASSWORD = re.compile(r"^  (bill\.boquet|kate\.hastroff|elodie\.marchand) +([a-z2-9-]{24}) ", re.MULTILINE)
PEOPLE = ["bill.boquet", "kate.hastroff", "elodie.marchand"]
# On the bar: thousands of clients are on their way into the database.
HALF_WAY = re.compile(r"\b[1-9]\d{3,}/500000")
NEW = "SELECT count(*) FROM clients"


def demo(url: str, *words: str, screen: int | None = None) -> Answer:
    """Run `epicevents demo WORDS…` on a database."""
    return execute("demo", *words, env={"DATABASE_URL": url}, screen=screen)


def passwords_in(text: str) -> dict[str, str]:
    """The passwords that were shown, by username."""
    return dict(PASSWORD.findall(text))


# start


def test_start_makes_a_database_a_company_and_a_tour(sqlite_url: str) -> None:
    shown = demo(sqlite_url, "start")

    assert shown.code == 0
    place = sqlite_url.removeprefix("sqlite:///")
    assert shown.out.startswith(f"The demo company is ready: {place}\n")
    for line in (
        "── Bill Boquet, Sales",
        "── Kate Hastroff, Support",
        "── Élodie Marchand, Management",
        "Clients of your own: ",
        "Contracts to be signed: ",
        "Contracts not fully paid: ",
        "Upcoming events in your charge: ",
        "Upcoming events in nobody's charge: ",
        "What to type next:",
    ):
        assert f"\n{line}" in shown.out
    assert list(passwords_in(shown.err)) == PEOPLE
    assert run_sql(sqlite_url, NEW) == [(60,)]


def test_start_works_on_a_server(postgres_url: str) -> None:
    shown = demo(postgres_url, "start")
    assert (shown.code, list(passwords_in(shown.err))) == (0, PEOPLE)
    assert run_sql(postgres_url, NEW) == [(60,)]


def test_what_the_tour_shows_is_what_a_log_in_shows(sqlite_url: str) -> None:
    shown = demo(sqlite_url, "start")
    lists = {
        "bill.boquet": ("client list --mine --sort -last-contact", "contract list --mine --unsigned"),
        "kate.hastroff": ("event list --mine --upcoming",),
        "elodie.marchand": ("event list --without-support --upcoming",),
    }
    for username, password in passwords_in(shown.err).items():
        env = {"DATABASE_URL": sqlite_url, "EPICEVENTS_PASSWORD": password}
        assert execute("login", "--username", username, env=env).code == 0
        for words in lists[username]:
            listed = execute(*words.split(), "--limit", "100", "--json", env=env).items
            heading, rows = told(shown.out, words)
            assert int(heading.rpartition(": ")[2]) == len(listed)
            assert [row["id"] for row in listed[:3]] == [int(row.split("\t")[0]) for row in rows]


def told(text: str, words: str) -> tuple[str, list[str]]:
    """The heading and the rows of one list of the tour."""
    before, _command, after = text.partition(f"epicevents {words})\n")
    heading = before.rpartition("\n")[2].partition("   (")[0]
    return heading, after.partition("\n\n")[0].splitlines()[1:]


def test_a_second_start_changes_nothing_and_shows_no_password(sqlite_url: str) -> None:
    first = demo(sqlite_url, "start")
    before = content(sqlite_url)

    second = demo(sqlite_url, "start")

    assert second.code == 0
    assert passwords_in(second.out + second.err) == {}
    assert "Who can log in; new passwords, if lost:   epicevents demo passwords" in second.out
    assert second.out.partition("── Bill")[2] == first.out.partition("── Bill")[2]
    assert content(sqlite_url) == before


def test_a_second_start_loads_neither_alembic_nor_the_hashing_of_passwords(sqlite_url: str) -> None:
    demo(sqlite_url, "start")
    script = (
        "import sys\n"
        "from src.__main__ import main\n"
        "sys.argv[1:] = ['demo', 'start']\n"
        "main()\n"
        "print('LOADED', *sys.modules)\n"
    )
    env = {**os.environ, "DATABASE_URL": sqlite_url}
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, env=env, capture_output=True, check=True)
    loaded = {module.partition(".")[0] for module in done.stdout.decode().rpartition("LOADED ")[2].split()}
    assert loaded & {"alembic", "argon2", "rich", "phonenumbers"} == set()


def test_the_tour_speaks_french(sqlite_url: str) -> None:
    shown = demo(sqlite_url, "start", "--lang", "fr")
    assert shown.code == 0
    for english in ("Sales", "nobody", "signed:", "paid:", "type next", "see ", "shown", "ready"):
        assert english not in shown.out + shown.err
    assert "── Bill Boquet, Commercial" in shown.out


@pytest.mark.parametrize("width", [40, 60, 140])
def test_the_tour_fits_a_terminal(sqlite_url: str, width: int) -> None:
    demo(sqlite_url, "start")
    tour = demo(sqlite_url, "start", screen=width).out.partition("\n\n")[2]
    assert "\t" not in tour
    # What a screen breaks in two cannot be copied; the longest command has 57 letters.
    assert width < 60 or max(map(len, tour.splitlines())) <= width
    rows = [line for line in tour.partition("── Kate")[2].splitlines() if "epicevents" not in line]
    assert max(map(len, rows)) <= width


def test_start_does_not_touch_a_real_company(company_on_both: Company) -> None:
    before = company_on_both.look()
    refused = demo(company_on_both.url, "start")
    assert (refused.code, refused.out) == (8, "")
    assert refused.message.startswith("This database holds a company's own records")
    assert company_on_both.look() == before


def test_start_does_not_upgrade_a_real_company(company: Company, newer: Callable[[str], Answer]) -> None:
    """Its operator does, with a backup at hand."""
    before = company.look()
    refused = newer(company.url)
    assert (refused.code, refused.message.partition(", ")[0]) == (8, "This database holds a company's own records")
    assert company.look() == before


def test_start_upgrades_the_demo_company(sqlite_url: str, newer: Callable[[str], Answer]) -> None:
    demo(sqlite_url, "start")
    shown = newer(sqlite_url)
    assert (shown.code, passwords_in(shown.err)) == (0, {})
    assert run_sql(sqlite_url, "SELECT version_num FROM alembic_version") == [("zzzz_change_nothing",)]
    assert run_sql(sqlite_url, NEW) == [(60,)]


@pytest.fixture
def newer(tmp_path: Path) -> Callable[[str], Answer]:
    """Runs `demo start` of a copy of the project that has one revision more."""
    project = copy_project(tmp_path / "newer")
    add_revision(project, "zzzz_change_nothing", after=FIRST)

    def run(url: str) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "src", "demo", "start"],
            cwd=project,
            env={**os.environ, "DATABASE_URL": url},
            capture_output=True,
            encoding="utf-8",
            timeout=HANG_SECONDS,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return run


@pytest.mark.parametrize("content", [b"hello", b"SQLite format 3\0" + b"\xff" * 5000], ids=["a text", "damaged"])
def test_start_leaves_a_file_that_is_no_database_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "letter.db"
    file.write_bytes(content)
    assert demo(f"sqlite:///{file}", "start").code == 14
    assert file.read_bytes() == content


def test_two_who_start_at_once_get_one_company_and_one_set_of_passwords(sqlite_url: str) -> None:
    command = [sys.executable, "-m", "src", "demo", "start"]
    env = {**os.environ, "DATABASE_URL": sqlite_url}
    both = [
        subprocess.Popen(command, cwd=PROJECT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _start in range(2)
    ]
    texts = [
        out.decode() + err.decode() for out, err in (process.communicate(timeout=HANG_SECONDS) for process in both)
    ]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(len(passwords_in(text)) for text in texts) == [0, 3]
    assert run_sql(sqlite_url, NEW) == [(60,)]


# passwords


def test_passwords_differ_every_time_and_the_last_ones_open(sqlite_url: str) -> None:
    given = [passwords_in(demo(sqlite_url, words).err) for words in ("start", "passwords", "passwords")]
    assert len({password for passwords in given for password in passwords.values()}) == 9
    opened_by = [log_in(sqlite_url, "kate.hastroff", passwords["kate.hastroff"]) for passwords in given]
    assert opened_by == [3, 3, 0]


def test_passwords_of_two_demo_companies_differ(tmp_path: Path) -> None:
    given = [passwords_in(demo(f"sqlite:///{tmp_path}/{name}.db", "start").err) for name in ("one", "two")]
    assert set(given[0].values()) & set(given[1].values()) == set()


def test_no_password_is_on_the_standard_output_or_in_the_file(sqlite_url: str) -> None:
    shown = demo(sqlite_url, "start")
    stored = Path(sqlite_url.removeprefix("sqlite:///")).read_bytes()
    for password in passwords_in(shown.err).values():
        assert password not in shown.out
        assert password.encode() not in stored


def test_passwords_are_not_given_out_in_a_real_company(company: Company) -> None:
    before = company.look()
    refused = demo(company.url, "passwords")
    assert (refused.code, passwords_in(refused.out + refused.err)) == (8, {})
    assert company.look() == before


def log_in(url: str, username: str, password: str) -> int:
    """Log in; gives the exit code."""
    return execute("login", "--username", username, env={"DATABASE_URL": url, "EPICEVENTS_PASSWORD": password}).code


# load


def test_load_answers_with_what_was_loaded(migrated_sqlite_url: str) -> None:
    loaded = demo(migrated_sqlite_url, "load", "--clients", "40", "--json")
    assert (loaded.code, loaded.json["clients"]) == (0, 40)
    for table in ("clients", "contracts", "payments", "events"):
        assert run_sql(migrated_sqlite_url, f"SELECT count(*) FROM {table}") == [(loaded.json[table],)]


def test_load_says_how_to_log_in(migrated_sqlite_url: str) -> None:
    loaded = demo(migrated_sqlite_url, "load")
    assert loaded.out.startswith("The demo company is loaded: 60 clients, ")
    assert loaded.err == "Get passwords to log in with: epicevents demo passwords\n"


def test_load_wants_a_database(sqlite_url: str) -> None:
    assert demo(sqlite_url, "load").code == 10
    assert not Path(sqlite_url.removeprefix("sqlite:///")).exists()


@pytest.mark.parametrize("number", ["2", "0", "-1", "10000001", "many", "1e6"])
def test_load_refuses_sizes_that_make_no_sense(migrated_sqlite_url: str, number: str) -> None:
    assert demo(migrated_sqlite_url, "load", "--clients", number).code == 2
    assert run_sql(migrated_sqlite_url, NEW) == [(0,)]


def test_load_refuses_a_real_company(company: Company) -> None:
    before = company.look()
    assert demo(company.url, "load").code == 8
    assert company.look() == before


def test_load_refuses_a_second_time(migrated_sqlite_url: str) -> None:
    demo(migrated_sqlite_url, "load")
    again = demo(migrated_sqlite_url, "load")
    assert (again.code, again.message) == (8, "The demo company is in this database already.")


def test_a_long_load_shows_a_bar_at_a_terminal_only(migrated_sqlite_url: str, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "src")
    env = {"DATABASE_URL": migrated_sqlite_url}
    seen = at_terminal("demo", "load", "--clients", "6000", command=command, env=env)
    assert seen.code == 0
    assert "/6000" in seen.plain

    other = tmp_path / "other.db"
    execute("init", "--no-manager", env={"DATABASE_URL": f"sqlite:///{other}"})
    quiet = demo(f"sqlite:///{other}", "load", "--clients", "6000")
    assert (quiet.code, "6000 clients" in quiet.out, "/6000" in quiet.out + quiet.err) == (0, True, False)


def test_a_terminal_that_only_wants_the_tour_gets_its_prompt_back(sqlite_url: str) -> None:
    words = ("demo", "start", "--no-serve")
    seen = at_terminal(*words, command=(sys.executable, "-m", "src"), env={"DATABASE_URL": sqlite_url})
    assert (seen.code, "What to type next:" in seen.plain, "In your browser" in seen.plain) == (0, True, False)


# Interrupted


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_an_interrupted_load_leaves_nothing(
    request: pytest.FixtureRequest, engine: str, ending: signal.Signals
) -> None:
    url = request.getfixturevalue(f"migrated_{'sqlite' if engine == 'sqlite' else 'postgres'}_url")
    before = content(url)
    with loading(url) as (process, screen):
        read_until(screen, HALF_WAY)
        process.send_signal(ending)
        process.wait(HANG_SECONDS)
        said = read_until(screen, None)
    if ending is signal.SIGINT:
        assert (process.returncode, said.splitlines()[-1].strip()) == (130, "Interrupted. Nothing was saved.")
    else:
        assert process.returncode == -ending
    assert content(url) == before
    assert demo(url, "load").code == 0


@contextmanager
def loading(url: str) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """A process that is loading far more than can be finished soon, and the screen it shows its progress on."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "src", "demo", "load", "--clients", "500000"],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": url, "TERM": "xterm", "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=follower,
        # A test run in the background may hand down that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no other thread
    )
    os.close(follower)
    try:
        yield process, leader
    finally:
        process.kill()
        process.wait()
        os.close(leader)


def read_until(screen: int, sign: re.Pattern[str] | None) -> str:
    """Read the screen until a sign appears, or to its end."""
    seen = ""
    while sign is None or not sign.search(seen):
        ready, _writable, _broken = select.select([screen], [], [], HANG_SECONDS)
        assert ready, f"nothing more after {seen[-500:]!r}"
        try:
            seen += os.read(screen, 65536).decode("utf-8", "replace")
        except OSError:  # how Linux tells that the program has ended
            break
    return seen


def content(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with opened(url) as database, database.reading() as session:
        return dump(session)
