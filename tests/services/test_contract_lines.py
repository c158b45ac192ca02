"""What a contract is made up of, line by line: to the cent, by whoever may, and the total follows."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleBroken
from src.domain.line_amounts import MAX_QUANTITY, MAX_UNIT_PRICE, amounts_of, parse_quantity, parse_rate
from src.domain.permissions import Actor
from src.models.audit_entry import AuditEntry
from src.models.contract import Contract, ContractStatus
from src.models.contract_line import ContractLine
from src.services import contract_lines, contracts
from src.services.contract_lines import LineDetails
from tests import factories
from tests.real_databases import undone

DINNER = LineDetails(description="Dîner", quantity="75", unit_price="48", vat_rate="10")


def deal(session: Session, **fields: object) -> tuple[Contract, Actor, Actor]:
    """A contract, the seller whose client it is for, and a manager."""
    team = factories.team(session)
    sold = factories.contract(session, factories.client(session, team.sales), **fields)  # type: ignore[arg-type]  # of any type
    return sold, factories.actor(team.sales), factories.actor(team.management)


@pytest.mark.parametrize(
    ("quantity", "unit_price", "rate", "net", "vat"),
    [
        ("75", "48.00", "10", "3600.00", "360.00"),
        ("1.5", "3.33", "20", "5.00", "1.00"),  # 4.995
        ("1", "0.05", "10", "0.05", "0.01"),  # half a cent of VAT
        ("1", "-0.05", "10", "-0.05", "-0.01"),
        ("0.001", "4.99", "20", "0.00", "0.00"),
        ("0.001", "5.00", "20", "0.01", "0.00"),
        ("2.5", "19.99", "5.5", "49.98", "2.75"),
    ],
)
def test_each_line_is_rounded_once_half_up(quantity: str, unit_price: str, rate: str, net: str, vat: str) -> None:
    assert amounts_of(Decimal(quantity), Decimal(unit_price), Decimal(rate)) == (Decimal(net), Decimal(vat))


@given(
    st.integers(1, 10**9),
    st.integers(-999_999_999, 999_999_999),
    st.integers(0, 10_000),
)
def test_python_and_the_databases_round_alike(quantity: int, price: int, rate: int) -> None:
    """The CHECKs' own formula, in whole numbers cut off towards zero as both engines do."""
    net = int((quantity * price + (-500 if price < 0 else 500)) / Decimal(1000))
    vat = int((net * rate + (-5000 if net < 0 else 5000)) / Decimal(10_000))
    worked_out = amounts_of(Decimal(quantity).scaleb(-3), Decimal(price).scaleb(-2), Decimal(rate).scaleb(-2))
    assert worked_out == (Decimal(net).scaleb(-2), Decimal(vat).scaleb(-2))


@pytest.mark.parametrize("typed", ["", "0", "-1", "1.2345", "1000000.001", "x", "NaN", "1e3", "١", "1,000,0", "9" * 99])
def test_a_quantity_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput):
        parse_quantity(typed, field="quantity")


@pytest.mark.parametrize("typed", ["", "-1", "100.01", "5.555", "x", "NaN", "%", "20 %%"])
def test_a_rate_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput):
        parse_rate(typed, field="VAT rate")


def test_quantities_and_rates_are_read_as_people_write_them() -> None:
    quantities = [parse_quantity(typed, field="") for typed in ("3", "2,5", "1 000", "1\u202f000.125")]
    assert quantities == [Decimal(3), Decimal("2.5"), Decimal(1000), Decimal("1000.125")]
    rates = [parse_rate(typed, field="") for typed in ("20", "5,5 %", "0", "100")]
    assert rates == [Decimal(20), Decimal("5.5"), Decimal(0), Decimal(100)]


def test_the_first_line_replaces_the_total_and_all_add_up(standing: Database) -> None:
    with undone(standing) as session:
        sold, seller, _boss = deal(session, status=ContractStatus.DRAFT, total="1000.00")
        dinner = contract_lines.add_line(session, seller, sold.id, DINNER)
        assert (sold.total, sold.version) == (Decimal("3960.00"), 2)
        discount = LineDetails(description="Remise", quantity="1", unit_price="-100", vat_rate="20")
        contract_lines.add_line(session, seller, sold.id, discount)
        assert sold.total == Decimal("3840.00")
        contract_lines.change_line(session, seller, dinner.id, LineDetails(quantity="80"))
        assert sold.total == Decimal("4104.00")
        assert [line.gross for line in contract_lines.list_lines(session, seller, sold.id)] == [
            Decimal("4224.00"),
            Decimal("-120.00"),
        ]
        for line in contract_lines.list_lines(session, seller, sold.id)[::-1]:
            contract_lines.remove_line(session, seller, line.id)
        # The last one leaves the total behind, which can be typed again.
        assert sold.total == Decimal("4224.00")
        contracts.update_contract(session, seller, sold.id, total="900")


def test_the_total_of_a_contract_with_lines_cannot_be_typed(standing: Database) -> None:
    refusals = []
    try:
        with undone(standing) as session:
            sold, seller, _boss = deal(session, status=ContractStatus.DRAFT)
            contract_lines.add_line(session, seller, sold.id, DINNER)
            contracts.update_contract(session, seller, sold.id, total="900")
    except RuleBroken as refusal:
        refusals.append(str(refusal))
    assert refusals == ["The total of this contract is the sum of its lines: change those."]


def test_lines_of_a_signed_contract_change_only_by_amendment(standing: Database) -> None:
    with undone(standing) as session:
        sold, seller, boss = deal(session)
        with pytest.raises(RuleBroken):
            contract_lines.add_line(session, seller, sold.id, DINNER)
        with pytest.raises(Forbidden):
            contract_lines.add_line(session, seller, sold.id, DINNER, reason="20 more guests")
        with pytest.raises(InvalidInput):
            contract_lines.add_line(session, boss, sold.id, DINNER)
        added = contract_lines.add_line(session, boss, sold.id, DINNER, reason="20 more guests")
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
        assert (entry.action, entry.reason, entry.record_id) == ("contract.amend", "20 more guests", sold.id)
        assert entry.changes == {
            "line": [None, added.id],
            "total": ["1000.00", "3960.00"],
            "description": [None, "Dîner"],
            "quantity": [None, "75"],
            "unit_price": [None, "48.00"],
            "vat_rate": [None, "10"],
        }


def test_nobody_but_who_may_change_the_contract_changes_its_lines(standing: Database) -> None:
    with undone(standing) as session:
        sold, seller, boss = deal(session, status=ContractStatus.DRAFT)
        line = contract_lines.add_line(session, boss, sold.id, DINNER)
        for actor in (factories.actor(factories.supporter(session)), factories.actor(factories.seller(session))):
            for attempt in (
                lambda who=actor: contract_lines.add_line(session, who, sold.id, DINNER),
                lambda who=actor: contract_lines.change_line(session, who, line.id, LineDetails(quantity="1")),
                lambda who=actor: contract_lines.remove_line(session, who, line.id),
            ):
                with pytest.raises(Forbidden):
                    attempt()
            assert contract_lines.list_lines(session, actor, sold.id) == [line]
        assert seller is not None


def test_lines_never_bring_the_total_below_what_was_paid(standing: Database) -> None:
    with undone(standing) as session:
        sold, _seller, boss = deal(session, paid="300")
        cheap = LineDetails(description="Salle", quantity="1", unit_price="299.99", vat_rate="0")
        with pytest.raises(RuleBroken, match="already paid"):
            contract_lines.add_line(session, boss, sold.id, cheap, reason="x")
        line = contract_lines.add_line(session, boss, sold.id, DINNER, reason="x")
        with pytest.raises(RuleBroken, match="already paid"):
            contract_lines.change_line(session, boss, line.id, LineDetails(quantity="1"), reason="x")


def test_who_edits_what_somebody_else_changed_is_refused(standing: Database) -> None:
    with undone(standing) as session:
        sold, seller, boss = deal(session, status=ContractStatus.DRAFT)
        line = contract_lines.add_line(session, seller, sold.id, DINNER, version=1)
        with pytest.raises(Conflict):
            contract_lines.change_line(session, boss, line.id, LineDetails(quantity="1"), version=1)
        contract_lines.change_line(session, boss, line.id, LineDetails(quantity="1"), version=2)


@pytest.mark.parametrize(
    ("details", "field"),
    [
        (LineDetails(), "description"),
        (LineDetails(description="x"), "quantity"),
        (LineDetails(description="x", quantity="1"), "unit price"),
        (LineDetails(description="\x00", quantity="1", unit_price="1"), "description"),
        (LineDetails(description="x", quantity="1", unit_price="10000000"), "unit price"),
        (LineDetails(description="x", quantity=MAX_QUANTITY, unit_price=MAX_UNIT_PRICE), "unit price"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_field(standing: Database, details: LineDetails, field: str) -> None:
    with undone(standing) as session:
        sold, seller, _boss = deal(session, status=ContractStatus.DRAFT)
        with pytest.raises(InvalidInput) as refusal:
            contract_lines.add_line(session, seller, sold.id, details)
        assert refusal.value.field == field


def test_a_line_or_contract_that_is_not_there_is_said(standing: Database) -> None:
    with undone(standing) as session:
        _sold, seller, _boss = deal(session)
        for attempt in (
            lambda: contract_lines.list_lines(session, seller, 999_999),
            lambda: contract_lines.add_line(session, seller, 999_999, DINNER),
            lambda: contract_lines.change_line(session, seller, 999_999, DINNER),
            lambda: contract_lines.remove_line(session, seller, 2**63),
        ):
            with pytest.raises(NotFound):
                attempt()


def test_the_database_adds_up_for_every_program(standing: Database) -> None:
    with undone(standing) as session:
        sold, _seller, _boss = deal(session, status=ContractStatus.DRAFT)
        for number in range(1, 4):
            factories.line(session, sold, unit_price=f"{number}00.00")
        session.execute(text("UPDATE contract_lines SET unit_price = unit_price + 1, net = net + 1"))
        assert total_of(session, sold) == Decimal("600.03")
        session.execute(text("DELETE FROM contract_lines WHERE unit_price > 20000"))
        assert total_of(session, sold) == Decimal("100.01")
        session.execute(text("DELETE FROM contract_lines"))
        assert total_of(session, sold) == Decimal("100.01")
        assert session.scalar(select(func.count()).select_from(ContractLine)) == 0


def total_of(session: Session, sold: Contract) -> Decimal | None:
    """The total that is stored."""
    return session.scalar(select(Contract.total).where(Contract.id == sold.id))
