"""`epicevents contract lines` and `contract line`: what a contract is made up of."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from src.cli.commands import Group, argument, option
from src.cli.context import Desk, reading, writing
from src.cli.contracts import contract, contract_id, load, shown
from src.cli.editing import edit_options, version_option
from src.cli.prompts import Parsed, confirm
from src.cli.render import json_option, output_options, show_done, show_list
from src.domain.values import parse_id
from src.i18n import N_, _, format_money
from src.presentation.columns import Manner, rows_of
from src.presentation.contract_lines import COLUMNS
from src.presentation.contracts import RECORD

F = TypeVar("F", bound=Callable[..., Any])


DETAILS = (
    ("description", N_("Description"), "--description"),
    ("quantity", N_("Quantity"), "--quantity"),
    ("unit_price", N_("Unit price"), "--unit-price"),
    ("vat_rate", N_("VAT %"), "--vat"),
)

line_id = argument(
    "line_id",
    metavar=N_("LINE"),
    type=Parsed(parse_id, field=N_("line")),
    help=N_("Number of the line (see contract lines)."),
)


def terms_of_change(function: F) -> F:
    """Give a command what every change of a line takes."""
    reason = option(
        "--reason", default="", metavar=N_("TEXT"), help=N_("Why; required for a signed contract, which is amended.")
    )
    return reason(version_option(json_option(function)))


@contract.command("lines", help=N_("List the lines of a contract."), examples=("epicevents contract lines 7",))
@contract_id
@output_options
def list_lines(contract_id: int) -> None:
    """Show what a contract is made up of."""
    with reading() as desk:
        lines = lines_of(desk, contract_id)
    show_lines(lines, manner=desk.manner)


def lines_of(desk: Desk, contract_id: int) -> list[Any]:
    """Fetch the lines of a contract."""
    from src.services import contract_lines

    return contract_lines.list_lines(desk.session, desk.actor, contract_id)


def show_lines(lines: list[Any], *, manner: Manner) -> None:
    """Show the lines of a contract."""
    show_list(COLUMNS, rows_of(COLUMNS, lines), empty=_("No line: the total was typed as a whole."), manner=manner)


@contract.group("line", cls=Group, help=N_("Change the lines of a contract; they add up to its total."))
def line() -> None:
    """Hold the verbs for lines."""


@line.command(
    "add",
    help=N_("Add a line to a contract."),
    examples=("epicevents contract line add 7 --description 'Dîner' --quantity 75 --unit-price 48 --vat 10",),
)
@contract_id
@option("--description", metavar=N_("TEXT"), ask=N_("Description"), help=N_("What is sold."))
@option("--quantity", metavar=N_("NUMBER"), ask=N_("Quantity"), help=N_("How much of it, such as 3 or 2.5."))
@option(
    "--unit-price",
    metavar=N_("AMOUNT"),
    ask=N_("Unit price"),
    help=N_("What one costs without VAT; with a minus sign it is a discount."),
)
@option("--vat", "vat_rate", default="20", show_default=True, metavar=N_("NUMBER"), help=N_("Rate of VAT in percent."))
@terms_of_change
def add_line(contract_id: int, *, reason: str, version: int | None, **details: str) -> None:
    """Add a line."""
    from src.services import contract_lines

    with writing() as desk:
        told = contract_lines.LineDetails(**details)
        added = contract_lines.add_line(desk.session, desk.actor, contract_id, told, reason=reason, version=version)
        row, total = shown(desk, contract_id), load(desk, contract_id).total
    _done(desk, _("Line {id} added.").format(id=added.id), total, row)


@line.command(
    "edit",
    help=N_("Change a line of a contract."),
    examples=("epicevents contract line edit 12 --quantity 80",),
)
@line_id
@edit_options(DETAILS)
@terms_of_change
def edit_line(line_id: int, *, reason: str, version: int | None, **details: str | None) -> None:
    """Change a line."""
    from src.services import contract_lines

    if all(value is None for value in details.values()):
        flags = ", ".join(flag for _name, _heading, flag in DETAILS)
        raise click.UsageError(_("Nothing to change: give at least one of {flags}.").format(flags=flags))
    with writing() as desk:
        told = contract_lines.LineDetails(**details)
        saved = contract_lines.change_line(desk.session, desk.actor, line_id, told, reason=reason, version=version)
        row, total = shown(desk, saved.contract_id), load(desk, saved.contract_id).total
    _done(desk, _("Line {id} saved.").format(id=line_id), total, row)


@line.command(
    "remove",
    help=N_("Take a line out of a contract."),
    examples=("epicevents contract line remove 12",),
)
@line_id
@option("--yes", is_flag=True, help=N_("Do not ask for confirmation."))
@terms_of_change
def remove_line(line_id: int, *, yes: bool, reason: str, version: int | None) -> None:
    """Take a line out."""
    from src.services import contract_lines

    confirm(_("Remove line {id}?").format(id=line_id), yes=yes)
    with writing() as desk:
        kept = contract_lines.remove_line(desk.session, desk.actor, line_id, reason=reason, version=version)
        row, total = shown(desk, kept.id), load(desk, kept.id).total
    _done(desk, _("Line {id} removed.").format(id=line_id), total, row)


def _done(desk: Desk, sentence: str, total: Any, row: list[Any]) -> None:
    now = _("The contract's total: {total}.").format(total=format_money(total, desk.manner.currency))
    show_done(f"{sentence} {now}", RECORD, row)
