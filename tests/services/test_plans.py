"""What a page costs: every filter, search and sort goes through an index, on both engines, at a size that matters."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from src.db.session import Database
from src.models import Base
from src.models.calendar_feed import FeedKind
from src.services import audit, calendar, calendar_feeds, clients, contracts, events, money, users
from src.services.events import EventFilter
from tests.real_databases import opened, shared_by_a_worker
from tests.services.big_company import analyze, fill
from tests.services.list_requests import DEFAULT_SORTS, PARIS, TABLES, Request, people, requests

SIZE = 20_000
# The staff of a company of any size fits into a page of the disk; every engine reads that instead of an index.
BIG = ("clients", "contracts", "events", "audit_entries")


@pytest.fixture(scope="session")
def small_sqlite(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A tenth of the size."""
    with shared_by_a_worker(request, "sqlite") as database:
        fill(database, size=SIZE // 10)
        yield database


@pytest.fixture(scope="session")
def big_sqlite(request: pytest.FixtureRequest) -> Iterator[Database]:
    """As it is for most companies: nobody ever asked SQLite to look at what it holds."""
    with shared_by_a_worker(request, "sqlite") as database:
        fill(database, size=SIZE)
        yield database


@pytest.fixture(scope="session")
def analyzed_sqlite(big_sqlite: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The same with statistics, from which SQLite draws other conclusions."""
    file = tmp_path_factory.mktemp("analyzed") / "analyzed.db"
    with big_sqlite.writing():  # nothing may change while it is copied
        for end in ("", "-wal"):
            copied = Path(f"{big_sqlite.place}{end}")
            if copied.exists():
                shutil.copyfile(copied, f"{file}{end}")
    with opened(f"sqlite:///{file}") as database:
        analyze(database)
        yield database


@pytest.fixture(scope="session")
def big_postgres(request: pytest.FixtureRequest) -> Iterator[Database]:
    """With statistics: PostgreSQL keeps them by itself."""
    with shared_by_a_worker(request, "postgresql") as database:
        fill(database, size=SIZE)
        analyze(database)
        yield database


@dataclass(frozen=True)
class Read:
    """A page that was read, and how."""

    request: str
    rows: int
    plan: list[str]


def pages(database: Database, session: Session, request: Request) -> Iterator[Read]:
    """Read the first page of a list and the second, and ask how the database went about it."""
    explain = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN (COSTS OFF)"}[database.engine.dialect.name]
    after = None
    for which in ("first page", "next page"):
        with sent_to(database) as sent:
            page = request.page(session, after=after)
        [(statement, given)] = sent
        plan = [str(row[-1]) for row in session.connection().exec_driver_sql(f"{explain} {statement}", given)]
        yield Read(f"{request}, {which}", len(page.items), plan)
        after = page.next
        if after is None:
            return


@contextmanager
def sent_to(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Collect the statements that reach the database, with their values."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Connection, _cursor: object, statement: str, given: Any, *_more: object) -> None:
        sent.append((statement, given))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def slow_on_sqlite(read: Read) -> bool:
    """Whether the plan reads a whole table.

    It may walk along the table in the order asked for, because it stops when the page is full; and along a partial
    index, because that holds nothing but what the filter wants.
    """
    walks = [
        line
        for line in read.plan
        if line.startswith(tuple(f"SCAN {table}" for table in BIG)) and line.rpartition(" ")[2] not in PARTIAL
    ]
    by_number = read.request.partition(" by ")[2].startswith(("id,", "-id,"))
    in_order = by_number or all(" USING " in line for line in walks)
    return bool(walks) and ("USE TEMP B-TREE FOR ORDER BY" in read.plan or not in_order)


PARTIAL = {
    str(index.name)
    for table in Base.metadata.tables.values()
    for index in table.indexes
    if index.dialect_options["sqlite"]["where"] is not None
}


def slow_on_postgresql(read: Read) -> bool:
    """Whether the plan reads a whole table."""
    return any(f"Seq Scan on {table}" in line for line in read.plan for table in BIG)


@pytest.mark.parametrize("fixture", ["big_sqlite", "analyzed_sqlite"])
def test_no_list_reads_a_whole_table_on_sqlite(request: pytest.FixtureRequest, fixture: str) -> None:
    database: Database = request.getfixturevalue(fixture)
    for table in BIG:
        read = pages_of(database, table)
        assert [(page.request, page.plan) for page in read if slow_on_sqlite(page)] == []
        assert [page.request for page in read if page.rows == 0] == []  # a search for nobody would cost nothing
        full_text = [line for page in read for line in page.plan if "VIRTUAL TABLE" in line]
        assert [line for line in full_text if "INDEX 0:M" not in line] == []
        assert bool(full_text) == (table != "audit_entries"), table


def test_no_list_reads_a_whole_table_on_postgresql(big_postgres: Database) -> None:
    for table in BIG:
        read = pages_of(big_postgres, table)
        assert [(page.request, page.plan) for page in read if slow_on_postgresql(page)] == []


def pages_of(database: Database, table: str) -> list[Read]:
    """Read the pages of every list of a table."""
    with database.reading() as session:
        return [page for asked in requests(session, table) for page in pages(database, session, asked)]


def of_the_calendar(session: Session) -> dict[str, EventFilter]:
    """Every way to narrow the calendar down, with somebody who does."""
    _sales, support, _management = people(session)
    return {
        "everything": EventFilter(),
        "mine, by support": EventFilter(support_contact_id=support.user_id),
        "without support": EventFilter(without_support=True),
        "of one client": EventFilter(client_id=1828),
    }


@pytest.mark.parametrize("fixture", ["big_sqlite", "analyzed_sqlite", "big_postgres"])
def test_the_calendar_reads_no_whole_table(request: pytest.FixtureRequest, fixture: str) -> None:
    """Neither all that was nor all that will be: a window in the middle of what there is."""
    database: Database = request.getfixturevalue(fixture)
    explain = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN (COSTS OFF)"}[database.engine.dialect.name]
    start = datetime(2026, 6, 1, tzinfo=UTC)
    slow = []
    with database.reading() as session:
        sales, _support, management = people(session)
        asked = [(management, name, filters) for name, filters in of_the_calendar(session).items()]
        for actor, name, filters in [*asked, (sales, "mine, by sales", EventFilter(mine=True))]:
            with sent_to(database) as sent:
                found = calendar.events_between(session, actor, filters, start=start, end=start + timedelta(days=7))
                calendar.rows_of_events(session, actor, found.events, now=start, zone=PARIS)
            assert found.events or name == "of one client", name
            for statement, given in sent:
                plan = [str(row[-1]) for row in session.connection().exec_driver_sql(f"{explain} {statement}", given)]
                slow += [f"{name}: {line}" for line in plan if "SCAN events" in line or "Seq Scan on events" in line]
    assert slow == []


@pytest.mark.parametrize("fixture", ["big_sqlite", "analyzed_sqlite", "big_postgres"])
def test_a_calendar_feed_reads_no_whole_table(request: pytest.FixtureRequest, fixture: str) -> None:
    database: Database = request.getfixturevalue(fixture)
    explain = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN (COSTS OFF)"}[database.engine.dialect.name]
    slow, shown = [], []
    with database.reading() as session:
        _sales, support, management = people(session)
        # All that a department sees is half the events of this company, and what a seller sold in a year a twentieth of
        # them: there a walk along the table is right.
        for actor, kind in ((support, "mine"), (management, "without_support")):
            feed = calendar_feeds.OpenFeed(id=1, kind=FeedKind(kind), name="", actor=actor)
            with sent_to(database) as sent:
                shown.append(len(calendar_feeds.read_events(session, feed, now=datetime(2026, 6, 1, tzinfo=UTC))))
            for statement, given in sent:
                plan = [str(row[-1]) for row in session.connection().exec_driver_sql(f"{explain} {statement}", given)]
                slow += [f"{kind}: {line}" for line in plan if "SCAN events" in line or "Seq Scan on events" in line]
    assert slow == []
    assert min(shown) > 0
    assert max(shown) <= calendar_feeds.MOST_EVENTS


# What is read is as many records as match, or (events of a day, of a week or to come) as began in the days before.
OF_THESE_DAYS = {
    "upcoming",
    "today",
    "this week",
    "without support, upcoming",
    "mine, upcoming",
    "mine, this week",
}
GROWS_WITH_WHAT_MATCHES = {
    "contracts": {
        "mine",
        "mine, unpaid",
        "mine, unsigned",
        "search by client",
        "search by title",
        "search by two letters",
    },
    "events": {
        *OF_THESE_DAYS,
        "mine, by sales",
        "of one client",
        "search by client",
        "search by name",
        "search by place",
        "search by two letters",
    },
    "clients": {
        "mine, search",
        "search by last name",
        "search by first name",
        "search by company",
        "search by e-mail",
        "search by two letters",
    },
    "audit_entries": {"on one day", "since", "until", "by one person, of one action"},
}


@pytest.mark.parametrize("table", BIG)
def test_a_page_in_the_usual_order_costs_the_same_at_ten_times_the_size(
    small_sqlite: Database, big_sqlite: Database, table: str
) -> None:
    """Counted in steps of SQLite's virtual machine, which are the same on every machine."""
    costs = []
    for database in (small_sqlite, big_sqlite):
        with database.reading() as session:
            usual = [
                asked
                for asked in requests(session, table)
                if asked.sort == DEFAULT_SORTS[table] and asked.name not in GROWS_WITH_WHAT_MATCHES[table]
            ]
            costs.append({str(asked): steps_of(session, asked) for asked in usual})
    small, big = costs
    assert len(big) >= 3
    assert {name: steps for name, steps in big.items() if steps > 1.15 * small[name] + 100} == {}
    assert max(big.values()) < 3000


def test_the_events_of_these_days_are_found_without_all_that_are_past(big_sqlite: Database) -> None:
    with big_sqlite.reading() as session:
        asked = [one for one in requests(session, "events") if one.name in OF_THESE_DAYS]
        costs = {str(one): steps_of(session, one) for one in asked if one.sort == DEFAULT_SORTS["events"]}
    assert len(costs) == len(OF_THESE_DAYS)
    assert {name: steps for name, steps in costs.items() if steps > SIZE / 4} == {}


@pytest.mark.parametrize("fixture", ["big_sqlite", "analyzed_sqlite"])
def test_what_was_signed_and_received_by_month_is_read_from_two_indexes(
    request: pytest.FixtureRequest, fixture: str
) -> None:
    """PostgreSQL may read a small table instead, where a month is a great part of it."""
    database: Database = request.getfixturevalue(fixture)
    with database.reading() as session:
        _sales, _support, management = people(session)
        with sent_to(database) as sent:
            money.money_by_month(session, management, now=datetime(2026, 6, 1, tzinfo=UTC), zone=PARIS)
        [(statement, given)] = sent
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
    read = [row[-1].partition(" (")[0] for row in plan if row[-1].startswith(("SEARCH", "SCAN c", "SCAN p"))]
    signed = "SEARCH contracts USING COVERING INDEX ix_contracts_signed"
    received = "SEARCH payments USING COVERING INDEX ix_payments_received_on"
    assert read == [signed] * money.MONTHS + [received] * money.MONTHS


def steps_of(session: Session, request: Request) -> int:
    """How many steps, in hundreds, SQLite makes for the first page and the next."""
    connection: Any = session.connection().connection.driver_connection
    hundreds = 0

    def count() -> int:
        nonlocal hundreds
        hundreds += 1
        return 0

    connection.set_progress_handler(count, 100)
    try:
        request.page(session, after=request.page(session).next)
    finally:
        connection.set_progress_handler(None, 0)
    return 100 * hundreds


def test_every_filter_and_sort_of_every_list_is_tried(big_sqlite: Database) -> None:
    modules = {"clients": clients, "contracts": contracts, "events": events, "users": users, "audit_entries": audit}
    with big_sqlite.reading() as session:
        for table in TABLES:
            tried = {asked.sort.removeprefix("-") for asked in requests(session, table)}
            assert tried == set(modules[table].SORTS)
