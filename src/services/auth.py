"""Who is asking: logging in, knowing the person again at every request, logging out.

Services never commit, and this one has to, three times over. A log-in is three short steps: a transaction counts the
try as failed, so that it stays counted whatever happens; the password is verified outside any transaction, because
hashing takes a hundred times longer than the write lock of the whole company may be held; a transaction looks at the
account again and opens the session. In between, the account may have been closed or its password changed: then the
log-in is refused.
"""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import Row, Select, bindparam, delete, exists, select, update
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import (
    CrmError,
    LoginRefused,
    NotAuthenticated,
    PasswordChangeRequired,
    SecondFactorNeeded,
    TwoFactorRequired,
)
from src.domain.permissions import Action, Actor, Department
from src.i18n import N_
from src.models.user import User, UserSession
from src.security import throttle, two_factor
from src.security.passwords import STANDARD, PasswordHasher
from src.security.tokens import hash_token, is_token, new_token

# However much a session is used, it ends; on the web, where screens are left open, half an hour of rest ends it too.
LIFETIMES: Mapping[str, timedelta] = dict.fromkeys(("cli", "web", "api"), timedelta(hours=12))
IDLE_LIMITS: Mapping[str, timedelta] = {"web": timedelta(minutes=30)}
# A password that management gave out, on paper or by telephone, and that nobody has used.
ONE_TIME_PASSWORD_DAYS = 7
_Columns: TypeAlias = tuple[Any, ...]

_SEEN_EVERY = timedelta(minutes=1)
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


def authenticate(
    session: Session,
    token: str,
    *,
    now: datetime,
    interface: str,
    purpose: Action | None = None,
    two_factor_for: Collection[Department] = (),
) -> Actor:
    """Know the person behind a token, read afresh for this request: department and account count as they are now.

    A token opens the interface it was made for and no other. `purpose` is named by the few requests that a person may
    make before choosing a password of their own (OWN_PASSWORD) or setting up the second factor that `two_factor_for`
    asks of their department (OWN_PASSWORD, OWN_TWO_FACTOR).

    Raises:
        NotAuthenticated: unknown or ended, or the account is closed.
        PasswordChangeRequired, TwoFactorRequired: nothing but that is allowed now.
    """
    found = session.execute(_signed_in(), {"token_hash": hash_token(token)}).one_or_none() if is_token(token) else None
    if found is None or not found.is_active or found.interface != interface or found.expires_at <= now:
        raise NotAuthenticated()
    if interface in IDLE_LIMITS and now - found.last_seen_at >= IDLE_LIMITS[interface]:
        raise NotAuthenticated()
    if found.must_change_password and purpose is not Action.OWN_PASSWORD:
        raise PasswordChangeRequired()
    lacks_two_factor = found.department in two_factor_for and not found.has_two_factor
    if lacks_two_factor and purpose not in {Action.OWN_PASSWORD, Action.OWN_TWO_FACTOR}:
        raise TwoFactorRequired()
    return Actor(found.user_id, found.username, found.department, interface, found.session_id)


def touch_is_due(session: Session, actor: Actor, *, now: datetime) -> bool:
    """Tell whether a session was last noted as used a minute ago or more (so that reads rarely have to write)."""
    return bool(session.scalar(select(exists(select(UserSession.id).where(*_not_seen_lately(actor, now))))))


def touch(session: Session, actor: Actor, *, now: datetime) -> None:
    """Note that a session was used just now, at most once a minute: an idle one ends on the web."""
    session.execute(
        update(UserSession)
        .where(*_not_seen_lately(actor, now))
        .values(last_seen_at=now, updated_at=now)
        .execution_options(synchronize_session=False)
    )


def log_out(session: Session, token: str) -> None:
    """End the session of a token at once; whoever holds it may, whatever state the account is in."""
    if is_token(token):
        _end(session, UserSession.token_hash == hash_token(token))


def end_sessions(session: Session, user_id: int, *, except_session_id: int | None = None) -> int:
    """End all log-ins of a person, in every interface. Returns how many."""
    # The account first: a log-in that is opening a session holds it, and would slip in behind the deletion.
    session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
    of_the_person = UserSession.user_id == user_id
    if except_session_id is None:
        return _end(session, of_the_person)
    return _end(session, of_the_person, UserSession.id != except_session_id)


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


@cache
def _signed_in() -> Select[*_Columns]:
    # Made once: every request asks, and making the question costs more than answering it.
    return (
        select(
            UserSession.id.label("session_id"),
            UserSession.interface,
            UserSession.expires_at,
            UserSession.last_seen_at,
            User.id.label("user_id"),
            User.username,
            User.department,
            User.is_active,
            User.must_change_password,
            User.totp_secret.is_not(None).label("has_two_factor"),
        )
        .join(UserSession.user)
        .where(UserSession.token_hash == bindparam("token_hash"))
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
    _end(session, UserSession.user_id == account.id, UserSession.expires_at <= now)
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


def _not_seen_lately(actor: Actor, now: datetime) -> tuple[Any, ...]:
    return UserSession.id == actor.session_id, UserSession.last_seen_at <= now - _SEEN_EVERY


def _end(session: Session, *conditions: Any) -> int:
    ended = delete(UserSession).where(*conditions).returning(UserSession.id)
    return len(session.execute(ended.execution_options(synchronize_session=False)).all())
