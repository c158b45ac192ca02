"""One's own account: logging in and out, one-time passwords, sessions, the second factor, limits."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import click
import pyotp
import pytest

from src.cli.main import root
from src.security import throttle
from tests.cli.command_lines import commands
from tests.cli.company import Answer, Company
from tests.cli.test_editing import typing
from tests.factories import PASSWORD

NEW = "nine purple lanterns drift"
NOT_LOGGED_IN = "You are not logged in, or your session has ended. Log in first."
REFUSED = "The username, the password or the code is wrong, or the account is closed."
ONE_TIME = re.compile(r"One-time password, shown only now: (\S+)\n")


class Desk:
    """One computer: a configuration folder of its own, where a log-in is kept."""

    def __init__(self, company: Company, folder: Path) -> None:
        self.company, self.folder = company, folder

    def run(self, *words: str, **told: str) -> Answer:
        """Run a command at this computer; `password` comes from the environment, `typed` from a pipe."""
        names = {"password": "EPICEVENTS_PASSWORD", "new": "EPICEVENTS_NEW_PASSWORD", "code": "EPICEVENTS_CODE"}
        env = {names[name]: value for name, value in told.items() if name in names}
        env |= {name: value for name, value in told.items() if name.isupper()}
        return self.company.run(
            None, *words, env={"XDG_CONFIG_HOME": str(self.folder), **env}, typed=told.get("typed", "")
        )

    def log_in(self, username: str, password: str = PASSWORD, **told: str) -> Answer:
        """Log in at this computer."""
        return self.run("login", "--username", username, password=password, **told)

    @property
    def kept(self) -> list[Path]:
        """The session files of this computer."""
        return sorted(self.folder.rglob("*.token"))


@pytest.fixture
def desks(company: Company, tmp_path: Path) -> tuple[Desk, Desk]:
    """Two computers."""
    return Desk(company, tmp_path / "office"), Desk(company, tmp_path / "home")


@pytest.fixture
def desk(desks: tuple[Desk, Desk]) -> Desk:
    return desks[0]


def test_a_day_is_from_log_in_to_log_out(company_on_both: Company, tmp_path: Path) -> None:
    desk = Desk(company_on_both, tmp_path / "office")
    assert desk.run("whoami").code == 3
    done = desk.log_in("SALES")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Logged in as sales until 20")
    [file] = desk.kept
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "username\tsales\n" in desk.run("whoami").out
    token = file.read_text().strip()

    assert desk.run("logout").out == "Logged out.\n"

    assert desk.kept == []
    # Whoever copied the token has nothing.
    for answer in (desk.run("whoami"), desk.run("whoami", EPICEVENTS_TOKEN=token)):
        assert (answer.code, answer.message) == (3, NOT_LOGGED_IN)
    assert desk.run("logout").out == "Nobody was logged in.\n"


def test_a_password_comes_from_a_pipe_or_a_terminal_and_is_never_shown(company: Company, desk: Desk) -> None:
    piped = desk.run("login", "--username", "support", "--password-stdin", "--json", typed=f"{PASSWORD}\nmore\n")
    assert list(piped.json) == ["username", "department", "expires_at", "must_change_password"]
    assert (piped.json["username"], piped.json["department"], piped.json["must_change_password"]) == (
        "support",
        "SUPPORT",
        False,
    )
    seen = typing(company, None, "login", answers=[("Username:", "sales"), ("Password:", PASSWORD)])
    assert (seen.code, PASSWORD in seen.text) == (0, False)
    nowhere = desk.run("login", "--username", "sales")
    assert (nowhere.code, nowhere.message) == (
        2,
        "No terminal to ask for the password on: use --password-stdin or set EPICEVENTS_PASSWORD.",
    )


@pytest.mark.parametrize("username", ["sales", "nobody.here", "closed.sales", "' OR 1=1 --", "x" * 300, "\x1b[2J"])
def test_wrong_unknown_and_closed_are_one_answer(company: Company, desk: Desk, username: str) -> None:
    password = PASSWORD if username == "closed.sales" else "wrong password"
    refused = desk.log_in(username, password)
    assert (refused.code, refused.out, refused.err) == (3, "", f"Error: {REFUSED}\n")
    assert desk.kept == []


def test_a_second_log_in_at_a_computer_ends_the_first(desks: tuple[Desk, Desk]) -> None:
    here, there = desks
    here.log_in("sales")
    before = here.kept[0].read_text().strip()
    there.log_in("sales")
    here.log_in("support")
    assert here.run("whoami", EPICEVENTS_TOKEN=before).code == 3
    assert (here.run("whoami").code, there.run("whoami").code) == (0, 0)
    # A log-in that fails leaves the present one alone.
    assert here.log_in("sales", "wrong password").code == 3
    assert "username\tsupport\n" in here.run("whoami").out


def test_a_one_time_password_opens_nothing_but_the_choice_of_another(company: Company, desk: Desk) -> None:
    added = company.run(
        "management",
        *["user", "add", "--username", "kate.hastroff", "--email", "kate@epic.example", "--first-name", "Kate"],
        *["--last-name", "Hastroff", "--department", "support", "--json"],
    )
    [secret] = ONE_TIME.findall(added.err)
    assert (secret in added.out, added.json["username"]) == (False, "kate.hastroff")
    done = desk.log_in("kate.hastroff", secret)
    assert done.out.endswith("Choose a password of your own now: epicevents password\n")
    for words in ("client list", "event list --mine", "whoami --json", "two-factor status"):
        refused = desk.run(*words.split())
        if "whoami" in words:
            assert (refused.code, refused.json["username"]) == (0, "kate.hastroff")
        else:
            assert (refused.code, refused.err.splitlines()) == (
                4,
                [
                    "Error: Your password was given to you by somebody else. Choose one of your own first.",
                    "Type: epicevents password",
                ],
            )
    weak = desk.run("password", password=secret, new="kate hastroff 2026")
    assert weak.code == 7
    assert desk.run("password", "--password-stdin", typed=f"{secret}\n{NEW}\n").code == 0
    assert desk.run("client", "list").code == 0
    assert (desk.log_in("kate.hastroff", secret).code, desk.log_in("kate.hastroff", NEW).code) == (3, 0)


def test_another_password_ends_the_other_sessions(desks: tuple[Desk, Desk]) -> None:
    here, there = desks
    here.log_in("sales")
    there.log_in("sales")
    wrong = here.run("password", password="wrong password", new=NEW)
    assert (wrong.code, wrong.message) == (7, "present password: this is not your present password.")
    assert there.run("whoami").code == 0
    assert here.run("password", password=PASSWORD, new=NEW).out == "Password changed; your other sessions have ended.\n"
    assert (here.run("whoami").code, there.run("whoami").code) == (0, 3)


def test_sessions_are_listed_and_ended(desks: tuple[Desk, Desk], company: Company) -> None:
    here, there = desks
    here.log_in("sales")
    there.log_in("sales")
    listed = here.run("sessions", "list", "--json").items
    assert [row["is_current"] for row in listed].count(True) == 1
    assert len(listed) == 3
    [current] = [row["id"] for row in there.run("sessions", "list", "--json").items if row["is_current"]]
    assert here.run("sessions", "end", str(current)).out == "Sessions ended: 1.\n"
    assert there.run("whoami").code == 3
    assert here.run("sessions", "end", "--others").out == "Sessions ended: 1.\n"
    assert company.run("sales", "whoami").code == 3
    assert here.run("whoami").code == 0
    for words, code in (("end", 2), ("end 1 --others", 2), ("end 999", 5)):
        assert here.run("sessions", *words.split()).code == code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("user deactivate sales", 3),
        ("user end-sessions sales", 3),
        ("user reset-password sales", 3),
        ("user delete sales --reassign-to 10 --yes", 3),
    ],
)
def test_what_management_does_to_an_account_counts_from_the_next_command(
    company_on_both: Company, words: str, code: int
) -> None:
    company = company_on_both
    assert company.run("sales", "client", "list").code == 0
    assert company.run("management", *words.split()).code == 0
    assert company.run("sales", "client", "list").code == code
    assert (
        company.run("sales", "client", "add", "--first-name", "A", "--last-name", "B", "--email", "a@b.example").code
        == 3
    )


def test_a_new_department_ends_the_sessions(company: Company, desk: Desk) -> None:
    assert company.run("management", *["user", "edit", "sales", "--department", "support"]).code == 8
    assert desk.log_in("support.11").code == 0
    assert company.run("management", *["user", "edit", "support.11", "--department", "commercial"]).code == 0
    assert (desk.run("whoami").code, desk.log_in("support.11").code) == (3, 0)
    assert desk.run("client", "add", "--first-name", "A", "--last-name", "B", "--email", "a@b.example").code == 0


def test_the_second_factor_from_the_first_code_to_the_last(company: Company, desk: Desk) -> None:
    secret: list[str] = []

    def code(screen: str) -> str:
        secret.extend(re.findall(r"type the secret: ([A-Z2-7]+)", screen))
        return pyotp.TOTP(secret[0]).now()

    assert "is off" in company.run("sales", "two-factor", "status").out
    seen = typing(
        company,
        "sales",
        "two-factor",
        "on",
        answers=[("Present password:", PASSWORD), ("Code shown by the app:", code)],
    )
    assert seen.code == 0
    recovery = [line.strip() for line in seen.lines[-8:]]
    assert company.run("sales", "two-factor", "status").out == "Two-factor log-in is on; recovery codes left: 8.\n"
    assert company.run("sales", "two-factor", "status", "--json").json == {"is_on": True, "recovery_codes_left": 8}
    assert company.run("sales", "two-factor", "status", "--csv").out == "is_on,recovery_codes_left\r\ntrue,8\r\n"
    app = pyotp.TOTP(secret[0])

    wanted = desk.log_in("sales")
    assert (wanted.code, wanted.message) == (
        3,
        "Enter the code of your authenticator app, or one of your recovery codes.",
    )
    assert desk.log_in("sales", code="000000").message == REFUSED
    assert desk.log_in("sales", code=recovery[0]).code == 0
    assert desk.log_in("sales", code=recovery[0]).code == 3
    asked = typing(
        company,
        None,
        "login",
        "--username",
        "sales",
        answers=[("Password:", PASSWORD), ("Code of your authenticator app:", recovery[1])],
    )
    assert asked.code == 0
    assert company.run("sales", "two-factor", "status").out.endswith("left: 6.\n")
    renewed = company.run("sales", "two-factor", "codes", "--password-stdin", typed=f"{PASSWORD}\n")
    assert (renewed.code, len(renewed.err.splitlines())) == (0, 9)
    assert desk.log_in("sales", code=recovery[2]).code == 3
    assert desk.log_in("sales", code=app.now()).code in {0, 3}
    assert company.run("sales", "two-factor", "on").code == 8
    off = company.run("sales", "two-factor", "off", env={"EPICEVENTS_PASSWORD": PASSWORD})
    assert (off.code, off.out) == (0, "Two-factor log-in is off.\n")
    assert desk.log_in("sales").code == 0


def test_a_department_that_must_use_a_second_factor_does_nothing_before(company: Company) -> None:
    env = {"EPICEVENTS_TWO_FACTOR_FOR": "management"}
    for words in ("client list", "user list", "whoami --json", "two-factor status", "sessions list", "audit list"):
        answer = company.run("management", *words.split(), env=env)
        allowed = words.split()[0] in {"whoami", "two-factor"}
        assert (words, answer.code) == (words, 0 if allowed else 4)
    refused = company.run("management", "client", "list", "--lang", "en", env=env)
    assert refused.err.splitlines() == [
        "Error: Your department must log in with a second factor. Set it up first.",
        "Type: epicevents two-factor on",
    ]
    assert company.run("sales", "client", "list", env=env).code == 0
    wrong = company.run("sales", "client", "list", env={"EPICEVENTS_TWO_FACTOR_FOR": "everybody"})
    assert wrong.code == 20


def test_guessing_is_slowed_down_across_commands(company: Company, desk: Desk) -> None:
    for _guess in range(throttle.FAILURES):
        assert desk.log_in("sales", "wrong password").code == 3
    refused = desk.log_in("sales")
    assert (refused.code, refused.out) == (9, "")
    assert re.fullmatch(r"Too many failed log-ins. Try again in [1-5] minutes.", refused.message)
    as_json = desk.run("login", "--username", "sales", "--json", password=PASSWORD)
    assert '"type": "TooManyAttempts"' in as_json.err
    assert '"retry_after_seconds": ' in as_json.err
    # Who is in stays in.
    assert company.run("sales", "client", "list").code == 0


def test_no_option_takes_a_secret() -> None:
    """Anybody on a computer can read its command lines."""
    words = re.compile("password|secret|token|code|pin|key")
    found = {
        (" ".join(path), option)
        for path, command in leaves(root)
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.is_flag
        for option in parameter.opts
        if words.search(option)
    }
    # The key of a payment is chosen by its sender and opens nothing.
    assert found == {("contract pay", "--key"), ("contract refund", "--key")}


def leaves(group: click.Group) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for path in commands(group):
        command: click.Command = group
        for word in path:
            assert isinstance(command, click.Group)
            found = command.get_command(click.Context(command), word)
            assert found is not None
            command = found
        yield path, command
