"""Logging in, being known again at every request, and logging out."""

import logging
import multiprocessing
import threading
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import Connection, event, select

from src.db.session import Database
from src.domain.errors import (
    CrmError,
    LoginRefused,
    NotAuthenticated,
    PasswordChangeRequired,
    SecondFactorNeeded,
    TooManyAttempts,
    TwoFactorRequired,
)
from src.domain.permissions import Action, Actor, Department
from src.models.audit_entry import AuditEntry
from src.models.user import LoginAttempt, User, UserSession
from src.security import two_factor
from src.security.passwords import HashCost, PasswordHasher
from src.security.throttle import account_key
from src.security.tokens import hash_token, is_token, new_token
from src.services import audit_trail, auth
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
    change_user,
    log_in,
    minutes,
    open_database,
    session_ids,
    statements_of,
    user_row,
)

BILL = account_key("bill.boquet")
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def database(migrated_url: str) -> Database:
    return open_database(migrated_url)


def code_at(moment: datetime) -> str:
    return pyotp.TOTP(SECRET).at(moment)


# Logging in


def test_the_right_password_opens_a_session_of_twelve_hours(database: Database) -> None:
    user_id = add_user(database, department=Department.SUPPORT)
    opened = log_in(database, device="epicevents 0.1 on bills-laptop")
    assert is_token(opened.token)
    assert opened.expires_at == NOW + 12 * HOUR
    assert not opened.must_change_password
    assert opened.actor == Actor(user_id, "bill.boquet", Department.SUPPORT, "cli", session_ids(database)[0])
    assert authenticate(database, opened.token) == opened.actor


def test_only_the_hash_of_a_token_is_stored(database: Database) -> None:
    add_user(database)
    opened = log_in(database)
    with database.reading() as session:
        row = session.scalars(select(UserSession)).one()
    assert row.token_hash == hash_token(opened.token)
    assert opened.token not in {str(value) for value in vars(row).values()}


def test_each_log_in_gets_a_token_of_its_own(database: Database) -> None:
    add_user(database)
    first, second = log_in(database), log_in(database)
    assert first.token != second.token
    assert [authenticate(database, each.token).user_id for each in (first, second)] == [first.actor.user_id] * 2


@pytest.mark.parametrize("typed", ["bill.boquet", "Bill.Boquet", "  BILL.BOQUET "])
def test_a_username_may_be_typed_in_capitals(database: Database, typed: str) -> None:
    add_user(database)
    assert log_in(database, typed).actor.username == "bill.boquet"


def test_a_log_in_is_no_edit_of_the_account_and_leaves_no_entry_in_the_audit_log(database: Database) -> None:
    user_id = add_user(database, totp_secret=SECRET, hasher=PasswordHasher(HashCost(16, 1, 1)))
    before = user_row(database, user_id)
    with database.reading() as session:
        entries = len(session.scalars(select(AuditEntry)).all())
    log_in(database, code=code_at(NOW))
    after = user_row(database, user_id)
    assert (after.version, after.updated_at) == (before.version, before.updated_at)
    assert after.password_hash != before.password_hash
    with database.reading() as session:
        assert len(session.scalars(select(AuditEntry)).all()) == entries


def test_a_password_kept_at_an_old_cost_is_kept_at_today_s_after_a_log_in(database: Database) -> None:
    user_id = add_user(database, hasher=PasswordHasher(HashCost(16, 1, 1)))
    log_in(database)
    renewed = user_row(database, user_id).password_hash
    assert not HASHER.needs_rehash(renewed)
    assert HASHER.verify(renewed, PASSWORD)
    hasher = CountingHasher()
    log_in(database, hasher=hasher)
    assert hasher.made == 0


def refusal(database: Database, username: str, password: str, hasher: PasswordHasher) -> tuple[str, str, list[str]]:
    with statements_of(database) as asked, pytest.raises(LoginRefused) as refused:
        log_in(database, username, password, hasher=hasher)
    return type(refused.value).__name__, str(refused.value), asked


def test_unknown_closed_and_wrong_are_alike_in_text_and_in_work(database: Database) -> None:
    known = user_row(database, add_user(database))
    add_user(database, "kate.hastroff", is_active=False)
    add_user(database, "jane.doe", totp_secret=SECRET)
    cases = [
        ("bill.boquet", "wrong"),
        ("kate.hastroff", "wrong"),
        ("kate.hastroff", PASSWORD),
        ("nobody", "wrong"),
        ("nobody", PASSWORD),
        ("jane.doe", "wrong"),
        ("not a username", "wrong"),
        ("", ""),
        ("bill\0boquet", "wrong"),
        ("\ud800", "wrong"),
    ]
    hasher = CountingHasher()
    answers = [refusal(database, username, password, hasher) for username, password in cases]
    assert answers == [answers[0]] * len(cases)
    # One real comparison each, at the same cost, against the account's hash or nobody's.
    assert len(hasher.compared) == len(cases)
    assert hasher.made == 0
    costs = {text.rpartition("$")[0].rpartition("$")[0] for text in hasher.compared}
    assert costs == {"$argon2id$v=19$m=8,t=1,p=1"}
    assert hasher.compared.count(known.password_hash) == 1
    assert hasher.compared.count(hasher.nobodys_hash()) == len(cases) - 2


@pytest.mark.parametrize("password", ["a" * 10_000_000, "\ud800", "\0", ""])
def test_what_cannot_be_a_password_is_a_wrong_one(database: Database, password: str) -> None:
    add_user(database)
    with pytest.raises(LoginRefused):
        log_in(database, password=password)
    assert attempts(database) == [Attempt(BILL, HOME, succeeded=False)]


def test_an_account_without_a_password_cannot_be_opened(database: Database) -> None:
    user_id = add_user(database)
    change_user(database, user_id, password_hash="!")
    for password in ("", "!", PASSWORD):
        with pytest.raises(LoginRefused):
            log_in(database, password=password)


def test_what_a_browser_says_of_itself_is_kept_readable(database: Database) -> None:
    add_user(database)
    log_in(database, device="Mozilla\x1b[31m\n\u202eevil\ud800" + "x" * 10_000)
    with database.reading() as session:
        device = session.scalars(select(UserSession.device)).one()
    assert device.startswith("Mozilla[31mevilxxx")
    assert len(device) <= 200


def test_an_unknown_interface_is_a_programming_error_found_at_once(database: Database) -> None:
    add_user(database)
    with pytest.raises(KeyError):
        log_in(database, interface="fax")
    assert attempts(database) == []


def test_sessions_that_are_over_are_removed_at_the_next_log_in(database: Database) -> None:
    add_user(database)
    add_user(database, "kate.hastroff")
    kates = log_in(database, "kate.hastroff").actor.session_id
    log_in(database)
    still_open = log_in(database, now=NOW + HOUR).actor.session_id
    newest = log_in(database, now=NOW + 12 * HOUR).actor.session_id
    assert session_ids(database) == [kates, still_open, newest]


# Guessing


def test_a_failure_is_counted_and_a_success_is_not(database: Database) -> None:
    add_user(database)
    with pytest.raises(LoginRefused):
        log_in(database, password="wrong")
    log_in(database)
    assert attempts(database) == [Attempt(BILL, HOME, succeeded=False), Attempt(BILL, HOME, succeeded=True)]


def test_the_tenth_failure_is_looked_at_and_the_eleventh_try_is_not_even_if_right(database: Database) -> None:
    add_user(database)
    hasher = CountingHasher()
    for _ in range(10):
        with pytest.raises(LoginRefused):
            log_in(database, password="wrong", hasher=hasher)
    with pytest.raises(TooManyAttempts) as refused:
        log_in(database, now=NOW + 60 * SECOND, hasher=hasher)
    assert refused.value.retry_after_seconds == 240
    assert len(hasher.compared) == 10
    assert log_in(database, now=NOW + 300 * SECOND).actor.username == "bill.boquet"


def test_all_interfaces_count_together(database: Database) -> None:
    add_user(database)
    for number in range(10):
        interface = ("cli", "web", "api")[number % 3]
        with pytest.raises(LoginRefused):
            log_in(database, password="wrong", interface=interface, address=f"203.0.113.{number}")
    for interface in ("cli", "web", "api"):
        with pytest.raises(TooManyAttempts):
            log_in(database, interface=interface, address=CAFE)


def test_a_stranger_cannot_shut_the_owner_out_of_their_usual_place(database: Database) -> None:
    add_user(database)
    log_in(database, address=HOME)
    moment, looked_at = NOW, 0
    for _ in range(24):  # a whole day of trying, from ever new addresses
        moment += HOUR
        for number in range(3):
            try:
                log_in(database, password="guess", now=moment, address=f"2001:db8:{looked_at:x}:{number}::1")
            except LoginRefused:
                looked_at += 1
            except TooManyAttempts:
                break
    assert looked_at == 20
    assert log_in(database, address=HOME, now=moment).actor.username == "bill.boquet"


def guess(url: str, number: int, outcomes: "multiprocessing.Queue[str]") -> None:
    """One of several processes that guess at the same time."""
    database = open_database(url)
    for turn in range(8):
        try:
            log_in(database, password=f"guess {number} {turn}", address=f"203.0.113.{number}")
        except CrmError as refused:
            outcomes.put(type(refused).__name__)


def test_parallel_guesses_of_several_processes_cannot_slip_past(migrated_url: str) -> None:
    add_user(open_database(migrated_url))
    several = multiprocessing.get_context("spawn")
    outcomes: multiprocessing.Queue[str] = several.Queue()
    processes = [several.Process(target=guess, args=(migrated_url, number, outcomes)) for number in range(4)]
    for process in processes:
        process.start()
    counted = Counter(outcomes.get(timeout=300) for _ in range(32))
    for process in processes:
        process.join()
    assert counted == {"LoginRefused": 10, "TooManyAttempts": 22}


def test_parallel_guesses_of_many_threads_cannot_slip_past(database: Database) -> None:
    add_user(database)
    together, outcomes = threading.Barrier(16, timeout=120), list[str]()

    def guess_at_once() -> None:
        together.wait()
        try:
            log_in(database, password="guess")
        except CrmError as refused:
            outcomes.append(type(refused).__name__)

    threads = [threading.Thread(target=guess_at_once) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(outcomes) == {"LoginRefused": 10, "TooManyAttempts": 6}


def test_no_transaction_is_open_while_a_password_is_hashed(database: Database) -> None:
    """Otherwise every log-in would stop all writers of a SQLite file for as long as argon2 takes."""
    user_id = add_user(database)

    class Elsewhere(CountingHasher):
        def _matches(self, known: str, secret: bytes) -> bool:
            change_user(database, user_id, phone="+33 1 23 45 67 89")  # waits for the write lock if the log-in has it
            return super()._matches(known, secret)

    assert log_in(database, hasher=Elsewhere()).actor.user_id == user_id
    assert user_row(database, user_id).phone == "+33 1 23 45 67 89"


@pytest.mark.parametrize("change", [{"is_active": False}, {"password_hash": HASHER.hash("another password")}])
def test_an_account_closed_or_changed_while_the_password_is_hashed_stays_shut(
    database: Database, change: dict[str, object]
) -> None:
    user_id = add_user(database)

    class Meanwhile(CountingHasher):
        def _matches(self, known: str, secret: bytes) -> bool:
            change_user(database, user_id, **change)
            return super()._matches(known, secret)

    with pytest.raises(LoginRefused):
        log_in(database, hasher=Meanwhile())
    assert session_ids(database) == []


def test_a_program_killed_while_hashing_has_failed(database: Database) -> None:
    add_user(database)

    class Killed(CountingHasher):
        def _matches(self, known: str, secret: bytes) -> bool:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        log_in(database, hasher=Killed())
    assert attempts(database) == [Attempt(BILL, HOME, succeeded=False)]


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
    assert log_in(database, now=NOW + 7 * DAY).must_change_password
    with pytest.raises(LoginRefused, match="more than 7 days old"):
        log_in(database, now=NOW + 7 * DAY + SECOND)
    assert attempts(database) == [Attempt(BILL, HOME, succeeded=True)]


def test_only_who_knows_a_one_time_password_is_told_that_it_is_too_old(database: Database) -> None:
    add_user(database, must_change_password=True)
    with pytest.raises(LoginRefused) as refused:
        log_in(database, password="wrong", now=NOW + 8 * DAY)
    assert str(refused.value) == str(LoginRefused())


# Being known again


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
        with database.reading() as session:
            due = auth.touch_is_due(session, actor, now=moment)
        with database.writing() as session:
            auth.touch(session, actor, now=moment)
        with database.reading() as session:
            row = session.get_one(UserSession, actor.session_id)
            assert due == (row.last_seen_at == moment and seconds > 0)
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


# Secrets


def test_no_secret_is_shown_by_mistake(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)
    try:
        user_id = add_user(database, totp_secret=SECRET)
        opened = log_in(database, code=code_at(NOW))
        with pytest.raises(LoginRefused) as refused:
            log_in(database, password="wrong horse", code=code_at(NOW))
        authenticate(database, opened.token)
        known = user_row(database, user_id).password_hash
    finally:
        logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)
    shown = f"{opened!r} {opened} {refused.value!r} {refused.value} {refused.value.__dict__} {caplog.text}"
    assert "login_attempts" in caplog.text
    for secret in (opened.token, hash_token(opened.token), PASSWORD, "wrong horse", SECRET, known):
        assert secret not in shown


def test_nothing_that_was_typed_is_found_in_the_database_file(tmp_path: Path, migrated_sqlite_url: str) -> None:
    database = open_database(migrated_sqlite_url)
    add_user(database)
    token = log_in(database).token
    with pytest.raises(LoginRefused):
        log_in(database, "my-password-typed-as-a-name", "another secret that was typed")
    database.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("migrated.db"))
    assert b"bill.boquet" in content
    for secret in (token, PASSWORD, "my-password-typed-as-a-name", "another secret that was typed"):
        assert secret.encode() not in content
