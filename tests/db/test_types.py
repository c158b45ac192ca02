"""Column types give back exactly what they were given, or refuse it: on both engines."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError
from sqlalchemy.types import TypeDecorator

from src.db.session import Database
from src.db.types import Choice, CleanText, FoldedText, Money, UtcDateTime
from src.domain.permissions import Department
from src.domain.values import MAX_AMOUNT, fold
from src.models import Base
from src.models.client import Client
from src.models.contract import Contract, ContractStatus
from src.models.user import User
from tests import factories
from tests.real_databases import undone

DIALECTS = (sqlite.dialect(), postgresql.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy's own
SOME = settings(max_examples=max(1, settings().max_examples // 4))


@SOME
@given(st.decimals(min_value=0, max_value=MAX_AMOUNT, places=2))
def test_money_is_stored_in_whole_cents_and_comes_back_exact(standing: Database, amount: Decimal) -> None:
    with undone(standing) as session:
        sold = factories.contract(session, factories.client(session, factories.seller(session)), total=amount)
        session.expunge_all()
        assert session.scalar(text("SELECT total FROM contracts")) == int(amount * 100)
        read = session.scalars(select(Contract)).one()
        assert (read.id, read.total, str(read.total)) == (sold.id, amount, f"{amount:.2f}")
        assert session.scalars(select(Contract.id).where(Contract.total == amount)).all() == [sold.id]
        assert session.scalars(select(Contract.id).where(Contract.total < amount)).all() == []


def test_sums_of_money_are_money(standing: Database) -> None:
    with undone(standing) as session:
        buyer = factories.client(session, factories.seller(session))
        for amount in ("0.10", "0.20", "9999999999.99", "9999999999.99"):
            factories.contract(session, buyer, total=amount)
        total, due = session.execute(select(func.sum(Contract.total), func.sum(Contract.due))).one()
        assert (str(total), str(due)) == ("20000000000.28", "20000000000.28")


@pytest.mark.parametrize(
    "value",
    [
        *(
            0.1,
            1.0,
            float("nan"),
            "1.00",
            True,
            b"1",
            Decimal("0.001"),
            Decimal("NaN"),
            Decimal("sNaN"),
            Decimal("Infinity"),
        ),
        *(
            Decimal("1e30"),
            Decimal("10000000000"),
            Decimal("-10000000000.00"),
            10**12,
            Decimal("0.1234567890123456789012345678901"),
        ),
        Decimal("1.000000000000000000000000000000000000001"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_what_is_no_exact_amount_never_reaches_the_database(dialect: Any, value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Money().process_bind_param(value, dialect)


MOMENTS = st.datetimes(
    min_value=datetime(1900, 1, 2),  # noqa: DTZ001 - zones are added
    max_value=datetime(2200, 12, 30),  # noqa: DTZ001 - zones are added
    timezones=st.sampled_from(
        [UTC, ZoneInfo("Europe/Paris"), ZoneInfo("Pacific/Apia"), timezone(timedelta(hours=-3, minutes=-30))]
    ),
)


@SOME
@given(MOMENTS)
def test_a_moment_comes_back_in_utc_to_the_microsecond(standing: Database, moment: datetime) -> None:
    with undone(standing) as session:
        made = factories.client(session, factories.seller(session), last_contact_at=moment)
        session.expunge_all()
        read = session.scalars(select(Client)).one().last_contact_at
        # In UTC: Python calls no two hours equal that a change to winter time repeats, and adds to the first of them.
        assert (read, read.tzinfo) == (moment.astimezone(UTC), UTC)
        assert session.scalars(select(Client.id).where(Client.last_contact_at == moment)).all() == [made.id]
        later = moment.astimezone(UTC) + timedelta(microseconds=1)
        assert session.scalars(select(Client.id).where(Client.last_contact_at < later)).all() == [made.id]
        assert session.scalars(select(Client.id).where(Client.last_contact_at >= later)).all() == []


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_clock_time_without_a_zone_never_reaches_the_database(dialect: Any) -> None:
    with pytest.raises(ValueError, match="time zone"):
        UtcDateTime().process_bind_param(datetime(2026, 11, 22, 9, 0), dialect)  # noqa: DTZ001 - the point


def test_a_wrong_value_ends_the_transaction_without_showing_it(standing: Database) -> None:
    with pytest.raises(StatementError) as refusal, undone(standing) as session:
        factories.client(session, factories.seller(session), last_name="Marker\x00Person")
    assert "Marker" not in str(refusal.value)


def test_texts_are_stored_clean_whoever_writes_them(standing: Database) -> None:
    with undone(standing) as session:
        seller = factories.seller(session)
        factories.client(session, seller, first_name=" E\u0301lodie\u200b ", company_name="Cool\u00a0 Startup ")
        stored = session.execute(text("SELECT first_name, company_name FROM clients")).one()
        assert tuple(stored) == ("Élodie", "Cool Startup")
        assert session.scalars(select(Client.id).where(Client.first_name == "E\u0301lodie")).one()


def test_what_folds_into_more_than_fits_is_cut_alike_on_both_engines(standing: Database) -> None:
    ligature = "\ufdfa"  # one letter, eighteen when it is taken apart
    assert len(fold(ligature)) == 18
    with undone(standing) as session:
        made = factories.client(session, factories.seller(session), last_name=ligature * 100, first_name="Z")
        session.expunge_all()
        read = session.get_one(Client, made.id)
        assert (read.last_name, read.name_key) == (ligature * 100, fold(ligature * 100)[:420])
        factories.saved(session, read).company_name = "Changed"  # a cut key is no obstacle to saving again


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_choice_is_one_of_its_words(dialect: Any) -> None:
    choice = Choice(Department)
    assert choice.process_bind_param("SALES", dialect) == "SALES"
    assert choice.process_result_value("SALES", dialect) is Department.SALES
    for word in ("sales", "BOSS", ""):
        with pytest.raises(ValueError, match="is not a valid"):
            choice.process_bind_param(word, dialect)


def test_every_type_says_what_its_values_are() -> None:
    """Cursors of lists are read by it (src/services/lists.py); SQLAlchemy's own answer would be `object`."""
    types: dict[TypeDecorator[Any], type] = {
        Money(): Decimal,
        UtcDateTime(): datetime,
        CleanText(10): str,
        FoldedText(10): str,
        Choice(ContractStatus): ContractStatus,
    }
    assert {type_: type_.python_type for type_ in types} == types


def test_the_columns_that_lists_sort_by_sort_by_code_point_on_postgresql(postgres_database: Database) -> None:
    by_code_point = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, FoldedText) or (isinstance(column.type, CleanText) and column.type.sortable)
    }
    statement = text(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND collation_name = 'C'"
    )
    with postgres_database.reading() as session:
        assert {tuple(row) for row in session.execute(statement)} == by_code_point
    assert ("users", "username") in by_code_point


def test_ids_are_never_used_again(database: Database) -> None:
    """Not even the highest one, which SQLite alone would give out again."""
    with database.writing() as session:
        keeping = factories.seller(session)
        leaving = [factories.seller(session).id for _one in range(3)]
    with database.writing() as session:
        factories.saved(session, keeping)
        for id_ in leaving:
            session.delete(session.get_one(User, id_))
    with database.writing() as session:
        assert factories.seller(session).id > max(leaving)


def test_a_day_is_a_day(standing: Database) -> None:
    with undone(standing) as session:
        sold = factories.contract(session, factories.client(session, factories.seller(session)))
        made = factories.payment(session, sold, "1", received_on=date(2024, 2, 29))
        session.expire(made)
        assert made.received_on == date(2024, 2, 29)
