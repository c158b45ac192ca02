"""`epicevents search`: one search over everything that one may read."""

import shlex
from collections.abc import Sequence
from typing import Any

import click

from src.cli.commands import argument, command, option
from src.cli.context import reading, writing
from src.cli.outcome import NOTHING_SAVED, mark
from src.cli.render import output_options, show_list, wanted_form
from src.cli.terminal import visible
from src.i18n import N_, _
from src.presentation.findings import COLUMNS, LISTS, rows_found


@command(
    "search",
    help=N_("Search clients, contracts, events and staff at once; the latest first."),
    examples=("epicevents search casey", "epicevents search seminaire nimes --json"),
)
@argument("words", nargs=-1, required=True, metavar=N_("WORDS..."), help=N_("Words or parts of words, in any order."))
@option(
    "--limit",
    type=click.IntRange(1, 100),
    metavar=N_("NUMBER"),
    default=10,
    show_default=True,
    help=N_("So many of each kind at most."),
)
@output_options
def search(words: Sequence[str], limit: int) -> None:
    """Show what holds every word."""
    from src.services import everywhere, lists

    term = " ".join(words)
    everywhere.read_words(term)
    if wanted_form() == "csv":
        with writing() as desk:
            lists.log_export(desk.session, desk.actor, "", {"search": term, "limit": limit, "format": "csv"})
        mark(NOTHING_SAVED)  # of the person's own
    with reading() as desk:
        found = everywhere.search_everywhere(desk.session, desk.actor, term, now=desk.now, zone=desk.zone, limit=limit)
    show_list(
        COLUMNS, rows_found(found), empty=_("Nothing found. Try fewer words, or parts of them."), manner=desk.manner
    )
    if wanted_form() is None:
        _say_where_there_is_more(found, term)


def _say_where_there_is_more(found: Sequence[Any], term: str) -> None:
    asked = visible(shlex.quote(term))
    for one in found:
        if one.has_more:
            # Not part of the answer: another program reading it must not take it for a row.
            again = f"epicevents {LISTS[one.record_type]} --search {asked}"
            click.echo(_("There is more: {command}").format(command=again), err=True)
