"""Random lives of contracts, compared with whole cents in a few lines of Python: no difference, on either engine."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from src.db.session import Database
from src.domain.errors import Conflict, CrmError, InvalidInput, RuleBroken
from src.domain.permissions import Actor
from src.domain.values import MAX_AMOUNT
from src.models.audit_entry import AuditEntry
from src.models.contract import Contract, Payment, PaymentMethod
from src.services import contracts, payments
from tests import factories
from tests.factories import NOW

Refusal: TypeAlias = type[CrmError] | None
MOST = int(MAX_AMOUNT * 100)
CENTS = st.one_of(st.integers(-200, 20_000), st.sampled_from([0, 1, 100, MOST, MOST + 1, -1, -MOST]))


@dataclass(frozen=True)
class Model:
    """What a contract must be: amounts in cents."""

    status: str
    total: int
    paid: int = 0
    signed: bool = False
    entries: int = 1

    def logged(self, **changed: Any) -> "Model":
        """The contract after a change that the audit log tells of."""
        return replace(self, entries=self.entries + 1, **changed)


class Contracts(RuleBasedStateMachine):
    """Management does everything that can be done with contracts, in any order and with any amount."""

    database: Database

    numbers = Bundle("numbers")

    @initialize()
    def open_the_office(self) -> None:
        self.models: dict[int, Model] = {}
        self.keys: dict[str, tuple[int, int]] = {}
        with self.database.writing() as session:
            team = factories.team(session)
            self.client = factories.client(session, team.sales).id
            self.actor: Actor = factories.actor(team.management)

    @rule(target=numbers, cents=st.integers(0, 20_000))
    def create(self, cents: int) -> int:
        with self.database.writing() as session:
            made = contracts.create_contract(
                session, self.actor, client_id=self.client, title="Gala", total=Decimal(cents).scaleb(-2)
            )
        self.models[made.id] = Model("draft", cents)
        return made.id

    @rule(cents=st.one_of(st.integers(-200, -1), st.integers(MOST + 1, MOST * 2)))
    def create_with_an_impossible_total(self, cents: int) -> None:
        self.expect(InvalidInput, contracts.create_contract, client_id=self.client, title="Gala", total=money(cents))

    @rule(number=numbers)
    def send(self, number: int) -> None:
        self.move(number, contracts.send_contract, {"draft"}, status="sent")

    @rule(number=numbers)
    def sign(self, number: int) -> None:
        self.move(number, contracts.sign_contract, {"draft", "sent"}, {"at": NOW}, status="signed", signed=True)

    @rule(number=numbers, reason=st.sampled_from(["", "  ", "rain"]))
    def cancel(self, number: int, reason: str) -> None:
        allowed = {"draft", "sent", "signed"}
        if not reason.strip():
            self.expect(InvalidInput, contracts.cancel_contract, contract_id=number, reason=reason)
        else:
            self.move(number, contracts.cancel_contract, allowed, {"reason": reason}, status="cancelled")

    @rule(number=numbers, cents=CENTS)
    def change_the_total(self, number: int, cents: int) -> None:
        self.set_total(number, cents, contracts.update_contract, {"draft", "sent"}, {})

    @rule(number=numbers, cents=CENTS)
    def amend(self, number: int, cents: int) -> None:
        self.set_total(number, cents, contracts.amend_contract, {"signed"}, {"reason": "more guests"})

    @rule(number=numbers, cents=CENTS, key=st.sampled_from(["", "", "", "again"]))
    def pay(self, number: int, cents: int, key: str) -> None:
        model = self.models[number]
        refusal: Refusal = None
        if not 0 < cents <= MOST:
            refusal = InvalidInput
        elif model.status != "signed" or cents > model.total - model.paid:
            refusal = RuleBroken
        self.add_payment(number, cents, key, refusal, is_refund=False)

    @rule(number=numbers)
    def pay_all_that_is_due(self, number: int) -> None:
        self.pay(number, self.models[number].total - self.models[number].paid, "")

    @rule(number=numbers, cents=CENTS, key=st.sampled_from(["", "", "", "again"]))
    def refund(self, number: int, cents: int, key: str) -> None:
        refusal: Refusal = None
        if not -MOST <= cents < 0:
            refusal = InvalidInput
        elif -cents > self.models[number].paid:
            refusal = RuleBroken
        self.add_payment(number, cents, key, refusal, is_refund=True)

    @rule(number=numbers)
    def refund_all_that_was_paid(self, number: int) -> None:
        self.refund(number, -self.models[number].paid, "")

    @invariant()
    def the_database_holds_what_the_model_says(self) -> None:
        if not getattr(self, "models", None):
            return
        with self.database.reading() as session:
            numbers = list(self.models)
            stored = session.scalars(select(Contract).where(Contract.id.in_(numbers))).all()
            payments = select(Payment.contract_id, func.sum(Payment.amount)).where(Payment.contract_id.in_(numbers))
            sums = {row[0]: row[1] for row in session.execute(payments.group_by(Payment.contract_id))}
            of_contracts = (AuditEntry.record_type == "contracts") & AuditEntry.record_id.in_(numbers)
            logged = select(AuditEntry.record_id, func.count()).where(of_contracts).group_by(AuditEntry.record_id)
            entries = {row[0]: row[1] for row in session.execute(logged)}
            listed = contracts.contract_totals(session, self.actor, contracts.ContractFilter(client_id=self.client))
        for contract in stored:
            held = Model(
                contract.status.value,
                cents_of(contract.total),
                cents_of(contract.paid),
                contract.signed_at is not None,
                entries[contract.id],
            )
            assert held == self.models[contract.id]
            assert sums.get(contract.id, 0) == contract.paid
            assert cents_of(contract.due) == held.total - held.paid
        totals = [sum(model.total for model in self.models.values()), sum(model.paid for model in self.models.values())]
        assert (listed.number, cents_of(listed.total), cents_of(listed.paid)) == (len(self.models), *totals)
        # Nobody is asked for the rest of a cancelled contract.
        called_off = [model for model in self.models.values() if model.status == "cancelled"]
        assert cents_of(listed.due) == totals[0] - totals[1] - sum(model.total - model.paid for model in called_off)

    def move(
        self,
        number: int,
        verb: Callable[..., Any],
        allowed: set[str],
        facts: dict[str, Any] | None = None,
        **after: Any,
    ) -> None:
        model = self.models[number]
        refusal = None if model.status in allowed else RuleBroken
        self.expect(refusal, verb, contract_id=number, **(facts or {}))
        if refusal is None:
            self.models[number] = model.logged(**after)

    def set_total(
        self, number: int, cents: int, verb: Callable[..., Any], allowed: set[str], facts: dict[str, Any]
    ) -> None:
        model = self.models[number]
        refusal: Refusal = None
        if not 0 <= cents <= MOST:
            refusal = InvalidInput
        elif model.status not in allowed or cents < model.paid:
            refusal = RuleBroken
        self.expect(refusal, verb, contract_id=number, total=money(cents), **facts)
        if refusal is None and cents != model.total:
            self.models[number] = model.logged(total=cents)

    def add_payment(self, number: int, cents: int, key: str, refusal: Refusal, *, is_refund: bool) -> None:
        model = self.models[number]
        key = f"{key or len(self.keys)} of {id(self)} {self.client}"
        known = self.keys.get(key)
        if known is not None and refusal is not InvalidInput:
            refusal = None if known == (number, cents) else Conflict
        elif refusal is None:
            self.keys[key] = (number, cents)
            self.models[number] = model.logged(paid=model.paid + cents)
        payment = payments.NewPayment(
            amount=money(cents),
            received_on=date(2026, 11, 22),
            method=PaymentMethod.CARD,
            idempotency_key=key,
            reason="it rained",
        )
        if is_refund:
            self.expect(refusal, payments.refund_payment, contract_id=number, refund=payment)
        else:
            self.expect(refusal, payments.record_payment, contract_id=number, payment=payment)

    def expect(self, refusal: Refusal, verb: Callable[..., Any], **facts: Any) -> None:
        """Do it in a transaction of its own, and see it done or refused as expected."""
        refused: Refusal = None
        try:
            with self.database.writing() as session:
                verb(session, self.actor, **facts)
        except CrmError as error:
            refused = type(error)
        assert refused is refusal


def money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def cents_of(amount: Decimal) -> int:
    cents = amount * 100
    assert cents == int(cents)
    return int(cents)


@pytest.mark.hypothesis
def test_no_cent_is_ever_lost_or_made(database: Database) -> None:
    machine = type("ContractsHere", (Contracts,), {"database": database})
    examples = max(1, settings().max_examples // 5)
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=25))
