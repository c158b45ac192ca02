"""Going back to the program that knows no lines, and forward again: every line is there as it was."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from src.db.session import Database
from src.models.contract import Contract
from src.models.contract_line import ContractLine
from src.schema.revisions import read_history
from src.services import CRM
from tests import factories
from tests.migrations.test_round_trip import change, rows_of
from tests.real_databases import opened

ADDED_BY = "0003_lines"
WHOLE = {"contract_lines": list(ContractLine.__table__.columns.keys())}
(BEFORE,) = read_history(CRM.versions).parents[ADDED_BY]


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """The company's empty database at head, on each engine."""
    with opened(migrated_url) as database:
        yield database


def company_with_lines(database: Database) -> list[int]:
    """Two contracts with two lines each and one without; gives their numbers."""
    with database.writing() as session:
        team = factories.team(session)
        buyer = factories.client(session, team.sales)
        sold = [factories.contract(session, buyer, total="1000.00") for _number in range(3)]
        for contract in sold[:2]:
            factories.line(session, contract, description="Dîner « à l’étoile » 🎉", unit_price="123.45")
            factories.line(session, contract, description="Remise", unit_price="-0.05")
        return [contract.id for contract in sold]


def totals(database: Database) -> list[str]:
    """The totals of all contracts."""
    with database.reading() as session:
        return [str(total) for total in session.scalars(select(Contract.total).order_by(Contract.id))]


def test_lines_set_aside_by_a_downgrade_come_back_as_they_were(database: Database) -> None:
    url = database.url.render_as_string(hide_password=False)
    company_with_lines(database)
    lines, before = rows_of(url, WHOLE), totals(database)
    assert len(lines["contract_lines"]) == 4

    change(url, "downgrade", BEFORE)
    assert totals(database) == before
    aside = rows_of(url, {"schema_aside_contract_lines": WHOLE["contract_lines"]})
    assert aside["schema_aside_contract_lines"] == lines["contract_lines"]

    change(url, "upgrade", ADDED_BY)
    assert rows_of(url, WHOLE) == lines
    assert totals(database) == before == ["123.40", "123.40", "1000.00"]
    with database.writing() as session:  # and they add up again, under a number that was never given
        first = session.scalars(select(Contract).order_by(Contract.id)).first()
        assert first is not None
        newest = factories.line(session, first, unit_price="1.00")
        assert newest.id > max(session.scalars(select(ContractLine.id).where(ContractLine.id != newest.id)))
    assert totals(database)[0] == "124.40"


def test_what_a_total_changed_by_meanwhile_is_a_line_of_its_own(database: Database) -> None:
    url = database.url.render_as_string(hide_password=False)
    [changed, *_others] = company_with_lines(database)
    change(url, "downgrade", BEFORE)
    with database.writing() as session:
        session.connection().exec_driver_sql(f"UPDATE contracts SET total = total + 500 WHERE id = {changed}")
    change(url, "upgrade", ADDED_BY)
    with database.reading() as session:
        of_changed = select(ContractLine).where(ContractLine.contract_id == changed)
        lines = session.scalars(of_changed.order_by(ContractLine.id)).all()
        everything = len(session.scalars(select(ContractLine)).all())
    assert [str(line.gross) for line in lines] == ["123.45", "-0.05", "5.00"]
    assert everything == 5
    assert totals(database) == ["128.40", "123.40", "1000.00"]
