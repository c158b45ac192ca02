"""`epicevents demo`: a company to try the CRM on, in a database of its own."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from src.cli.commands import group, option
from src.cli.context import open_database, settings
from src.cli.outcome import SAVED, SAVING, mark
from src.cli.render import json_option, show_done
from src.cli.terminal import colour_wanted, is_terminal
from src.i18n import N_, _
from src.presentation.columns import Column, row_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LOADED = (
    Column(key="staff", heading=N_("Members of staff"), kind="number"),
    Column(key="clients", heading=N_("Clients"), kind="number"),
    Column(key="contracts", heading=N_("Contracts"), kind="number"),
    Column(key="payments", heading=N_("Payments"), kind="number"),
    Column(key="events", heading=N_("Events"), kind="number"),
)

# The sample records are three clients; beyond ten million the names run out of companies.
_FEWEST, _MOST = 3, 10_000_000
_DEFAULT = 60
# Only this computer's browsers reach the demo company.
_HERE = "127.0.0.1"
# Smaller companies are loaded before a bar could be read.
_WORTH_A_BAR = 5_000


@group("demo", help=N_("A demo company to try the CRM on, in a database of its own."))
def demo() -> None:
    """Hold the verbs for the demo company."""


@demo.command(
    "start",
    help=N_(
        "Create the database and the demo company if need be, show what each department sees, and, at a terminal,"
        " serve the pages."
    ),
    examples=("epicevents demo start", "epicevents demo start --lang fr", "epicevents demo start --no-serve"),
)
@option("--no-serve", is_flag=True, help=N_("Only show; do not go on as a server."))
@option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar=N_("NUMBER"),
    default=8000,
    show_default=True,
    help=N_("Port; where another program has it, the next free one."),
)
def start(*, no_serve: bool, port: int) -> None:
    """Have everything ready for somebody who wants to look at the CRM, in their browser too until Ctrl-C."""
    from src.cli.tour import show_tour

    _migrate()
    secrets = _load_once()
    # A program that calls this one would wait for ever.
    if no_serve or not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        show_tour(secrets)
        return
    from src.cli.serve import address_of, next_free_port, run_server

    port = next_free_port(_HERE, port)
    show_tour(secrets, served_at=address_of(_HERE, port))
    # People look at the tour: requests and the server's own words would push it off the screen.
    run_server(_HERE, port, log_level="WARNING")


@demo.command(
    "load",
    help=N_("Fill an empty database with the demo company."),
    examples=("epicevents demo load", "epicevents demo load --clients 100000 --seed 7"),
)
@option(
    "--clients",
    type=click.IntRange(_FEWEST, _MOST),
    metavar=N_("NUMBER"),
    default=_DEFAULT,
    show_default=True,
    help=N_("How many clients; contracts, payments, events and staff follow from it."),
)
@option("--seed", type=int, default=1, show_default=True, help=N_("Another number makes another company."))
@json_option
def load(clients: int, seed: int) -> None:
    """Load the demo company, all of it or nothing."""
    from src.services.demo.load import load_demo_company

    with _bar(clients) as progress, _writing() as session:
        loaded = load_demo_company(session, clients=clients, seed=seed, now=datetime.now(UTC), progress=progress)
    sentence = _("The demo company is loaded: {clients} clients, {contracts} contracts, {events} events.")
    show_done(
        sentence.format(clients=loaded.clients, contracts=loaded.contracts, events=loaded.events),
        LOADED,
        row_of(LOADED, loaded),
    )
    click.echo(_("Get passwords to log in with: {command}").format(command="epicevents demo passwords"), err=True)


@demo.command(
    "passwords",
    help=N_("Give three people of the demo company new random passwords, shown once."),
    examples=("epicevents demo passwords",),
)
def passwords() -> None:
    """Show new passwords; the old ones end."""
    from src.cli.tour import show_passwords
    from src.services.demo import people

    secrets, hashes = _random_passwords()
    with _writing() as session:
        given = people.give_passwords(session, hashes)
    show_passwords(given, secrets)


def _migrate() -> None:
    """Bring the database to this program's schema, unless it is a real company's: that is its operator's decision."""
    from src.schema.state import DatabaseState, read_state, refusal_of
    from src.schema.upgrade import upgrade_to_head
    from src.services import CRM
    from src.services.demo.load import holds_demo_company, refuse_unless_empty

    database = open_database()
    state = read_state(database.url, CRM)
    if state in {DatabaseState.UNVERSIONED, DatabaseState.NOT_A_DATABASE}:
        raise refusal_of(state, database.url, CRM) or RuntimeError(state)
    if state is DatabaseState.BEHIND:
        with database.reading() as session:
            if not holds_demo_company(session):
                refuse_unless_empty(session)
    if state in {DatabaseState.MISSING, DatabaseState.EMPTY, DatabaseState.BEHIND}:
        upgrade_to_head(CRM, settings().database_url)


def _load_once() -> dict[str, str]:
    """Load the demo company and give out its passwords, unless that was done before; gives those to be shown."""
    from src.schema.state import require_current
    from src.services import CRM
    from src.services.demo import people
    from src.services.demo.load import holds_demo_company, load_demo_company

    with open_database().reading() as session:
        require_current(session.connection(), CRM)
        if holds_demo_company(session) and people.passwords_were_given(session):
            return {}
    secrets, hashes = _random_passwords()
    with _writing() as session:
        # Asked again under the write lock: of two who start at once, one loads and gets the passwords.
        if not holds_demo_company(session):
            load_demo_company(session, clients=_DEFAULT, now=datetime.now(UTC))
        elif people.passwords_were_given(session):
            return {}
        people.give_passwords(session, hashes)
    return secrets


def _random_passwords() -> tuple[dict[str, str], dict[str, str]]:
    """Make a password for each person of the tour, and what is stored of it."""
    from src.security.passwords import STANDARD, random_password
    from src.services.demo.people import TOUR

    secrets = {username: random_password() for username in TOUR}
    return secrets, {username: STANDARD.hash(secret) for username, secret in secrets.items()}


@contextmanager
def _writing() -> Iterator["Session"]:
    """Open a transaction that commits at the end; nobody is logged in, the program itself acts."""
    from src.schema.state import require_current
    from src.services import CRM

    with open_database().writing() as session:
        require_current(session.connection(), CRM)
        yield session
        mark(SAVING)  # what Ctrl-C says from here on
    mark(SAVED)


@contextmanager
def _bar(clients: int) -> Iterator[Callable[[int], object]]:
    """Show how far a long loading is, to a person at a terminal; gives the function to tell it to."""
    if clients < _WORTH_A_BAR or not is_terminal(sys.stderr):
        yield lambda _stored: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    screen = Console(stderr=True, no_color=not colour_wanted(sys.stderr))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(_("Clients"), total=clients)
        yield lambda stored: bar.update(task, completed=stored)
