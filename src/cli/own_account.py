"""`epicevents password`, `sessions` and `two-factor`: what everybody may do with their own account."""

from datetime import UTC, datetime

import click

from src.cli.auth import CODE_VARIABLE
from src.cli.commands import argument, command, group, option
from src.cli.context import address_of_this_computer, open_database, reading, writing
from src.cli.outcome import SAVED, mark
from src.cli.prompts import Parsed, read_secret, secret_options
from src.cli.render import output_options, show_done, show_list, show_record, wanted_form
from src.domain.permissions import Action
from src.domain.values import parse_id
from src.i18n import N_, _
from src.presentation.columns import Column, row_of, rows_of

NEW_PASSWORD = "EPICEVENTS_NEW_PASSWORD"  # noqa: S105 - the name of a variable

SESSIONS = (
    Column(key="id", heading=N_("No."), kind="number", importance=1),
    Column(key="interface", heading=N_("Interface"), importance=1),
    Column(key="device", heading=N_("Device"), importance=2),
    Column(key="created_at", heading=N_("Since"), kind="moment", importance=2),
    Column(key="last_seen_at", heading=N_("Last used"), kind="moment", importance=3),
    Column(key="expires_at", heading=N_("Ends"), kind="moment", importance=1),
    Column(key="is_current", heading=N_("This one"), kind="bool", importance=1),
)
TWO_FACTOR = (
    Column(key="is_on", heading=N_("Second factor"), kind="bool"),
    Column(key="recovery_codes_left", heading=N_("Recovery codes left"), kind="number"),
)


@command(
    "password",
    help=N_("Choose another password; your other sessions end."),
    examples=("epicevents password", 'printf \'%s\\n%s\\n\' "$OLD" "$NEW" | epicevents password --password-stdin'),
)
@secret_options
def password(*, password_stdin: bool) -> None:
    """Choose another password."""
    from src.services import own_account

    with reading(Action.OWN_PASSWORD) as desk:
        actor = desk.actor
    current = read_secret(_("Present password"), from_stdin=password_stdin)
    new = read_secret(_("New password"), from_stdin=password_stdin, variable=NEW_PASSWORD, twice=True)
    own_account.change_password(
        open_database(),
        actor,
        current=current,
        new=new,
        address=address_of_this_computer(),
        now=datetime.now(UTC),
    )
    mark(SAVED)
    show_done(_("Password changed; your other sessions have ended."))


@group("sessions", help=N_("Where you are logged in."))
def sessions() -> None:
    """Hold the verbs for one's own sessions."""


@sessions.command("list", help=N_("List your sessions."), examples=("epicevents sessions list",))
@output_options
def list_sessions() -> None:
    """Show where one is logged in."""
    from src.services import own_account

    with reading() as desk:
        found = own_account.list_sessions(desk.session, desk.actor, now=desk.now)
    show_list(SESSIONS, rows_of(SESSIONS, found), empty=_("No session."), manner=desk.manner)


@sessions.command(
    "end",
    help=N_("End one of your sessions, or all the others."),
    examples=("epicevents sessions end 12", "epicevents sessions end --others"),
)
@argument(
    "session_id",
    metavar=N_("SESSION"),
    required=False,
    type=Parsed(parse_id, field=N_("session")),
    help=N_("Number of the session (see epicevents sessions list)."),
)
@option("--others", is_flag=True, help=N_("All your sessions but this one."))
def end_session(session_id: int | None, *, others: bool) -> None:
    """End a session."""
    from src.services import own_account

    if (session_id is None) is not others:
        raise click.UsageError(_("Name one session by its number, or use --others."))
    with writing() as desk:
        ended = 1
        if session_id is None:
            ended = own_account.end_all_sessions(desk.session, desk.actor)
        else:
            own_account.end_session(desk.session, desk.actor, session_id)
    show_done(_("Sessions ended: {count}.").format(count=ended))


@group("two-factor", help=N_("A code from your telephone as a second key."))
def two_factor() -> None:
    """Hold the verbs for the second factor."""


@two_factor.command(
    "status",
    help=N_("Show whether it is on."),
    examples=("epicevents two-factor status", "epicevents two-factor status --json"),
)
@output_options
def two_factor_status() -> None:
    """Show the state of the second factor."""
    from src.services import own_account

    with reading(Action.OWN_TWO_FACTOR) as desk:
        state = own_account.two_factor_state(desk.session, desk.actor)
    if wanted_form() is not None:
        show_record(TWO_FACTOR, row_of(TWO_FACTOR, state), manner=desk.manner)
    elif state.is_on:
        show_done(_("Two-factor log-in is on; recovery codes left: {count}.").format(count=state.recovery_codes_left))
    else:
        show_done(_("Two-factor log-in is off. Turn it on with: epicevents two-factor on"))


@two_factor.command("on", help=N_("Turn it on with an authenticator app."), examples=("epicevents two-factor on",))
def two_factor_on() -> None:
    """Turn the second factor on."""
    from src.services import own_account

    with reading(Action.OWN_TWO_FACTOR) as desk:
        setup = own_account.start_two_factor(desk.session, desk.actor)
        actor = desk.actor
    # Before the code, which is only good for half a minute.
    password = read_secret(_("Present password"), from_stdin=False)
    click.echo(setup.qr, err=True)
    click.echo(
        _("Scan this with your authenticator app, or type the secret: {secret}").format(secret=setup.secret), err=True
    )
    code = read_secret(_("Code shown by the app"), from_stdin=False, variable=CODE_VARIABLE)
    codes = own_account.confirm_two_factor(
        open_database(),
        actor,
        secret=setup.secret,
        code=code,
        password=password,
        address=address_of_this_computer(),
        now=datetime.now(UTC),
    )
    mark(SAVED)
    show_done(_("Two-factor log-in is on; your other sessions have ended."))
    _show_codes(codes)


@two_factor.command("off", help=N_("Turn it off."), examples=("epicevents two-factor off",))
@secret_options
def two_factor_off(*, password_stdin: bool) -> None:
    """Turn the second factor off."""
    from src.services import own_account

    with reading(Action.OWN_TWO_FACTOR) as desk:
        actor = desk.actor
    own_account.disable_two_factor(
        open_database(),
        actor,
        password=read_secret(_("Present password"), from_stdin=password_stdin),
        address=address_of_this_computer(),
        now=datetime.now(UTC),
    )
    mark(SAVED)
    show_done(_("Two-factor log-in is off."))


@two_factor.command(
    "codes", help=N_("Make new recovery codes; the old ones end."), examples=("epicevents two-factor codes",)
)
@secret_options
def recovery_codes(*, password_stdin: bool) -> None:
    """Make new recovery codes."""
    from src.services import own_account

    with reading(Action.OWN_TWO_FACTOR) as desk:
        actor = desk.actor
    codes = own_account.new_recovery_codes(
        open_database(),
        actor,
        password=read_secret(_("Present password"), from_stdin=password_stdin),
        address=address_of_this_computer(),
        now=datetime.now(UTC),
    )
    mark(SAVED)
    _show_codes(codes)


def _show_codes(codes: tuple[str, ...]) -> None:
    click.echo(_("Recovery codes, shown only now; each opens your account once. Keep them on paper:"), err=True)
    for code in codes:
        click.echo(f"  {code}", err=True)
