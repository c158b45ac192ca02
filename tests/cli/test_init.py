"""`epicevents init`: from nothing to a database with its first manager, and nothing half done on the way."""

import re
import stat
from pathlib import Path

import pytest

from tests.cli.company import Answer, Company, execute
from tests.cli.terminals import at_terminal
from tests.cli.test_editing import PROGRAM
from tests.migrations.conftest import execute as run_sql

DIANE = ["--username", "Diane", "--email", "D@epic.example", "--first-name", "Diane", "--last-name", "Roy"]
SECRET = re.compile(r"One-time password, shown only now: (\S+)\n")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new.db"


def init(file: Path, *words: str, **told: str) -> Answer:
    env = {name: value for name, value in told.items() if name.isupper()}
    return execute("init", *words, env={"DATABASE_URL": f"sqlite:///{file}", **env}, typed=told.get("typed", ""))


def test_from_nothing_to_the_first_log_in(database_url: str, tmp_path: Path) -> None:
    place = {"DATABASE_URL": database_url, "XDG_CONFIG_HOME": str(tmp_path / "config")}
    made = execute("init", *DIANE, "--json", env=place)
    [secret] = SECRET.findall(made.err)
    assert (made.code, made.json["username"], made.json["department"]) == (0, "diane", "MANAGEMENT")
    assert secret not in made.out
    assert made.err.endswith("Log in with: epicevents login --username diane\n")
    entered = execute("login", "--username", "diane", env={**place, "EPICEVENTS_PASSWORD": secret})
    assert entered.out.endswith("Choose a password of your own now: epicevents password\n")
    chosen = {"EPICEVENTS_PASSWORD": secret, "EPICEVENTS_NEW_PASSWORD": "nine purple lanterns drift"}
    assert execute("password", env={**place, **chosen}).code == 0
    assert execute("user", "list", "--json", env=place).items[0]["username"] == "diane"
    audit = execute("audit", "list", "--action", "user.create", "--json", env=place).items
    told = [(entry["record_type"], entry["actor_username"], entry["interface"]) for entry in audit]
    assert told == [("users", "", "cli")]


def test_the_file_is_its_owners_alone(file: Path) -> None:
    assert init(file, *DIANE).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_once_more_changes_nothing_and_asks_nothing(file: Path) -> None:
    init(file, *DIANE)
    again = init(file)
    assert (again.code, again.out, again.err) == (0, f"The database is ready: {file}\n", "")
    assert init(file, "--username", "other").code == 0
    assert run_sql(f"sqlite:///{file}", "SELECT username FROM users") == [("diane",)]


def test_the_database_alone_and_the_manager_later(file: Path) -> None:
    ready = init(file, "--no-manager")
    assert (ready.code, ready.out, ready.err) == (0, f"The database is ready: {file}\n", "")
    assert run_sql(f"sqlite:///{file}", "SELECT count(*) FROM users") == [(0,)]
    assert init(file).code == 2
    assert init(file, *DIANE).code == 0


def test_a_password_of_ones_own_is_not_shown_and_opens_at_once(file: Path, tmp_path: Path) -> None:
    password = "seven grey herons wade"
    made = init(file, *DIANE, "--password-stdin", typed=f"{password}\n")
    assert (made.code, made.err) == (0, "Log in with: epicevents login --username diane\n")
    place = {"DATABASE_URL": f"sqlite:///{file}", "EPICEVENTS_PASSWORD": password}
    entered = execute("login", "--username", "diane", env={**place, "XDG_CONFIG_HOME": str(tmp_path / "config")})
    assert (entered.code, "Choose a password" in entered.out) == (0, False)


@pytest.mark.parametrize(
    ("words", "typed", "code", "message"),
    [
        ([], "", 2, "Missing options: --username, --email, --first-name, --last-name."),
        (DIANE[:4], "", 2, "Missing options: --first-name, --last-name."),
        ([*DIANE[:3], "no address", *DIANE[4:]], "", 7, "e-mail: this is not an e-mail address."),
        ([*DIANE, "--phone", "12"], "", 7, ""),
        (["--username", "d", *DIANE[2:]], "", 7, ""),
        ([*DIANE, "--password-stdin"], "short\n", 7, ""),
        ([*DIANE, "--password-stdin"], "epic events 2026 crm\n", 7, ""),
        ([*DIANE, "--password-stdin"], "", 2, "The password is empty."),
    ],
)
def test_a_slip_leaves_nothing_half_done(file: Path, words: list[str], typed: str, code: int, message: str) -> None:
    refused = init(file, *words, typed=typed)
    assert (refused.code, refused.out) == (code, "")
    assert refused.message == message or (not message and refused.err.startswith("Error: "))
    assert list(file.parent.iterdir()) == []


def test_it_asks_at_a_terminal_and_ctrl_c_leaves_nothing(file: Path) -> None:
    env = {"DATABASE_URL": f"sqlite:///{file}"}
    seen = at_terminal(
        "init",
        "--lang",
        "fr",
        command=PROGRAM,
        env=env,
        answers=[
            ("Identifiant\u00a0:", "diane"),
            ("E-mail\u00a0:", "d@epic.example"),
            ("Prénom\u00a0:", "^C"),
        ],
    )
    assert (seen.code, list(file.parent.iterdir())) == (130, [])
    assert seen.lines[-1] == "Interrompu. Rien n’a été enregistré."


def test_accounts_are_only_made_by_management_afterwards(company: Company) -> None:
    before = company.look()
    again = company.run(None, "init", *DIANE)
    assert (again.code, company.look()) == (0, before)
