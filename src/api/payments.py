"""The money for contracts: only ever added."""

import hashlib
from decimal import Decimal
from uuid import uuid4

from src.api.answering import Listed, Made
from src.api.contracts import ONE, REASON, shown
from src.api.desk import Desk
from src.api.fields import Field
from src.api.operations import Operations
from src.domain.permissions import Action
from src.domain.values import parse_money
from src.i18n import N_
from src.models.contract import PaymentMethod
from src.presentation.contracts import RECORD
from src.presentation.fields import METHODS
from src.presentation.payments import COLUMNS
from src.services import payments

operations = Operations()

PAYMENT = (
    Field(name="amount", kind="money", required=True, about="More than zero."),
    Field(name="received_on", kind="date", says=N_("date received"), about="Day; today if it is not sent."),
    Field(name="method", kind="choice", choices=tuple(METHODS)),
    Field(name="reference", about="Bank reference or cheque number."),
)


@operations.get(f"{ONE}/payments", Action.CONTRACT_READ, answers=COLUMNS, many=True)
def list_payments(desk: Desk, contract_id: int) -> Listed:
    """List the money received on a contract, oldest first."""
    return Listed(payments.list_payments(desk.session, desk.me, contract_id))


@operations.post(f"{ONE}/payments", Action.CONTRACT_RECORD_PAYMENT, fields=PAYMENT, answers=RECORD, status=201)
def record_payment(desk: Desk, contract_id: int) -> Made:
    """Record money that a client paid; answers with the contract."""
    payments.record_payment(desk.session, desk.me, contract_id, _payment(desk, _amount(desk)))
    return Made(shown(desk, contract_id))


@operations.post(f"{ONE}/refunds", Action.CONTRACT_REFUND, fields=(*PAYMENT, REASON), answers=RECORD, status=201)
def refund_payment(desk: Desk, contract_id: int) -> Made:
    """Give money back, with a reason; answers with the contract."""
    payments.refund_payment(desk.session, desk.me, contract_id, _payment(desk, -_amount(desk)))
    return Made(shown(desk, contract_id))


def _amount(desk: Desk) -> Decimal:
    return parse_money(desk.sent["amount"], field=N_("amount"), zero=False)


def _payment(desk: Desk, amount: Decimal) -> payments.NewPayment:
    return payments.NewPayment(
        amount=amount,
        received_on=desk.day("received_on", field=N_("date received")),
        method=PaymentMethod(desk.sent.get("method", PaymentMethod.TRANSFER)),
        reference=desk.sent.get("reference", ""),
        reason=desk.sent.get("reason", ""),
        idempotency_key=_key(desk),
    )


def _key(desk: Desk) -> str:
    """Give the key under which the database itself records a payment once; keys of two people never meet there."""
    key = desk.request.headers.get("idempotency-key")
    if key is None:
        return str(uuid4())
    return "api-" + hashlib.sha256(f"{desk.me.user_id} {desk.request.url.path} {key}".encode()).hexdigest()
