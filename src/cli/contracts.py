"""`epicevents contract`: what clients buy, and the money for it."""

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

import click

from src.cli.commands import argument, group, option
from src.cli.context import Desk, reading, writing
from src.cli.editing import changed, edit_options, version_option
from src.cli.histories import answer_history, history_options
from src.cli.paging import Paging, answer_list, paging_options
from src.cli.prompts import Parsed, confirm
from src.cli.render import Total, json_option, output_options, show_done, show_record, wanted_form
from src.domain.permissions import Action, require
from src.domain.values import parse_date, parse_id, parse_money, parse_text
from src.i18n import N_, _
from src.presentation.columns import Column, row_of
from src.presentation.contracts import COLUMNS, RECORD, SORTS, sum_columns
from src.presentation.fields import STATUSES

TERMS = (("title", N_("Title"), "--title"), ("total", N_("Total"), "--total"))

contract_id = argument(
    "contract_id",
    metavar=N_("CONTRACT"),
    type=Parsed(parse_id, field=N_("contract")),
    help=N_("Number of the contract."),
)
reason_option = option(
    "--reason", metavar=N_("TEXT"), ask=N_("Reason"), help=N_("Why; it is kept in the contract's history.")
)


@group("contract", help=N_("Contracts and their payments."))
def contract() -> None:
    """Hold the verbs for contracts."""


@contract.command(
    "list",
    help=N_("List contracts and what they add up to; on a cancelled one nothing is due any more."),
    examples=("epicevents contract list --mine --unpaid", "epicevents contract list --unsigned --sort -total"),
)
@option("--mine", is_flag=True, help=N_("Only contracts of your own clients."))
@option("--client", type=Parsed(parse_id, field=N_("client")), metavar=N_("CLIENT"), help=N_("Only this client's."))
@option("--status", type=click.Choice(list(STATUSES)), help=N_("Only contracts in this state."))
@option("--unsigned", is_flag=True, help=N_("Only drafts and sent contracts: those still to be signed."))
@option("--unpaid", is_flag=True, help=N_("Only signed contracts that are not fully paid."))
@option(
    "--search",
    default="",
    metavar=N_("TEXT"),
    help=N_("Words or parts of words, in the title or the client's name, company or e-mail."),
)
@paging_options(SORTS, default="-id")
def list_contracts(*, client: int | None, status: str | None, paging: Paging, **choices: Any) -> None:
    """Show what was sold."""
    from src.models.contract import ContractStatus
    from src.services import contracts, lists

    filters = contracts.ContractFilter(client_id=client, status=ContractStatus(status) if status else None, **choices)

    def everything(desk: Desk) -> Iterator[Any]:
        return lists.stream(
            desk.session, contracts.select_contracts(desk.actor, filters), contracts.contract_order(paging.sort)
        )

    def totals(desk: Desk) -> list[Total]:
        sums = contracts.contract_totals(desk.session, desk.actor, filters)
        number = Column(key="count", heading=N_("Contracts"), kind="number")
        money = (sums.total, sums.paid, sums.due)
        named = zip(sum_columns(*money), money, strict=True)
        return [
            Total(column=number, value=sums.number),
            *(Total(column=column, value=value) for column, value in named),
        ]

    answer_list(
        COLUMNS,
        paging,
        record_type="contracts",
        filters={"client": client, "status": status, **choices},
        empty=_("No contract found."),
        page=lambda desk: contracts.list_contracts(
            desk.session, desk.actor, filters, sort=paging.sort, limit=paging.limit, after=paging.after
        ),
        everything=everything,
        totals=totals,
    )


@contract.command("show", help=N_("Show one contract."), examples=("epicevents contract show 7",))
@contract_id
@output_options
def show_contract(contract_id: int) -> None:
    """Show a contract."""
    from src.services import contracts

    with reading() as desk:
        found = contracts.show_contract(desk.session, desk.actor, contract_id)
        lines = contract_lines.lines_of(desk, contract_id)
    show_record(RECORD, row_of(RECORD, found), manner=desk.manner)
    if lines and wanted_form() is None:
        contract_lines.show_lines(lines, manner=desk.manner)


@contract.command(
    "add",
    help=N_("Draw up a contract for a client."),
    examples=("epicevents contract add --client 42 --title 'Mariage Ouick' --total 1200.50",),
)
@option(
    "--client",
    type=Parsed(parse_id, field=N_("client")),
    metavar=N_("CLIENT"),
    ask=N_("Client no."),
    help=N_("Number of the client."),
)
@option("--title", metavar=N_("TEXT"), ask=N_("Title"), help=N_("What is sold, in a few words."))
@option(
    "--total",
    type=Parsed(parse_money, field=N_("total")),
    metavar=N_("AMOUNT"),
    ask=N_("Total"),
    help=N_("The price, such as 1200.50."),
)
@json_option
def add_contract(client: int, title: str, total: Any) -> None:
    """Draw up a contract."""
    from src.services import contracts

    with writing() as desk:
        added = contracts.create_contract(desk.session, desk.actor, client_id=client, title=title, total=total)
        row = shown(desk, added.id)
    show_done(_("Contract {id} drawn up: {title}.").format(id=added.id, title=added.title), RECORD, row)


@contract.command(
    "edit",
    help=N_("Change an unsigned contract."),
    examples=("epicevents contract edit 7 --total 1500",),
)
@contract_id
@edit_options(TERMS)
@version_option
@json_option
def edit_contract(contract_id: int, version: int | None, **terms: str | None) -> None:
    """Change what is offered."""
    from src.services import contracts

    values, version = _changed(contract_id, terms, version, right=Action.CONTRACT_UPDATE)
    with writing() as desk:
        contracts.update_contract(desk.session, desk.actor, contract_id, version=version, **values)
        row = shown(desk, contract_id)
    show_done(_("Contract {id} saved.").format(id=contract_id), RECORD, row)


@contract.command(
    "amend",
    help=N_("Change a signed contract, with a reason."),
    examples=("epicevents contract amend 7 --total 1800 --reason '20 more guests'",),
)
@contract_id
@edit_options(TERMS)
@reason_option
@version_option
@json_option
def amend_contract(contract_id: int, reason: str, version: int | None, **terms: str | None) -> None:
    """Change what was signed."""
    from src.services import contracts

    values, version = _changed(contract_id, terms, version, right=Action.CONTRACT_AMEND)
    with writing() as desk:
        contracts.amend_contract(desk.session, desk.actor, contract_id, reason=reason, version=version, **values)
        row = shown(desk, contract_id)
    show_done(_("Contract {id} amended.").format(id=contract_id), RECORD, row)


@contract.command("send", help=N_("Note that a contract went out."), examples=("epicevents contract send 7",))
@contract_id
@json_option
def send_contract(contract_id: int) -> None:
    """Note that the contract went out."""
    from src.services import contracts

    with writing() as desk:
        contracts.send_contract(desk.session, desk.actor, contract_id)
        row = shown(desk, contract_id)
    show_done(_("Contract {id} sent.").format(id=contract_id), RECORD, row)


@contract.command(
    "sign",
    help=N_("Note that the client has signed."),
    examples=("epicevents contract sign 7", "epicevents contract sign 7 --on 2026-11-20"),
)
@contract_id
@option("--on", type=Parsed(parse_date, field=N_("signing date")), metavar=N_("DAY"), help=N_("When, if not today."))
@json_option
def sign_contract(contract_id: int, on: Any) -> None:
    """Note the client's signature."""
    from src.services import contracts

    with writing() as desk:
        at = datetime.combine(on, time(), desk.zone) if on else desk.now
        contracts.sign_contract(desk.session, desk.actor, contract_id, at=at)
        row = shown(desk, contract_id)
    show_done(_("Contract {id} signed.").format(id=contract_id), RECORD, row)


@contract.command(
    "cancel",
    help=N_("Cancel a contract, with a reason."),
    examples=("epicevents contract cancel 7 --reason 'client withdrew'",),
)
@contract_id
@reason_option
@option("--yes", is_flag=True, help=N_("Do not ask for confirmation."))
@json_option
def cancel_contract(contract_id: int, *, reason: str, yes: bool) -> None:
    """Call the deal off."""
    from src.services import contracts

    with reading() as desk:
        found = load(desk, contract_id)
        require(desk.actor, Action.CONTRACT_CANCEL, found)
    confirm(_("Cancel contract {id}, {title}? This cannot be undone.").format(id=found.id, title=found.title), yes=yes)
    with writing() as desk:
        contracts.cancel_contract(desk.session, desk.actor, contract_id, reason=reason)
        row = shown(desk, contract_id)
    show_done(_("Contract {id} cancelled.").format(id=contract_id), RECORD, row)


@contract.command(
    "history", help=N_("Show who changed what on a contract."), examples=("epicevents contract history 7",)
)
@contract_id
@history_options
def contract_history(contract_id: int, limit: int, after: str | None) -> None:
    """Show a contract's history."""
    from src.models.contract import Contract

    answer_history(Contract, contract_id, limit=limit, after=after)


def _changed(
    contract_id: int, terms: dict[str, str | None], version: int | None, *, right: Action
) -> tuple[dict[str, str], int | None]:
    return changed(
        TERMS, terms, version, lambda desk: load(desk, contract_id), right=right, read=lambda *told: _read(told[-1])
    )


def _read(terms: dict[str, str]) -> None:
    for name, typed in terms.items():
        if name == "total":
            parse_money(typed, field=N_("total"))
        else:
            parse_text(typed, field=N_("title"))


def load(desk: Desk, contract_id: int) -> Any:
    """Fetch a contract to show it."""
    from src.services import contracts

    return contracts.show_contract(desk.session, desk.actor, contract_id)


def shown(desk: Desk, contract_id: int) -> list[Any]:
    """Give a contract as it is after a change."""
    return row_of(RECORD, load(desk, contract_id))


# The verbs about lines and money add themselves to the group above.
from src.cli import contract_lines, payments  # noqa: E402, F401 - they need the group
