"""Knowing a person again at every request, as long as a session lasts and as things are now; and no longer after."""

import threading
from datetime import datetime, timedelta

import pyotp
import pytest
from sqlalchemy import Connection, event

from src.db.session import Database
from src.domain.errors import LoginRefused, NotAuthenticated, TwoFactorRequired
from src.domain.permissions import Action, Department
from src.models.user import User
from src.models.user_session import UserSession
from src.security.tokens import new_token
from src.services import audit_trail, auth
from tests.security import accounts
from tests.security.accounts import (
    NOW,
    CountingHasher,
    add_user,
    authenticate,
    change_user,
    log_in,
    minutes,
    session_ids,
    statements_of,
)

database, postgres_of_module = accounts.database, accounts.postgres_of_module


SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def code_at(moment: datetime) -> str:
    return pyotp.TOTP(SECRET).at(moment)


def test_department_and_account_count_as_they_are_now(database: Database) -> None:
    user_id = add_user(database)
    opened = log_in(database)
    change_user(database, user_id, department=Department.SUPPORT)
    assert authenticate(database, opened.token).department is Department.SUPPORT
    change_user(database, user_id, is_active=False)
    with pytest.raises(NotAuthenticated):
        authenticate(database, opened.token)


def test_knowing_somebody_takes_one_query(database: Database) -> None:
    add_user(database)
    opened = log_in(database)
    with database.reading() as session:
        session.connection()
        with statements_of(database) as asked:
            auth.authenticate(session, opened.token, now=NOW, interface="cli")
    assert len(asked) == 1


@pytest.mark.parametrize("text", ["", "eecrm_", "eecrm_" + "a" * 42, "\ud800", "a" * 10_000_000, "' OR 1=1 --"])
def test_what_is_no_token_is_refused_before_any_query(database: Database, text: str) -> None:
    with database.reading() as session:
        session.connection()
        with statements_of(database) as asked, pytest.raises(NotAuthenticated):
            auth.authenticate(session, text, now=NOW, interface="cli")
    assert asked == []


def test_an_unknown_token_is_refused(database: Database) -> None:
    add_user(database)
    log_in(database)
    with pytest.raises(NotAuthenticated):
        authenticate(database, new_token())


@pytest.mark.parametrize("interface", ["cli", "web", "api"])
def test_no_session_outlives_twelve_hours_however_busy(database: Database, interface: str) -> None:
    add_user(database)
    opened = log_in(database, interface=interface)
    moment = NOW
    while moment < NOW + 12 * HOUR - minutes(25):
        moment += minutes(25)
        with database.writing() as session:
            auth.touch(session, auth.authenticate(session, opened.token, now=moment, interface=interface), now=moment)
    assert authenticate(database, opened.token, interface=interface, now=NOW + 12 * HOUR - SECOND) == opened.actor
    with pytest.raises(NotAuthenticated):
        authenticate(database, opened.token, interface=interface, now=NOW + 12 * HOUR)


def test_half_an_hour_of_rest_ends_a_session_on_the_web_and_nowhere_else(database: Database) -> None:
    add_user(database)
    tokens = {interface: log_in(database, interface=interface).token for interface in ("cli", "web", "api")}
    for interface, token in tokens.items():
        assert authenticate(database, token, interface=interface, now=NOW + minutes(30) - SECOND).interface == interface
    with pytest.raises(NotAuthenticated):
        authenticate(database, tokens["web"], interface="web", now=NOW + minutes(30))
    for interface in ("cli", "api"):
        assert authenticate(database, tokens[interface], interface=interface, now=NOW + 11 * HOUR).session_id


@pytest.mark.parametrize("made_for", ["cli", "web", "api"])
def test_a_token_opens_only_the_interface_it_was_made_for(database: Database, made_for: str) -> None:
    add_user(database)
    token = log_in(database, interface=made_for).token
    for other in {"cli", "web", "api"} - {made_for}:
        with pytest.raises(NotAuthenticated):
            authenticate(database, token, interface=other)


def test_use_is_noted_at_most_once_a_minute(database: Database) -> None:
    add_user(database)
    actor = log_in(database).actor
    noted = []
    for seconds in (0, 59, 60, 61, 119, 120):
        moment = NOW + seconds * SECOND
        with database.writing() as session:
            auth.touch(session, actor, now=moment)
        with database.reading() as session:
            row = session.get_one(UserSession, actor.session_id)
            noted.append((row.last_seen_at - NOW).total_seconds())
    assert noted == [0, 0, 60, 60, 60, 120]


def test_a_department_may_be_told_to_use_a_second_factor(database: Database) -> None:
    add_user(database, department=Department.MANAGEMENT)
    add_user(database, "kate.hastroff", department=Department.SALES)
    add_user(database, "jane.doe", department=Department.MANAGEMENT, totp_secret=SECRET)
    wanted = frozenset({Department.MANAGEMENT})
    token = log_in(database).token
    for purpose in (None, *(set(Action) - {Action.OWN_PASSWORD, Action.OWN_TWO_FACTOR})):
        with pytest.raises(TwoFactorRequired):
            authenticate(database, token, two_factor_for=wanted, purpose=purpose)
    for purpose in (Action.OWN_PASSWORD, Action.OWN_TWO_FACTOR):
        assert authenticate(database, token, two_factor_for=wanted, purpose=purpose).username == "bill.boquet"
    assert authenticate(database, token).username == "bill.boquet"
    for other in (log_in(database, "kate.hastroff"), log_in(database, "jane.doe", code=code_at(NOW))):
        assert authenticate(database, other.token, two_factor_for=wanted) == other.actor


# Logging out


def test_after_logging_out_no_further_request_is_accepted(database: Database) -> None:
    add_user(database)
    opened, other = log_in(database), log_in(database)
    with database.writing() as session:
        auth.log_out(session, opened.token)
    with pytest.raises(NotAuthenticated):
        authenticate(database, opened.token)
    assert authenticate(database, other.token) == other.actor


def test_logging_out_twice_or_with_nonsense_does_nothing(database: Database) -> None:
    add_user(database)
    opened, other = log_in(database), log_in(database)
    for token in (opened.token, opened.token, "nonsense", "\ud800", new_token()):
        with database.writing() as session:
            auth.log_out(session, token)
    assert session_ids(database) == [other.actor.session_id]


def test_all_sessions_of_a_person_end_and_nobody_else_s(database: Database) -> None:
    user_id = add_user(database)
    add_user(database, "kate.hastroff")
    tokens = [log_in(database, interface=interface).token for interface in ("cli", "web", "api")]
    kate = log_in(database, "kate.hastroff")
    with database.writing() as session:
        assert auth.end_sessions(session, user_id) == 3
    for token, interface in zip(tokens, ("cli", "web", "api"), strict=True):
        with pytest.raises(NotAuthenticated):
            authenticate(database, token, interface=interface)
    assert authenticate(database, kate.token) == kate.actor


def test_all_sessions_but_one_end(database: Database) -> None:
    user_id = add_user(database)
    kept = log_in(database)
    log_in(database)
    with database.writing() as session:
        assert auth.end_sessions(session, user_id, except_session_id=kept.actor.session_id) == 1
    assert session_ids(database) == [kept.actor.session_id]


def test_a_log_in_that_is_verified_while_the_account_is_being_closed_finds_it_closed(database: Database) -> None:
    user_id = add_user(database)
    outcomes: list[str] = []
    verified, closing = threading.Event(), threading.Event()

    class Slow(CountingHasher):
        def verify(self, known: str | None, password: str) -> bool:
            right = super().verify(known, password)
            verified.set()
            return right and closing.wait(60)

    def enter() -> None:
        try:
            outcomes.append(log_in(database, hasher=Slow()).token)
        except LoginRefused:
            outcomes.append("refused")

    thread = threading.Thread(target=enter)
    thread.start()
    assert verified.wait(60)
    with database.writing() as session:
        audit_trail.sign_as_system(session, "test")
        auth.end_sessions(session, user_id)
        session.get_one(User, user_id).is_active = False
        session.flush()
        closing.set()
        thread.join(0.5)  # time enough to slip in; a log-in that is guarded waits for this transaction instead
    thread.join()
    assert (outcomes, session_ids(database)) == (["refused"], [])


def test_a_session_that_is_being_opened_ends_with_all_others(database: Database) -> None:
    user_id = add_user(database)
    opened, ending = threading.Event(), threading.Event()
    main = threading.current_thread()

    def announce(*_details: object) -> None:
        if threading.current_thread() is main and opened.is_set():
            ending.set()

    def hold(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO sessions"):
            opened.set()
            assert ending.wait(60)
            ending.clear()
            ending.wait(0.5)  # time enough to delete without seeing this one; who is guarded waits for it instead

    event.listen(database.engine, "before_cursor_execute", announce)
    event.listen(database.engine, "after_cursor_execute", hold)
    thread = threading.Thread(target=log_in, args=(database,))
    thread.start()
    assert opened.wait(60)
    with database.writing() as session:
        assert auth.end_sessions(session, user_id) == 1
    thread.join()
    assert session_ids(database) == []
