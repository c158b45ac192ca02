"""What everybody may do with their own account: password, second factor, log-ins.

Whatever could lock its holder out needs the present password again, so that an unlocked screen or a stolen token is not
enough. Like a log-in, such a change is made in short steps (see `logging_in`): these functions take the database and
open their own transactions; no other may be open meanwhile. Wrong passwords count together with failed log-ins.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import InvalidInput, NotAuthenticated, RuleBroken
from src.domain.permissions import Action, Actor
from src.i18n import N_
from src.models.user import User
from src.models.user_session import UserSession
from src.security import throttle, two_factor
from src.security.passwords import STANDARD, PasswordHasher, canonical, check_password
from src.services import audit_trail, auth
from src.services.records import authorize, get_or_raise


@dataclass(frozen=True, kw_only=True)
class OwnSession:
    """One of a person's log-ins, as they know it again."""

    id: int
    interface: str
    device: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class TwoFactorSetup:
    """What goes into an authenticator app: as a code to scan, an address to click, or a secret to type."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    qr: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class TwoFactorState:
    """Whether the second factor is on, and how many recovery codes are left."""

    is_on: bool
    recovery_codes_left: int


def change_password(
    database: Database,
    actor: Actor,
    *,
    current: str,
    new: str,
    address: str,
    now: datetime,
    hasher: PasswordHasher = STANDARD,
) -> None:
    """Choose another password; every other log-in of this person ends, the one that asked goes on.

    Raises:
        InvalidInput: the present password is wrong, or the new one too weak. TooManyAttempts.
    """
    with database.reading() as session:
        user = _own(session, actor, Action.OWN_PASSWORD)
        check_password(new, has_two_factor=user.totp_secret is not None, context_words=_about(user))
    known = _prove(database, actor, Action.OWN_PASSWORD, current, address=address, now=now, hasher=hasher)
    if canonical(new) == canonical(current):
        raise InvalidInput(N_("{field}: choose another password than the present one."), field=N_("password"))
    new_hash = hasher.hash(new)
    with _changing(database, actor, Action.OWN_PASSWORD, known) as (session, user):
        user.password_hash = new_hash
        user.must_change_password = False
        auth.end_sessions(session, user.id, except_session_id=actor.session_id)


def list_sessions(session: Session, actor: Actor, *, now: datetime) -> Sequence[OwnSession]:
    """List one's own log-ins that are open, the latest used first."""
    authorize(session, actor, Action.OWN_SESSIONS)
    rows = session.scalars(
        select(UserSession)
        .where(UserSession.user_id == actor.user_id, UserSession.expires_at > now)
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    )
    return [
        OwnSession(
            id=row.id,
            interface=row.interface,
            device=row.device,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
            is_current=row.id == actor.session_id,
        )
        for row in rows
        if now - row.last_seen_at < auth.IDLE_LIMITS.get(row.interface, timedelta.max)
    ]


def end_session(session: Session, actor: Actor, session_id: int) -> None:
    """End one of one's own log-ins, say on a lost telephone.

    Raises:
        NotFound; Forbidden: it is somebody else's.
    """
    opened = get_or_raise(session, UserSession, session_id)
    authorize(session, actor, Action.OWN_SESSIONS, opened)
    session.execute(delete(UserSession).where(UserSession.id == opened.id))


def end_all_sessions(session: Session, actor: Actor, *, keep_current: bool = True) -> int:
    """End one's own log-ins everywhere, by default but for the one that asks. Returns how many."""
    authorize(session, actor, Action.OWN_SESSIONS)
    kept = actor.session_id if keep_current else None
    return auth.end_sessions(session, actor.user_id, except_session_id=kept)


def two_factor_state(session: Session, actor: Actor) -> TwoFactorState:
    """Tell whether one's own second factor is on."""
    user = _own(session, actor, Action.OWN_TWO_FACTOR)
    is_on = user.totp_secret is not None
    return TwoFactorState(
        is_on=is_on, recovery_codes_left=two_factor.recovery_codes_left(session, user.id) if is_on else 0
    )


def start_two_factor(session: Session, actor: Actor, *, shown_before: str = "") -> TwoFactorSetup:
    """Make the secret for an authenticator app. Nothing is stored until a code of the app shows that it arrived.

    `shown_before` is the secret that is in the app already: after a mistyped code it stays the same.

    Raises:
        RuleBroken: it is on already.
    """
    user = _own(session, actor, Action.OWN_TWO_FACTOR)
    _refuse_if_on(user)
    secret = shown_before if two_factor.is_secret(shown_before) else two_factor.new_secret()
    uri = two_factor.provisioning_uri(secret, user.username)
    return TwoFactorSetup(secret=secret, uri=uri, qr=two_factor.qr_text(uri))


def confirm_two_factor(
    database: Database,
    actor: Actor,
    *,
    secret: str,
    code: str,
    password: str,
    address: str,
    now: datetime,
    hasher: PasswordHasher = STANDARD,
) -> tuple[str, ...]:
    """Turn the second factor on once the app shows a right code. Returns the recovery codes, said this once.

    Log-ins elsewhere end: they were opened without it.

    Raises:
        InvalidInput: the code or the password is wrong. RuleBroken: it is on already. TooManyAttempts.
    """
    if not two_factor.is_secret(secret):
        raise InvalidInput(N_("{field}: this is not the secret that was shown. Start again."), field=N_("secret"))
    step = two_factor.matching_step(secret, code, now=now, after=None)
    if step is None:
        raise InvalidInput(
            N_("{field}: this code is wrong or too old. Check the clock of your telephone."), field=N_("code")
        )
    known = _prove(database, actor, Action.OWN_TWO_FACTOR, password, address=address, now=now, hasher=hasher)
    with _changing(database, actor, Action.OWN_TWO_FACTOR, known) as (session, user):
        _refuse_if_on(user)
        user.totp_secret, user.totp_last_step = secret, step
        auth.end_sessions(session, user.id, except_session_id=actor.session_id)
        return two_factor.renew_recovery_codes(session, user.id)


def disable_two_factor(
    database: Database,
    actor: Actor,
    *,
    password: str,
    address: str,
    now: datetime,
    hasher: PasswordHasher = STANDARD,
) -> None:
    """Turn the second factor off. The password alone must then be long enough to guard the account.

    Raises:
        InvalidInput: the password is wrong, or too weak to go without. RuleBroken: it is off already. TooManyAttempts.
    """
    known = _prove(database, actor, Action.OWN_TWO_FACTOR, password, address=address, now=now, hasher=hasher)
    with _changing(database, actor, Action.OWN_TWO_FACTOR, known) as (session, user):
        _refuse_if_off(user)
        check_password(password, context_words=_about(user))
        user.totp_secret = user.totp_last_step = None
        two_factor.remove_recovery_codes(session, user.id)


def new_recovery_codes(
    database: Database,
    actor: Actor,
    *,
    password: str,
    address: str,
    now: datetime,
    hasher: PasswordHasher = STANDARD,
) -> tuple[str, ...]:
    """Make new recovery codes, said this once; the old ones open nothing any more.

    Raises:
        InvalidInput: the password is wrong. RuleBroken: the second factor is off. TooManyAttempts.
    """
    known = _prove(database, actor, Action.OWN_TWO_FACTOR, password, address=address, now=now, hasher=hasher)
    with _changing(database, actor, Action.OWN_TWO_FACTOR, known) as (session, user):
        _refuse_if_off(user)
        audit_trail.note(session, record_type=User.__tablename__, record_id=user.id, recovery_codes="•••")
        return two_factor.renew_recovery_codes(session, user.id)


def _own(session: Session, actor: Actor, action: Action, *, lock: bool = False) -> User:
    user = get_or_raise(session, User, actor.user_id, lock=lock)
    authorize(session, actor, action, user)
    return user


def _about(user: User) -> tuple[str, ...]:
    return user.username, user.email, user.first_name, user.last_name


def _refuse_if_on(user: User) -> None:
    if user.totp_secret is not None:
        raise RuleBroken(N_("Two-factor log-in is already on. Turn it off first to change the telephone."))


def _refuse_if_off(user: User) -> None:
    if user.totp_secret is None:
        raise RuleBroken(N_("Two-factor log-in is not on."))


def _prove(
    database: Database,
    actor: Actor,
    action: Action,
    password: str,
    *,
    address: str,
    now: datetime,
    hasher: PasswordHasher,
) -> str:
    """Make sure that it is the holder of the account who asks. Returns the hash that the password was checked with."""
    with database.writing() as session:
        known = _own(session, actor, action).password_hash
        account = throttle.account_key(actor.username)
        attempt = throttle.reserve(session, account=account, address=address, now=now)
    if not hasher.verify(known, password):
        raise InvalidInput(N_("{field}: this is not your present password."), field=N_("present password"))
    with database.writing() as session:
        throttle.take_back(session, attempt)
    return known


@contextmanager
def _changing(database: Database, actor: Actor, action: Action, known: str) -> Iterator[tuple[Session, User]]:
    """Open the transaction of the change, on an account that is still open and still has the password just checked."""
    with database.writing() as session:
        user = _own(session, actor, action, lock=True)
        if not user.is_active or user.password_hash != known:
            raise NotAuthenticated()
        yield session, user
