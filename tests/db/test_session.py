"""One transaction is all or nothing, readers cannot write, and no refusal carries anybody's data."""

import logging
import traceback
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import (
    AlreadyExists,
    Conflict,
    CrmError,
    DatabaseBusy,
    DatabaseReadOnly,
    DatabaseUnreachable,
    InvalidInput,
    RuleBroken,
)
from src.models.client import Client
from src.models.user import User
from tests import factories
from tests.security import accounts

database, postgres_of_module = accounts.database, accounts.postgres_of_module

MARKER = "marker.person@private.example"


def staff_of(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(User)) or 0


def refusal_of(database: Database, doing: Callable[[Session], object]) -> CrmError:
    """Do something in a transaction that must be refused."""
    try:
        with database.writing() as session:
            doing(session)
    except CrmError as refusal:
        return refusal
    raise AssertionError("it was accepted")


def test_leaving_a_transaction_saves_it(database: Database) -> None:
    with database.writing() as session:
        factories.seller(session)
    assert staff_of(database) == 1


@pytest.mark.parametrize("failure", [RuleBroken, ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_failure_saves_nothing_and_passes_on(database: Database, failure: type[BaseException]) -> None:
    def fail(session: Session) -> None:
        factories.seller(session)
        raise failure

    with pytest.raises(failure), database.writing() as session:
        fail(session)
    assert staff_of(database) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO recovery_codes SELECT * FROM recovery_codes",
        "UPDATE users SET first_name = first_name",
        "DELETE FROM sessions",
        "CREATE TABLE more (id INTEGER)",
        "DROP TABLE recovery_codes",
    ],
)
def test_a_reading_transaction_cannot_write(database: Database, statement: str) -> None:
    with database.writing() as session:
        factories.seller(session)
    with pytest.raises(DatabaseReadOnly), database.reading() as session:
        session.execute(text(statement))
    assert staff_of(database) == 1


def test_what_a_reader_adds_is_never_saved(database: Database) -> None:
    with database.reading() as session:
        session.add(User(username="nobody"))
    assert staff_of(database) == 0


def commit_fails(database: Database, session: Session) -> type[CrmError]:
    """Leave something that the database only refuses when the transaction commits."""
    if database.engine.dialect.name == "sqlite":
        session.execute(text("PRAGMA defer_foreign_keys=ON"))
        session.execute(text("UPDATE clients SET id = id + 1000"))  # whose contract now has no client
        return RuleBroken
    backend = session.scalar(text("SELECT pg_backend_pid()"))
    with psycopg.connect(database.url.set(drivername="postgresql").render_as_string(hide_password=False)) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [backend])
    return DatabaseUnreachable


def test_a_commit_that_fails_is_no_done_and_saves_nothing(database: Database) -> None:
    with database.writing() as session:
        factories.contract(session, factories.client(session, factories.seller(session)))
    done: list[str] = []
    expected: list[type[CrmError]] = []

    def work() -> None:
        with database.writing() as session:
            factories.seller(session)
            expected.append(commit_fails(database, session))
        done.append("done")

    with pytest.raises(CrmError) as refusal:
        work()
    assert ([type(refusal.value)], done) == (expected, [])
    # A server that is lost in the middle may have saved it (here it has not): nobody must be told that it did not.
    unsure = str(refusal.value).endswith("Look whether it was saved before you try again.")
    assert unsure == (expected == [DatabaseUnreachable])
    assert staff_of(database) == 1
    other = Database(database.url)  # nor does the failed one keep others from writing
    with other.writing() as session:
        factories.seller(session)
    other.close()
    assert staff_of(database) == 2


def test_a_stale_record_is_a_conflict(database: Database) -> None:
    """Somebody changed the row past the services, between this transaction's reading and its writing."""
    with database.writing() as session:
        card = factories.client(session, factories.seller(session))

    def save_late(session: Session) -> None:
        record = session.get_one(Client, card.id)
        session.execute(text("UPDATE clients SET version = version + 1"))
        factories.saved(session, record).company_name = "Late"

    assert type(refusal_of(database, save_late)) is Conflict


@pytest.fixture
def with_marker(database: Database) -> Database:
    """A database that knows somebody whose address must appear nowhere."""
    with database.writing() as session:
        factories.client(session, factories.seller(session, username="bill"), email=MARKER)
    return database


def add_again(session: Session) -> None:
    factories.client(session, session.scalars(select(User)).one(), email=MARKER)


def break_a_check(session: Session) -> None:
    session.execute(text("INSERT INTO clients SELECT * FROM clients WHERE email = :email"), {"email": MARKER})


def leave_it_out(session: Session) -> None:
    session.execute(text("UPDATE clients SET company_name = NULL WHERE email = :email"), {"email": MARKER})


def name_no_contact(session: Session) -> None:
    statement = text("UPDATE clients SET sales_contact_id = 999999, last_name = :email WHERE email = :email")
    session.execute(statement, {"email": MARKER})


def write_nonsense(session: Session) -> None:
    session.execute(text("SELECT nothing FROM clients WHERE email = :email"), {"email": MARKER})


@pytest.mark.parametrize(
    "doing",
    [add_again, break_a_check, leave_it_out, name_no_contact, write_nonsense],
)
def test_no_refusal_and_no_log_holds_what_was_typed(
    with_marker: Database, caplog: pytest.LogCaptureFixture, doing: Callable[[Session], object]
) -> None:
    caplog.set_level(logging.INFO)
    refusal = refusal_of(with_marker, doing)
    told = [str(refusal), repr(refusal), repr(refusal.args), repr(dict(refusal.facts)), caplog.text]
    told += traceback.format_exception(refusal)
    chain: list[BaseException] = []
    link: BaseException | None = refusal
    while link is not None:
        chain.append(link)
        link = link.__cause__ or link.__context__
    told += [f"{link} {link!r} {link.args!r}" for link in chain]
    assert MARKER not in " ".join(told)
    assert chain == [refusal]


def test_refusals_say_what_kind_of_thing_went_wrong(with_marker: Database) -> None:
    kinds = {
        add_again: AlreadyExists,
        break_a_check: AlreadyExists,
        leave_it_out: InvalidInput,
        name_no_contact: RuleBroken,
    }
    assert {doing: type(refusal_of(with_marker, doing)) for doing in kinds} == kinds


def test_a_row_locked_too_long_is_a_busy_database(postgres_database: Database) -> None:
    with postgres_database.writing() as session:
        seller = factories.seller(session)
    other = Database(postgres_database.url)

    def impatiently(session: Session) -> None:
        session.execute(text("SET LOCAL lock_timeout = '20ms'"))
        session.get_one(User, seller.id, with_for_update=True)

    with postgres_database.writing() as session:
        session.get_one(User, seller.id, with_for_update=True)
        assert type(refusal_of(other, impatiently)) is DatabaseBusy
    other.close()


def test_readers_on_postgresql_hold_one_snapshot(postgres_database: Database) -> None:
    with postgres_database.reading() as session:
        assert session.scalar(text("SHOW transaction_isolation")) == "repeatable read"
        assert session.scalar(text("SHOW transaction_read_only")) == "on"
    with postgres_database.writing() as session:
        assert session.scalar(text("SHOW transaction_isolation")) == "read committed"
        assert session.scalar(text("SHOW transaction_read_only")) == "off"


def test_a_server_that_restarts_is_found_again(postgres_database: Database) -> None:
    """A kept connection that died is replaced before it is used, not reported to the next user."""
    with postgres_database.writing() as session:
        factories.seller(session)
        backend = session.scalar(text("SELECT pg_backend_pid()"))
    address = postgres_database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [backend])
    assert staff_of(postgres_database) == 1
