"""A small program made of the command line's own parts, to see in a real process and a real terminal how they behave.

The real commands need a database; what is tested with this one must hold for any command.
"""

import os
import signal
import sys
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain
from zoneinfo import ZoneInfo

import click

from src.cli.commands import argument, group, option
from src.cli.outcome import SAVED, mark
from src.cli.prompts import Parsed, confirm, read_secret, secret_options
from src.cli.render import Total, json_option, output_options, show_done, show_list, show_record
from src.cli.shell import run_command
from src.cli.start import preferred_language, take_global_options
from src.domain import errors
from src.domain.contact_details import parse_email
from src.domain.errors import CrmError, FieldChange
from src.i18n import set_language
from src.presentation.columns import Column, Manner

PARIS = Manner(zone=ZoneInfo("Europe/Paris"))

COLUMNS = (
    Column(key="id", heading="No.", kind="number", importance=1),
    Column(key="name", heading="Name", importance=1),
    Column(key="company_name", heading="Company", importance=1),
    Column(key="email", heading="E-mail", importance=2),
    Column(key="total", heading="Total", kind="money", importance=1),
    Column(key="signed_on", heading="Signed on", kind="date", importance=3),
    Column(key="last_contact_at", heading="Last contact", kind="moment", importance=3),
    Column(key="is_active", heading="Active", kind="bool", importance=3),
    Column(
        key="department",
        heading="Department",
        kind="choice",
        importance=3,
        labels={"SALES": "Sales", "SUPPORT": "Support", "MANAGEMENT": "Management"},
    ),
)

ROWS = [
    [
        1,
        "Kevin Casey",
        "Cool Startup LLC",
        "kevin@startup.io",
        Decimal("1200.00"),
        date(2023, 4, 21),
        datetime(2023, 4, 21, 11, 0, tzinfo=UTC),
        True,
        "SALES",
    ],
    [2, "[bold]Zoë[/bold] \x1b[2J", "=HYPERLINK(1)", "z@b.example", Decimal("-3.50"), None, None, False, "SUPPORT"],
]


@group("sample", help="A sample.")
def sample() -> None:
    """Hold the sample commands."""


@sample.command("list", help="Show what the company does.", examples=("epicevents sample list",))
@option("--many", type=int, default=0, help="So many more rows.")
@option("--empty", is_flag=True, help="No row.")
@option("--next", "cursor", help="There is another page.")
@output_options
def list_rows(*, many: int, empty: bool, cursor: str | None) -> None:
    """Show the rows."""
    rows = [] if empty else chain(ROWS, ([number, *ROWS[0][1:]] for number in range(many)))
    show_list(
        COLUMNS,
        iter(rows),
        empty="Nothing yet. Add one with: epicevents sample add",
        manner=PARIS,
        next_cursor=cursor,
        totals=[Total(column=Column(key="due", heading="Due", kind="money"), value=Decimal("1196.50"))],
    )


@sample.command("show", help="Show one.")
@output_options
def show_row() -> None:
    """Show the first row."""
    show_record(COLUMNS, ROWS[0], manner=PARIS)


@sample.command("add", help="Add one.", examples=("epicevents sample add --name Kevin",), needs_login=False)
@option("--name", ask="Name", help="The name.")
@option("--email", ask="E-mail", type=Parsed(parse_email), help="The e-mail address.")
@option("--kind", ask="How large", type=click.Choice(["small", "large"]), help="How large.")
@json_option
def add(name: str, email: str, kind: str) -> None:
    """Say what was given."""
    show_done(f"Added {name} <{email}> {kind}", COLUMNS[1:2], [name])


@sample.command("secret", help="Read a password.")
@option("--twice", is_flag=True, help="Ask twice.")
@secret_options
def secret(*, twice: bool, password_stdin: bool) -> None:
    """Tell the length of the password, never the password."""
    click.echo(f"length {len(read_secret('Password', from_stdin=password_stdin, twice=twice))}")


@sample.command("drop", help="Do something dangerous.")
@option("--yes", is_flag=True, help="Do not ask.")
def drop(*, yes: bool) -> None:
    """Ask first."""
    confirm("Really drop it?", yes=yes)
    click.echo("dropped")


@sample.command("refuse", help="Refuse, as a service would.")
@argument("kind", metavar="KIND")
@json_option
def refuse(kind: str) -> None:
    """Raise the refusal of that name, or something unexpected."""
    raise REFUSALS[kind]


@sample.command("wait", help="Wait for Ctrl-C.")
@option("--saved", is_flag=True, help="After a commit.")
def wait(*, saved: bool) -> None:
    """Wait until somebody interrupts."""
    if saved:
        mark(SAVED)
    click.echo("waiting", err=True)
    time.sleep(60)


REFUSALS: dict[str, Exception] = {
    "forbidden": errors.Forbidden(department="Support", rule="change a client"),
    "conflict": errors.Conflict(
        record="client",
        changes=(FieldChange("phone", "+33 1\x1b[31m", "+33 2"), FieldChange("email", None, "k@b.example")),
    ),
    "invalid": errors.InvalidInput(field="e-mail"),
    "attempts": errors.TooManyAttempts(retry_after_seconds=61),
    "crash": ValueError("kevin@startup.io owes 1200.00"),
    "refusal": CrmError(),
}


def main(arguments: list[str]) -> int:
    """Run a sample command as the real program would."""
    # A test run that was started in the background hands down that Ctrl-C is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    language, rest = take_global_options(arguments)
    set_language(language or preferred_language(os.environ))
    return run_command(rest, commands=sample)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
