"""The commands and options that the company was promised, written out by hand: one that goes missing fails here."""

import csv

import click
import pytest

from src.cli.main import root
from tests.cli.command_lines import COMMANDS
from tests.cli.company import Company

VERBS = {
    "client": "list show add edit contacted reassign history",
    "contract": "list show add edit send sign pay refund cancel amend payments history",
    "event": "list show add edit assign unassign history",
    "user": "list show add edit deactivate reactivate delete reset-password end-sessions history",
    "audit": "list",
    "sessions": "list end",
    "demo": "load",
}
ALONE = "init login logout whoami password permissions completion rescue"
# A page has a size, an order and a cursor; all lists have these.
PAGE = "--sort --limit --after --all --search"
OPTIONS = {
    "client list": f"{PAGE} --mine --sales-contact",
    "contract list": f"{PAGE} --mine --client --status --unsigned --unpaid",
    "event list": f"{PAGE} --mine --upcoming --past --today --week --without-support --support --client --contract",
    "user list": f"{PAGE} --department --active",
    "audit list": "--sort --limit --after --all --by --action --record --id --since --until",
    "client history": "--limit --after",
    "contract history": "--limit --after",
    "event history": "--limit --after",
    "user history": "--limit --after",
    "client edit": "--version",
    "contract edit": "--version",
    "event edit": "--version",
    "user edit": "--version",
    "contract pay": "--key --method --on --reference",
    "contract refund": "--key --method --on --reference --reason",
    "contract cancel": "--reason",
    "contract amend": "--reason",
    "user delete": "--reassign-to",
    "login": "--password-stdin",
    "password": "--password-stdin",
    "demo load": "--clients",
}
# Besides these, only `list` and `show` themselves answer with a list or a record.
SHOWING = {"history", "payments", "lines", "whoami", "permissions", "status", "plan", "backups", "verify", "lint"}


ANSWERING = [path for path in COMMANDS if path[-1] in {"list", "show", *SHOWING} or path[0] == "help"]
# What those that answer about one thing are asked about.
ABOUT = {"show": "1", "history": "1", "payments": "1", "lines": "1"}


def options_of(path: tuple[str, ...]) -> set[str]:
    command: click.Command | None = root
    for word in path:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command is not None
    return {name for parameter in command.params for name in parameter.opts if name.startswith("--")}


def test_every_promised_command_is_there() -> None:
    promised: set[tuple[str, ...]] = {(noun, verb) for noun, verbs in VERBS.items() for verb in verbs.split()}
    promised |= {(word,) for word in ALONE.split()}
    assert promised - set(COMMANDS) == set()


@pytest.mark.parametrize("words", OPTIONS)
def test_every_promised_option_is_there(words: str) -> None:
    assert set(OPTIONS[words].split()) - options_of(tuple(words.split())) == set()


def test_every_list_and_record_can_be_had_as_json_and_csv() -> None:
    without = [path for path in ANSWERING if not {"--json", "--csv"} <= options_of(path)]
    assert (len(ANSWERING) > 25, without) == (True, [])


def test_both_forms_hold_the_same_rows_and_facts(quiet_company: Company) -> None:
    for path in ANSWERING:
        about = [ABOUT[path[-1]]] if path[-1] in ABOUT and path[0] != "db" else []
        whole = ["--all"] if "--all" in options_of(path) else []
        document = quiet_company.run("management", *path, *about, *whole, "--json").json
        table = list(csv.DictReader(quiet_company.run("management", *path, *about, "--csv").out.splitlines()))
        if path in {("db", "status"), ("db", "plan")}:
            # Their JSON tells more than a table can; at head there is a state, and nothing to plan.
            assert [row.get("state") for row in table] == ["at_head"] * (path[-1] == "status"), path
            continue
        rows = document.get("items", [document])
        logged = 1 if path == ("audit", "list") else 0  # the log holds the export before
        assert len(table) == len(rows) + logged, path
        assert all(list(of_csv) == list(of_json) for of_csv, of_json in zip(table[logged:], rows, strict=True)), path
