"""Walking a list page by page gives every record once, in one order on both engines, whatever happens meanwhile."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import InvalidInput
from src.domain.permissions import Actor, Department
from src.domain.values import fold
from src.models.client import Client
from src.models.contract import Contract
from src.models.event import Event
from src.models.user import User
from src.services import clients, contracts, events, lists, users
from src.services.lists import Page
from tests import factories
from tests.factories import NOW
from tests.real_databases import undone
from tests.services.list_requests import PARIS

SOME = settings(max_examples=max(1, settings().max_examples // 5))
READER = Actor(1, "reader", Department.SUPPORT, "test")
# Few enough letters for many ties, and every way in which two engines could sort differently.
NAMES = st.text(alphabet="aAéÉeE zZ-'’œŒßsS.,_%0٣漢🎉\U0001f600ñ\u0301", min_size=1, max_size=5).map(
    lambda text: f"{text}b"
)
MOMENTS = st.integers(-3, 3).map(lambda minutes: NOW + timedelta(minutes=minutes, microseconds=minutes))
AMOUNTS = st.sampled_from(["0", "0.01", "9.99", "10", "10.01", "99.90", "1000", "9999999999.99"]).map(Decimal)

Pages = Callable[[Session, str, int, str | None], Page]
Keys = dict[str, Callable[[Any], Any]]


def list_clients(session: Session, sort: str, limit: int, after: str | None) -> Page:
    return clients.list_clients(session, READER, clients.ClientFilter(), sort=sort, limit=limit, after=after)


def list_contracts(session: Session, sort: str, limit: int, after: str | None) -> Page:
    return contracts.list_contracts(session, READER, contracts.ContractFilter(), sort=sort, limit=limit, after=after)


def list_events(session: Session, sort: str, limit: int, after: str | None) -> Page:
    filters = events.EventFilter()
    return events.list_events(session, READER, filters, now=NOW, zone=PARIS, sort=sort, limit=limit, after=after)


def list_users(session: Session, sort: str, limit: int, after: str | None) -> Page:
    return users.list_users(session, READER, users.UserFilter(), sort=sort, limit=limit, after=after)


# What each sort means, said without any database: texts by their folded form, letter by letter.
CLIENT_KEYS: Keys = {
    "name": lambda client: fold(f"{client.last_name} {client.first_name}"),
    "company": lambda client: fold(client.company_name),
    "email": lambda client: fold(client.email),
    "last-contact": lambda client: client.last_contact_at,
    "created": lambda client: client.created_at,
    "id": lambda client: client.id,
}
CONTRACT_KEYS: Keys = {
    "id": lambda contract: contract.id,
    "title": lambda contract: fold(contract.title),
    "total": lambda contract: contract.total,
    "created": lambda contract: contract.created_at,
}
EVENT_KEYS: Keys = {
    "start": lambda event: event.event_start,
    "end": lambda event: event.event_end,
    "name": lambda event: fold(event.name),
    "location": lambda event: fold(event.location),
    "id": lambda event: event.id,
}
USER_KEYS: Keys = {
    "name": lambda user: fold(f"{user.last_name} {user.first_name}"),
    "username": lambda user: user.username,
    "created": lambda user: user.created_at,
    "id": lambda user: user.id,
}


def check_walks(session: Session, read: Pages, keys: Keys, records: list[Any], limit: int) -> None:
    for sort, key in keys.items():
        ascending = [record.id for record in sorted(records, key=lambda record: (key(record), record.id))]
        assert walk(session, read, sort, limit) == ascending
        assert walk(session, read, f"-{sort}", limit) == ascending[::-1]


def walk(session: Session, read: Pages, sort: str, limit: int) -> list[int]:
    return [row.id for page in turned(session, read, sort, limit) for row in page.items]


def turned(session: Session, read: Pages, sort: str, limit: int) -> Iterator[Page]:
    after: str | None = None
    while True:
        page = read(session, sort, limit, after)
        assert len(page.items) <= limit
        yield page
        after = page.next
        if after is None:
            return


@SOME
@given(st.lists(st.tuples(NAMES, NAMES, MOMENTS), max_size=9), st.integers(1, 4))
def test_clients_are_walked_in_every_order(standing: Database, rows: list[Any], limit: int) -> None:
    with undone(standing) as session:
        seller = factories.seller(session)
        made = [
            factories.client(
                session, seller, last_name=name, company_name=company, last_contact_at=moment, created_at=moment
            )
            for name, company, moment in rows
        ]
        check_walks(session, list_clients, CLIENT_KEYS, made, limit)


@SOME
@given(st.lists(st.tuples(NAMES, AMOUNTS, MOMENTS), max_size=9), st.integers(1, 4))
def test_contracts_are_walked_in_every_order(standing: Database, rows: list[Any], limit: int) -> None:
    with undone(standing) as session:
        buyer = factories.client(session, factories.seller(session))
        made = [
            factories.contract(session, buyer, title=title, total=total, created_at=moment)
            for title, total, moment in rows
        ]
        check_walks(session, list_contracts, CONTRACT_KEYS, made, limit)


@SOME
@given(st.lists(st.tuples(NAMES, NAMES, MOMENTS), max_size=9), st.integers(1, 4))
def test_events_are_walked_in_every_order(standing: Database, rows: list[Any], limit: int) -> None:
    with undone(standing) as session:
        sold = factories.contract(session, factories.client(session, factories.seller(session)))
        made = [
            factories.event(session, sold, name=name, location=location, event_start=moment)
            for name, location, moment in rows
        ]
        check_walks(session, list_events, EVENT_KEYS, made, limit)


USERNAMES = st.lists(st.from_regex(r"\A[ab01][a._\-z0-9]{1,4}[ab9]\Z"), max_size=9, unique=True)


@SOME
@given(USERNAMES, st.integers(1, 4))
def test_staff_are_walked_in_every_order(standing: Database, names: list[str], limit: int) -> None:
    with undone(standing) as session:
        made = [factories.seller(session, username=name, last_name=name[::-1]) for name in names]
        check_walks(session, list_users, USER_KEYS, made, limit)


@SOME
@given(st.data())
def test_what_comes_and_goes_between_pages_neither_hides_nor_repeats_the_rest(
    standing: Database, data: st.DataObject
) -> None:
    sort = data.draw(st.sampled_from([f"{way}{sort}" for sort in CLIENT_KEYS for way in ("", "-")]))
    with undone(standing) as session:
        seller = factories.seller(session)

        def add() -> int:
            moment = data.draw(MOMENTS)
            names = {"last_name": data.draw(NAMES), "company_name": data.draw(NAMES)}
            return factories.client(session, seller, last_contact_at=moment, created_at=moment, **names).id

        staying = [add() for _row in range(6)]
        leaving = [add() for _row in range(4)]
        seen: list[int] = []
        for page in turned(session, list_clients, sort, 2):
            seen += [row.id for row in page.items]
            if data.draw(st.booleans()) and leaving:
                session.execute(delete(Client).where(Client.id == leaving.pop()))
            if data.draw(st.booleans()) and len(seen) < 8:
                add()
        assert len(seen) == len(set(seen))
        assert set(staying) <= set(seen)
        key = CLIENT_KEYS[sort.removeprefix("-")]
        there = {client.id: client for client in map(session.get, [Client] * len(seen), seen) if client is not None}
        in_order = sorted(there, key=lambda id_: (key(there[id_]), id_), reverse=sort.startswith("-"))
        assert [id_ for id_ in seen if id_ in there] == in_order


def cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


CURSORS = [
    *(
        "",
        "=",
        "x",
        "%",
        "é",
        "\x00",
        "\ud800",
        "a" * 5000,
        "WyI",
        "bnVsbA",
        "MQ",
        "IiI",
        "e30",
        "'; DROP TABLE clients; --",
    ),
    *(
        cursor("name"),
        cursor("name", "x"),
        cursor("name", "x", "1"),
        cursor("name", "x", 1, 1),
        cursor("-name", "x", 1),
    ),
    *(cursor("name", 1, 1), cursor("name", None, 1), cursor("name", "x", True), cursor("name", "x", 1.5)),
    *(
        cursor("name", "x", 2**63),
        cursor("name", "x", -(2**64)),
        cursor("name", "a\x00", 1),
        cursor("name", "\ud800", 1),
    ),
    *(cursor("name", ["x"], 1), cursor("name", {"x": 1}, 1), cursor("created", "x", 1), cursor("created", 5, 1)),
    *(
        cursor("created", "2026-11-22", 1),
        cursor("created", "2026-11-22T09:00", 1),
        cursor("id", "x", 1),
        cursor("id", 2**70, 1),
    ),
    *(cursor("created", "0001-01-01T00:00:00+14:00", 1), cursor("total", "NaN", 1), cursor("total", "1e999", 1)),
    *(cursor("total", "0.001", 1), cursor("total", 5.5, 1), cursor("total", "Infinity", 1), cursor("total", [], 1)),
    base64.urlsafe_b64encode(b"[" * 2900).decode(),
    base64.urlsafe_b64encode(b"[" + b"9" * 2000 + b"]").decode(),
    base64.urlsafe_b64encode(b'["name","x",\xff]').decode(),
]


@pytest.mark.parametrize("after", CURSORS, ids=lambda after: ascii(after)[:30])
def test_a_cursor_that_was_tampered_with_is_refused(standing: Database, after: str) -> None:
    with undone(standing) as session:
        for read, sorts in ((list_clients, CLIENT_KEYS), (list_contracts, CONTRACT_KEYS)):
            for sort in sorts:
                with pytest.raises(InvalidInput, match="after: this does not continue the list"):
                    read(session, sort, 5, after)


@SOME
@given(
    st.one_of(st.text(max_size=40), st.lists(st.one_of(st.text(), st.integers(), st.none(), st.floats()), max_size=4))
)
def test_any_cursor_is_a_page_or_a_refusal(standing: Database, given_cursor: Any) -> None:
    after = given_cursor if isinstance(given_cursor, str) else cursor(*given_cursor)
    with undone(standing) as session:
        for sort in CLIENT_KEYS:
            for first in (after, cursor(sort, *given_cursor[1:]) if isinstance(given_cursor, list) else after):
                try:
                    list_clients(session, sort, 5, first)
                except InvalidInput as refusal:
                    field = refusal.field
                    assert field == "after"


@pytest.mark.parametrize("limit", [0, -1, 101, 10**9])
def test_a_page_has_one_to_a_hundred_rows(standing: Database, limit: int) -> None:
    with undone(standing) as session, pytest.raises(InvalidInput, match="limit: write a whole number from 1 to 100"):
        list_clients(session, "name", limit, None)


@pytest.mark.parametrize(
    "sort", ["", "-", "--name", "password_hash", "name;", "name desc", "NAME", "sales_contact_id", "1"]
)
def test_an_unknown_sort_is_refused_with_the_known_ones(standing: Database, sort: str) -> None:
    known = "sort: choose one of name, company, email, last-contact, created, id."
    with undone(standing) as session, pytest.raises(InvalidInput) as refusal:
        list_clients(session, sort, 5, None)
    assert str(refusal.value) == known


def test_a_stream_gives_all_rows_in_the_same_order(standing: Database) -> None:
    with undone(standing) as session:
        seller = factories.seller(session)
        for number in range(5):
            factories.client(session, seller, last_name=f"N{number % 3}")
        statement = clients.select_clients(READER, clients.ClientFilter())
        streamed = [row.id for row in lists.stream(session, statement, clients.client_order("-name"))]
        assert streamed == walk(session, list_clients, "-name", 2)
        assert lists.count(session, statement) == 5


def test_a_moment_in_a_cursor_is_a_moment_wherever_it_is_written(standing: Database) -> None:
    """The same instant with another offset continues at the same row."""
    with undone(standing) as session:
        seller = factories.seller(session)
        made = [factories.client(session, seller, created_at=NOW + timedelta(hours=hour)) for hour in range(3)]
        there = (NOW + timedelta(hours=1)).astimezone(PARIS)
        assert there.utcoffset() != datetime.now(UTC).utcoffset()
        page = list_clients(session, "created", 5, cursor("created", there.isoformat(), made[1].id))
        assert [row.id for row in page.items] == [made[2].id]


def test_all_records_of_the_lists_are_the_tables(standing: Database) -> None:
    """Guards the tests above: a list that joined records away would still be walked completely."""
    with undone(standing) as session:
        team = factories.team(session)
        sold = factories.contract(session, factories.client(session, team.sales))
        factories.event(session, sold)
        counts = {model: session.query(model).count() for model in (Client, Contract, Event, User)}
        walked = [
            len(walk(session, read, "id", 50)) for read in (list_clients, list_contracts, list_events, list_users)
        ]
        assert walked == list(counts.values())
