"""The demo company is plausible, repeatable, consistent in itself, and never beside a real company's records."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, aliased, joinedload

from src.db.session import Database
from src.db.types import UtcDateTime
from src.domain.contact_details import parse_email, parse_phone
from src.domain.errors import AlreadyExists, LoginRefused, RuleBroken
from src.domain.permissions import Department
from src.domain.values import clean_text, parse_username
from src.models import Base
from src.models.audit_entry import AuditEntry
from src.models.client import Client
from src.models.contract import Contract, ContractStatus, Payment
from src.models.contract_line import ContractLine
from src.models.event import Event
from src.models.user import User
from src.models.user_session import UserSession
from src.services import audit_trail, clients, events, logging_in
from src.services.audit import record_history
from src.services.demo import rows
from src.services.demo.load import LOADED, Loaded, load_demo_company
from src.services.demo.people import as_actor, give_passwords, passwords_were_given, people_of_tour
from tests import factories
from tests.factories import HASHER, NOW
from tests.real_databases import dump, opened, shared_by_a_worker, undone
from tests.security import accounts

database, postgres_of_module = accounts.database, accounts.postgres_of_module

PARIS = ZoneInfo("Europe/Paris")
SMALL, BIG = 60, 2_000
RECORDS = (Client, Contract, ContractLine, Payment, Event, User)


class DemoCompany(NamedTuple):
    """A loaded demo company, only to be looked at."""

    database: Database
    loaded: Loaded


@pytest.fixture(scope="module", params=["sqlite small", "sqlite big", "postgresql small", "postgresql big"])
def demo(request: pytest.FixtureRequest) -> Iterator[DemoCompany]:
    """A small and a big demo company, each on both engines."""
    engine, size = request.param.split()
    with shared_by_a_worker(request, engine) as database:
        yield DemoCompany(database, load(database, clients={"small": SMALL, "big": BIG}[size]))


def load(database: Database, **choices: Any) -> Loaded:
    """Load the company and commit."""
    with database.writing() as session:
        return load_demo_company(session, now=NOW, **{"clients": SMALL, **choices})


def everything(session: Session, model: Any) -> list[Any]:
    """All records of a kind."""
    return list(session.scalars(select(model).order_by(model.id)))


# What is in it


def test_the_sample_client_is_as_the_company_wrote_it_down(demo: DemoCompany) -> None:
    with demo.database.reading() as session:
        kevin = session.scalars(
            select(Client).where(Client.email == "kevin@startup.io").options(joinedload(Client.sales_contact))
        ).one()
    assert (kevin.first_name, kevin.last_name, kevin.phone) == ("Kevin", "Casey", "+678 123 456 78")
    assert kevin.company_name == "Cool Startup LLC"
    assert kevin.created_at.astimezone(PARIS).date() == date(2021, 4, 18)
    assert kevin.last_contact_at.astimezone(PARIS).date() == date(2023, 3, 29)
    bill = kevin.sales_contact
    assert (bill.full_name, bill.username, bill.department) == ("Bill Boquet", "bill.boquet", Department.SALES)


def test_the_sample_wedding_is_as_the_company_wrote_it_down(demo: DemoCompany) -> None:
    wedding = sample_event(demo, "John Ouick Wedding")
    assert wedding.event_start == datetime(2023, 6, 4, 13, 0, tzinfo=PARIS)
    assert wedding.event_end == datetime(2023, 6, 5, 2, 0, tzinfo=PARIS)
    assert (wedding.time_zone, wedding.attendees) == ("Europe/Paris", 75)
    assert wedding.location == "53 Rue du Château, 41120 Candé-sur-Beuvron, France"
    assert wedding.contact_phone == "+666 12345"
    client = wedding.contract.client
    assert (client.full_name, client.phone) == ("John Ouick", "+666 12345")
    kate = wedding.support_contact
    assert kate is not None
    assert (kate.full_name, kate.username, kate.department) == ("Kate Hastroff", "kate.hastroff", Department.SUPPORT)


def test_the_sample_assembly_is_as_the_company_wrote_it_down(demo: DemoCompany) -> None:
    assembly = sample_event(demo, "Lou Bouzin General Assembly")
    assert assembly.attendees == 200
    assert assembly.contact_name == "Jacky Blangier"
    assert assembly.contract.client.full_name == "Lou Bouzin"


def sample_event(demo: DemoCompany, name: str) -> Event:
    """One of the sample events with everybody around it."""
    around = joinedload(Event.contract).joinedload(Contract.client), joinedload(Event.support_contact)
    with demo.database.reading() as session:
        return session.scalars(select(Event).where(Event.name == name).options(*around)).one()


def test_it_has_the_size_that_was_asked_for(demo: DemoCompany) -> None:
    with demo.database.reading() as session:
        counts = {model: session.scalar(select(func.count()).select_from(model)) for model in RECORDS}
    loaded = demo.loaded
    assert loaded.clients in {SMALL, BIG}
    assert counts == {
        Client: loaded.clients,
        Contract: loaded.contracts,
        ContractLine: loaded.lines,
        Payment: loaded.payments,
        Event: loaded.events,
        User: loaded.staff,
    }
    for kind in (loaded.contracts, loaded.payments, loaded.events):
        assert 0.5 < kind / loaded.clients < 1.0


def test_every_department_has_work_of_every_kind(demo: DemoCompany) -> None:
    with demo.database.reading() as session:
        departments = set(session.scalars(select(User.department)))
        statuses = set(session.scalars(select(Contract.status)))
        # (before now or not, in somebody's charge or not)
        kinds = {(event.event_end < NOW, event.support_contact_id is None) for event in everything(session, Event)}
        paid_up = {contract.due == 0 for contract in everything(session, Contract) if contract.status == "signed"}
    assert departments == set(Department)
    assert statuses == set(ContractStatus)
    assert kinds == {(True, True), (True, False), (False, True), (False, False)}
    assert paid_up == {True, False}


def test_what_is_paid_is_what_was_received(demo: DemoCompany) -> None:
    with demo.database.reading() as session:
        sums: Counter[int] = Counter()
        for payment in everything(session, Payment):
            sums[payment.contract_id] += int(payment.amount * 100)
        for contract in everything(session, Contract):
            assert contract.paid * 100 == sums[contract.id]
            assert Decimal(0) <= contract.paid <= contract.total


def test_the_lines_of_some_contracts_add_up_to_their_totals(demo: DemoCompany) -> None:
    with demo.database.reading() as session:
        sums: Counter[int] = Counter()
        for line in everything(session, ContractLine):
            sums[line.contract_id] += int(line.gross * 100)
            assert line.unit_price > 0
        rates = set(session.scalars(select(ContractLine.vat_rate)))
        sold = {contract.id: contract for contract in everything(session, Contract)}
    assert {number: int(sold[number].total * 100) for number in sums} == sums
    assert rates == {Decimal(20), Decimal(10), Decimal("5.5")}
    assert demo.loaded.contracts / 12 < len(sums) < demo.loaded.contracts / 4
    assert "Mariage John Ouick" in {sold[number].title for number in sums}


def test_deals_that_were_called_off_were_refunded(demo: DemoCompany) -> None:
    if demo.loaded.clients == SMALL:
        return
    with demo.database.reading() as session:
        called_off = select(Contract.id).where(Contract.status == "cancelled", Contract.signed_at.is_not(None))
        refunds = session.scalars(select(Payment).where(Payment.contract_id.in_(called_off), Payment.amount < 0)).all()
        assert len(session.scalars(called_off).all()) == len(refunds) > 10
        assert {payment.reason != "" for payment in refunds} == {True}
        recorders = {payment.recorded_by for payment in refunds}
        departments = set(session.scalars(select(User.department).where(User.id.in_(recorders))))
    assert departments == {Department.MANAGEMENT}


def test_nobody_of_support_is_in_two_places_at_once(demo: DemoCompany) -> None:
    other = aliased(Event)
    clashes = (
        select(func.count())
        .select_from(Event)
        .join(other, Event.support_contact_id == other.support_contact_id)
        .where(Event.id < other.id, Event.event_start < other.event_end, Event.event_end > other.event_start)
    )
    with demo.database.reading() as session:
        assert session.scalar(clashes) == 0


def test_nothing_was_done_in_the_future_or_before_its_cause(demo: DemoCompany) -> None:
    with demo.database.reading() as session:
        met = {client.id: client for client in everything(session, Client)}
        contracts = {contract.id: contract for contract in everything(session, Contract)}
        for client in met.values():
            assert client.created_at <= client.last_contact_at <= client.updated_at < NOW
        for contract in contracts.values():
            assert met[contract.client_id].created_at <= contract.created_at <= contract.updated_at < NOW
            assert contract.signed_at is None or contract.created_at < contract.signed_at < NOW
        for payment in everything(session, Payment):
            signed_at = contracts[payment.contract_id].signed_at
            assert signed_at is not None
            assert signed_at.date() < payment.received_on < NOW.date()
        for event in everything(session, Event):
            signed_at = contracts[event.contract_id].signed_at
            assert signed_at is not None
            assert signed_at <= event.created_at <= event.updated_at < min(NOW, event.event_start)


# How it is stored


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        (rows.UserRow, "users"),
        (rows.ClientRow, "clients"),
        (rows.ContractRow, "contracts"),
        (rows.LineRow, "contract_lines"),
        (rows.PaymentRow, "payments"),
        (rows.EventRow, "events"),
    ],
)
def test_a_row_has_exactly_the_columns_of_its_table(kind: Any, table: str) -> None:
    assert sorted(kind._fields) == sorted(Base.metadata.tables[table].columns.keys())


def test_an_audit_row_leaves_only_its_number_to_the_database() -> None:
    columns = set(Base.metadata.tables["audit_entries"].columns.keys())
    assert set(rows.AuditRow._fields) == columns - {"id"}


@pytest.mark.parametrize("model", [User, Client, Contract, ContractLine, Event])
def test_folded_columns_are_what_the_models_derive(demo: DemoCompany, model: Any) -> None:
    with demo.database.reading() as session:
        records = everything(session, model)
        for record in records:
            record.derive_keys()
        assert [record for record in records if session.is_modified(record)] == []
        assert len(records) > 5


def test_texts_are_what_the_forms_would_have_stored(demo: DemoCompany) -> None:
    with demo.database.reading() as session:
        staff, buyers, parties = (everything(session, model) for model in (User, Client, Event))
    for user in staff:
        assert parse_username(user.username) == user.username
    for person in (*staff, *buyers[:300]):
        assert parse_phone(person.phone, region="FR") == person.phone
        assert parse_email(person.email) == person.email
        assert clean_text(person.full_name) == person.full_name
    for event in parties[:300]:
        assert parse_phone(event.contact_phone, region="FR") == event.contact_phone
        assert clean_text(event.notes, multiline=True) == event.notes
        assert clean_text(f"{event.name} {event.location}") == f"{event.name} {event.location}"


def test_moments_have_the_one_form_that_sorts_and_compares(sqlite_database: Database) -> None:
    load(sqlite_database)
    form = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")
    with sqlite_database.reading() as session:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, UtcDateTime):
                    known = f"FROM {table.name} WHERE {column.name} IS NOT NULL"
                    values = session.execute(text(f"SELECT {column.name} {known}")).scalars()
                    assert [value for value in values if not form.fullmatch(value)] == [], f"{table.name}.{column.name}"


def test_the_database_itself_finds_nothing_wrong(sqlite_database: Database) -> None:
    load(sqlite_database, clients=BIG)
    with sqlite_database.reading() as session:
        assert session.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []


def test_ids_go_on_where_the_demo_company_ends(database: Database) -> None:
    loaded = load(database)
    with database.writing() as session:
        [bill, *_others] = people_of_tour(session)
        details = clients.ClientDetails(first_name="Ada", last_name="Vé", email="ada@ve.example")
        added = clients.add_client(session, as_actor(bill), details, region="FR", now=NOW)
        newcomer = factories.seller(session)
    assert added.id == loaded.clients + 1
    assert newcomer.id == loaded.staff + 1


def test_ids_of_deleted_records_are_not_given_again(database: Database) -> None:
    with database.writing() as session:
        boss = factories.manager(session, username="boss")
        gone = factories.seller(session)
        never = factories.client(session, gone)
        session.delete(never)
        session.flush()
        session.delete(gone)
    load(database)
    with database.reading() as session:
        assert session.execute(select(func.min(Client.id))).scalar_one() > never.id
        assert session.execute(select(func.min(User.id)).where(User.id != boss.id)).scalar_one() > gone.id


# The same each time


def test_the_same_moment_size_and_seed_make_the_same_company(
    sqlite_database: Database, tmp_path: Path, sqlite_template: Path
) -> None:
    copy = tmp_path / "again.db"
    copy.write_bytes(sqlite_template.read_bytes())
    held = []
    with opened(f"sqlite:///{copy}") as again:
        for database in (sqlite_database, again):
            load(database, seed=7)
            with database.reading() as session:
                held.append(dump(session))
    assert held[0] == held[1]


def test_both_engines_hold_the_same_company(sqlite_database: Database, postgres_database: Database) -> None:
    held = []
    for database in (sqlite_database, postgres_database):
        load(database, clients=300)
        with database.reading() as session:
            held.append(
                {
                    model: [{key: value for key, value in vars(record).items() if key[0] != "_"} for record in records]
                    for model in (*RECORDS, AuditEntry)
                    for records in [everything(session, model)]
                }
            )
    assert held[0] == held[1]


def test_another_seed_makes_another_company(standing: Database) -> None:
    names = []
    for seed in (1, 2):
        with undone(standing) as session:
            load_demo_company(session, clients=SMALL, seed=seed, now=NOW)
            names.append([client.full_name for client in everything(session, Client)])
    assert names[0][:3] == names[1][:3] == ["Kevin Casey", "John Ouick", "Lou Bouzin"]
    assert set(names[0][3:]) & set(names[1][3:]) == set()


# Never beside a real company


@pytest.mark.parametrize("present", ["a seller", "a closed manager", "two managers", "a client", "the demo company"])
def test_it_is_not_loaded_where_there_is_anything(database: Database, present: str) -> None:
    if present == "the demo company":
        load(database)
    else:
        with database.writing() as session:
            boss = factories.manager(session, is_active=present != "a closed manager")
            if present == "two managers":
                factories.manager(session)
            if present in {"a seller", "a client"}:
                seller = factories.seller(session)
            if present == "a client":
                factories.client(session, seller)
            assert boss.id
    with database.reading() as session:
        before = dump(session)

    with pytest.raises(RuleBroken) as refusal:
        load(database)

    expected = "The demo company is in this database already." if "demo" in present else "This database holds"
    assert str(refusal.value).startswith(expected)
    with database.reading() as session:
        assert dump(session) == before


def test_the_first_manager_of_an_empty_database_may_be_there(database: Database) -> None:
    with database.writing() as session:
        boss = factories.manager(session, username="diane.roy")
    loaded = load(database)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(User)) == loaded.staff + 1
        assert session.get_one(User, boss.id).version == boss.version


def test_a_first_manager_with_the_name_of_a_demo_person_is_a_refusal(database: Database) -> None:
    with database.writing() as session:
        factories.manager(session, username="kate.hastroff")
    with pytest.raises(AlreadyExists):
        load(database)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1


def test_a_loading_that_fails_leaves_nothing(database: Database) -> None:
    class StoppedError(Exception):
        pass

    def stop(stored: int) -> None:
        if stored > 4_000:
            raise StoppedError

    with database.reading() as session:
        before = dump(session)
    with pytest.raises(StoppedError):
        load(database, clients=6_000, progress=stop)
    with database.reading() as session:
        assert dump(session) == before
    load(database)  # and it is no obstacle to the next


def test_progress_is_told_up_to_the_last_client(sqlite_database: Database) -> None:
    told: list[int] = []
    with undone(sqlite_database) as session:
        load_demo_company(session, clients=4_500, now=NOW, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 4_500
    assert len(told) > 2


# Its history


def test_a_small_company_has_the_history_of_every_record(database: Database) -> None:
    load(database)
    with database.reading() as session:
        for model in (User, Client, Contract, Event):
            for record in everything(session, model):
                replayed, version = replay(session, model.__tablename__, record.id)
                assert version == record.version
                kept = {field: plain(getattr(record, field)) for field in replayed}
                assert replayed == kept


def replay(session: Session, table: str, record_id: int) -> tuple[dict[str, Any], int]:
    """What the log says of a record: its fields as they became, and the version of the last change."""
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.record_type == table, AuditEntry.record_id == record_id)
        .order_by(AuditEntry.id)
    ).all()
    fields: dict[str, Any] = {}
    for number, entry in enumerate(entries, start=1):
        assert entry.record_version == number
        assert entry.interface == "demo"
        of_part = {"amount", "received_on", "method", "reference", "reason"}
        of_part |= {"line", "description", "quantity", "unit_price", "vat_rate"}
        for field, (before, after) in entry.changes.items():
            if not {"amount", "line"}.isdisjoint(entry.changes) and field in of_part:
                continue
            assert fields.get(field) == before
            fields[field] = after
    return fields, len(entries)


def plain(value: Any) -> Any:
    """A value as the log keeps it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def test_its_history_names_the_fields_that_the_real_one_names(sqlite_database: Database) -> None:
    load(sqlite_database)
    with sqlite_database.writing() as session:
        [bill, _kate, boss] = people_of_tour(session)
        details = clients.ClientDetails(
            first_name="Ada", last_name="Vé", email="ada@ve.example", phone="+33199000001", company_name="Vé"
        )
        real = clients.add_client(session, as_actor(bill), details, region="FR", now=NOW)
        kevin = session.scalars(select(Client).where(Client.email == "kevin@startup.io")).one()
        pages = [record_history(session, as_actor(boss), Client, client.id, limit=20) for client in (real, kevin)]
    written, loaded = (page.items[-1].changes for page in pages)
    assert list(written) == list(loaded)


def test_the_log_is_in_the_order_of_time(database: Database) -> None:
    load(database)
    with database.reading() as session:
        moments = [entry.created_at for entry in everything(session, AuditEntry)]
    assert moments == sorted(moments)
    assert moments[-1] == NOW


def test_a_big_company_has_one_entry_that_tells_of_its_loading(database: Database) -> None:
    loaded = load(database, clients=BIG, seed=5)
    with database.reading() as session:
        [entry] = everything(session, AuditEntry)
    assert (entry.action, entry.actor_id, entry.created_at) == (LOADED, None, NOW)
    assert json.loads(json.dumps(entry.changes)) == {
        name: [None, number] for name, number in [*vars(loaded).items(), ("seed", 5)]
    }


# Who can log in


def test_nobody_can_log_in_before_passwords_are_given(database: Database) -> None:
    load(database)
    with database.reading() as session:
        assert set(session.scalars(select(User.password_hash))) == {""}
        assert not passwords_were_given(session)
    for password in ("", " ", "password", "demo"):
        with pytest.raises(LoginRefused):
            log_in(database, "bill.boquet", password)


def test_the_three_of_the_tour_get_passwords_that_open_their_accounts(database: Database) -> None:
    load(database)
    give(database, "first")
    actors = [log_in(database, username, f"first {username}").actor for username in tour(database)]
    assert [actor.department for actor in actors] == [Department.SALES, Department.SUPPORT, Department.MANAGEMENT]
    with database.reading() as session:
        assert passwords_were_given(session)
        hashes = session.scalars(select(User.password_hash).where(User.password_hash != "")).all()
    assert len(hashes) == 3


def test_new_passwords_end_the_old_ones_and_the_open_sessions(database: Database) -> None:
    load(database)
    give(database, "first")
    log_in(database, "kate.hastroff", "first kate.hastroff")
    give(database, "second")
    with database.reading() as session:
        assert everything(session, UserSession) == []
    with pytest.raises(LoginRefused):
        log_in(database, "kate.hastroff", "first kate.hastroff")
    assert log_in(database, "kate.hastroff", "second kate.hastroff").must_change_password is False


def test_passwords_are_not_given_in_a_real_company(database: Database) -> None:
    with database.writing() as session:
        factories.seller(session, username="bill.boquet", email="bill.boquet@epicevents.example")
    with pytest.raises(RuleBroken):
        give(database, "stolen")


def test_somebody_who_took_over_a_username_gets_no_password(database: Database) -> None:
    load(database)
    with database.writing() as session:
        [bill, *_others] = people_of_tour(session)
        namesake = session.get_one(User, bill.id)
        audit_trail.sign_as_system(session, "user.update")
        namesake.email = "bill@real.example"
    assert "bill.boquet" not in give(database, "new")
    assert tour(database) == ["kate.hastroff", "elodie.marchand"]


def test_the_log_tells_that_passwords_changed_and_not_to_what(database: Database) -> None:
    load(database)
    give(database, "first")
    with database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "demo.passwords")).all()
    assert [entry.changes["password_hash"] for entry in entries] == [[None, "•••"]] * 3


def tour(database: Database) -> list[str]:
    """The usernames of the three."""
    with database.reading() as session:
        return [person.username for person in people_of_tour(session)]


def give(database: Database, word: str) -> list[str]:
    """Give each of the three the password "<word> <username>"; gives the usernames."""
    usernames = ("bill.boquet", "kate.hastroff", "elodie.marchand")
    with database.writing() as session:
        people = give_passwords(session, {username: HASHER.hash(f"{word} {username}") for username in usernames})
        return [person.username for person in people]


def log_in(database: Database, username: str, password: str) -> logging_in.LogIn:
    """Log in as anybody would."""
    return logging_in.log_in(
        database, username, password, address="local:1", interface="cli", now=NOW + timedelta(minutes=1), hasher=HASHER
    )


def test_each_of_the_three_finds_something_to_do(demo: DemoCompany) -> None:
    with demo.database.reading() as session:
        bill, kate, boss = map(as_actor, people_of_tour(session))
        own = clients.list_clients(session, bill, clients.ClientFilter(mine=True), limit=5)
        upcoming = events.EventFilter(mine=True, upcoming=True)
        nobodys = events.EventFilter(without_support=True, upcoming=True)
        hers = events.list_events(session, kate, upcoming, now=NOW, zone=PARIS, limit=5)
        open_ones = events.list_events(session, boss, nobodys, now=NOW, zone=PARIS, limit=5)
    assert min(len(page.items) for page in (own, hers, open_ones)) >= 2
