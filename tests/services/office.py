"""A small office in which every question of the rights matrix can be asked: people, their tokens, their records."""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.permissions import Department
from src.models.client import Client
from src.models.contract import ContractStatus
from src.models.saved_view import SavedView
from src.models.user import User
from src.services import logging_in
from tests import factories
from tests.factories import HASHER, NOW, PASSWORD


@dataclass(frozen=True)
class Person:
    """Somebody with an open session."""

    id: int
    session_id: int
    token: str


@dataclass(frozen=True)
class Records:
    """What one seller sold, with one supporter in charge of the event."""

    client: int
    draft: int
    sent: int
    signed: int
    cancelled: int
    event: int
    line: int = 0  # the only one of another draft


@dataclass(frozen=True)
class Office:
    """Who works here, and what is whose."""

    people: dict[str, Person]
    closed: dict[str, Person]
    # Nobody's: someone of support without any event, of sales without any client, and a closed account.
    spare_support: int
    spare_sales: int
    inactive: int
    # Who is told of changes that nobody makes yet, a change that was given up, and who is told of nothing now.
    webhook: int
    delivery: int
    paused: int
    own: Records
    other: Records


def open_office(database: Database) -> Office:
    """Fill a database; sessions are opened by logging in."""
    with database.writing() as session:
        asking = {name: factories.staff(session, Department(name.upper()), username=name) for name in DEPARTMENTS}
        closed = {
            name: factories.staff(session, Department(name.upper()), username=f"closed.{name}") for name in DEPARTMENTS
        }
        colleague, other_support = factories.seller(session), factories.supporter(session)
        factories.manager(session)  # so that none of them is the last
        spare_sales, spare_support = factories.seller(session), factories.supporter(session)
        inactive = factories.seller(session, is_active=False)
        own = _records(session, asking["sales"], asking["support"])
        other = _records(session, colleague, other_support)
        own, other = _with_line(session, own), _with_line(session, other)
        delivery = factories.delivery(session)
        paused = factories.webhook(session, name="Chat", is_active=False)
        session.add(SavedView(user_id=asking["sales"].id, list_name="clients", name="My clients", query="mine=1"))
    people = {name: _log_in(database, user) for name, user in asking.items()}
    gone = {name: _log_in(database, user) for name, user in closed.items()}
    with database.writing() as session:
        for user in closed.values():
            factories.saved(session, session.get_one(User, user.id)).is_active = False
    return Office(
        people=people,
        closed=gone,
        spare_support=spare_support.id,
        spare_sales=spare_sales.id,
        inactive=inactive.id,
        webhook=delivery.subscription_id,
        delivery=delivery.id,
        paused=paused.id,
        own=own,
        other=other,
    )


DEPARTMENTS = ("sales", "support", "management")


def _records(session: Session, seller: User, supporter: User) -> Records:
    buyer = factories.client(session, seller, last_contact_at=NOW - timedelta(days=9))
    signed = factories.contract(session, buyer, paid="300.00")
    return Records(
        client=buyer.id,
        draft=factories.contract(session, buyer, status=ContractStatus.DRAFT).id,
        sent=factories.contract(session, buyer, status=ContractStatus.SENT).id,
        signed=signed.id,
        cancelled=factories.contract(session, buyer, status=ContractStatus.CANCELLED, signed_first=True).id,
        event=factories.event(session, signed, supporter).id,
    )


def _with_line(session: Session, records: Records) -> Records:
    """Sell something by lines, in a contract of its own."""
    buyer = session.get_one(Client, records.client)
    draft = factories.contract(session, buyer, status=ContractStatus.DRAFT)
    return replace(records, line=factories.line(session, draft).id)


def _log_in(database: Database, user: User) -> Person:
    opened = logging_in.log_in(
        database, user.username, PASSWORD, address="192.0.2.7", interface="cli", now=NOW, hasher=HASHER
    )
    assert opened.actor.session_id is not None
    return Person(user.id, opened.actor.session_id, opened.token)
