"""Random office life: hand-overs, department changes, closed accounts; who may do what follows at once, every time."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import CrmError, Forbidden, NotAuthenticated, RuleBroken
from src.domain.permissions import Department
from src.models.client import Client
from src.models.contract import PaymentMethod
from src.models.event import Event
from src.models.user import User
from src.services import auth, clients, events, logging_in, payments, users
from tests import factories
from tests.factories import HASHER, NOW, PASSWORD

Refusal: TypeAlias = type[CrmError] | None
PEOPLE, RECORDS = range(6), range(3)
SALES, SUPPORT, MANAGEMENT = "SALES", "SUPPORT", "MANAGEMENT"


@dataclass
class Colleague:
    """What the test knows of somebody."""

    id: int
    department: str
    active: bool = True
    token: str = ""


class OfficeLife(RuleBasedStateMachine):
    """Six people, three clients with a signed contract and an event each."""

    database: Database

    @initialize()
    def open_the_office(self) -> None:
        departments = [SALES, SALES, SUPPORT, SUPPORT, MANAGEMENT, MANAGEMENT]
        with self.database.writing() as session:
            made = [factories.staff(session, Department(department)) for department in departments]
            buyers = [factories.client(session, made[number % 2]) for number in RECORDS]
            sold = [factories.contract(session, buyer, total="1000000") for buyer in buyers]
            opened = [factories.event(session, signed, made[2 + number % 2]) for number, signed in enumerate(sold)]
            # Other examples left their managers behind; here two are all there are.
            ours = [user.id for user in made]
            for stranger in session.scalars(select(User).where(User.id.not_in(ours), User.is_active)):
                stranger.is_active = False
        self.count = itertools.count()
        self.people = [Colleague(user.id, user.department.value) for user in made]
        self.usernames = [user.username for user in made]
        self.clients = [buyer.id for buyer in buyers]
        self.contracts = [signed.id for signed in sold]
        self.events = [event.id for event in opened]
        self.seller_of = [number % 2 for number in RECORDS]
        self.supporter_of: list[int | None] = [2 + number % 2 for number in RECORDS]
        for number in PEOPLE:
            self.log_in(number)

    @rule(number=st.sampled_from(PEOPLE))
    def log_in(self, number: int) -> None:
        person = self.people[number]
        given: dict[str, Any] = {"address": f"192.0.2.{number}", "interface": "cli", "now": NOW, "hasher": HASHER}
        if person.active:
            person.token = logging_in.log_in(self.database, self.usernames[number], PASSWORD, **given).token

    @rule(who=st.sampled_from(PEOPLE), record=st.sampled_from(RECORDS))
    def correct_a_card(self, who: int, record: int) -> None:
        details = clients.ClientDetails(company_name=f"Company {who}")
        allowed = self.department(who) == SALES and self.seller_of[record] == who
        self.ask(
            who, unless(allowed), clients.update_client, client_id=self.clients[record], details=details, region="FR"
        )

    @rule(who=st.sampled_from(PEOPLE), record=st.sampled_from(RECORDS))
    def change_a_contract(self, who: int, record: int) -> None:
        own = self.department(who) == SALES and self.seller_of[record] == who
        allowed = own or self.department(who) == MANAGEMENT
        payment = payments.NewPayment(
            amount=Decimal("0.01"),
            received_on=factories.TODAY,
            method=PaymentMethod.CASH,
            idempotency_key=f"{self.contracts} {next(self.count)}",
        )
        self.ask(who, unless(allowed), payments.record_payment, contract_id=self.contracts[record], payment=payment)

    @rule(who=st.sampled_from(PEOPLE), record=st.sampled_from(RECORDS))
    def correct_an_event(self, who: int, record: int) -> None:
        allowed = self.department(who) == SUPPORT and self.supporter_of[record] == who
        details = events.EventDetails(attendees=who)
        self.ask(who, unless(allowed), events.update_event, event_id=self.events[record], details=details, region="FR")

    @rule(who=st.sampled_from(PEOPLE), record=st.sampled_from(RECORDS), heir=st.sampled_from(PEOPLE))
    def hand_over_a_client(self, who: int, record: int, heir: int) -> None:
        facts = {"client_id": self.clients[record], "sales_contact_id": self.people[heir].id}
        fits = self.people[heir].active and self.department(heir) == SALES
        if self.manage(who, None if fits else RuleBroken, clients.reassign_client, **facts):
            self.seller_of[record] = heir

    @rule(who=st.sampled_from(PEOPLE), record=st.sampled_from(RECORDS), heir=st.sampled_from([None, *PEOPLE]))
    def put_support_in_charge(self, who: int, record: int, heir: int | None) -> None:
        facts = {"event_id": self.events[record], "support_contact_id": None if heir is None else self.people[heir].id}
        fits = heir is None or (self.people[heir].active and self.department(heir) == SUPPORT)
        if self.manage(who, None if fits else RuleBroken, events.assign_support, **facts):
            self.supporter_of[record] = heir

    @rule(who=st.sampled_from(PEOPLE), whom=st.sampled_from(PEOPLE), to=st.sampled_from([SALES, SUPPORT, MANAGEMENT]))
    def move_to_a_department(self, who: int, whom: int, to: str) -> None:
        person = self.people[whom]
        moves = to != person.department
        in_charge = whom in self.seller_of or whom in self.supporter_of
        refusal = RuleBroken if moves and (in_charge or self.is_last_manager(whom)) else None
        details = users.UserDetails(department=to.lower())
        if self.manage(who, refusal, users.update_user, user_id=person.id, details=details, region="FR") and moves:
            person.department, person.token = to, ""

    @rule(who=st.sampled_from(PEOPLE), whom=st.sampled_from(PEOPLE), active=st.booleans())
    def close_or_reopen_an_account(self, who: int, whom: int, active: bool) -> None:  # noqa: FBT001 - given by name
        person = self.people[whom]
        refusal = RuleBroken if not active and self.is_last_manager(whom) else None
        if self.manage(who, refusal, users.set_active, user_id=person.id, active=active):
            person.active = active
            if not active:
                person.token = ""

    @precondition(lambda self: hasattr(self, "people"))
    @invariant()
    def lists_of_ones_own_are_what_one_may_change(self) -> None:
        with self.database.reading() as session:
            for number, person in enumerate(self.people):
                actor = factories.actor(session.get_one(User, person.id))
                mine = clients.list_clients(session, actor, clients.ClientFilter(mine=True), limit=100)
                own = [self.clients[record] for record in RECORDS if self.seller_of[record] == number]
                assert sorted(row.id for row in mine.items) == own
                if person.department == SUPPORT:
                    assert sorted(self.events_of(session, actor)) == [
                        self.events[record] for record in RECORDS if self.supporter_of[record] == number
                    ]
            contacts = pairs(session, select(Client.id, Client.sales_contact_id))
            in_charge = pairs(session, select(Event.id, Event.support_contact_id))
        for record in RECORDS:
            supporter = self.supporter_of[record]
            assert contacts[self.clients[record]] == self.people[self.seller_of[record]].id
            assert in_charge[self.events[record]] == (None if supporter is None else self.people[supporter].id)
        assert any(person.active and person.department == MANAGEMENT for person in self.people)

    def events_of(self, session: Any, actor: Any) -> list[int]:
        listed = events.list_events(
            session, actor, events.EventFilter(mine=True), now=NOW, zone=factories.PARIS, limit=100
        )
        return [row.id for row in listed.items]

    def department(self, who: int) -> str:
        return self.people[who].department

    def is_last_manager(self, whom: int) -> bool:
        managers = [number for number in PEOPLE if self.people[number].active and self.department(number) == MANAGEMENT]
        return managers == [whom]

    def manage(self, who: int, refusal: Refusal, verb: Callable[..., Any], **facts: Any) -> bool:
        """Do what only management may; tells whether it was done."""
        return self.ask(who, refusal if self.department(who) == MANAGEMENT else Forbidden, verb, **facts)

    def ask(self, who: int, refusal: Refusal, verb: Callable[..., Any], **facts: Any) -> bool:
        """Come in with one's token and ask; the answer must be the one expected."""
        person = self.people[who]
        refused: Refusal = None
        try:
            with self.database.writing() as session:
                actor = auth.authenticate(session, person.token, now=NOW, interface="cli")
                verb(session, actor, **facts)
        except CrmError as error:
            refused = type(error)
        assert refused is (refusal if person.token else NotAuthenticated)
        return refused is None


def unless(allowed: object) -> Refusal:
    return None if allowed else Forbidden


def pairs(session: Session, statement: Select[*tuple[Any, ...]]) -> dict[Any, Any]:
    return {row[0]: row[1] for row in session.execute(statement)}


@pytest.mark.hypothesis
def test_rights_follow_every_change_at_once(database: Database) -> None:
    machine = type("OfficeLifeHere", (OfficeLife,), {"database": database})
    examples = max(1, settings().max_examples // 20)
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=30))
