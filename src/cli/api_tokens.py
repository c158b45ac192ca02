"""`epicevents token`: what programs may do in one's name."""

import click

from src.cli.commands import argument, group, option
from src.cli.context import reading, writing
from src.cli.prompts import Parsed
from src.cli.render import json_option, output_options, show_done, show_list, wanted_form
from src.domain.values import parse_id
from src.i18n import N_, _
from src.presentation.api_tokens import COLUMNS
from src.presentation.columns import Column, row_of, rows_of

MADE = (
    Column(key="id", heading=N_("No."), kind="number"),
    Column(key="name", heading=N_("Name")),
    Column(key="scopes", heading=N_("Rights"), of=lambda made: " ".join(made.scopes)),
    Column(key="expires_at", heading=N_("Ends"), kind="moment"),
    Column(key="token", heading=N_("Token")),
)


@group("token", help=N_("Keys for programs that work in your name."))
def token() -> None:
    """Hold the verbs for one's own tokens."""


@token.command(
    "create",
    help=N_("Make a token; it is shown once. It never has more rights than you have."),
    examples=(
        "epicevents token create 'cash desk' --scope read",
        "epicevents token create import --scope client.create --days 7",
    ),
)
@argument("name", metavar=N_("NAME"), help=N_("What it is for; you will know it again by this."))
@option(
    "--scope",
    "scopes",
    multiple=True,
    default=("read",),
    show_default=True,
    metavar=N_("SCOPE"),
    help=N_("read, or one action such as client.create (see epicevents permissions); may be repeated."),
)
@option("--days", type=int, default=90, show_default=True, help=N_("For how long, at most 366 days."))
@json_option
def create_token(name: str, *, scopes: tuple[str, ...], days: int) -> None:
    """Make a token."""
    from src.services import api_tokens

    with writing() as desk:
        made = api_tokens.create_token(desk.session, desk.actor, name=name, scopes=scopes, days=days, now=desk.now)
    if wanted_form() == "json":
        show_done("", MADE, row_of(MADE, made))
        return
    click.echo(_("Token {name}, shown only now. Keep it like a password:").format(name=made.name), err=True)
    click.echo(made.token)


@token.command(
    "list",
    help=N_("List your tokens, with what they may do and when they were last used."),
    examples=("epicevents token list", "epicevents token list --everybody"),
)
@option("--everybody", is_flag=True, help=N_("Those of all staff; for management."))
@output_options
def list_tokens(*, everybody: bool) -> None:
    """Show tokens."""
    from src.services import api_tokens

    with reading() as desk:
        found = api_tokens.list_tokens(desk.session, desk.actor, everybody=everybody)
    show_list(COLUMNS, rows_of(COLUMNS, found), empty=_("No token."), manner=desk.manner)


@token.command(
    "revoke",
    help=N_("End a token at once; management ends anybody's."),
    examples=("epicevents token revoke 3",),
)
@argument(
    "token_id",
    metavar=N_("TOKEN"),
    type=Parsed(parse_id, field=N_("token")),
    help=N_("Number of the token (see epicevents token list)."),
)
def revoke_token(token_id: int) -> None:
    """End a token."""
    from src.services import api_tokens

    with writing() as desk:
        ended = api_tokens.revoke_token(desk.session, desk.actor, token_id, now=desk.now)
    show_done(_("Token {name} ended.").format(name=ended.name))
