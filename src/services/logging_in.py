"""Logging in: a password and, where it is set up, a second factor open a session.

Services never commit, and this one has to, three times over. A log-in is three short steps: a transaction counts the
try as failed, so that it stays counted whatever happens; the password is verified outside any transaction, because
hashing takes a hundred times longer than the write lock of the whole company may be held; a transaction looks at the
account again and opens the session. In between, the account may have been closed or its password changed: then the
log-in is refused.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Row, Select, delete, exists, select, update
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import CrmError, LoginRefused, SecondFactorNeeded
from src.domain.permissions import Actor, Department
from src.i18n import N_
from src.models.user import User
from src.models.user_session import UserSession
from src.security import throttle, two_factor
from src.security.passwords import STANDARD, PasswordHasher
from src.security.tokens import hash_token, new_token

# However much a session is used, it ends.
LIFETIMES: Mapping[str, timedelta] = dict.fromkeys(("cli", "web", "api"), timedelta(hours=12))
# A password that management gave out, on paper or by telephone, and that nobody has used.
ONE_TIME_PASSWORD_DAYS = 7
_Columns: TypeAlias = tuple[Any, ...]

_LONGEST_DEVICE = 200


@dataclass(frozen=True, kw_only=True)
class LogIn:
    """An open door: the token is said once, here, and only its SHA-256 is stored."""

    token: str = field(repr=False)
    actor: Actor
    expires_at: datetime
    must_change_password: bool


def log_in(
    database: Database,
    username: str,
    password: str,
    *,
    code: str | None = None,
    address: str,
    interface: str,
    device: str = "",
    now: datetime,
    hasher: PasswordHasher = STANDARD,
) -> LogIn:
    """Let a member of staff in with their password and, where they set it up, a second factor.

    `address` is where they come from: an IP address, or `local:<uid>` on this machine. `device` is a text by which they
    will know the session again. No transaction may be open: this opens its own.

    Raises:
        TooManyAttempts: nothing was looked at. LoginRefused: unknown, closed or wrong; all alike, in text and in time.
        SecondFactorNeeded: the password is right and a code is wanted as well.
    """
    expires_at = now + LIFETIMES[interface]
    with database.writing() as session:
        attempt = throttle.reserve(session, account=throttle.account_key(username), address=address, now=now)
        name = throttle.account_name(username) or ""
        found = session.execute(_account().where(User.username == name)).one_or_none()
    known = found.password_hash if found is not None and found.is_active else None
    if not hasher.verify(known, password) or found is None:
        raise LoginRefused()
    renewed = hasher.hash(password) if hasher.needs_rehash(found.password_hash) else None
    with database.writing() as session:
        account = _still_the_same(session, found)
        refusal = _what_else_is_wanted(session, account, code, now)
        if refusal is None:
            _use_second_factor(session, account, code, now)
            throttle.succeed(session, attempt)
            if renewed is not None:
                _store_rehashed(session, account, renewed)
            return _open_session(session, account, interface=interface, device=device, now=now, expires_at=expires_at)
        throttle.take_back(session, attempt)
    raise refusal


def _account() -> Select[*_Columns]:
    return select(
        User.id,
        User.username,
        User.department,
        User.is_active,
        User.password_hash,
        User.must_change_password,
        User.totp_secret,
        User.totp_last_step,
        User.updated_at,
    )


def _still_the_same(session: Session, found: Row[*_Columns]) -> Row[*_Columns]:
    # key_share: nobody who only refers to this person (a new client of theirs) has to wait for the log-in.
    statement = _account().where(User.id == found.id).with_for_update(key_share=True)
    account = session.execute(statement).one_or_none()
    if account is None or not account.is_active or account.password_hash != found.password_hash:
        raise LoginRefused()
    return account


def _what_else_is_wanted(session: Session, account: Row[*_Columns], code: str | None, now: datetime) -> CrmError | None:
    # Its age is that of the last edit of the account, by management like the password itself: at worst it lives longer.
    aged = account.must_change_password and now - account.updated_at > timedelta(days=ONE_TIME_PASSWORD_DAYS)
    if aged and _somebody_can_give_another(session, account):
        return LoginRefused(
            N_("This one-time password is more than {days} days old. Ask management for a new one."),
            days=ONE_TIME_PASSWORD_DAYS,
        )
    return SecondFactorNeeded() if account.totp_secret is not None and not (code or "").strip() else None


def _somebody_can_give_another(session: Session, account: Row[*_Columns]) -> bool:
    # The first manager of a new installation may come back from holidays: nobody else could let them in.
    managers = select(User.id).where(User.department == Department.MANAGEMENT, User.is_active.is_(True))
    return bool(session.scalar(select(exists(managers.where(User.id != account.id)))))


def _use_second_factor(session: Session, account: Row[*_Columns], code: str | None, now: datetime) -> None:
    if account.totp_secret is not None and not two_factor.use_code(
        session,
        user_id=account.id,
        secret=account.totp_secret,
        last_step=account.totp_last_step,
        code=code or "",
        now=now,
    ):
        raise LoginRefused()


def _store_rehashed(session: Session, account: Row[*_Columns], renewed: str) -> None:
    # The same password at today's cost is no edit of the account: its version and time of change stay.
    session.execute(
        update(User)
        .where(User.id == account.id)
        .values(password_hash=renewed, updated_at=User.updated_at)
        .execution_options(synchronize_session=False)
    )


def _open_session(
    session: Session, account: Row[*_Columns], *, interface: str, device: str, now: datetime, expires_at: datetime
) -> LogIn:
    ended = delete(UserSession).where(UserSession.user_id == account.id, UserSession.expires_at <= now)
    session.execute(ended.execution_options(synchronize_session=False))
    token = new_token()
    opened = UserSession(
        user_id=account.id,
        token_hash=hash_token(token),
        interface=interface,
        device=_readable(device),
        created_at=now,
        last_seen_at=now,
        expires_at=expires_at,
    )
    session.add(opened)
    session.flush()
    actor = Actor(account.id, account.username, account.department, interface, opened.id)
    return LogIn(token=token, actor=actor, expires_at=expires_at, must_change_password=account.must_change_password)


def _readable(device: str) -> str:
    """Keep what can be stored and shown of a text that a browser sent about itself."""
    start = device[:_LONGEST_DEVICE]
    return "".join(sign for sign in start if unicodedata.category(sign)[0] != "C" or sign == " ")
