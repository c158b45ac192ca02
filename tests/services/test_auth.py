"""Logging in, logging out, and what is never shown of it."""

import logging
from datetime import datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select

from src.db.session import Database
from src.domain.errors import (
    LoginRefused,
)
from src.domain.permissions import Actor, Department
from src.models.audit_entry import AuditEntry
from src.models.user_session import UserSession
from src.security.passwords import HashCost, PasswordHasher
from src.security.throttle import account_key
from src.security.tokens import hash_token, is_token
from tests.security import accounts
from tests.security.accounts import (
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
    open_database,
    session_ids,
    statements_of,
    user_row,
)

database, postgres_of_module = accounts.database, accounts.postgres_of_module


BILL = account_key("bill.boquet")
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
HOUR = timedelta(hours=1)


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
