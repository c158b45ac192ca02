"""Setting up, renewing and turning off one's own second factor."""

from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import select

from src.db.session import Database
from src.domain.errors import (
    InvalidInput,
    LoginRefused,
    NotAuthenticated,
    RuleBroken,
    SecondFactorNeeded,
    TooManyAttempts,
)
from src.domain.permissions import Actor, Department
from src.models.audit_entry import AuditEntry
from src.models.recovery_code import RecoveryCode
from src.services import own_account
from tests.security import accounts
from tests.security.accounts import (
    HASHER,
    HOME,
    NOW,
    PASSWORD,
    add_user,
    attempts,
    authenticate,
    log_in,
    session_ids,
    user_row,
)

database, postgres_of_module = accounts.database, accounts.postgres_of_module


NEW = "a purple giraffe reads slowly"
STEP = timedelta(seconds=30)


@pytest.fixture
def bill(database: Database) -> Actor:
    add_user(database)
    return log_in(database).actor


def change_password(database: Database, actor: Actor, current: str = PASSWORD, new: str = NEW, **options: Any) -> None:
    given: dict[str, Any] = {"address": HOME, "now": NOW, "hasher": HASHER} | options
    own_account.change_password(database, actor, current=current, new=new, **given)


def code_at(secret: str, moment: datetime = NOW) -> str:
    return pyotp.TOTP(secret).at(moment)


def turn_on(database: Database, actor: Actor, *, password: str = PASSWORD) -> tuple[str, tuple[str, ...]]:
    """Set up the second factor; gives its secret and the recovery codes."""
    with database.reading() as session:
        secret = own_account.start_two_factor(session, actor).secret
    codes = own_account.confirm_two_factor(
        database, actor, secret=secret, code=code_at(secret), password=password, address=HOME, now=NOW, hasher=HASHER
    )
    return secret, codes


def turn_off(database: Database, actor: Actor, *, password: str = PASSWORD) -> None:
    own_account.disable_two_factor(database, actor, password=password, address=HOME, now=NOW, hasher=HASHER)


def state(database: Database, actor: Actor) -> tuple[bool, int]:
    with database.reading() as session:
        found = own_account.two_factor_state(session, actor)
    return found.is_on, found.recovery_codes_left


def history(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    with database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action != "test").order_by(AuditEntry.id))
        return [(entry.actor_username, entry.action, entry.changes) for entry in entries]


def test_a_second_factor_is_asked_for_once_it_is_set_up(database: Database, bill: Actor) -> None:
    assert state(database, bill) == (False, 0)
    secret, codes = turn_on(database, bill)
    assert state(database, bill) == (True, 8)
    with pytest.raises(SecondFactorNeeded):
        log_in(database)
    later = NOW + STEP
    assert log_in(database, code=code_at(secret, later), now=later).actor.user_id == bill.user_id
    assert log_in(database, code=codes[0]).actor.user_id == bill.user_id
    assert state(database, bill) == (True, 7)


def test_the_code_that_set_it_up_opens_nothing_any_more(database: Database, bill: Actor) -> None:
    secret, _codes = turn_on(database, bill)
    with pytest.raises(LoginRefused):
        log_in(database, code=code_at(secret))


def test_what_goes_into_the_app_is_shown_as_text_address_and_picture(database: Database, bill: Actor) -> None:
    with database.reading() as session:
        setup = own_account.start_two_factor(session, bill)
    assert setup.uri.startswith("otpauth://totp/Epic%20Events:bill.boquet?secret=" + setup.secret)
    assert len(setup.qr.splitlines()) > 10
    shown = f"{setup!r} {setup}"
    assert [part for part in (setup.secret, setup.uri, setup.qr) if part in shown] == []


def test_starting_stores_nothing(database: Database, bill: Actor) -> None:
    with database.writing() as session:
        own_account.start_two_factor(session, bill)
    assert state(database, bill) == (False, 0)
    assert log_in(database).actor.user_id == bill.user_id
    assert history(database) == []


def test_sessions_opened_without_it_end_but_for_the_one_that_set_it_up(database: Database, bill: Actor) -> None:
    phone = log_in(database, interface="web")
    turn_on(database, bill)
    with pytest.raises(NotAuthenticated):
        authenticate(database, phone.token, interface="web")
    assert session_ids(database) == [bill.session_id]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "000000"}, "code"),
        ({"code": ""}, "code"),
        ({"secret": "SHORT"}, "secret"),
        ({"secret": "é" * 32}, "secret"),
        ({"password": "wrong"}, "present password"),
    ],
)
def test_it_is_not_set_up_with_a_wrong_code_secret_or_password(
    database: Database, bill: Actor, wrong: dict[str, str], field: str
) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    assert code_at(secret) != "000000"
    given = {"secret": secret, "code": code_at(secret), "password": PASSWORD} | wrong
    with pytest.raises(InvalidInput) as refused:
        own_account.confirm_two_factor(database, bill, **given, address=HOME, now=NOW, hasher=HASHER)
    assert refused.value.field == field
    assert state(database, bill) == (False, 0)
    assert secret not in str(refused.value)


def test_it_is_not_set_up_over_one_that_is_on(database: Database, bill: Actor) -> None:
    secret, _codes = turn_on(database, bill)
    with database.reading() as session, pytest.raises(RuleBroken):
        own_account.start_two_factor(session, bill)
    other = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    with pytest.raises(RuleBroken):
        own_account.confirm_two_factor(
            database, bill, secret=other, code=code_at(other), password=PASSWORD, address=HOME, now=NOW, hasher=HASHER
        )
    assert user_row(database, bill.user_id).totp_secret == secret
    assert state(database, bill) == (True, 8)


def test_with_it_a_shorter_password_is_enough_and_without_it_no_longer(database: Database, bill: Actor) -> None:
    short = "kwqzhbvt"
    with pytest.raises(InvalidInput):
        change_password(database, bill, new=short)
    turn_on(database, bill)
    change_password(database, bill, new=short)
    with pytest.raises(InvalidInput, match="at least 15"):
        turn_off(database, bill, password=short)
    assert state(database, bill) == (True, 8)
    change_password(database, bill, short, NEW)
    turn_off(database, bill, password=NEW)
    assert state(database, bill) == (False, 0)
    assert log_in(database, password=NEW).actor.user_id == bill.user_id


def test_being_too_weak_to_go_without_it_is_no_failed_attempt(database: Database, bill: Actor) -> None:
    turn_on(database, bill)
    change_password(database, bill, new="kwqzhbvt")
    before = attempts(database)
    with pytest.raises(InvalidInput):
        turn_off(database, bill, password="kwqzhbvt")
    assert attempts(database) == before


def test_turning_it_off_wants_the_password_and_forgets_everything(database: Database, bill: Actor) -> None:
    turn_on(database, bill)
    with pytest.raises(InvalidInput):
        turn_off(database, bill, password="wrong")
    assert state(database, bill) == (True, 8)
    turn_off(database, bill)
    user = user_row(database, bill.user_id)
    assert (user.totp_secret, user.totp_last_step) == (None, None)
    with database.reading() as session:
        assert session.scalars(select(RecoveryCode)).all() == []
    with pytest.raises(RuleBroken):
        turn_off(database, bill)


def test_new_recovery_codes_replace_the_old_ones(database: Database, bill: Actor) -> None:
    _secret, old = turn_on(database, bill)
    given: dict[str, Any] = {"address": HOME, "now": NOW, "hasher": HASHER}
    with pytest.raises(InvalidInput):
        own_account.new_recovery_codes(database, bill, password="wrong", **given)
    new = own_account.new_recovery_codes(database, bill, password=PASSWORD, **given)
    assert len(set(new) | set(old)) == 16
    with pytest.raises(LoginRefused):
        log_in(database, code=old[0])
    assert log_in(database, code=new[0]).actor.user_id == bill.user_id
    turn_off(database, bill)
    with pytest.raises(RuleBroken):
        own_account.new_recovery_codes(database, bill, password=PASSWORD, **given)


def test_the_audit_log_tells_what_was_done_and_no_secret(database: Database, bill: Actor) -> None:
    secret, codes = turn_on(database, bill)
    own_account.new_recovery_codes(database, bill, password=PASSWORD, address=HOME, now=NOW, hasher=HASHER)
    turn_off(database, bill)
    entries = history(database)
    assert entries == [
        ("bill.boquet", "own.two_factor", {"totp_secret": [None, "•••"]}),
        ("bill.boquet", "own.two_factor", {"recovery_codes": [None, "•••"]}),
        ("bill.boquet", "own.two_factor", {"totp_secret": ["•••", None]}),
    ]
    assert [each for each in (secret, *codes) if each in str(entries)] == []


def test_wrong_passwords_count_wherever_they_are_typed(database: Database, bill: Actor) -> None:
    secret, _codes = turn_on(database, bill)
    given: dict[str, Any] = {"address": HOME, "now": NOW, "hasher": HASHER}
    for _ in range(5):
        with pytest.raises(InvalidInput):
            own_account.disable_two_factor(database, bill, password="wrong", **given)
        with pytest.raises(InvalidInput):
            own_account.new_recovery_codes(database, bill, password="wrong", **given)
    with pytest.raises(TooManyAttempts):
        turn_off(database, bill)
    with pytest.raises(TooManyAttempts):
        log_in(database, code=code_at(secret, NOW + STEP))


@pytest.mark.parametrize("department", list(Department))
def test_everybody_may_do_this_with_their_own_account(database: Database, department: Department) -> None:
    add_user(database, department=department)
    actor = log_in(database).actor
    turn_on(database, actor)
    turn_off(database, actor)
    change_password(database, actor)
    with database.writing() as session:
        assert own_account.end_all_sessions(session, actor, keep_current=False) == 1
