"""`epicevents feed`: the secret addresses at which a telephone finds one's events."""

import click

from src.cli.commands import argument, group, option
from src.cli.context import reading, settings, writing
from src.cli.prompts import Parsed
from src.cli.render import json_option, output_options, show_done, show_list, wanted_form
from src.config import LOOPBACK_HOSTS
from src.domain.values import parse_id
from src.i18n import N_, _
from src.presentation.calendar_feeds import COLUMNS, KINDS, address_of
from src.presentation.columns import Column, row_of, rows_of

_ON_THIS_COMPUTER = "http://localhost:8000"
MADE = (
    *(column for column in COLUMNS if column.key in {"id", "name", "kind"}),
    Column(key="address", heading=N_("Address"), of=lambda made: address_of(made.secret, server=_server())),
)


@group("feed", help=N_("Your events in the calendar of your telephone."))
def feed() -> None:
    """Hold the verbs for one's own calendar feeds."""


@feed.command(
    "create",
    help=N_("Make a secret address that calendars read; it is shown once, and shows what you may see at each moment."),
    examples=("epicevents feed create telephone", "epicevents feed create 'office screen' --events department"),
)
@argument("name", metavar=N_("NAME"), help=N_("What reads it; you will know it again by this."))
@option(
    "--events",
    "kind",
    type=click.Choice(list(KINDS)),
    default="mine",
    show_default=True,
    help=N_("Your own events, all that your department sees, or for management those without a support contact."),
)
@json_option
def create_feed(name: str, *, kind: str) -> None:
    """Make a feed."""
    from src.services import calendar_feeds

    with writing() as desk:
        made = calendar_feeds.create_feed(desk.session, desk.actor, kind=kind, name=name, now=desk.now)
    row = row_of(MADE, made)
    if wanted_form() == "json":
        show_done("", MADE, row)
        return
    told = _("Calendar feed {name}, shown only now. Whoever has this address sees the events:")
    click.echo(told.format(name=made.name), err=True)
    click.echo(row[-1])


@feed.command(
    "list",
    help=N_("List your calendar feeds, with when they were last read."),
    examples=("epicevents feed list", "epicevents feed list --everybody"),
)
@option("--everybody", is_flag=True, help=N_("Those of all staff; for management."))
@output_options
def list_feeds(*, everybody: bool) -> None:
    """Show feeds."""
    from src.services import calendar_feeds

    with reading() as desk:
        found = calendar_feeds.list_feeds(desk.session, desk.actor, everybody=everybody)
    show_list(COLUMNS, rows_of(COLUMNS, found), empty=_("No calendar feed."), manner=desk.manner)


@feed.command(
    "revoke",
    help=N_("End a calendar feed at once; management ends anybody's."),
    examples=("epicevents feed revoke 3",),
)
@argument(
    "feed_id",
    metavar=N_("FEED"),
    type=Parsed(parse_id, field=N_("calendar feed")),
    help=N_("Number of the feed (see epicevents feed list)."),
)
def revoke_feed(feed_id: int) -> None:
    """End a feed."""
    from src.services import calendar_feeds

    with writing() as desk:
        ended = calendar_feeds.revoke_feed(desk.session, desk.actor, feed_id, now=desk.now)
    show_done(_("Calendar feed {name} ended.").format(name=ended.name))


def _server() -> str:
    """Give where the pages of this installation are, as far as its settings tell."""
    names = [host for host in settings().hosts if host not in LOOPBACK_HOSTS]
    return f"https://{names[0]}" if names else _ON_THIS_COMPUTER
