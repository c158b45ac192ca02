"""`epicevents init`: the database, and the account that creates all others."""

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from src.cli.commands import argument, command, option
from src.cli.context import open_database, settings
from src.cli.outcome import SAVED, SAVING, mark
from src.cli.prompts import ask, confirm, read_secret, secret_options
from src.cli.render import json_option, show_done
from src.cli.users import show_one_time_password
from src.i18n import N_, _
from src.presentation.columns import row_of
from src.presentation.users import RECORD

if TYPE_CHECKING:
    from src.services.users import UserDetails

# (attribute, marked heading, option)
_ASKED = (
    ("username", N_("Username"), "--username"),
    ("email", N_("E-mail"), "--email"),
    ("first_name", N_("First name"), "--first-name"),
    ("last_name", N_("Last name"), "--last-name"),
)


@dataclass(frozen=True)
class _Manager:
    details: "UserDetails"
    password: str = field(repr=False)
    is_one_time: bool = field(kw_only=True)


@command(
    "init",
    help=N_("Create or upgrade the database, and the first manager's account."),
    examples=(
        "epicevents init --username diane --email diane@epicevents.fr --first-name Diane --last-name Roy",
        "epicevents init --no-manager",
    ),
)
@option("--username", metavar=N_("TEXT"), help=N_("Name the manager logs in with."))
@option("--email", metavar=N_("E-MAIL"), help=N_("The manager's e-mail address."))
@option("--first-name", metavar=N_("TEXT"), help=N_("First name."))
@option("--last-name", metavar=N_("TEXT"), help=N_("Last name."))
@option("--phone", metavar=N_("PHONE"), default="", help=N_("Phone number."))
@option("--no-manager", is_flag=True, help=N_("Only create or upgrade the database."))
@secret_options
@json_option
def init(*, no_manager: bool, password_stdin: bool, **details: str | None) -> None:
    """Create the database and the first account; run again, it only brings the database up to date."""
    from src.schema.state import DatabaseState, read_state, refusal_of, require_current
    from src.schema.upgrade import upgrade_to_head
    from src.services import CRM

    database = open_database()
    state = read_state(database.url, CRM)
    if state is DatabaseState.UNKNOWN_REVISION:
        with database.reading() as session:
            require_current(session.connection(), CRM)  # refuses, and names the revision
    if state in {DatabaseState.UNVERSIONED, DatabaseState.NOT_A_DATABASE}:
        raise refusal_of(state, database.url, CRM) or RuntimeError(state)
    manager = None
    if not no_manager and state in {DatabaseState.MISSING, DatabaseState.EMPTY}:
        # What is typed is read before the database is made: a slip leaves nothing half done.
        manager = _first_manager(details, from_stdin=password_stdin)
    upgrade_to_head(CRM, settings().database_url)
    row: list[Any] = []
    has_staff = _has_staff()
    if not no_manager and not has_staff:
        manager = manager or _first_manager(details, from_stdin=password_stdin)
        row = _create(manager)
    show_done(_("The database is ready: {place}").format(place=database.place), RECORD[: len(row)], row)
    if row and manager is not None:
        _show_next_step(manager, row)
    elif has_staff and details["username"]:
        click.echo(_("There are accounts already, so none was created. Log in with: epicevents login"), err=True)


def _first_manager(details: dict[str, str | None], *, from_stdin: bool) -> _Manager:
    from src.security import passwords
    from src.services.users import UserDetails

    told = UserDetails(**ask(_ASKED, details), department="management")
    values = told.parsed(region=settings().phone_region)
    if not from_stdin and "EPICEVENTS_PASSWORD" not in os.environ:
        return _Manager(told, passwords.random_password(), is_one_time=True)
    chosen = read_secret(_("Password"), from_stdin=from_stdin)
    about = (values["username"], values["email"], values["first_name"], values["last_name"])
    passwords.check_password(chosen, context_words=about)
    return _Manager(told, chosen, is_one_time=False)


def _has_staff() -> bool:
    from src.services import init as installation

    with open_database().reading() as session:
        return installation.has_staff(session)


def _create(manager: _Manager) -> list[Any]:
    from src.security import passwords
    from src.services import init as installation

    hashed = passwords.STANDARD.hash(manager.password)
    with open_database().writing() as session:
        created = installation.create_first_manager(
            session,
            manager.details,
            password_hash=hashed,
            region=settings().phone_region,
            must_change=manager.is_one_time,
        )
        mark(SAVING)
    mark(SAVED)
    return row_of(RECORD, created)


def _show_next_step(manager: _Manager, row: list[Any]) -> None:
    if manager.is_one_time:
        show_one_time_password(manager.password)
    username = row[[column.key for column in RECORD].index("username")]  # as it was stored, not as it was typed
    click.echo(_("Log in with: {command}").format(command=f"epicevents login --username {username}"), err=True)


@command(
    "rescue",
    help=N_("Let a manager in again who lost password and second factor."),
    examples=("epicevents rescue diane",),
)
@argument("username", metavar=N_("USERNAME"))
@option("--yes", is_flag=True, help=N_("Do not ask for confirmation."))
def rescue(username: str, *, yes: bool) -> None:
    """Give a manager a one-time password; whoever may write to the database file or server may do this."""
    from src.schema.state import require_current
    from src.security import passwords
    from src.services import CRM
    from src.services import init as installation

    confirm(_("Give {username} a one-time password and remove the second factor?").format(username=username), yes=yes)
    secret = passwords.random_password()
    hashed = passwords.STANDARD.hash(secret)
    with open_database().writing() as session:
        require_current(session.connection(), CRM)
        rescued = installation.rescue_manager(session, username, password_hash=hashed)
        mark(SAVING)
    mark(SAVED)
    show_done(_("Password of {username} reset.").format(username=rescued.username))
    show_one_time_password(secret)
