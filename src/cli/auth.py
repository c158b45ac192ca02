"""`epicevents login`, `logout` and `whoami`: who is working at this computer."""

import os
import platform
from datetime import UTC, datetime
from typing import Any

from src.cli.commands import command, option
from src.cli.context import INTERFACE, address_of_this_computer, manner_of, open_database, reading, settings
from src.cli.prompts import can_ask, read_secret, secret_options
from src.cli.render import json_option, output_options, show_done, show_record
from src.cli.session_file import forget_token, read_token, store_token
from src.domain.errors import NotAuthenticated, SecondFactorNeeded
from src.domain.permissions import Action
from src.i18n import N_, _, format_moment
from src.presentation.columns import Column, row_of
from src.presentation.fields import DEPARTMENTS
from src.presentation.users import RECORD

# A code, like a password, is never an argument: anybody on the computer can read a command line.
CODE_VARIABLE = "EPICEVENTS_CODE"

LOG_IN = (
    Column(key="username", heading=N_("Username")),
    Column(key="department", heading=N_("Department"), kind="choice", labels=DEPARTMENTS),
    Column(key="expires_at", heading=N_("Ends"), kind="moment"),
    Column(key="must_change_password", heading=N_("Must choose a password"), kind="bool"),
)


@command(
    "login",
    help=N_("Log in; the session lasts 12 hours."),
    examples=("epicevents login --username bill.boquet", "epicevents login --username kate --password-stdin < secret"),
    needs_login=False,
)
@option("--username", metavar=N_("TEXT"), ask=N_("Username"), help=N_("Your username."))
@secret_options
@json_option
def login(username: str, *, password_stdin: bool) -> None:
    """Log in."""
    _require_database()
    password = read_secret(_("Password"), from_stdin=password_stdin)
    opened = _log_in(username, password)
    place = open_database().place
    previous = _previous_token(place)
    store_token(place, opened.token)
    if previous is not None:
        _end_session(previous)
    row = [opened.actor.username, opened.actor.department, opened.expires_at, opened.must_change_password]
    until = format_moment(opened.expires_at, manner_of(settings()).zone)
    sentences = [_("Logged in as {username} until {moment}.").format(username=opened.actor.username, moment=until)]
    if opened.must_change_password:
        sentences.append(_("Choose a password of your own now: epicevents password"))
    show_done(" ".join(sentences), LOG_IN, row)


@command("logout", help=N_("Log out; the session ends everywhere."), examples=("epicevents logout",))
def logout() -> None:
    """Log out."""
    place = open_database().place
    token = _previous_token(place)
    if token is None:
        show_done(_("Nobody was logged in."))
        return
    _end_session(token)
    forget_token(place)
    show_done(_("Logged out."))


@command("whoami", help=N_("Show who is logged in."), examples=("epicevents whoami",))
@output_options
def whoami() -> None:
    """Show who is logged in."""
    from src.services import users

    with reading(Action.OWN_PASSWORD) as desk:
        found = users.show_user(desk.session, desk.actor, desk.actor.user_id)
    show_record(RECORD, row_of(RECORD, found), manner=desk.manner)


def _require_database() -> None:
    from src.schema.state import require_current
    from src.services import CRM

    with open_database().reading() as session:
        require_current(session.connection(), CRM)


def _log_in(username: str, password: str) -> Any:
    from src.services import logging_in

    database = open_database()

    def attempt(given: str | None) -> logging_in.LogIn:
        return logging_in.log_in(
            database,
            username,
            password,
            code=given,
            address=address_of_this_computer(),
            interface=INTERFACE,
            device=platform.node(),
            now=datetime.now(UTC),
        )

    try:
        return attempt(os.environ.get(CODE_VARIABLE))
    except SecondFactorNeeded:
        if not can_ask():
            raise
    return attempt(read_secret(_("Code of your authenticator app"), from_stdin=False, variable=CODE_VARIABLE))


def _previous_token(place: str) -> str | None:
    try:
        return read_token(place)
    except NotAuthenticated:
        return None


def _end_session(token: str) -> None:
    from src.schema.state import require_current
    from src.services import CRM, auth

    with open_database().writing() as session:
        require_current(session.connection(), CRM)
        auth.log_out(session, token)
