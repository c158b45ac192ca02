"""Colleagues who work at the same time: processes of their own, each doing the jobs that a test hands out."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from decimal import Decimal
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from sqlalchemy import make_url

from src.db.session import Database
from src.domain.errors import Conflict, CrmError
from src.domain.permissions import Actor, Department
from src.models.contract import PaymentMethod
from src.services import clients, contract_lines, events, init, payments, users

Outcomes = Counter[str]


class Crew:
    """Some processes that wait for jobs; they are forked from one that has loaded the program already."""

    def __init__(self, size: int) -> None:
        forking = get_context("forkserver")
        forking.set_forkserver_preload([__name__])
        self.lines: list[Connection] = []
        self.members = []
        for _member in range(size):
            ours, theirs = forking.Pipe()
            member = forking.Process(target=work, args=(theirs,), daemon=True)
            member.start()
            theirs.close()
            self.lines.append(ours)
            self.members.append(member)

    def do(self, job: str, **facts: Any) -> list[Any]:
        """Let all of them do the same job at the same time; gives their answers."""
        return self.do_each([{"job": job, **facts} for _member in self.members])

    def do_each(self, jobs: list[dict[str, Any]]) -> list[Any]:
        """Let each do their own job at the same time; gives their answers."""
        for line, job in zip(self.lines, jobs, strict=True):
            line.send(job)
        return [line.recv() for line in self.lines]

    def outcomes(self, job: str, **facts: Any) -> Outcomes:
        """Let all of them do the same job at the same time; counts what came of it."""
        return sum((Counter(answer) for answer in self.do(job, **facts)), Counter())

    def leave(self) -> None:
        """End all processes."""
        for line, member in zip(self.lines, self.members, strict=True):
            line.close()
            member.join()


def work(line: Connection) -> None:
    """Do one job after the other until the line is cut."""
    with suppress(EOFError):
        while True:
            facts = line.recv()
            line.send(JOBS[facts.pop("job")](**facts))


def boss(user_id: int) -> Actor:
    """A member of management."""
    return Actor(user_id, f"user {user_id}", Department.MANAGEMENT, "test")


def pay(url: str, *, contract_id: int, manager: int, amount: str, times: int, key: str = "") -> dict[str, int]:
    """Record payments one after the other, each in a transaction and a connection of its own."""
    outcomes: Outcomes = Counter()
    with _opened(url) as database:
        for number in range(times):
            payment = payments.NewPayment(
                amount=Decimal(amount),
                received_on=date(2026, 11, 22),
                method=PaymentMethod.CARD,
                idempotency_key=key or f"payment {number} of process {os.getpid()} in {id(outcomes)}",
            )
            with _counted(outcomes), database.writing() as session:
                payments.record_payment(session, boss(manager), contract_id, payment)
    return dict(outcomes)


def write_lines(url: str, *, contract_id: int, manager: int, unit_price: str, times: int) -> dict[str, int]:
    """Add lines to a contract one after the other, each in a transaction and a connection of its own."""
    outcomes: Outcomes = Counter()
    details = contract_lines.LineDetails(description="Dîner", quantity="1", unit_price=unit_price, vat_rate="5.5")
    with _opened(url) as database:
        for _number in range(times):
            with _counted(outcomes), database.writing() as session:
                contract_lines.add_line(session, boss(manager), contract_id, details, reason="Plus de convives")
    return dict(outcomes)


def count_guests(url: str, *, event_id: int, supporter: int, times: int) -> dict[str, int]:
    """Add one attendee again and again, reading first and saving later, as people do; a conflict is tried again."""
    actor = Actor(supporter, "support", Department.SUPPORT, "test")
    outcomes: Outcomes = Counter()
    with _opened(url) as database:
        while outcomes["done"] < times:
            with database.reading() as session:
                event = events.show_event(session, actor, event_id)
            details = events.EventDetails(attendees=event.attendees + 1)
            with _counted(outcomes), database.writing() as session:
                events.update_event(session, actor, event_id, details, region="FR", version=event.version)
    return dict(outcomes)


def edit(url: str, *, client_id: int, seller: int, version: int, company: str) -> Any:
    """Save a client's card that was read at `version`; gives the conflict, if there is one."""
    actor = Actor(seller, "sales", Department.SALES, "test")
    with _opened(url) as database:
        try:
            with database.writing() as session:
                details = clients.ClientDetails(company_name=company)
                clients.update_client(session, actor, client_id, details, region="FR", version=version)
        except Conflict as conflict:
            return [[change.field, change.yours, change.theirs] for change in conflict.changes]
    return company


def dismiss(url: str, *, manager: int, user_id: int) -> dict[str, int]:
    """Deactivate somebody."""
    outcomes: Outcomes = Counter()
    with _counted(outcomes), _opened(url) as database, database.writing() as session:
        users.set_active(session, boss(manager), user_id, active=False)
    return dict(outcomes)


def run_sql(url: str, *, statement: str) -> dict[str, int]:
    """Change the database past the services."""
    outcomes: Outcomes = Counter()
    with _counted(outcomes), _opened(url) as database, database.writing() as session:
        session.connection().exec_driver_sql(statement)
    return dict(outcomes)


def found(url: str, *, username: str) -> dict[str, int]:
    """Create the first account of the company."""
    details = users.UserDetails(
        username=username, email=f"{username}@epic.example", first_name="First", last_name="Manager"
    )
    outcomes: Outcomes = Counter()
    with _counted(outcomes), _opened(url) as database, database.writing() as session:
        init.create_first_manager(session, details, password_hash="-", region="FR", must_change=False)
    return dict(outcomes)


JOBS: dict[str, Callable[..., Any]] = {
    job.__name__: job for job in (pay, write_lines, count_guests, edit, dismiss, run_sql, found)
}


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(make_url(url))
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _counted(outcomes: Outcomes) -> Iterator[None]:
    try:
        yield
        outcomes["done"] += 1
    except CrmError as refusal:
        outcomes[type(refusal).__name__] += 1
