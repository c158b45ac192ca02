"""How many questions a page asks the database: as many for a long list as for a short one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from src.config import Settings
from src.db.session import Database
from src.domain.permissions import Action
from src.models.client import Client
from src.models.contract import Contract
from src.models.user import User
from src.services import audit_trail, clients, logging_in
from src.web.site import build_site
from tests import factories
from tests.factories import HASHER, PASSWORD
from tests.real_databases import statements_of


@pytest.fixture
def token(database: Database) -> str:
    """A seller with one client who has a contract, an event and a history."""
    with database.writing() as session:
        seller = factories.seller(session, username="sales")
        client = factories.client(session, seller)
        factories.event(session, factories.contract(session, client), factories.supporter(session))
    now = datetime.now(UTC)
    opened = logging_in.log_in(
        database, "sales", PASSWORD, address="192.0.2.7", interface="web", now=now, hasher=HASHER
    )
    return opened.token


def questions(database: Database, token: str, path: str) -> list[str]:
    """The questions of one page; the site runs in this process."""
    site = build_site(Settings("", "test"), database, exports=database)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=site)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
            return await browser.get(path, headers={"cookie": f"epicevents-session={token}"})

    # In a thread of its own: the browser that other tests drive keeps a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        # The first time fills what is kept in memory, and notes that somebody is there.
        assert thread.submit(lambda: asyncio.run(ask())).result().status_code == 200
        with statements_of(database) as seen:
            assert thread.submit(lambda: asyncio.run(ask())).result().status_code == 200
    return [statement for statement in seen if "database_list" not in statement]


def test_a_card_takes_six_questions_however_much_there_is(database: Database, token: str) -> None:
    before = questions(database, token, "/clients/1")
    with database.writing() as session:
        client = clients.show_client(session, factories.actor(session.get_one(User, 1)), 1)
        audit_trail.sign_as_system(session, Action.CLIENT_UPDATE)
        for number in range(5):
            factories.event(session, factories.contract(session, client))
            client.company_name = f"Company {number}"
            client.sales_contact_id = factories.seller(session).id
            session.flush()

    assert [len(before), len(questions(database, token, "/clients/1"))] == [6, 6]


@pytest.mark.parametrize("path", ["/contracts/1", "/events/1", "/staff/1", "/staff/2"])
def test_the_other_cards_take_no_more(database: Database, token: str, path: str) -> None:
    assert len(questions(database, token, path)) <= 6


def token_of(database: Database, username: str) -> str:
    """Somebody who has just logged in."""
    now = datetime.now(UTC)
    return logging_in.log_in(
        database, username, PASSWORD, address="192.0.2.8", interface="web", now=now, hasher=HASHER
    ).token


def test_the_calendar_and_the_first_pages_take_as_many_however_much_there_is(database: Database, token: str) -> None:
    with database.writing() as session:
        factories.manager(session, username="boss")
        support = factories.supporter(session, username="helping")
        sold = session.get_one(Contract, 1)
        factories.event(session, sold, support, event_start=datetime.now(UTC) + timedelta(hours=1))
        factories.line(session, sold)
    tokens = {"sales": token, "support": token_of(database, "helping"), "management": token_of(database, "boss")}
    pages = {
        ("sales", "/"): 7,
        ("support", "/"): 7,
        ("management", "/"): 7,
        ("sales", "/calendar?whose=mine"): 5,
        ("support", "/calendar?view=week"): 5,
        ("management", "/calendar?view=agenda&client=1&support=helping"): 5,
        ("sales", "/contracts/1"): 6,
        ("sales", "/contracts/1?all=1"): 6,
    }

    with database.writing() as session:
        for _number in range(15):
            start = datetime.now(UTC) + timedelta(hours=2)
            sold = factories.contract(session, session.get_one(Client, 1), paid="1")
            factories.event(session, sold, session.get_one(User, support.id), event_start=start)
            factories.line(session, session.get_one(Contract, 1), unit_price="100.00")
            factories.payment(session, session.get_one(Contract, 1), "1")
    assert {(who, path): len(questions(database, tokens[who], path)) for who, path in pages} == pages


def test_a_list_takes_four_questions_with_one_row_or_twenty(database: Database, token: str) -> None:
    before = questions(database, token, "/clients")
    with database.writing() as session:
        for _number in range(20):
            factories.client(session, session.get_one(User, 1))

    assert [len(before), len(questions(database, token, "/clients"))] == [4, 4]
