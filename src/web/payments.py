"""The money for a contract: what came, and what was given back."""

from dataclasses import replace
from decimal import Decimal

from starlette.responses import Response

from src.domain.choices import parse_choice
from src.domain.permissions import Action
from src.domain.values import parse_date, parse_money
from src.i18n import N_, _, format_money
from src.models.contract import Contract, PaymentMethod
from src.presentation.fields import METHODS
from src.services import payments
from src.web.contracts import PATH
from src.web.deals import REASON, money, opened_for, step
from src.web.desk import Desk
from src.web.forms import Field
from src.web.once import KEY, key_of
from src.web.pages import Pages

pages = Pages()

AMOUNT = Field(name="amount", kind="money", required=True, longest=40, hint=N_("Such as 1200.50."))
DETAILS = (
    Field(name="received_on", kind="date", required=True, says=N_("date received")),
    Field(name="method", kind="choice", required=True, choices=METHODS),
    Field(name="reference", longest=100, hint=N_("Bank reference or cheque number.")),
)
# The same day, of money that goes the other way.
GIVEN_BACK = (replace(DETAILS[0], heading=N_("Given back on")), *DETAILS[1:])


@pages.get(f"{PATH}/{{contract_id:int}}/pay", Action.CONTRACT_RECORD_PAYMENT)
def show_record_payment(desk: Desk, contract_id: int) -> Response:
    """Ask how much came."""
    contract = opened_for(desk, contract_id, Action.CONTRACT_RECORD_PAYMENT)
    left = format_money(Decimal(0), desk.settings.currency)
    return step(
        desk,
        contract,
        heading=_("Payment for {title}").format(title=contract.title),
        consequences=[
            _("Due now: {amount}.").format(amount=money(desk, contract, "due")),
            _("Due after a payment of {amount}: {left}.").format(amount=money(desk, contract, "due"), left=left),
        ],
        before=_usual(desk, str(contract.due)),
        hidden=key_of(desk),
        fields=(AMOUNT, *DETAILS),
        submit=_("Record the payment"),
    )


@pages.post(f"{PATH}/{{contract_id:int}}/pay", Action.CONTRACT_RECORD_PAYMENT, again=show_record_payment)
def record_payment(desk: Desk, contract_id: int) -> Response:
    """Record money a client paid; the same form sent twice records it once."""
    desk.form.require_only([AMOUNT.name, *(one.name for one in DETAILS), KEY])
    amount = parse_money(desk.form.get("amount"), field=N_("amount"), zero=False)
    contract = payments.record_payment(desk.session, desk.me, contract_id, _payment(desk, amount))
    return desk.done(
        _("Payment of {amount} recorded. Still due: {due}.").format(
            amount=format_money(amount, desk.settings.currency), due=money(desk, contract, "due")
        ),
        to=f"{PATH}/{contract_id}",
    )


@pages.get(f"{PATH}/{{contract_id:int}}/refund", Action.CONTRACT_REFUND)
def show_refund_payment(desk: Desk, contract_id: int) -> Response:
    """Ask how much is given back, and why."""
    contract = opened_for(desk, contract_id, Action.CONTRACT_REFUND)
    return step(
        desk,
        contract,
        heading=_("Refund for {title}").format(title=contract.title),
        consequences=[
            _("Paid so far: {amount}. No more than this can be given back.").format(
                amount=money(desk, contract, "paid")
            ),
            *_due_again(contract),
        ],
        before=_usual(desk, ""),
        hidden=key_of(desk),
        fields=(AMOUNT, *GIVEN_BACK, REASON),
        submit=_("Record the refund"),
        is_dangerous=True,
    )


@pages.post(f"{PATH}/{{contract_id:int}}/refund", Action.CONTRACT_REFUND, again=show_refund_payment)
def refund_payment(desk: Desk, contract_id: int) -> Response:
    """Give money back."""
    desk.form.require_only([AMOUNT.name, *(one.name for one in DETAILS), REASON.name, KEY])
    amount = parse_money(desk.form.get("amount"), field=N_("amount"), zero=False)
    contract = payments.refund_payment(desk.session, desk.me, contract_id, _payment(desk, -amount))
    return desk.done(
        _("Refund of {amount} recorded. Paid now: {paid}.").format(
            amount=format_money(amount, desk.settings.currency), paid=money(desk, contract, "paid")
        ),
        to=f"{PATH}/{contract_id}",
    )


def _payment(desk: Desk, amount: Decimal) -> payments.NewPayment:
    method = parse_choice(desk.form.get("method"), list(PaymentMethod), field=N_("method"))
    return payments.NewPayment(
        amount=amount,
        received_on=parse_date(desk.form.get("received_on"), field=N_("date received")),
        method=PaymentMethod(method),
        reference=desk.form.get("reference"),
        reason=desk.form.get("reason"),
        idempotency_key=desk.form.get(KEY),
    )


def _usual(desk: Desk, amount: str) -> dict[str, str]:
    """Give what is typed most often: all that is due, today, by bank transfer."""
    today = desk.now.astimezone(desk.zone).date()
    return {"amount": amount, "received_on": today.isoformat(), "method": PaymentMethod.TRANSFER.value}


def _due_again(contract: Contract) -> list[str]:
    return [_("What is given back is due again, unless the contract is cancelled or amended.")] if contract.paid else []
