"""Several people at once, each a process of their own: nothing is lost, paid twice, or refused for being busy."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, text

from src.db.session import Database
from src.models.client import Client
from src.models.contract import Contract, Payment
from src.models.contract_line import ContractLine
from src.models.event import Event
from src.models.user import User
from tests import factories
from tests.services.crew import Crew

SIZE = 8


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    at_work = Crew(SIZE)
    yield at_work
    at_work.leave()


def url_of(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def signed_contract(database: Database, *, total: str) -> tuple[int, int]:
    """The numbers of a contract and of a manager."""
    with database.writing() as session:
        team = factories.team(session)
        sold = factories.contract(session, factories.client(session, team.sales), total=total)
    return sold.id, team.management.id


def paid_and_sum(database: Database, contract_id: int) -> tuple[object, object, int]:
    """What the contract says is paid, what its payments add up to, and how many they are."""
    with database.reading() as session:
        paid = session.get_one(Contract, contract_id).paid
        of_contract = select(func.coalesce(func.sum(Payment.amount), 0), func.count(Payment.id)).where(
            Payment.contract_id == contract_id
        )
        total, number = session.execute(of_contract).one()
    return paid, total, number


def test_of_eight_payments_at_once_only_what_is_due_is_taken(database: Database, crew: Crew) -> None:
    contract_id, manager = signed_contract(database, total="100")
    outcomes = crew.outcomes(
        "pay", url=url_of(database), contract_id=contract_id, manager=manager, amount="60", times=1
    )
    assert outcomes == {"done": 1, "RuleBroken": 7}
    assert paid_and_sum(database, contract_id) == (60, 60, 1)


def test_hundreds_of_payments_at_once_add_up_and_nobody_is_told_to_wait(database: Database, crew: Crew) -> None:
    contract_id, manager = signed_contract(database, total="1000")
    outcomes = crew.outcomes(
        "pay", url=url_of(database), contract_id=contract_id, manager=manager, amount="0.01", times=25
    )
    assert outcomes == {"done": 8 * 25}
    assert paid_and_sum(database, contract_id) == (2, 2, 8 * 25)


def test_lines_that_eight_people_add_at_once_add_up_to_the_total(database: Database, crew: Crew) -> None:
    contract_id, manager = signed_contract(database, total="1000")
    outcomes = crew.outcomes(
        "write_lines", url=url_of(database), contract_id=contract_id, manager=manager, unit_price="9.99", times=5
    )
    assert outcomes == {"done": 8 * 5}
    with database.reading() as session:
        grosses = [line.gross for line in session.scalars(select(ContractLine))]
        sold = session.get_one(Contract, contract_id)
    assert (len(grosses), set(grosses), sold.total) == (8 * 5, {Decimal("10.54")}, Decimal("421.60"))


def test_a_payment_submitted_eight_times_is_recorded_once(database: Database, crew: Crew) -> None:
    contract_id, manager = signed_contract(database, total="1000")
    outcomes = crew.outcomes(
        "pay", url=url_of(database), contract_id=contract_id, manager=manager, amount="60", times=5, key="the same"
    )
    assert outcomes == {"done": 8 * 5}
    assert paid_and_sum(database, contract_id) == (60, 60, 1)


def test_one_key_for_two_contracts_at_once_pays_one_of_them(database: Database, crew: Crew) -> None:
    first, manager = signed_contract(database, total="1000")
    second, _manager = signed_contract(database, total="1000")
    facts: dict[str, Any] = {
        "job": "pay",
        "url": url_of(database),
        "manager": manager,
        "amount": "60",
        "times": 1,
        "key": "the same",
    }
    answers = crew.do_each([{**facts, "contract_id": contract_id} for contract_id in [first, second] * 4])
    outcomes = sum((Counter(answer) for answer in answers), Counter[str]())
    # Whoever comes second reads the first one's key, or on PostgreSQL may only meet it when saving.
    assert outcomes["done"] == 4
    assert outcomes["Conflict"] + outcomes["AlreadyExists"] == 4
    both = {paid_and_sum(database, first), paid_and_sum(database, second)}
    assert both == {(0, 0, 0), (60, 60, 1)}


def test_eight_people_who_count_guests_lose_none(database: Database, crew: Crew) -> None:
    with database.writing() as session:
        team = factories.team(session)
        sold = factories.contract(session, factories.client(session, team.sales))
        event_id = factories.event(session, sold, team.support, attendees=0).id
    outcomes = crew.outcomes(
        "count_guests", url=url_of(database), event_id=event_id, supporter=team.support.id, times=5
    )
    assert set(outcomes) <= {"done", "Conflict"}
    assert outcomes["done"] == 8 * 5
    with database.reading() as session:
        event = session.get_one(Event, event_id)
    assert (event.attendees, event.version) == (8 * 5, 8 * 5 + 1)


def test_of_eight_editors_of_one_card_the_first_wins_and_the_others_see_both_values(
    database: Database, crew: Crew
) -> None:
    with database.writing() as session:
        team = factories.team(session)
        card = factories.client(session, team.sales, company_name="Before")
    facts: dict[str, Any] = {"job": "edit", "url": url_of(database), "client_id": card.id, "seller": team.sales.id}
    answers = crew.do_each([{**facts, "version": card.version, "company": f"Company {n}"} for n in range(SIZE)])
    with database.reading() as session:
        stored = session.get_one(Client, card.id)
    winner = stored.company_name
    conflicts = [[["company_name", f"Company {n}", winner]] for n in range(SIZE) if f"Company {n}" != winner]
    assert sorted(map(str, answers)) == sorted(map(str, [winner, *conflicts]))
    assert stored.version == card.version + 1


@pytest.mark.parametrize("how", ["through the service", "with plain SQL"])
def test_managers_who_deactivate_each_other_at_once_leave_one(database: Database, crew: Crew, how: str) -> None:
    with database.writing() as session:
        managers = [factories.manager(session).id for _one in range(SIZE)]
    for _round in range(3):
        jobs: list[dict[str, Any]] = []
        for number, boss in enumerate(managers):
            colleague = managers[(number + 1) % SIZE]
            if how == "with plain SQL":
                jobs.append(
                    {"job": "run_sql", "statement": f"UPDATE users SET is_active = FALSE WHERE id = {colleague}"}
                )
            else:
                jobs.append({"job": "dismiss", "manager": boss, "user_id": colleague})
        answers = crew.do_each([{**job, "url": url_of(database)} for job in jobs])
        outcomes = sum((Counter(answer) for answer in answers), Counter[str]())
        if how == "through the service":
            assert outcomes == {"done": SIZE - 1, "RuleBroken": 1}
        # Plain SQL on PostgreSQL may meet a deadlock, which the database ends by refusing one.
        assert set(outcomes) <= {"done", "RuleBroken", "DatabaseBusy"}
        assert (active_managers(database), outcomes["done"]) == (
            SIZE - outcomes["done"],
            SIZE - active_managers(database),
        )
        assert active_managers(database) >= 1
        with database.writing() as session:
            session.execute(text("UPDATE users SET is_active = TRUE"))


def test_eight_programs_open_a_new_file_at_once(migrated_sqlite_url: str, crew: Crew) -> None:
    """The first of them turns the write-ahead log on, for which nobody else may be there."""
    assert crew.outcomes("run_sql", url=migrated_sqlite_url, statement="SELECT 1") == {"done": SIZE}


def test_readers_see_the_last_saved_state_while_somebody_writes(database: Database) -> None:
    with database.writing() as session:
        card = factories.client(session, factories.seller(session), company_name="Before")
    other = Database(database.url)
    with database.writing() as writing:
        factories.saved(writing, writing.get_one(Client, card.id)).company_name = "After"
        writing.flush()
        with other.reading() as reading:
            assert reading.get_one(Client, card.id).company_name == "Before"
    with other.reading() as reading:
        assert reading.get_one(Client, card.id).company_name == "After"
    other.close()


def test_a_reader_sees_one_moment_whatever_is_saved_meanwhile(database: Database) -> None:
    with database.writing() as session:
        card = factories.client(session, factories.seller(session), company_name="Before")
    other = Database(database.url)
    with other.reading() as reading:
        assert reading.scalar(select(Client.company_name)) == "Before"
        with database.writing() as writing:
            factories.saved(writing, writing.get_one(Client, card.id)).company_name = "After"
        assert reading.scalar(select(Client.company_name)) == "Before"
    other.close()


def active_managers(database: Database) -> int:
    with database.reading() as session:
        active = select(func.count()).where(User.department == "MANAGEMENT", User.is_active)
        return session.scalar(active) or 0
