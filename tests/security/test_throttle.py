"""Guessing is slow, in every interface together, and never shuts the right person out for good."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, insert, text
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import TooManyAttempts
from src.models.login_attempt import LoginAttempt
from src.security import throttle
from src.security.throttle import account_key, account_name, place_of
from tests.security import accounts
from tests.security.accounts import CAFE, HOME, NOW, Attempt, attempts

database, postgres_of_module = accounts.database, accounts.postgres_of_module


BILL, KATE = account_key("bill.boquet"), account_key("kate.hastroff")
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


def fail(database: Database, account: str = BILL, address: str = HOME, *, now: datetime = NOW, times: int = 1) -> None:
    with database.writing() as session:
        for _ in range(times):
            throttle.reserve(session, account=account, address=address, now=now)


def succeed(database: Database, account: str = BILL, address: str = HOME, *, now: datetime = NOW) -> None:
    with database.writing() as session:
        throttle.succeed(session, throttle.reserve(session, account=account, address=address, now=now))


def wait_for(database: Database, account: str = BILL, address: str = HOME, *, now: datetime = NOW) -> int:
    """Tell how many seconds a try is refused for; 0 if it is looked at (and then it is taken back)."""
    try:
        with database.writing() as session:
            throttle.take_back(session, throttle.reserve(session, account=account, address=address, now=now))
    except TooManyAttempts as refused:
        return refused.retry_after_seconds
    return 0


def far_away(number: int) -> str:
    return f"203.0.113.{number}"


def test_the_eleventh_failure_of_an_account_in_five_minutes_has_to_wait(database: Database) -> None:
    for number in range(10):
        fail(database, address=far_away(number), now=NOW + number * SECOND)
    later = NOW + 60 * SECOND
    assert wait_for(database, address=CAFE, now=later) == 240
    assert wait_for(database, address=CAFE, now=later + 239 * SECOND) == 1
    assert wait_for(database, address=CAFE, now=later + 240 * SECOND) == 0
    fail(database, address=CAFE, now=later + 240 * SECOND)
    assert wait_for(database, address=CAFE, now=later + 240 * SECOND) == 1


def test_the_eleventh_failure_from_an_address_in_five_minutes_has_to_wait(database: Database) -> None:
    for number in range(10):
        fail(database, account_key(f"user{number}"))
    assert wait_for(database, KATE) == 300
    assert wait_for(database, KATE, CAFE) == 0
    assert wait_for(database, KATE, now=NOW + 5 * MINUTE) == 0


def test_the_wait_is_exact_to_the_second_and_never_too_short(database: Database) -> None:
    fail(database, times=10, now=NOW + timedelta(milliseconds=300))
    assert wait_for(database, now=NOW + timedelta(milliseconds=300)) == 300
    assert wait_for(database, now=NOW + timedelta(milliseconds=800)) == 300
    assert wait_for(database, now=NOW + timedelta(seconds=1, milliseconds=300)) == 299


def test_strangers_get_twenty_guesses_at_an_account_in_a_day(database: Database) -> None:
    fail(database, address=CAFE, times=10)
    fail(database, address=CAFE, times=10, now=NOW + 5 * MINUTE)
    tomorrow = NOW + DAY
    assert wait_for(database, address=far_away(1), now=NOW + 10 * MINUTE) == (DAY - 10 * MINUTE).total_seconds()
    assert wait_for(database, address=far_away(1), now=tomorrow - SECOND) == 1
    fail(database, address=far_away(1), now=tomorrow, times=10)
    assert wait_for(database, address=far_away(2), now=tomorrow + 4 * MINUTE) == 60


def test_the_last_five_of_twenty_five_guesses_a_day_are_kept_for_usual_places(database: Database) -> None:
    succeed(database, address=HOME)
    fail(database, address=CAFE, times=10)
    fail(database, address=CAFE, times=10, now=NOW + 5 * MINUTE)
    later = NOW + 10 * MINUTE
    assert wait_for(database, address=CAFE, now=later) > 0
    assert wait_for(database, address=HOME, now=later) == 0
    fail(database, address=HOME, times=5, now=later)
    assert wait_for(database, address=HOME, now=later) == (DAY - 10 * MINUTE).total_seconds()


def test_a_usual_place_of_one_account_is_no_usual_place_of_another(database: Database) -> None:
    succeed(database, KATE, HOME)
    fail(database, BILL, CAFE, times=10)
    fail(database, BILL, CAFE, times=10, now=NOW + 5 * MINUTE)
    assert wait_for(database, BILL, HOME, now=NOW + 10 * MINUTE) > 0
    assert wait_for(database, KATE, HOME, now=NOW + 10 * MINUTE) == 0


def test_a_place_is_usual_for_thirty_days(database: Database) -> None:
    succeed(database, address=HOME, now=NOW)
    for day, expected in ((29, 0), (30, 1)):
        start = NOW + day * DAY - 10 * MINUTE
        fail(database, address=CAFE, times=10, now=start)
        fail(database, address=CAFE, times=10, now=start + 5 * MINUTE)
        assert min(wait_for(database, address=HOME, now=start + 10 * MINUTE), 1) == expected


def test_strangers_get_the_same_share_of_an_account_that_does_not_exist(database: Database) -> None:
    succeed(database, BILL, HOME)
    nobody = account_key("nobody")
    for account, address in ((BILL, CAFE), (nobody, far_away(1))):
        fail(database, account, address, times=10)
        fail(database, account, address, times=10, now=NOW + 5 * MINUTE)
    waits = [wait_for(database, account, far_away(2), now=NOW + 10 * MINUTE) for account in (BILL, nobody)]
    assert waits[0] == waits[1] > 0


def test_a_refused_try_is_not_counted_so_waiting_always_helps(database: Database) -> None:
    fail(database, times=10)
    for second in range(1, 300, 7):
        assert wait_for(database, now=NOW + second * SECOND) == 300 - second
    assert len(attempts(database)) == 10
    assert wait_for(database, now=NOW + 300 * SECOND) == 0


def test_a_success_does_not_count_and_clears_nothing(database: Database) -> None:
    fail(database, times=9)
    for _ in range(20):
        succeed(database)
    assert wait_for(database) == 0
    fail(database)
    assert wait_for(database) == 300


def test_one_success_is_kept_for_each_place(database: Database) -> None:
    for address in (HOME, CAFE, HOME, HOME, CAFE):
        succeed(database, address=address)
    assert attempts(database) == [Attempt(BILL, HOME, succeeded=True), Attempt(BILL, CAFE, succeeded=True)]


def test_a_try_taken_back_leaves_no_trace(database: Database) -> None:
    assert wait_for(database) == 0
    assert attempts(database) == []


def test_a_reset_by_management_clears_the_failures_of_that_account_only(database: Database) -> None:
    succeed(database, BILL, HOME)
    fail(database, BILL, CAFE, times=10)
    fail(database, KATE, far_away(1), times=10)
    with database.writing() as session:
        throttle.forgive(session, "Bill.Boquet")
    assert wait_for(database, BILL, far_away(2)) == 0
    assert wait_for(database, KATE, far_away(2)) == 300
    assert Attempt(BILL, HOME, succeeded=True) in attempts(database)


def test_the_clock_of_another_account_and_place_does_not_matter(database: Database) -> None:
    fail(database, BILL, HOME, times=10)
    assert wait_for(database, KATE, CAFE) == 0


def test_old_rows_go_a_few_at_a_time_and_what_still_counts_stays(database: Database) -> None:
    old, older = NOW - DAY, NOW - timedelta(days=30)
    rows = [{"account": "old failure", "address": "x", "succeeded": False, "created_at": old} for _ in range(120)]
    rows += [
        {"account": "old success", "address": "x", "succeeded": True, "created_at": old},
        {"account": "ancient success", "address": "x", "succeeded": True, "created_at": older},
        {"account": "failure", "address": "x", "succeeded": False, "created_at": old + SECOND},
    ]
    with database.writing() as session:
        session.execute(insert(LoginAttempt), rows)
    remaining = []
    for _ in range(3):
        assert wait_for(database) == 0
        remaining.append(len(attempts(database)))
    assert remaining == [73, 23, 2]
    assert [row.account for row in attempts(database)] == ["old success", "failure"]


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("local:1000", "local:1000"),
        ("local:" + "9" * 51, "unknown"),
        ("local:\n", "unknown"),
        ("testclient", "unknown"),
        ("", "unknown"),
        ("192.0.2.7, 10.0.0.1", "unknown"),
        ("\ud800", "unknown"),
        ("0x7f.1", "unknown"),
    ],
)
def test_an_address_stands_for_a_place(address: str, place: str) -> None:
    assert place_of(address) == place


@given(host=st.integers(0, 2**64 - 1), network=st.integers(0, 2**64 - 1))
def test_all_addresses_of_an_ipv6_customer_are_one_place(host: int, network: int) -> None:
    from ipaddress import IPv6Address

    there = IPv6Address(network << 64 | host)
    if there.ipv4_mapped is None:
        assert place_of(str(there)) == place_of(str(IPv6Address(network << 64 | 2**63)))
        assert len(place_of(str(there))) <= 64


@given(typed=st.text(st.sampled_from("bB\u200b\u212a k\u00adİı.\u00a0\t")))
@example(typed="bill\u200b.boquet")
@example(typed="  BILL.boquet ")
@example(typed="\u212aate.hastroff")
def test_every_spelling_that_opens_an_account_is_counted_with_it(typed: str) -> None:
    name = account_name(typed)
    if name is not None:
        assert account_key(typed) == account_key(name) == hashlib.sha256(name.encode()).hexdigest()


@pytest.mark.parametrize("typed", ["", "\0", "\ud800", "a" * 10_000_000, "é" * 300, "' OR 1=1 --", "\u202ebill"])
def test_what_cannot_be_a_username_is_counted_all_the_same(typed: str) -> None:
    assert account_name(typed) is None
    assert len(account_key(typed)) == 64


def test_capitals_and_accents_do_not_make_a_fresh_start_on_a_name_that_nobody_has() -> None:
    assert account_key("Jérôme Ünbekannt") == account_key("JEROME  UNBEKANNT")


@dataclass
class Oracle:
    """The rules of SECURITY.md, counted by hand."""

    failures: list[tuple[float, str, str]] = field(default_factory=list)
    successes: list[tuple[float, str, str]] = field(default_factory=list)

    def open_at(self, moment: float, account: str, place: str, *, usual: bool) -> bool:
        of_account = [at for at, who, _where in self.failures if who == account]
        at_place = [at for at, _who, where in self.failures if where == place]
        return (
            sum(at > moment - 300 for at in of_account) < 10
            and sum(at > moment - 300 for at in at_place) < 10
            and sum(at > moment - 86400 for at in of_account) < (25 if usual else 20)
        )

    def wait(self, moment: float, account: str, place: str) -> int:
        usual = any((who, where) == (account, place) and at > moment - 30 * 86400 for at, who, where in self.successes)
        changes = sorted({at + span for at, _who, _where in self.failures for span in (300, 86400)})
        possible = [moment, *(change for change in changes if change > moment)]
        return next(
            -int((moment - change) // 1) for change in possible if self.open_at(change, account, place, usual=usual)
        )


steps = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([0.25, 1.0, 59.5, 150.0, 299.0, 300.0, 7000.0, 86100.0, 86400.0, 1e6])),
    st.tuples(
        st.sampled_from(["fail", "fail", "succeed", "take back"]),
        st.sampled_from([BILL, KATE]),
        st.sampled_from([HOME, CAFE, far_away(1), far_away(2)]),
        st.sampled_from([1, 2, 5, 10, 11]),
    ),
    st.tuples(st.just("forgive"), st.sampled_from(["bill.boquet", "kate.hastroff"])),
)


@given(story=st.lists(steps, max_size=40))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_story_is_judged_as_the_rules_say(database: Database, story: list[tuple[object, ...]]) -> None:
    oracle, moment = Oracle(), 0.0
    with Session(database.engine) as session:
        for step in story:
            match step:
                case ("wait", float(seconds)):
                    moment += seconds
                case ("forgive", str(name)):
                    throttle.forgive(session, name)
                    oracle.failures = [row for row in oracle.failures if row[1] != account_key(name)]
                case (str(outcome), str(account), str(address), int(times)):
                    for _ in range(times):
                        expected = oracle.wait(moment, account, address)
                        assert attempt(session, outcome, account, address, moment) == expected
                        if expected == 0 and outcome == "fail":
                            oracle.failures.append((moment, account, address))
                        if expected == 0 and outcome == "succeed":
                            oracle.successes.append((moment, account, address))
        session.rollback()


def attempt(session: Session, outcome: str, account: str, address: str, moment: float) -> int:
    """Try once, in an open transaction; gives the seconds to wait."""
    try:
        number = throttle.reserve(session, account=account, address=address, now=NOW + moment * SECOND)
    except TooManyAttempts as refused:
        return refused.retry_after_seconds
    if outcome == "succeed":
        throttle.succeed(session, number)
    if outcome == "take back":
        throttle.take_back(session, number)
    return 0


def test_however_large_an_attack_was_a_log_in_reads_a_few_rows_by_index(database: Database) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Connection, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        if "FROM login_attempts" in statement:
            asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    succeed(database)
    event.remove(database.engine, "before_cursor_execute", note)
    assert len(asked) == 5
    sqlite = database.engine.dialect.name == "sqlite"
    with database.writing() as session:
        # An empty table is quicker to read whole; whether the index can be used is the question.
        for way in () if sqlite else ("seqscan", "bitmapscan", "sort"):
            session.execute(text(f"SET LOCAL enable_{way} = off"))
        for statement, parameters in asked:
            explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
            plan = "\n".join(map(str, session.connection().exec_driver_sql(explain + statement, parameters)))
            assert "ix_login_attempts_" in plan, plan
            assert "SCAN login_attempts" not in plan
            assert "TEMP B-TREE" not in plan
            assert "Sort" not in plan
