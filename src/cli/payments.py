"""`epicevents contract pay`, `refund` and `payments`: the money for a contract."""

from typing import Any
from uuid import uuid4

import click

from src.cli.commands import argument, option
from src.cli.context import Desk, reading, writing
from src.cli.contracts import contract, contract_id, load, reason_option, shown
from src.cli.prompts import Parsed, confirm
from src.cli.render import json_option, output_options, show_done, show_list
from src.domain.permissions import Action, require
from src.domain.values import parse_date, parse_money
from src.i18n import N_, _, format_money
from src.presentation.columns import rows_of
from src.presentation.contracts import RECORD
from src.presentation.fields import METHODS
from src.presentation.payments import COLUMNS


@contract.command("payments", help=N_("List the payments of a contract."), examples=("epicevents contract payments 7",))
@contract_id
@output_options
def list_payments(contract_id: int) -> None:
    """Show the money received."""
    from src.services import payments

    with reading() as desk:
        received = payments.list_payments(desk.session, desk.actor, contract_id)
    show_list(COLUMNS, rows_of(COLUMNS, received), empty=_("No payment yet."), manner=desk.manner)


def payment_options(function: Any) -> Any:
    """Give a command what is told of a payment beside its amount."""
    for declared in (
        json_option,
        option("--key", metavar=N_("TEXT"), help=N_("The same key records a payment once, however often it is sent.")),
        option("--reference", default="", metavar=N_("TEXT"), help=N_("Bank reference or cheque number.")),
        option(
            "--on",
            type=Parsed(parse_date, field=N_("date received")),
            metavar=N_("DAY"),
            help=N_("Day the money came, if not today."),
        ),
        option(
            "--method",
            type=click.Choice(list(METHODS)),
            default="transfer",
            show_default=True,
            help=N_("How the money came."),
        ),
        argument(
            "amount",
            metavar=N_("AMOUNT"),
            type=Parsed(parse_money, field=N_("amount")),
            help=N_("How much, such as 1200.50."),
        ),
        contract_id,
    ):
        function = declared(function)
    return function


@contract.command(
    "pay",
    help=N_("Record money a client paid."),
    examples=("epicevents contract pay 7 600", "epicevents contract pay 7 '1 200,50' --method card --on 2026-11-20"),
)
@payment_options
def record_payment(contract_id: int, amount: Any, **told: Any) -> None:
    """Record a payment."""
    from src.services import payments

    with writing() as desk:
        paid = payments.record_payment(desk.session, desk.actor, contract_id, _payment(desk, amount, **told))
        row = shown(desk, contract_id)
    show_done(
        _("Payment of {amount} recorded. Still due: {due}.").format(
            amount=format_money(amount, desk.manner.currency), due=format_money(paid.due, desk.manner.currency)
        ),
        RECORD,
        row,
    )


@contract.command(
    "refund",
    help=N_("Give money back, with a reason."),
    examples=("epicevents contract refund 7 100 --reason 'cancelled fireworks'",),
)
@payment_options
@reason_option
@option("--yes", is_flag=True, help=N_("Do not ask for confirmation."))
def refund_payment(contract_id: int, amount: Any, *, reason: str, yes: bool, **told: Any) -> None:
    """Refund a payment."""
    from src.services import payments

    with reading() as desk:
        found = load(desk, contract_id)
        require(desk.actor, Action.CONTRACT_REFUND, found)
    written = format_money(amount, desk.manner.currency)
    confirm(
        _("Refund {amount} on contract {id}, {title}?").format(amount=written, id=found.id, title=found.title), yes=yes
    )
    with writing() as desk:
        refund = _payment(desk, -amount, reason=reason, **told)
        left = payments.refund_payment(desk.session, desk.actor, contract_id, refund)
        row = shown(desk, contract_id)
    show_done(
        _("Refund of {amount} recorded. Paid now: {paid}.").format(
            amount=written, paid=format_money(left.paid, desk.manner.currency)
        ),
        RECORD,
        row,
    )


def _payment(
    desk: Desk, amount: Any, *, on: Any, method: str, reference: str, key: str | None, reason: str = ""
) -> Any:
    from src.models.contract import PaymentMethod
    from src.services.payments import NewPayment

    return NewPayment(
        amount=amount,
        received_on=on or desk.now.astimezone(desk.zone).date(),
        method=PaymentMethod(method),
        reference=reference,
        reason=reason,
        idempotency_key=key or str(uuid4()),
    )
