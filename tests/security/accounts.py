"""Accounts and log-ins for tests about security: real databases, real hashing at a low cost, a clock that tests set."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import URL, Connection, event, make_url, select, text

from src.db.session import Database
from src.domain.permissions import Actor, Department
from src.models import Base
from src.models.login_attempt import LoginAttempt
from src.models.user import User
from src.models.user_session import UserSession
from src.security.passwords import HashCost, PasswordHasher
from src.services import audit_trail, auth, logging_in
from tests.databases import new_database, text_of

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
CHEAP = HashCost(memory_kib=8, passes=1, lanes=1)
HASHER = PasswordHasher(CHEAP)
HOME, CAFE = "192.0.2.7", "198.51.100.20"


class CountingHasher(PasswordHasher):
    """Hashes for real, and remembers against which stored text each password was compared."""

    def __init__(self, cost: HashCost = CHEAP) -> None:
        super().__init__(cost)
        self.compared: list[str] = []
        self.made = 0

    def _make(self, secret: bytes) -> str:
        self.made += 1
        return super()._make(secret)

    def _matches(self, known: str, secret: bytes) -> bool:
        self.compared.append(known)
        return super()._matches(known, secret)


def open_database(url: str, *, pooled: bool = False) -> Database:
    return Database(make_url(url), pooled=pooled)


# A test module takes these two by `database, postgres_of_module = accounts.database, accounts.postgres_of_module`.


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated database without any row, once per engine (to empty one is quicker than to make one)."""
    source = {"sqlite": "migrated_sqlite_url", "postgresql": "postgres_of_module"}[request.param]
    opened = open_database(request.getfixturevalue(source), pooled=True)
    try:
        if request.param == "postgresql":
            _empty(opened)
        yield opened
    finally:
        opened.close()


def _empty(database: Database) -> None:
    tables = [table.name for table in Base.metadata.sorted_tables]
    # The audit log and the payments refuse to be emptied for as long as their triggers are on.
    off, on = ([f"ALTER TABLE {table} {switch} TRIGGER USER" for table in tables] for switch in ("DISABLE", "ENABLE"))
    # A few rows are gone sooner than TRUNCATE has made new files for every table and index.
    gone = [f"DELETE FROM {table}" for table in reversed(tables)]
    counted_anew = [f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 1, false)" for table in tables]
    with database.writing() as session:
        session.execute(text("; ".join([*off, *gone, *counted_anew, *on])))


@pytest.fixture(scope="module")
def postgres_of_module(postgres_server: URL, postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database that the tests of one module share, one after the other."""
    with new_database(postgres_server, template=postgres_template) as url:
        yield text_of(url)


def add_user(
    database: Database,
    username: str = "bill.boquet",
    *,
    password: str = PASSWORD,
    department: Department = Department.SALES,
    is_active: bool = True,
    must_change_password: bool = False,
    totp_secret: str | None = None,
    hasher: PasswordHasher = HASHER,
) -> int:
    """Store an account; gives its id."""
    with database.writing() as session:
        audit_trail.sign_as_system(session, "test")
        user = User(
            username=username,
            email=f"{username}@epic.example",
            password_hash=hasher.hash(password),
            first_name="Bill",
            last_name="Boquet",
            department=department,
            is_active=is_active,
            must_change_password=must_change_password,
            totp_secret=totp_secret,
            created_at=NOW,
            updated_at=NOW,
        )
        session.add(user)
        session.flush()
        return user.id


def change_user(database: Database, user_id: int, **values: Any) -> None:
    """Change an account as management would."""
    with database.writing() as session:
        audit_trail.sign_as_system(session, "test")
        user = session.get_one(User, user_id)
        for field, value in values.items():
            setattr(user, field, value)


def log_in(
    database: Database, username: str = "bill.boquet", password: str = PASSWORD, **options: Any
) -> logging_in.LogIn:
    """Log in from home at nine o'clock, unless the test says otherwise."""
    given: dict[str, Any] = {"address": HOME, "interface": "cli", "now": NOW, "hasher": HASHER} | options
    return logging_in.log_in(database, username, password, **given)


def authenticate(
    database: Database, token: str, *, interface: str = "cli", now: datetime = NOW, **options: Any
) -> Actor:
    with database.reading() as session:
        return auth.authenticate(session, token, interface=interface, now=now, **options)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def user_row(database: Database, user_id: int) -> User:
    with database.reading() as session:
        return session.get_one(User, user_id)


def session_ids(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.scalars(select(UserSession.id).order_by(UserSession.id)))


@dataclass(frozen=True)
class Attempt:
    account: str
    address: str
    succeeded: bool


def attempts(database: Database) -> list[Attempt]:
    with database.reading() as session:
        rows = session.scalars(select(LoginAttempt).order_by(LoginAttempt.id))
        return [Attempt(row.account, row.address, row.succeeded) for row in rows]


@contextmanager
def statements_of(database: Database) -> Iterator[list[str]]:
    """Collect the SQL that reaches the database."""
    seen: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
