"""One record of each kind, for tests that try to break them with plain SQL."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import CrmError
from src.models.contract import ContractStatus
from tests import factories
from tests.real_databases import undone


@dataclass(frozen=True)
class Records:
    """The numbers of one record of each kind."""

    seller: int
    supporter: int
    manager: int
    idle: int
    client: int
    draft: int
    sent: int
    signed: int  # 300 of 1,000 are paid
    cancelled: int  # had been signed, 300 of 1,000 are paid
    sold: int  # the contract of the event, nothing is paid
    payment: int
    event: int
    itemised: int  # a draft of two lines of 100 and 50
    line: int


def records(session: Session) -> Records:
    """Make one record of each kind."""
    team = factories.team(session)
    buyer = factories.client(session, team.sales, email="kevin@startup.example")
    signed = factories.contract(session, buyer)
    sold = factories.contract(session, buyer)
    itemised = factories.contract(session, buyer, status=ContractStatus.DRAFT)
    line = factories.line(session, itemised)
    factories.line(session, itemised, unit_price="50.00")
    return Records(
        seller=team.sales.id,
        supporter=team.support.id,
        manager=team.management.id,
        idle=factories.seller(session, username="idle", email="idle@epic.example").id,
        client=buyer.id,
        draft=factories.contract(session, buyer, status=ContractStatus.DRAFT).id,
        sent=factories.contract(session, buyer, status=ContractStatus.SENT).id,
        signed=signed.id,
        cancelled=factories.contract(session, buyer, status=ContractStatus.CANCELLED, paid="300", signed_first=True).id,
        sold=sold.id,
        payment=factories.payment(session, signed, "300", by=team.management, idempotency_key="taken").id,
        event=factories.event(session, sold, team.support).id,
        itemised=itemised.id,
        line=line.id,
    )


@dataclass(frozen=True)
class Stocked:
    """A database with one record of each kind, and their numbers."""

    database: Database
    numbers: Records

    def refusal_of(self, statement: str) -> CrmError:
        """Run a statement that names records; gives how the database refuses it."""
        given = {name: number for name, number in vars(self.numbers).items() if f":{name}" in statement}
        try:
            with undone(self.database) as session:
                session.execute(text(statement), given)
        except CrmError as refusal:
            return refusal
        raise AssertionError(f"accepted: {statement}")


def stock(database: Database) -> Stocked:
    """Make one record of each kind."""
    with database.writing() as session:
        return Stocked(database, records(session))
