"""`epicevents user`: the staff directory, and for management the accounts."""

from collections.abc import Iterator
from typing import Any

import click

from src.cli.commands import argument, group, option
from src.cli.context import Desk, reading, writing
from src.cli.editing import changed, edit_options, version_option
from src.cli.histories import answer_history, history_options
from src.cli.paging import Paging, answer_list, paging_options
from src.cli.prompts import confirm
from src.cli.render import json_option, output_options, show_done, show_record
from src.domain.permissions import Action, require
from src.i18n import N_, _
from src.presentation.columns import row_of
from src.presentation.users import COLUMNS, RECORD, SORTS

DETAILS = (
    ("username", N_("Username"), "--username"),
    ("email", N_("E-mail"), "--email"),
    ("first_name", N_("First name"), "--first-name"),
    ("last_name", N_("Last name"), "--last-name"),
    ("phone", N_("Phone"), "--phone"),
    ("department", N_("Department"), "--department"),
)

person_argument = argument("person", metavar=N_("PERSON"), help=N_("Username or number of the member of staff."))


@group("user", help=N_("The staff directory and, for management, its accounts."))
def user() -> None:
    """Hold the verbs for members of staff."""


@user.command(
    "list",
    help=N_("List the members of staff."),
    examples=("epicevents user list --department support",),
)
@option("--department", metavar="sales|support|management", help=N_("Only this department."))
@option("--active/--inactive", default=None, help=N_("Only accounts that are open, or only closed ones."))
@option("--search", default="", metavar=N_("TEXT"), help=N_("Beginning of a name or username."))
@paging_options(SORTS, default="name")
def list_users(*, department: str | None, active: bool | None, search: str, paging: Paging) -> None:
    """Show who works here."""
    from src.services import lists, users

    filters = users.UserFilter(
        department=users.parse_department(department) if department is not None else None, active=active, search=search
    )

    def everything(desk: Desk) -> Iterator[Any]:
        return lists.stream(desk.session, users.select_users(desk.actor, filters), users.user_order(paging.sort))

    answer_list(
        COLUMNS,
        paging,
        record_type="users",
        filters={"department": department, "active": active, "search": search},
        empty=_("No member of staff found."),
        page=lambda desk: users.list_users(
            desk.session, desk.actor, filters, sort=paging.sort, limit=paging.limit, after=paging.after
        ),
        everything=everything,
    )


@user.command("show", help=N_("Show one member of staff."), examples=("epicevents user show kate.hastroff",))
@person_argument
@output_options
def show_user(person: str) -> None:
    """Show an account."""
    from src.services import users

    with reading() as desk:
        found = users.find_user(desk.session, desk.actor, person)
    show_record(RECORD, row_of(RECORD, found), manner=desk.manner)


@user.command(
    "add",
    help=N_("Create an account; its one-time password is shown once."),
    examples=(
        "epicevents user add --username kate.hastroff --email kate@epicevents.fr \\\n"
        "      --first-name Kate --last-name Hastroff --department support",
    ),
)
@option("--username", metavar=N_("TEXT"), ask=N_("Username"), help=N_("Name to log in with."))
@option("--email", metavar=N_("E-MAIL"), ask=N_("E-mail"), help=N_("E-mail address; no colleague has it."))
@option("--first-name", metavar=N_("TEXT"), ask=N_("First name"), help=N_("First name."))
@option("--last-name", metavar=N_("TEXT"), ask=N_("Last name"), help=N_("Last name."))
@option("--phone", metavar=N_("PHONE"), default="", help=N_("Phone number."))
@option(
    "--department", metavar="sales|support|management", ask=N_("Department"), help=N_("It decides what they may do.")
)
@json_option
def add_user(**details: str) -> None:
    """Create an account."""
    from src.security import passwords
    from src.services import users

    secret = passwords.random_password()
    hashed = passwords.STANDARD.hash(secret)
    with writing() as desk:
        added = users.create_user(
            desk.session,
            desk.actor,
            users.UserDetails(**details),
            password_hash=hashed,
            region=desk.settings.phone_region,
        )
    show_done(_("Account {username} created.").format(username=added.username), RECORD, row_of(RECORD, added))
    show_one_time_password(secret)


@user.command(
    "edit",
    help=N_("Change an account; a new department ends its sessions."),
    examples=("epicevents user edit kate.hastroff --department management",),
)
@person_argument
@edit_options(DETAILS)
@version_option
@json_option
def edit_user(person: str, version: int | None, **details: str | None) -> None:
    """Change an account."""
    from src.services import users

    values, version = changed(
        DETAILS,
        details,
        version,
        lambda desk: users.find_user(desk.session, desk.actor, person),
        right=Action.USER_UPDATE,
        read=lambda desk, _user, typed: users.UserDetails(**typed).parsed(region=desk.settings.phone_region),
    )
    with writing() as desk:
        found = users.find_user(desk.session, desk.actor, person)
        saved = users.update_user(
            desk.session,
            desk.actor,
            found.id,
            users.UserDetails(**values),
            region=desk.settings.phone_region,
            version=version,
        )
    show_done(_("Account {username} saved.").format(username=saved.username), RECORD, row_of(RECORD, saved))


@user.command(
    "deactivate",
    help=N_("Close an account at once; what the person is in charge of stays theirs."),
    examples=("epicevents user deactivate kate.hastroff",),
)
@person_argument
@json_option
def deactivate_user(person: str) -> None:
    """Close an account."""
    _set_active(person, _("Account {username} is closed; its sessions have ended."), active=False)


@user.command(
    "reactivate", help=N_("Open a closed account again."), examples=("epicevents user reactivate kate.hastroff",)
)
@person_argument
@json_option
def reactivate_user(person: str) -> None:
    """Open an account again."""
    _set_active(person, _("Account {username} is open again."), active=True)


@user.command(
    "delete",
    help=N_("Delete an account; what the person is in charge of goes to a colleague."),
    examples=("epicevents user delete bill.boquet --reassign-to anna.weber",),
)
@person_argument
@option("--reassign-to", metavar=N_("PERSON"), help=N_("Colleague of the same department who takes over."))
@option("--yes", is_flag=True, help=N_("Do not ask for confirmation."))
def delete_user(person: str, reassign_to: str | None, *, yes: bool) -> None:
    """Delete an account."""
    from src.services import users

    with reading() as desk:
        found = users.find_user(desk.session, desk.actor, person)
        require(desk.actor, Action.USER_DELETE, found)
    question = _("Delete the account {username} ({name})? This cannot be undone.")
    confirm(question.format(username=found.username, name=found.full_name), yes=yes)
    with writing() as desk:
        heir = users.find_user(desk.session, desk.actor, reassign_to).id if reassign_to is not None else None
        moved = users.delete_user(desk.session, desk.actor, found.id, reassign_to=heir)
    show_done(
        _("Account {username} deleted; records handed over: {count}.").format(username=found.username, count=moved)
    )


@user.command(
    "reset-password",
    help=N_("Give somebody a one-time password, shown once; their sessions end."),
    examples=("epicevents user reset-password kate.hastroff",),
)
@person_argument
def reset_password(person: str) -> None:
    """Give a one-time password."""
    from src.security import passwords
    from src.services import users

    secret = passwords.random_password()
    hashed = passwords.STANDARD.hash(secret)
    with writing() as desk:
        found = users.find_user(desk.session, desk.actor, person)
        users.reset_password(desk.session, desk.actor, found.id, password_hash=hashed)
    show_done(_("Password of {username} reset.").format(username=found.username))
    show_one_time_password(secret)


@user.command(
    "end-sessions",
    help=N_("Log somebody out everywhere."),
    examples=("epicevents user end-sessions kate.hastroff",),
)
@person_argument
def end_sessions(person: str) -> None:
    """Log somebody out everywhere."""
    from src.services import users

    with writing() as desk:
        found = users.find_user(desk.session, desk.actor, person)
        ended = users.end_user_sessions(desk.session, desk.actor, found.id)
    show_done(_("Sessions of {username} ended: {count}.").format(username=found.username, count=ended))


@user.command(
    "history", help=N_("Show who changed what on an account."), examples=("epicevents user history kate.hastroff",)
)
@person_argument
@history_options
def user_history(person: str, limit: int, after: str | None) -> None:
    """Show an account's history."""
    from src.models.user import User
    from src.services import users

    with reading() as desk:
        found = users.find_user(desk.session, desk.actor, person)
    answer_history(User, found.id, limit=limit, after=after)


def show_one_time_password(secret: str) -> None:
    """Tell somebody's one-time password to whoever hands it on."""
    # On the error output, so that it does not end up in a file with the answer; it is shown this once.
    click.echo(_("One-time password, shown only now: {secret}").format(secret=secret), err=True)


def _set_active(person: str, sentence: str, *, active: bool) -> None:
    from src.services import users

    with writing() as desk:
        found = users.find_user(desk.session, desk.actor, person)
        saved = users.set_active(desk.session, desk.actor, found.id, active=active)
    show_done(sentence.format(username=saved.username), RECORD, row_of(RECORD, saved))
