"""Guessing a password is slow in every interface together, and races at the door are lost."""

import multiprocessing
import threading
from collections import Counter
from datetime import timedelta

import pytest

from src.db.session import Database
from src.domain.errors import (
    CrmError,
    LoginRefused,
    TooManyAttempts,
)
from src.security.throttle import account_key
from tests.security import accounts
from tests.security.accounts import (
    CAFE,
    HASHER,
    HOME,
    NOW,
    Attempt,
    CountingHasher,
    add_user,
    attempts,
    change_user,
    log_in,
    open_database,
    session_ids,
    user_row,
)

database, postgres_of_module = accounts.database, accounts.postgres_of_module


BILL = account_key("bill.boquet")
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


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
