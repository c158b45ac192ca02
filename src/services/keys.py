"""Keys that a member of staff hands out, tokens of programs and calendar feeds: listed, ended and noted in one way."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Row, Select, or_, update
from sqlalchemy.orm import Session

from src.domain.errors import PasswordChangeRequired, TwoFactorRequired
from src.domain.permissions import Action, Actor, Department, granted
from src.models.api_token import ApiToken
from src.models.calendar_feed import CalendarFeed
from src.models.user import User
from src.services import audit_trail
from src.services.records import authorize, get_or_raise

Key = TypeVar("Key", ApiToken, CalendarFeed)
_USED_EVERY = timedelta(minutes=1)


def list_keys(
    session: Session, actor: Actor, rows: Select[Any], kind: type[Key], *, own: Action, everybody: bool
) -> Sequence[Any]:
    """List one's own keys of a kind, or for management everybody's, the newest first; `own` is the right to one's own.

    Raises:
        Forbidden.
    """
    authorize(session, actor, Action.USER_END_SESSIONS if everybody else own)
    if not everybody:
        rows = rows.where(kind.user_id == actor.user_id)
    return session.execute(rows.order_by(kind.id.desc())).all()


def revoke_key(
    session: Session, actor: Actor, kind: type[Key], key_id: int, *, own: Action, noted: str, now: datetime
) -> Key:
    """End a key at once: one's own, or for management anybody's; `noted` is the word for it in its holder's history.

    Raises:
        NotFound; Forbidden: it is somebody else's.
    """
    key = get_or_raise(session, kind, key_id, lock=True)
    is_own = granted(actor, own, key) is True
    if is_own or actor.department is not Department.MANAGEMENT:
        authorize(session, actor, own, key)
    else:
        authorize(session, actor, Action.USER_END_SESSIONS)
    if key.revoked_at is None:
        key.revoked_at = now
        session.flush()
        note(session, key.user_id, **{noted: key.name})
    return key


def end_keys(session: Session, user_id: int, *, now: datetime) -> None:
    """End every key of a person whose account was taken over by somebody else, or may have been."""
    for kind in (ApiToken, CalendarFeed):
        session.execute(
            update(kind)
            .where(kind.user_id == user_id, kind.revoked_at.is_(None))
            .values(revoked_at=now)
            .execution_options(synchronize_session=False)
        )


def require_ready(holder: Row[Any], two_factor_for: Collection[Department]) -> None:
    """Open nothing for somebody who must first do something for the safety of their account.

    Raises:
        PasswordChangeRequired, TwoFactorRequired.
    """
    if holder.must_change_password:
        raise PasswordChangeRequired()
    if holder.department in two_factor_for and not holder.has_two_factor:
        raise TwoFactorRequired()


def note_used(session: Session, kind: type[Key], key_id: int, *, now: datetime) -> None:
    """Note that a key was used just now, at most once a minute, so that forgotten ones can be told."""
    session.execute(
        update(kind)
        .where(kind.id == key_id, or_(kind.last_used_at.is_(None), kind.last_used_at <= now - _USED_EVERY))
        .values(last_used_at=now, updated_at=kind.updated_at)
        .execution_options(synchronize_session=False)
    )


def note(session: Session, user_id: int, **changes: Any) -> None:
    """Write into a person's history that a key was made or ended, by its name."""
    audit_trail.note(session, record_type=User.__tablename__, record_id=user_id, **changes)
