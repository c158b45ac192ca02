"""What staff do with contracts, on both engines."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import Conflict, FieldChange, InvalidInput, NotFound, RuleBroken
from src.domain.permissions import Actor
from src.models.audit_entry import AuditEntry
from src.models.base import now as current_moment
from src.models.contract import Contract, ContractStatus, Payment, PaymentMethod
from src.services import audit, contracts, payments
from src.services.contracts import ContractFilter
from src.services.payments import NewPayment
from tests import factories
from tests.factories import NOW, TODAY
from tests.real_databases import undone
from tests.services.refusals import refused

DRAFT, SENT, SIGNED, CANCELLED = ContractStatus


def payment(amount: str, key: str = "key", **fields: Any) -> NewPayment:
    values: dict[str, Any] = {"received_on": TODAY, "method": PaymentMethod.CHEQUE, "idempotency_key": key}
    return NewPayment(amount=Decimal(amount), **(values | fields))


def history(session: Session, actor: Actor, contract_id: int) -> list[tuple[str, str, dict[str, Any]]]:
    page = audit.record_history(session, actor, Contract, contract_id, limit=100)
    return [(row.action, row.reason, row.changes) for row in page.items if row.action != "test.setup"][::-1]


def boss_and_contract(session: Session, status: ContractStatus = SIGNED, **fields: Any) -> tuple[Actor, Contract]:
    buyer = factories.client(session, factories.seller(session))
    made = factories.contract(session, buyer, status=status, **fields)
    return factories.actor(factories.manager(session)), made


def test_a_contract_lives_from_draft_to_paid_and_its_history_tells_it(standing: Database) -> None:
    with undone(standing) as session:
        boss = factories.actor(factories.manager(session))
        buyer = factories.client(session, factories.seller(session))
        made = contracts.create_contract(session, boss, client_id=buyer.id, title=" Gala ", total="1 200,50 €")
        assert (made.status, made.title, made.total, made.due) == (DRAFT, "Gala", Decimal("1200.50"), made.total)
        contracts.update_contract(session, boss, made.id, total="1300", version=1)
        contracts.send_contract(session, boss, made.id)
        contracts.sign_contract(session, boss, made.id, at=NOW)
        payments.record_payment(session, boss, made.id, payment("300.25", "one", reference="no. 7"))
        payments.refund_payment(session, boss, made.id, payment("-0.25", "two", reason="Too much"))
        contracts.amend_contract(session, boss, made.id, reason="More guests", title="Big gala", total="1500")
        assert (made.paid, made.due, made.version) == (Decimal("300.00"), Decimal("1200.00"), 7)
        contracts.cancel_contract(session, boss, made.id, reason="Rain")
        assert (made.status, made.signed_at, made.paid) == (CANCELLED, NOW, Decimal("300.00"))
        told = history(session, boss, made.id)
        received = {"received_on": [None, "2026-11-22"], "method": [None, "cheque"]}
        assert told == [
            (
                "contract.create",
                "",
                {
                    "client_id": [None, buyer.id],
                    "title": [None, "Gala"],
                    "total": [None, "1200.50"],
                    "paid": [None, "0.00"],
                    "status": [None, "draft"],
                },
            ),
            ("contract.update", "", {"total": ["1200.50", "1300.00"]}),
            ("contract.send", "", {"status": ["draft", "sent"]}),
            ("contract.sign", "", {"status": ["sent", "signed"], "signed_at": [None, NOW.isoformat()]}),
            (
                "contract.record_payment",
                "",
                {"paid": ["0.00", "300.25"], "amount": [None, "300.25"], "reference": [None, "no. 7"], **received},
            ),
            (
                "contract.refund",
                "Too much",
                {"paid": ["300.25", "300.00"], "amount": [None, "-0.25"], "reason": [None, "Too much"], **received},
            ),
            ("contract.amend", "More guests", {"title": ["Gala", "Big gala"], "total": ["1300.00", "1500.00"]}),
            ("contract.cancel", "Rain", {"status": ["signed", "cancelled"]}),
        ]


def test_the_log_knows_the_version_after_each_change(standing: Database) -> None:
    with undone(standing) as session:
        boss, made = boss_and_contract(session, DRAFT)
        contracts.send_contract(session, boss, made.id)
        contracts.sign_contract(session, boss, made.id, at=NOW)
        payments.record_payment(session, boss, made.id, payment("1"))
        seen = [(row.action, row.record_version) for row in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
        of_contract = [pair for pair in seen if pair[0].startswith("contract.")]
        assert of_contract == [("contract.send", 2), ("contract.sign", 3), ("contract.record_payment", 4)]
        assert session.get_one(Contract, made.id).version == 4


MOVES: dict[Any, tuple[set[ContractStatus], dict[str, Any]]] = {
    contracts.send_contract: ({DRAFT}, {}),
    contracts.sign_contract: ({DRAFT, SENT}, {"at": NOW}),
    contracts.cancel_contract: ({DRAFT, SENT, SIGNED}, {"reason": "Rain"}),
    contracts.update_contract: ({DRAFT, SENT}, {"total": "5"}),
    contracts.amend_contract: ({SIGNED}, {"total": "5", "reason": "Agreed"}),
    payments.record_payment: ({SIGNED}, {"payment": payment("5")}),
}
SENTENCES = {
    (contracts.send_contract, SENT): "This contract was already sent.",
    (contracts.send_contract, SIGNED): "This contract is already signed.",
    (contracts.send_contract, CANCELLED): "This contract is cancelled.",
    (contracts.sign_contract, SIGNED): "This contract is already signed.",
    (contracts.sign_contract, CANCELLED): "This contract is cancelled.",
    (contracts.cancel_contract, CANCELLED): "This contract is already cancelled.",
    (payments.record_payment, DRAFT): "Payments can only be recorded on a signed contract.",
}


@pytest.mark.parametrize("verb", MOVES, ids=lambda verb: verb.__name__)
@pytest.mark.parametrize("status", ContractStatus)
def test_each_verb_works_in_its_states_only(standing: Database, verb: Any, status: ContractStatus) -> None:
    allowed, facts = MOVES[verb]
    with undone(standing) as session:
        boss, made = boss_and_contract(session, status, total="100")
        if status in allowed:
            verb(session, boss, made.id, **facts)
        else:
            sentence = refused(session, RuleBroken, verb, boss, made.id, **facts)
            assert sentence == SENTENCES.get((verb, status), sentence)


def test_money_stays_between_nothing_and_the_total(standing: Database) -> None:
    with undone(standing) as session:
        boss, made = boss_and_contract(session, total="100", paid="40")
        pay, refund = payments.record_payment, payments.refund_payment
        assert refused(session, RuleBroken, pay, boss, made.id, payment("60.01")) == (
            "The payment exceeds what is due (60.00)."
        )
        assert refused(session, RuleBroken, refund, boss, made.id, payment("-40.01", reason="Rain")) == (
            "The refund exceeds what was paid (40.00)."
        )
        assert refused(session, RuleBroken, contracts.amend_contract, boss, made.id, reason="Less", total="39.99") == (
            "The total cannot be less than what was already paid (40.00)."
        )
        assert refused(session, InvalidInput, pay, boss, made.id, payment("0")) == (
            "amount: the amount must be more than zero; management can refund."
        )
        assert refused(session, InvalidInput, pay, boss, made.id, payment("-1")).startswith("amount: ")
        assert refused(session, InvalidInput, refund, boss, made.id, payment("1", reason="Rain")) == (
            "amount: a refund has a minus sign."
        )
        assert refused(session, InvalidInput, pay, boss, made.id, payment("0.001")) == (
            "amount: this is not an amount in whole cents."
        )
        payments.record_payment(session, boss, made.id, payment("60"))
        assert made.due == 0


def test_a_cancelled_contract_can_only_be_refunded(standing: Database) -> None:
    with undone(standing) as session:
        boss, made = boss_and_contract(session, CANCELLED, total="100", paid="40", signed_first=True)
        refused(session, RuleBroken, payments.record_payment, boss, made.id, payment("1"))
        payments.refund_payment(session, boss, made.id, payment("-40", reason="Rain"))
        assert (made.paid, made.status) == (Decimal(0), CANCELLED)


@pytest.mark.parametrize("reason", ["", "  ", "\u200b", "x" * 501])
def test_what_needs_a_reason_is_refused_without_a_readable_one(standing: Database, reason: str) -> None:
    with undone(standing) as session:
        boss, made = boss_and_contract(session, total="100", paid="40")
        asked: list[tuple[Any, dict[str, Any]]] = [
            (contracts.cancel_contract, {"reason": reason}),
            (contracts.amend_contract, {"reason": reason, "total": "200"}),
            (payments.refund_payment, {"refund": payment("-1", reason=reason)}),
        ]
        for verb, facts in asked:
            assert refused(session, InvalidInput, verb, boss, made.id, **facts).startswith("reason: ")


def test_one_key_is_one_payment(standing: Database) -> None:
    with undone(standing) as session:
        boss, made = boss_and_contract(session, total="100")
        other = factories.contract(session, factories.client(session, factories.seller(session)))
        for _time in range(3):
            assert payments.record_payment(session, boss, made.id, payment("60", "same")).paid == 60
        used = "This idempotency key was already used for another payment."
        assert refused(session, Conflict, payments.record_payment, boss, made.id, payment("61", "same")) == used
        assert refused(session, Conflict, payments.record_payment, boss, other.id, payment("60", "same")) == used
        missing = refused(session, InvalidInput, payments.record_payment, boss, made.id, payment("1", " "))
        assert missing == "idempotency key: a value is required."
        assert [row.amount for row in payments.list_payments(session, boss, made.id)] == [60]


def test_a_contract_is_not_signed_in_the_future(standing: Database) -> None:
    with undone(standing) as session:
        boss, made = boss_and_contract(session, SENT)
        tomorrow = current_moment() + timedelta(days=1)
        sentence = refused(session, RuleBroken, contracts.sign_contract, boss, made.id, at=tomorrow)
        assert sentence == "A contract cannot be signed in the future."


def test_the_second_editor_of_a_contract_sees_both_values(standing: Database) -> None:
    with undone(standing) as session:
        boss, made = boss_and_contract(session, total="100", paid="40")
        read = made.version
        payments.record_payment(session, boss, made.id, payment("10"))
        with pytest.raises(Conflict) as conflict:
            contracts.amend_contract(session, boss, made.id, reason="Less", total="45", version=read)
        changes = {change.field: (change.yours, change.theirs) for change in conflict.value.changes}
        assert changes == {"paid": (None, Decimal("50.00"))}
        contracts.amend_contract(session, boss, made.id, reason="More", total="200", version=read + 1)
        with pytest.raises(Conflict) as conflict:
            contracts.amend_contract(session, boss, made.id, reason="Less", total="150", version=read + 1)
        assert conflict.value.changes == (FieldChange("total", Decimal("150.00"), Decimal("200.00")),)


def test_a_contract_is_for_a_client_that_exists(standing: Database) -> None:
    with undone(standing) as session:
        boss = factories.actor(factories.manager(session))
        create = contracts.create_contract
        assert refused(session, NotFound, create, boss, client_id=7, title="Gala", total="1") == (
            "There is no client with number 7."
        )
        buyer = factories.client(session, factories.seller(session))
        assert refused(session, InvalidInput, create, boss, client_id=buyer.id, title=" ", total="1") == (
            "title: a value is required."
        )
        assert refused(session, InvalidInput, create, boss, client_id=buyer.id, title="Gala", total="-1") == (
            "total: the amount must not be negative."
        )


def titles(session: Session, actor: Actor, **filters: Any) -> list[str]:
    page = contracts.list_contracts(session, actor, ContractFilter(**filters), sort="title", limit=100)
    return [row.title for row in page.items]


def test_lists_answer_what_each_department_asks(standing: Database) -> None:
    with undone(standing) as session:
        mine, others = factories.seller(session), factories.seller(session)
        buyer = factories.client(session, mine, last_name="Lefèvre", first_name="Anne", company_name="Été & Cie")
        other = factories.client(session, others)
        factories.contract(session, buyer, status=DRAFT, title="a draft")
        factories.contract(session, buyer, status=SENT, title="b sent")
        factories.contract(session, buyer, title="c unpaid", total="100", paid="99.99")
        factories.contract(session, buyer, title="d paid", total="100", paid="100")
        factories.contract(session, buyer, title="e free", total="0")
        factories.contract(session, buyer, status=CANCELLED, title="f cancelled", total="100")
        factories.contract(session, other, title="Zoé", total="50")
        sales = factories.actor(mine)
        everything = ["a draft", "b sent", "c unpaid", "d paid", "e free", "f cancelled", "Zoé"]
        assert titles(session, sales) == everything
        assert titles(session, sales, mine=True) == everything[:-1]
        assert titles(session, sales, unsigned=True) == ["a draft", "b sent"]
        assert titles(session, sales, unpaid=True) == ["c unpaid", "Zoé"]
        assert titles(session, sales, mine=True, unpaid=True) == ["c unpaid"]
        assert titles(session, sales, status=CANCELLED) == ["f cancelled"]
        assert titles(session, sales, status=SIGNED) == ["c unpaid", "d paid", "e free", "Zoé"]
        assert titles(session, sales, client_id=other.id) == ["Zoé"]
        assert titles(session, sales, search="ZOE") == ["Zoé"]
        assert titles(session, sales, search="lefevre") == everything[:-1]
        assert titles(session, sales, search="ete & c", unsigned=True) == ["a draft", "b sent"]
        assert titles(session, sales, unsigned=True, unpaid=True) == []
        totals = contracts.contract_totals(session, sales, ContractFilter(mine=True))
        assert totals == (6, Decimal("1000.00") * 2 + Decimal("300.00"), Decimal("199.99"), Decimal("2000.01"))
        nothing = contracts.contract_totals(session, sales, ContractFilter(search="nobody"))
        assert [str(value) for value in nothing] == ["0", "0.00", "0.00", "0.00"]


def test_a_payment_by_somebody_who_left_keeps_their_name(database: Database) -> None:
    with database.writing() as session:
        _boss, made = boss_and_contract(session)
        leaving = factories.manager(session, username="leaving")
        payments.record_payment(session, factories.actor(leaving), made.id, payment("10"))
    with database.writing() as session:
        factories.saved(session, session.get_one(Contract, made.id))
        session.delete(session.get_one(type(leaving), leaving.id))
    with database.reading() as session:
        kept = session.scalars(select(Payment)).one()
        assert (kept.recorded_by, kept.recorded_by_username, kept.amount) == (None, "leaving", Decimal(10))
