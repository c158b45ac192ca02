"""What a right password does not open by itself: a second factor, and a password given by management."""

import threading
from datetime import datetime, timedelta

import pyotp
import pytest
from sqlalchemy import select

from src.db.session import Database
from src.domain.errors import (
    LoginRefused,
    PasswordChangeRequired,
    SecondFactorNeeded,
    TooManyAttempts,
)
from src.domain.permissions import Action, Department
from src.models.login_attempt import LoginAttempt
from src.security import two_factor
from src.security.throttle import account_key
from tests.security import accounts
from tests.security.accounts import (
    CAFE,
    HASHER,
    HOME,
    NOW,
    PASSWORD,
    Attempt,
    CountingHasher,
    add_user,
    attempts,
    authenticate,
    log_in,
    session_ids,
)

database, postgres_of_module = accounts.database, accounts.postgres_of_module


BILL = account_key("bill.boquet")
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def code_at(moment: datetime) -> str:
    return pyotp.TOTP(SECRET).at(moment)


# The second factor


def test_a_second_factor_is_asked_for_only_after_the_right_password_and_asking_does_not_count(
    database: Database,
) -> None:
    add_user(database, totp_secret=SECRET)
    with pytest.raises(LoginRefused):
        log_in(database, password="wrong")
    for code in (None, "", "  "):
        with pytest.raises(SecondFactorNeeded):
            log_in(database, code=code)
    assert attempts(database) == [Attempt(BILL, HOME, succeeded=False)]
    assert session_ids(database) == []


def test_being_asked_for_a_second_factor_makes_no_usual_place(database: Database) -> None:
    add_user(database, totp_secret=SECRET)
    with pytest.raises(SecondFactorNeeded):
        log_in(database, address=CAFE)
    with database.reading() as session:
        assert session.scalars(select(LoginAttempt)).all() == []


def test_the_right_code_opens_the_account_and_only_once(database: Database) -> None:
    add_user(database, totp_secret=SECRET)
    assert log_in(database, code=code_at(NOW)).actor.username == "bill.boquet"
    with pytest.raises(LoginRefused):
        log_in(database, code=code_at(NOW))
    assert log_in(database, code=code_at(NOW + 30 * SECOND), now=NOW + 30 * SECOND).actor.username == "bill.boquet"


def test_a_wrong_code_counts_as_a_failure(database: Database) -> None:
    add_user(database, totp_secret=SECRET)
    wrong = "000000" if code_at(NOW) != "000000" else "111111"
    for _ in range(10):
        with pytest.raises(LoginRefused):
            log_in(database, code=wrong)
    with pytest.raises(TooManyAttempts):
        log_in(database, code=code_at(NOW))


def test_a_code_does_not_replace_the_password(database: Database) -> None:
    add_user(database, totp_secret=SECRET)
    with pytest.raises(LoginRefused):
        log_in(database, password="wrong", code=code_at(NOW))
    assert log_in(database, code=code_at(NOW)).actor.username == "bill.boquet"


def test_of_two_log_ins_with_one_code_at_the_same_time_one_is_refused(database: Database) -> None:
    add_user(database, totp_secret=SECRET)
    together, outcomes = threading.Barrier(4, timeout=120), list[str]()

    class Together(CountingHasher):
        def _matches(self, known: str, secret: bytes) -> bool:
            return HASHER.verify(known, PASSWORD)

        def verify(self, known: str | None, password: str) -> bool:
            right = super().verify(known, password)
            together.wait()
            return right

    def enter() -> None:
        try:
            log_in(database, code=code_at(NOW), hasher=Together())
        except LoginRefused:
            outcomes.append("refused")
        else:
            outcomes.append("in")

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", "refused", "refused", "refused"]


def test_a_recovery_code_opens_the_account_once(database: Database) -> None:
    user_id = add_user(database, totp_secret=SECRET)
    with database.writing() as session:
        codes = two_factor.renew_recovery_codes(session, user_id)
    assert log_in(database, code=codes[0]).actor.user_id == user_id
    with pytest.raises(LoginRefused):
        log_in(database, code=codes[0])
    with database.reading() as session:
        assert two_factor.recovery_codes_left(session, user_id) == 7


def test_a_code_is_ignored_where_no_second_factor_is_set_up(database: Database) -> None:
    add_user(database)
    assert log_in(database, code="123456").actor.username == "bill.boquet"


# One-time passwords


def test_a_password_given_by_management_opens_nothing_but_the_choice_of_another(database: Database) -> None:
    add_user(database, must_change_password=True)
    opened = log_in(database)
    assert opened.must_change_password
    for purpose in (None, *(set(Action) - {Action.OWN_PASSWORD})):
        with pytest.raises(PasswordChangeRequired):
            authenticate(database, opened.token, purpose=purpose)
    assert authenticate(database, opened.token, purpose=Action.OWN_PASSWORD) == opened.actor


def test_a_password_given_by_management_works_for_seven_days(database: Database) -> None:
    add_user(database, must_change_password=True)
    add_user(database, "diane.roy", department=Department.MANAGEMENT)
    assert log_in(database, now=NOW + 7 * DAY).must_change_password
    with pytest.raises(LoginRefused, match="more than 7 days old"):
        log_in(database, now=NOW + 7 * DAY + SECOND)
    assert attempts(database) == [Attempt(BILL, HOME, succeeded=True)]


def test_only_who_knows_a_one_time_password_is_told_that_it_is_too_old(database: Database) -> None:
    add_user(database, must_change_password=True)
    add_user(database, "diane.roy", department=Department.MANAGEMENT)
    with pytest.raises(LoginRefused) as refused:
        log_in(database, password="wrong", now=NOW + 8 * DAY)
    assert str(refused.value) == str(LoginRefused())


def test_the_only_manager_is_let_in_late_because_nobody_could_give_them_another_password(database: Database) -> None:
    add_user(database, department=Department.MANAGEMENT, must_change_password=True)
    add_user(database, "kate.hastroff", department=Department.SALES)
    add_user(database, "diane.roy", department=Department.MANAGEMENT, is_active=False)
    assert log_in(database, now=NOW + 30 * DAY).must_change_password
    add_user(database, "jane.doe", department=Department.MANAGEMENT)
    with pytest.raises(LoginRefused, match="more than 7 days old"):
        log_in(database, now=NOW + 30 * DAY)
