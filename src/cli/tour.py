"""What `make demo` shows: who can log in, what each department finds in the morning, and what to type next.

The lists are those that the services give these people: nothing is shown that a log-in would not show.
"""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from src.cli.context import Desk, manner_of, open_database, settings
from src.cli.overview import PROGRAM
from src.cli.render import show_list
from src.cli.terminal import is_terminal, terminal_width, visible
from src.domain.permissions import DEPARTMENT_LABELS, Department
from src.i18n import N_, _
from src.presentation import clients, contracts, events
from src.presentation.columns import Column, for_people, rows_of

if TYPE_CHECKING:
    from src.models.user import User

_ROWS = 3

# (a command without the program's name, what it is for)
_NEXT = (
    ("serve", N_("work in a browser")),
    ("login --username {username}", N_("log in as one of the three")),
    ("client list --mine", N_("see what is yours")),
    ("permissions", N_("see who may do what")),
    ("demo passwords", N_("make new passwords, if these are lost")),
    ("--help", N_("see all commands")),
)


def _pick(columns: Sequence[Column], *keys: str) -> tuple[Column, ...]:
    # Without a column for the time zone of the place, times are the installation's.
    by_key = {column.key: replace(column, zone_key=None) for column in columns}
    return tuple(by_key[key] for key in keys)


CLIENTS = _pick(clients.COLUMNS, "id", "first_name", "last_name", "company_name", "last_contact_at")
CONTRACTS = _pick(contracts.COLUMNS, "id", "title", "client", "status", "total", "due")
EVENTS = _pick(events.COLUMNS, "id", "name", "event_start", "location", "attendees")


@dataclass(frozen=True)
class _Find:
    """One list that somebody opens in the morning: its first rows, and how many there are."""

    heading: str
    command: str
    count: int
    columns: tuple[Column, ...] = ()
    rows: Sequence[Any] = ()
    sums: Sequence[Any] = ()


def show_tour(secrets: Mapping[str, str], *, served_at: str = "") -> None:
    """Show the demo company; `secrets` are the passwords just made, by username, none if they were shown before.

    Where it is about to be served, its address and who can log in come last: what was said first is off the screen.
    """
    from src.services.demo import people

    database, now = open_database(), datetime.now(UTC)
    with database.reading() as session:
        team = people.people_of_tour(session)
        mornings = [list(_finds(Desk(session, people.as_actor(person), settings(), now))) for person in team]
    click.echo(_("The demo company is ready: {place}").format(place=visible(database.place)))
    if not served_at:
        _show_log_ins(team, secrets)
    for person, finds in zip(team, mornings, strict=True):
        click.echo("\n" + click.style(f"── {_who(person)}", bold=True))
        for find in finds:
            _show(find)
    if served_at:
        click.echo("\n" + click.style(_("In your browser: {address}").format(address=served_at), bold=True))
        _show_log_ins(team, secrets)
        click.echo(
            "\n"
            + _("Ctrl-C stops it. Another terminal can do the same by commands: {command}").format(
                command=f"{_program()} --help"
            )
        )
    else:
        _show_next(team)


def show_passwords(team: Sequence["User"], secrets: Mapping[str, str]) -> None:
    """Show new passwords, this once."""
    # On the error output, so that they do not end up in a file with the answer.
    click.echo("\n" + _("Who can log in; these random passwords are shown only now:"), err=True)
    for person in team:
        click.echo(f"  {person.username:<18}{secrets[person.username]}   {_who(person)}", err=True)


def _show_log_ins(team: Sequence["User"], secrets: Mapping[str, str]) -> None:
    if secrets:
        show_passwords(team, secrets)
    else:
        _show_people(team)


def _show_people(team: Sequence["User"]) -> None:
    click.echo("\n" + _beside(_("Who can log in; new passwords, if lost:"), f"{_program()} demo passwords"))
    for person in team:
        click.echo(f"  {person.username:<18}{_who(person)}")


def _show(find: _Find) -> None:
    manner = manner_of(settings())
    heading = _("{heading}: {value}").format(heading=_(find.heading), value=find.count)
    click.echo("\n" + _beside(heading, f"({_program()} {find.command})"))
    if find.columns:
        show_list(find.columns, rows_of(find.columns, find.rows), empty=_("None at present."), manner=manner)
    columns = contracts.sum_columns(*find.sums) if find.sums else ()
    for column, text in zip(columns, for_people(columns, find.sums, manner), strict=True):
        click.echo(_("{heading}: {value}").format(heading=_(column.heading), value=text))


def _show_next(team: Sequence["User"]) -> None:
    click.echo("\n" + _("What to type next:"))
    username = team[0].username if team else PROGRAM
    lines = [(f"{_program()} {command.format(username=username)}", _(purpose)) for command, purpose in _NEXT]
    width = max(len(line) for line, _purpose in lines)
    for line, purpose in lines:
        click.echo(_beside(f"  {line:<{width}}", purpose))


def _finds(desk: Desk) -> Iterator[_Find]:
    """Open the lists that this person's department lives by."""
    from src.services.contracts import ContractFilter
    from src.services.events import EventFilter

    match desk.actor.department:
        case Department.SALES:
            yield _clients(desk)
            unsigned, unpaid = ContractFilter(mine=True, unsigned=True), ContractFilter(mine=True, unpaid=True)
            yield _contracts(desk, N_("Contracts to be signed"), "--mine --unsigned", unsigned)
            yield _contracts(desk, N_("Contracts not fully paid"), "--mine --unpaid", unpaid)
        case Department.SUPPORT:
            own = EventFilter(mine=True, upcoming=True)
            yield _events(desk, N_("Upcoming events in your charge"), "--mine --upcoming", own)
        case Department.MANAGEMENT:
            nobodys = EventFilter(without_support=True, upcoming=True)
            yield _events(desk, N_("Upcoming events in nobody's charge"), "--without-support --upcoming", nobodys)
            yield _all_contracts(desk)


def _clients(desk: Desk) -> _Find:
    from src.services import clients as service
    from src.services.lists import count

    own, sort = service.ClientFilter(mine=True), "-last-contact"
    page = service.list_clients(desk.session, desk.actor, own, sort=sort, limit=_ROWS)
    number = count(desk.session, service.select_clients(desk.actor, own))
    return _Find(N_("Clients of your own"), f"client list --mine --sort {sort}", number, CLIENTS, page.items)


def _contracts(desk: Desk, heading: str, options: str, filters: Any) -> _Find:
    from src.services import contracts as service

    page = service.list_contracts(desk.session, desk.actor, filters, limit=_ROWS)
    number = service.contract_totals(desk.session, desk.actor, filters).number
    return _Find(heading, f"contract list {options}", number, CONTRACTS, page.items)


def _all_contracts(desk: Desk) -> _Find:
    from src.services import contracts as service

    sums = service.contract_totals(desk.session, desk.actor, service.ContractFilter())
    return _Find(N_("Contracts"), "contract list", sums.number, sums=(sums.total, sums.paid, sums.due))


def _events(desk: Desk, heading: str, options: str, filters: Any) -> _Find:
    from src.services import events as service
    from src.services.lists import count

    page = service.list_events(desk.session, desk.actor, filters, now=desk.now, zone=desk.zone, limit=_ROWS)
    number = count(desk.session, service.select_events(desk.actor, filters, now=desk.now, zone=desk.zone))
    return _Find(heading, f"event list {options}", number, EVENTS, page.items)


def _beside(left: str, right: str) -> str:
    # A command that the screen breaks in two cannot be read or copied.
    if is_terminal(sys.stdout) and len(left) + len(right) + 3 > terminal_width():
        return f"{left.rstrip()}\n  {right}"
    return f"{left}   {right}"


def _who(person: "User") -> str:
    return f"{visible(person.full_name)}, {_(DEPARTMENT_LABELS[person.department])}"


def _program() -> str:
    """Write the program as this person can call it: by its name alone once it is on their PATH."""
    called = Path(sys.argv[0])
    return PROGRAM if shutil.which(PROGRAM) or called.name != PROGRAM else str(called)
