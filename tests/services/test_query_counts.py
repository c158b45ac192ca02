"""How many statements a screen costs: written down, and the same for one record as for three."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.permissions import Actor
from src.models.calendar_feed import FeedKind
from src.models.client import Client
from src.models.contract import Contract
from src.models.event import Event
from src.services import audit, calendar_feeds, clients, contracts, double_bookings, events, lists, payments, users
from tests import factories
from tests.factories import NOW
from tests.real_databases import statements_of, undone
from tests.services.list_requests import PARIS

Read = Callable[[Session, Actor, dict[str, int]], Any]

READS: dict[str, tuple[Read, int]] = {
    "list of clients": (lambda s, a, _n: clients.list_clients(s, a, clients.ClientFilter(), limit=20), 1),
    "search for clients": (
        lambda s, a, _n: clients.list_clients(s, a, clients.ClientFilter(search="cas"), limit=20),
        1,
    ),
    "own clients": (lambda s, a, _n: clients.list_clients(s, a, clients.ClientFilter(mine=True), limit=20), 1),
    "list of contracts": (lambda s, a, _n: contracts.list_contracts(s, a, contracts.ContractFilter(), limit=20), 1),
    "totals of contracts": (lambda s, a, _n: contracts.contract_totals(s, a, contracts.ContractFilter()), 1),
    "list of events": (
        lambda s, a, _n: events.list_events(s, a, events.EventFilter(), now=NOW, zone=PARIS, limit=20),
        1,
    ),
    "calendar feed": (
        lambda s, a, _n: calendar_feeds.read_events(
            s, calendar_feeds.OpenFeed(id=1, kind=FeedKind.DEPARTMENT, name="", actor=a), now=NOW
        ),
        2,
    ),
    "list of calendar feeds": (lambda s, a, _n: calendar_feeds.list_feeds(s, a, everybody=True), 1),
    "list of staff": (lambda s, a, _n: users.list_users(s, a, users.UserFilter(), limit=20), 1),
    "audit log": (lambda s, a, _n: audit.list_audit(s, a, audit.AuditFilter(), limit=20), 1),
    "export of clients": (
        lambda s, a, _n: list(
            lists.stream(s, clients.select_clients(a, clients.ClientFilter()), clients.client_order("name"))
        ),
        1,
    ),
    "one client": (lambda s, a, n: clients.show_client(s, a, n["client"]).sales_contact.full_name, 1),
    "one contract": (lambda s, a, n: contracts.show_contract(s, a, n["contract"]).client.sales_contact.full_name, 1),
    "payments of a contract": (lambda s, a, n: payments.list_payments(s, a, n["contract"]), 2),
    "one event": (lambda s, a, n: events.show_event(s, a, n["event"]).contract.client.sales_contact.full_name, 1),
    "one member of staff": (lambda s, a, n: users.show_user(s, a, n["user"]), 1),
    "a member of staff by name": (lambda s, a, _n: users.find_user(s, a, a.username), 1),
    "history of a client": (lambda s, a, n: audit.record_history(s, a, Client, n["client"], limit=20), 2),
    "history of a contract": (lambda s, a, n: audit.record_history(s, a, Contract, n["contract"], limit=20), 2),
    "history of an event": (lambda s, a, n: audit.record_history(s, a, Event, n["event"], limit=20), 2),
    "double bookings of an event": (
        lambda s, _a, n: double_bookings.overlapping_events(s, s.get_one(Event, n["event"])),
        2,
    ),
}


@pytest.mark.parametrize("screen", READS)
def test_a_screen_costs_the_same_at_one_record_and_at_three(standing: Database, screen: str) -> None:
    read, expected = READS[screen]
    assert [statements_for(standing, read, records=number) for number in (1, 3)] == [expected, expected]


def statements_for(database: Database, read: Read, *, records: int) -> int:
    with undone(database) as session:
        team = factories.team(session)
        for _record in range(records):
            buyer = factories.client(session, team.sales)
            sold = factories.contract(session, buyer)
            for _payment in range(records):
                factories.payment(session, sold, "10")
            event = factories.event(session, sold, team.support)
        numbers = {"client": buyer.id, "contract": sold.id, "event": event.id, "user": team.sales.id}
        actor = factories.actor(team.management)
        session.expunge_all()  # nothing is known yet, as for a new request
        with statements_of(database) as sent:
            read(session, actor, numbers)
    return len(sent)
