"""What staff do with the money for a contract: record what came, give back, list."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from src.domain.errors import Conflict, InvalidInput
from src.domain.permissions import Action, Actor
from src.domain.values import parse_money, parse_text
from src.i18n import N_
from src.models.base import now as current_moment
from src.models.contract import Contract, Payment, PaymentMethod
from src.services.contracts import lock_contract, parse_reason
from src.services.records import authorize, get_or_raise


@dataclass(frozen=True, kw_only=True)
class NewPayment:
    """Money that a client paid, or with a minus sign was given back."""

    amount: Decimal
    received_on: date
    method: PaymentMethod
    idempotency_key: str
    reference: str = ""
    reason: str = ""


def record_payment(session: Session, actor: Actor, contract_id: int, payment: NewPayment) -> Contract:
    """Record money a client paid on a signed contract; the same idempotency key records it once.

    Raises:
        Forbidden, NotFound, InvalidInput, RuleBroken: not signed, or more than is due; Conflict: the key was used for
            another payment.
    """
    contract = lock_contract(session, contract_id)
    authorize(session, actor, Action.CONTRACT_RECORD_PAYMENT, contract)
    if payment.amount <= 0:
        raise InvalidInput(N_("{field}: the amount must be more than zero; management can refund."), field=N_("amount"))
    return _add_payment(session, actor, contract, payment)


def refund_payment(session: Session, actor: Actor, contract_id: int, refund: NewPayment) -> Contract:
    """Give money back: a payment with a minus sign, and a reason.

    Raises:
        Forbidden, NotFound, InvalidInput, RuleBroken: more than was paid; Conflict.
    """
    contract = lock_contract(session, contract_id)
    authorize(session, actor, Action.CONTRACT_REFUND, contract, reason=parse_reason(refund.reason))
    if refund.amount >= 0:
        raise InvalidInput(N_("{field}: a refund has a minus sign."), field=N_("amount"))
    return _add_payment(session, actor, contract, refund)


def list_payments(session: Session, actor: Actor, contract_id: int) -> list[Payment]:
    """List the money received on one contract, oldest first.

    Raises:
        NotFound, Forbidden.
    """
    authorize(session, actor, Action.CONTRACT_READ)
    get_or_raise(session, Contract, contract_id)
    return list(session.scalars(select(Payment).where(Payment.contract_id == contract_id).order_by(Payment.id)))


def latest_payments(session: Session, actor: Actor, contract_id: int, *, most: int) -> tuple[list[Payment], int]:
    """List the latest payments of a contract, oldest first, and tell how many there are in all.

    Raises:
        Forbidden.
    """
    authorize(session, actor, Action.CONTRACT_READ)
    of_contract = select(Payment, func.count().over()).where(Payment.contract_id == contract_id)
    rows = session.execute(of_contract.order_by(Payment.id.desc()).limit(most)).all()
    return [row[0] for row in reversed(rows)], rows[0][1] if rows else 0


def _add_payment(session: Session, actor: Actor, contract: Contract, payment: NewPayment) -> Contract:
    amount = parse_money(payment.amount, field=N_("amount"), negative=True)
    key = parse_text(payment.idempotency_key, field=N_("idempotency key"), longest=100)
    before = session.scalars(select(Payment).where(Payment.idempotency_key == key)).one_or_none()
    if before is not None:
        if (before.contract_id, before.amount) != (contract.id, amount):
            raise Conflict(N_("This idempotency key was already used for another payment."))
        return contract
    contract.check_payment(amount)
    session.add(
        Payment(
            contract_id=contract.id,
            amount=amount,
            received_on=payment.received_on,
            method=payment.method,
            reference=parse_text(payment.reference, field=N_("reference"), longest=100, required=False),
            reason=parse_text(payment.reason, field=N_("reason"), longest=500, required=False),
            idempotency_key=key,
            recorded_by=actor.user_id,
            recorded_by_username=actor.username,
        )
    )
    contract.updated_at = current_moment()
    session.flush()
    session.refresh(contract, ["paid"])
    return contract
