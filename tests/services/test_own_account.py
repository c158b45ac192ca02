"""What people do with their own password and their own log-ins."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from src.db.session import Database
from src.domain.errors import (
    Forbidden,
    InvalidInput,
    LoginRefused,
    NotAuthenticated,
    NotFound,
    TooManyAttempts,
)
from src.domain.permissions import Action, Actor, Department
from src.models.audit_entry import AuditEntry
from src.services import own_account
from tests.security import accounts
from tests.security.accounts import (
    CAFE,
    HASHER,
    HOME,
    NOW,
    PASSWORD,
    CountingHasher,
    add_user,
    attempts,
    authenticate,
    change_user,
    log_in,
    minutes,
    session_ids,
    user_row,
)

database, postgres_of_module = accounts.database, accounts.postgres_of_module


NEW = "a purple giraffe reads slowly"
SECOND = timedelta(seconds=1)


@pytest.fixture
def bill(database: Database) -> Actor:
    add_user(database)
    return log_in(database).actor


def change_password(database: Database, actor: Actor, current: str = PASSWORD, new: str = NEW, **options: Any) -> None:
    given: dict[str, Any] = {"address": HOME, "now": NOW, "hasher": HASHER} | options
    own_account.change_password(database, actor, current=current, new=new, **given)


def history(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    with database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action != "test").order_by(AuditEntry.id))
        return [(entry.actor_username, entry.action, entry.changes) for entry in entries]


# Password


def test_a_changed_password_opens_the_account_and_the_old_one_does_not(database: Database, bill: Actor) -> None:
    change_password(database, bill)
    assert log_in(database, password=NEW).actor.user_id == bill.user_id
    with pytest.raises(LoginRefused):
        log_in(database)


def test_a_changed_password_ends_every_other_session_and_keeps_the_one_that_asked(database: Database) -> None:
    add_user(database)
    add_user(database, "kate.hastroff")
    phone, desk, kate = log_in(database, interface="web"), log_in(database), log_in(database, "kate.hastroff")
    change_password(database, desk.actor)
    with pytest.raises(NotAuthenticated):
        authenticate(database, phone.token, interface="web")
    assert authenticate(database, desk.token) == desk.actor
    assert authenticate(database, kate.token) == kate.actor


def test_a_change_of_password_is_in_the_audit_log_without_the_password(database: Database, bill: Actor) -> None:
    change_password(database, bill)
    assert history(database) == [("bill.boquet", "own.password", {"password_hash": ["•••", "•••"]})]


def test_a_person_with_a_one_time_password_is_free_after_choosing_another(database: Database) -> None:
    add_user(database, must_change_password=True)
    opened = log_in(database)
    actor = authenticate(database, opened.token, purpose=Action.OWN_PASSWORD)
    change_password(database, actor)
    assert authenticate(database, opened.token) == opened.actor
    assert not log_in(database, password=NEW).must_change_password


def test_the_present_password_must_be_right(database: Database, bill: Actor) -> None:
    with pytest.raises(InvalidInput) as refused:
        change_password(database, bill, "wrong")
    assert refused.value.field == "present password"
    assert log_in(database).actor.user_id == bill.user_id
    assert history(database) == []


def test_wrong_present_passwords_count_together_with_failed_log_ins(database: Database, bill: Actor) -> None:
    for number in range(10):
        if number % 2:
            with pytest.raises(InvalidInput):
                change_password(database, bill, "wrong")
        else:
            with pytest.raises(LoginRefused):
                log_in(database, password="wrong", address=CAFE)
    with pytest.raises(TooManyAttempts):
        change_password(database, bill)
    with pytest.raises(TooManyAttempts):
        log_in(database)
    change_password(database, bill, now=NOW + 300 * SECOND)


def test_a_right_present_password_is_no_failure(database: Database, bill: Actor) -> None:
    before = attempts(database)
    change_password(database, bill)
    assert attempts(database) == before


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("kwqzhbvtyrnmpd", "at least 15"),
        ("bill-boquet-2026!", "too easy"),
        ("bill.boquet@epic.example", "too easy"),
        ("epic-events-2026", "too easy"),
        ("k7qd" * 257, "at most 1024"),
    ],
)
def test_a_weak_password_is_refused_and_nothing_is_counted(
    database: Database, bill: Actor, new: str, message: str
) -> None:
    before, hasher = attempts(database), CountingHasher()
    with pytest.raises(InvalidInput, match=message):
        change_password(database, bill, new=new, hasher=hasher)
    assert (attempts(database), hasher.compared, hasher.made) == (before, [], 0)


def test_the_new_password_must_be_another_one(database: Database) -> None:
    add_user(database, password="le chat dort sur le toît")
    actor = log_in(database, password="le chat dort sur le toît").actor
    with pytest.raises(InvalidInput, match="another password"):
        change_password(database, actor, "le chat dort sur le toît", "le chat dort sur le toi\u0302t")


def test_no_transaction_is_open_while_passwords_are_hashed(database: Database, bill: Actor) -> None:
    class Elsewhere(CountingHasher):
        def _matches(self, known: str, secret: bytes) -> bool:
            change_user(database, bill.user_id, phone="+33 1 23 45 67 89")
            return super()._matches(known, secret)

        def _make(self, secret: bytes) -> str:
            change_user(database, bill.user_id, phone="+33 9 87 65 43 21")
            return super()._make(secret)

    change_password(database, bill, hasher=Elsewhere())
    assert user_row(database, bill.user_id).phone == "+33 9 87 65 43 21"
    assert log_in(database, password=NEW).actor.user_id == bill.user_id


@pytest.mark.parametrize("change", [{"is_active": False}, {"password_hash": HASHER.hash("set by management")}])
def test_an_account_closed_or_reset_meanwhile_keeps_what_management_decided(
    database: Database, bill: Actor, change: dict[str, object]
) -> None:
    class Meanwhile(CountingHasher):
        def _make(self, secret: bytes) -> str:
            change_user(database, bill.user_id, **change)
            return super()._make(secret)

    with pytest.raises(NotAuthenticated):
        change_password(database, bill, hasher=Meanwhile())
    user = user_row(database, bill.user_id)
    assert {field: getattr(user, field) for field in change} == change


def test_of_two_changes_at_the_same_time_one_is_refused(database: Database, bill: Actor) -> None:
    together, outcomes = threading.Barrier(2, timeout=120), dict[str, str]()

    class Together(CountingHasher):
        def hash(self, password: str) -> str:
            made = super().hash(password)
            together.wait()
            return made

    def change(new: str) -> None:
        try:
            change_password(database, bill, new=new, hasher=Together())
        except NotAuthenticated:
            outcomes[new] = "refused"
        else:
            outcomes[new] = "changed"

    threads = [threading.Thread(target=change, args=(new,)) for new in (NEW, "another giraffe sings at night")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes.values()) == ["changed", "refused"]
    (kept,) = [new for new, outcome in outcomes.items() if outcome == "changed"]
    assert log_in(database, password=kept).actor.user_id == bill.user_id


# Sessions


def test_people_see_their_own_open_sessions_the_latest_used_first(database: Database) -> None:
    add_user(database)
    add_user(database, "kate.hastroff")
    log_in(database, device="too old", now=NOW - timedelta(hours=12))
    log_in(database, interface="web", device="left alone", now=NOW - minutes(31))
    desk = log_in(database, device="desk", now=NOW - minutes(40)).actor
    phone = log_in(database, interface="web", device="phone", now=NOW - minutes(29)).actor
    log_in(database, "kate.hastroff")
    with database.reading() as session:
        listed = own_account.list_sessions(session, desk, now=NOW)
    assert [(each.id, each.device, each.interface, each.is_current) for each in listed] == [
        (phone.session_id, "phone", "web", False),
        (desk.session_id, "desk", "cli", True),
    ]
    assert listed[1].created_at == NOW - minutes(40)
    assert listed[1].expires_at == NOW - minutes(40) + timedelta(hours=12)


def test_one_session_can_be_ended_from_another(database: Database, bill: Actor) -> None:
    lost = log_in(database, interface="web")
    assert lost.actor.session_id is not None
    with database.writing() as session:
        own_account.end_session(session, bill, lost.actor.session_id)
    with pytest.raises(NotAuthenticated):
        authenticate(database, lost.token, interface="web")
    assert session_ids(database) == [bill.session_id]


@pytest.mark.parametrize("department", list(Department))
def test_nobody_ends_somebody_else_s_session_as_their_own(database: Database, department: Department) -> None:
    add_user(database, department=department)
    add_user(database, "kate.hastroff")
    actor, kate = log_in(database).actor, log_in(database, "kate.hastroff").actor
    assert kate.session_id is not None
    with database.writing() as session, pytest.raises(Forbidden):
        own_account.end_session(session, actor, kate.session_id)
    assert session_ids(database) == [actor.session_id, kate.session_id]


def test_a_session_that_does_not_exist_cannot_be_ended(database: Database, bill: Actor) -> None:
    with database.writing() as session, pytest.raises(NotFound):
        own_account.end_session(session, bill, 9_999)


@pytest.mark.parametrize(("keep_current", "left", "ended"), [(True, 1, 2), (False, 0, 3)])
def test_all_own_sessions_can_be_ended(
    database: Database, bill: Actor, *, keep_current: bool, left: int, ended: int
) -> None:
    for interface in ("web", "api"):
        log_in(database, interface=interface)
    with database.writing() as session:
        assert own_account.end_all_sessions(session, bill, keep_current=keep_current) == ended
    assert session_ids(database) == [bill.session_id][:left]
