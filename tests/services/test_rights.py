"""Every cell of the rights matrix, asked of the real services in real transactions, behind a real log-in."""

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from types import FunctionType
from typing import Any

import pyotp
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import src.services
from src.db.session import Database
from src.domain.errors import Forbidden, NotAuthenticated
from src.domain.permissions import Action, Actor, require
from src.models.audit_entry import AuditEntry
from src.models.client import Client
from src.models.contract_line import ContractLine
from src.services import api_tokens, auth, calendar_feeds, client_bulk, own_account
from src.services.calendar_feeds import NewFeed
from tests.factories import HASHER, NOW, PASSWORD
from tests.real_databases import Dump, dump, shared_by_a_worker, undone
from tests.rights_matrix import RESERVED, Cell, cells, right_of
from tests.services.office import DEPARTMENTS, Office, Person, open_office
from tests.services.verbs import VERBS, Question

READS = {
    "user.read",
    "client.read",
    "contract.read",
    "event.read",
    "audit.read_all",
    "audit.read_history",
    "webhook.read",
}
# They take the database and commit by themselves: asked below, each on a database of its own.
OPEN_THEIR_OWN = {"own.password", "own.two_factor"}
AT_HOME: dict[str, Any] = {"address": "192.0.2.7", "now": NOW, "hasher": HASHER}


class Counter:
    """The office as it stands when a person comes in, and as it must stand if they are refused."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.office: Office = open_office(database)
        with database.reading() as session:
            self.before: Dump = dump(session)

    def entries_in(self, session: Session) -> list[AuditEntry]:
        """What the audit log got since."""
        known = len(self.before["audit_entries"])
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id).offset(known)))


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def counter(request: pytest.FixtureRequest) -> Iterator[Counter]:
    with shared_by_a_worker(request, request.param) as database:
        yield Counter(database)


def known_by(session: Session, person: Person, *, purpose: Action | None = None) -> Actor:
    return auth.authenticate(session, person.token, now=NOW, interface="cli", purpose=purpose)


@pytest.mark.parametrize(
    "cell", [cell for cell in cells() if cell.answer != "login" and cell.verb not in OPEN_THEIR_OWN], ids=str
)
def test_who_is_logged_in_may_do_what_the_matrix_says_and_nothing_else(counter: Counter, cell: Cell) -> None:
    person = counter.office.people[cell.who]
    question = Question(counter.office, person, own=cell.whose == "own")
    for ask in VERBS[cell.verb]:
        with undone(counter.database) as session:
            actor = known_by(session, person)
            if cell.answer == "yes":
                result = ask(session, actor, question)
                is_replay = cell.verb == "webhook.replay"
                named = question.office.webhook if is_replay else record_of(result) or question.account
                check_done(counter, session, cell, actor, named)
            else:
                with pytest.raises(Forbidden) as refusal:
                    ask(session, actor, question)
                assert refusal.value.facts["action"] == right_of(cell.verb)
                session.flush()
                assert dump(session) == counter.before


def record_of(result: object) -> int | None:
    """Give whose history tells of it: a line is part of its contract's, a feed of its holder's."""
    if isinstance(result, ContractLine):
        return result.contract_id
    return None if isinstance(result, NewFeed) else getattr(result, "id", None)


def check_done(counter: Counter, session: Session, cell: Cell, actor: Actor, record_id: int) -> None:
    session.flush()
    if cell.verb in READS:
        assert dump(session) == counter.before
        return
    assert dump(session) != counter.before
    entries = [
        (entry.actor_id, entry.actor_username, entry.interface, entry.action, entry.record_type, entry.record_id)
        for entry in counter.entries_in(session)
    ]
    concerned = None if cell.verb == "export" else record_id
    who = (actor.user_id, actor.username, "cli", right_of(cell.verb), cell.log, concerned)
    assert entries == ([] if cell.log == "-" else [who])


@pytest.mark.parametrize("cell", [cell for cell in cells() if cell.answer == "login"], ids=str)
def test_who_is_not_logged_in_gets_nowhere(counter: Counter, cell: Cell) -> None:
    tokens = [""] if cell.who == "nobody" else [person.token for person in counter.office.closed.values()]
    purposes = [Action(right_of(cell.verb)), None]
    with undone(counter.database) as session:
        for token in tokens:
            for purpose in purposes:
                with pytest.raises(NotAuthenticated):
                    auth.authenticate(session, token, now=NOW, interface="cli", purpose=purpose)
        assert dump(session) == counter.before


@pytest.mark.parametrize("cell", [cell for cell in cells(RESERVED) if cell.answer != "login"], ids=str)
def test_rights_whose_use_case_is_later_work_are_granted_alike(counter: Counter, cell: Cell) -> None:
    person = counter.office.people[cell.who]
    records = counter.office.own if cell.whose == "own" else counter.office.other
    with counter.database.reading() as session:
        actor, target = known_by(session, person), session.get_one(Client, records.client)
        if cell.answer == "yes":
            require(actor, Action(cell.verb), target)
        else:
            with pytest.raises(Forbidden):
                require(actor, Action(cell.verb), target)


@pytest.mark.parametrize("who", DEPARTMENTS)
def test_everybody_changes_their_own_password(database: Database, who: str) -> None:
    asking = Counter(database)
    actor = acting(asking, who, Action.OWN_PASSWORD)
    own_account.change_password(database, actor, current=PASSWORD, new="nine purple lanterns drift", **AT_HOME)
    assert logged(asking) == [(actor.user_id, "own.password", "users", actor.user_id)]


@pytest.mark.parametrize("who", DEPARTMENTS)
def test_everybody_sets_up_their_own_second_factor(database: Database, who: str) -> None:
    asking = Counter(database)
    actor = acting(asking, who, Action.OWN_TWO_FACTOR)
    with database.reading() as session:
        secret = own_account.start_two_factor(session, actor).secret
    code = pyotp.TOTP(secret).at(NOW)
    own_account.confirm_two_factor(database, actor, secret=secret, code=code, password=PASSWORD, **AT_HOME)
    own_account.new_recovery_codes(database, actor, password=PASSWORD, **AT_HOME)
    own_account.disable_two_factor(database, actor, password=PASSWORD, **AT_HOME)
    with database.reading() as session:
        assert own_account.two_factor_state(session, actor).is_on is False
    assert logged(asking) == [(actor.user_id, "own.two_factor", "users", actor.user_id)] * 3


@pytest.mark.parametrize("who", DEPARTMENTS)
def test_everybody_sees_and_ends_their_own_sessions_only(counter: Counter, who: str) -> None:
    person = counter.office.people[who]
    with undone(counter.database) as session:
        actor = known_by(session, person)
        assert [row.id for row in own_account.list_sessions(session, actor, now=NOW)] == [person.session_id]
        assert own_account.end_all_sessions(session, actor, keep_current=False) == 1
        others = {row[0] for row in counter.before["sessions"]} - {person.session_id}
        assert {row[0] for row in dump(session)["sessions"]} == others


def acting(asking: Counter, who: str, purpose: Action) -> Actor:
    with asking.database.reading() as session:
        return known_by(session, asking.office.people[who], purpose=purpose)


def logged(asking: Counter) -> list[tuple[Any, ...]]:
    with asking.database.reading() as session:
        entries = asking.entries_in(session)
        return [(entry.actor_id, entry.action, entry.record_type, entry.record_id) for entry in entries]


def test_the_matrix_asks_for_every_right_of_the_rulebook() -> None:
    asked = {right_of(cell.verb) for table in (cells(), cells(RESERVED)) for cell in table}
    assert asked == {action.value for action in Action}


def test_every_verb_of_the_matrix_is_asked() -> None:
    assert set(VERBS) | OPEN_THEIR_OWN == {cell.verb for cell in cells()}


# Asked in tests of their own above.
ASKED_APART: set[Callable[..., Any]] = {
    own_account.change_password,
    own_account.start_two_factor,
    own_account.confirm_two_factor,
    own_account.new_recovery_codes,
    own_account.disable_two_factor,
    own_account.two_factor_state,
    own_account.list_sessions,
    own_account.end_all_sessions,
    # tests/services/test_api_tokens.py
    api_tokens.create_token,
    api_tokens.list_tokens,
    api_tokens.revoke_token,
    # tests/services/test_calendar_feeds.py
    calendar_feeds.list_feeds,
    calendar_feeds.revoke_feed,
    # tests/api/test_resources.py and test_rights.py
    client_bulk.add_clients,
}
# What takes a transaction and is no verb of anybody, and why it needs no cell.
NO_VERB = {
    "records.get_or_raise": "fetches; whoever calls it asks the rulebook",
    "records.authorize": "asks the rulebook",
    "records.check_version": "compares",
    "calendar_feeds.kinds_for": "tells what somebody may choose from; create_feed asks",
    "calendar_feeds.open_feed": "is how a calendar becomes somebody",
    "calendar_feeds.read_events": "asks for the right to read events; tested in test_calendar_feeds.py",
    "calendar.events_between": "asks for the right to read events, which everybody has",
    "calendar.rows_of_events": "reads what events_between allowed",
    "clients.active_member": "fetches the heir of a use case that asked",
    "contract_lines.show_content": "asks for the right to read contracts, which everybody has",
    "contract_lines.show_line": "asks for the right to read contracts, which everybody has",
    "contract_lines.total_without": "tells what a removal that somebody may ask for would leave",
    "double_bookings.events_around": "asks for the right to read events, which everybody has",
    "double_bookings.overlapping_events": "reads, for a warning after an assignment",
    "double_bookings.support_at_that_time": "reads, for a warning before an assignment",
    "events.which_events": "reads what the right to read events allowed",
    "everywhere.search_everywhere": "reads what the rights to read allow; tested in test_everywhere.py",
    "lists.read_page": "reads what a select_… allowed",
    "lists.stream": "reads what a select_… allowed",
    "lists.count": "reads what a select_… allowed",
    "audit.usernames": "names the staff, whom everybody signed in may see; called for a log that was asked for",
    "contracts.lock_contract": "fetches; whoever calls it asks the rulebook",
    "audit_trail.sign": "signs what authorize allowed",
    "audit_trail.sign_as_system": "signs what no person does",
    "audit_trail.note": "refuses an unsigned transaction",
    "audit_trail.note_for_all": "refuses an unsigned transaction",
    "audit_trail.note_created": "refuses an unsigned transaction",
    "idempotency.claim_key": "keeps the answers of one's own requests",
    "idempotency.keep_answer": "keeps the answers of one's own requests",
    "init.create_first_manager": "possible only while there is no account; tested in test_users.py",
    "init.rescue_manager": "for whoever may write to the database anyway; no interface offers it to a person logged in",
    "init.has_staff": "tells whether there is an account, for the first start",
    "preferences.keep_preferences": "only ever one's own; tested in test_preferences.py",
    "saved_views.list_views": "only ever one's own; tested in test_saved_views.py",
    "saved_views.save_view": "only ever one's own; tested in test_saved_views.py",
    "saved_views.show_view": "only ever one's own; tested in test_saved_views.py",
    "saved_views.rename_view": "only ever one's own; tested in test_saved_views.py",
    "saved_views.delete_view": "only ever one's own; tested in test_saved_views.py",
    "users.add_account": "part of use cases that asked",
    "users.give_one_time_password": "part of use cases that asked",
    "money.money_waiting": "asks for the right to read contracts, which everybody has",
    "money.contracts_with_money": "asks for the right to read contracts, which everybody has",
    "money.money_by_month": "asks for the right to read contracts, which everybody has",
    "payments.latest_payments": "asks for the right to read contracts, which everybody has",
    "support_work.load_of_support": "asks for the right to read events, which everybody has",
    "support_work.changes_meanwhile": "reads the history of one's own events; tested in test_support_work.py",
    "support_work.note_looked": "only ever one's own; tested in test_support_work.py",
    "logging_in.log_in": "is how one becomes somebody",
    "auth.authenticate": "is how one becomes somebody",
    "auth.log_out": "whoever holds a token may end it",
    "auth.touch": "notes that one's own session is used",
    "auth.end_sessions": "part of use cases that asked",
    "api_tokens.recognise": "is how a program becomes somebody",
    "keys.list_keys": "list_tokens and list_feeds, which are asked",
    "keys.revoke_key": "revoke_token and revoke_feed, which are asked",
    "keys.end_keys": "part of use cases that asked",
    "keys.note_used": "notes that one's own key is used",
    "keys.note": "refuses an unsigned transaction",
    "webhooks.give_up_waiting": "part of use cases that asked",
    "outbox.is_anybody_subscribed": "for the worker, which works for nobody in particular; tested in tests/worker",
    "outbox.due_deliveries": "for the worker",
    "outbox.claim": "for the worker",
    "outbox.note_delivered": "for the worker",
    "outbox.note_failed": "for the worker",
    "outbox.note_gone": "for the worker",
    "outbox.clear_old": "for the worker",
}


def test_no_function_that_touches_the_database_escapes_the_matrix() -> None:
    asked = {ask.function for asks in VERBS.values() for ask in asks} | ASKED_APART
    forgotten = [name for name, function in use_cases() if function not in asked and name not in NO_VERB]
    assert forgotten == []
    assert sorted(NO_VERB) == sorted(name for name, function in use_cases() if function not in asked)


def use_cases() -> Iterator[tuple[str, FunctionType]]:
    """Every public function of the services that takes a transaction, a database or a person.

    Not those of services.demo: it fills an empty database as the system, before anybody is there to be asked.
    """
    for module in pkgutil.iter_modules(src.services.__path__):
        if module.ispkg:
            assert module.name == "demo"
            continue
        for name, function in vars(import_module(f"src.services.{module.name}")).items():
            if isinstance(function, FunctionType) and function.__module__ == f"src.services.{module.name}":
                takes = set(inspect.signature(function).parameters) & {"session", "database", "actor"}
                if takes and not name.startswith("_"):
                    yield f"{module.name}.{name}", function


def test_the_log_counts_what_is_there(counter: Counter) -> None:
    """Guards the helper above: an office without entries would let every comparison pass."""
    with counter.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == len(counter.before["audit_entries"]) > 10
