"""Who is asking: knowing a person again at every request, and logging out."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import Select, bindparam, delete, select, update
from sqlalchemy.orm import Session

from src.db.session import ask
from src.domain.errors import NotAuthenticated, PasswordChangeRequired, TwoFactorRequired
from src.domain.permissions import Action, Actor, Department
from src.models.user import User
from src.models.user_session import UserSession
from src.security.tokens import hash_token, is_token

# On the web, where screens are left open, half an hour of rest ends a session before its time.
IDLE_LIMITS: Mapping[str, timedelta] = {"web": timedelta(minutes=30)}
_Columns: TypeAlias = tuple[Any, ...]

_SEEN_EVERY = timedelta(minutes=1)


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
    found = ask(session, _signed_in(), {"token_hash": hash_token(token)}).one_or_none() if is_token(token) else None
    if found is None or not found.is_active or found.interface != interface or found.expires_at <= now:
        raise NotAuthenticated()
    if interface in IDLE_LIMITS and now - found.last_seen_at >= IDLE_LIMITS[interface]:
        raise NotAuthenticated()
    if found.must_change_password and purpose is not Action.OWN_PASSWORD:
        raise PasswordChangeRequired()
    lacks_two_factor = found.department in two_factor_for and not found.has_two_factor
    if lacks_two_factor and purpose not in {Action.OWN_PASSWORD, Action.OWN_TWO_FACTOR}:
        raise TwoFactorRequired()
    return Actor(
        found.user_id,
        found.username,
        found.department,
        interface,
        found.session_id,
        language=found.language,
        theme=found.theme,
    )


def touch(session: Session, actor: Actor, *, now: datetime) -> None:
    """Note that a session was used just now, at most once a minute: an idle one ends on the web."""
    session.execute(
        update(UserSession)
        .where(UserSession.id == actor.session_id, UserSession.last_seen_at <= now - _SEEN_EVERY)
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
            User.language,
            User.theme,
        )
        .join(UserSession.user)
        .where(UserSession.token_hash == bindparam("token_hash"))
    )


def _end(session: Session, *conditions: Any) -> int:
    ended = delete(UserSession).where(*conditions).returning(UserSession.id)
    return len(session.execute(ended.execution_options(synchronize_session=False)).all())
