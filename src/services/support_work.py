"""How the work of support is shared out, and what happened to it while somebody did not look."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, and_, cast, func, or_, select, update
from sqlalchemy.orm import Session

from src.db.types import RecordId
from src.domain.permissions import Action, Actor, Department, require
from src.models.audit_entry import AuditEntry
from src.models.event import Event
from src.models.user import User
from src.services import audit
from src.services.lists import Page, read_page, select_rows

DAYS = 30
_MOST_PEOPLE = 100
# Who has never looked, or not for long, is told of so much and no more.
_AT_FIRST, _AT_MOST = timedelta(days=7), timedelta(days=30)
_SUPPORT_CONTACT = "support_contact_id"


class Meanwhile(NamedTuple):
    """What others changed of somebody's events since they last looked, newest first."""

    since: datetime
    changes: Page


def load_of_support(session: Session, actor: Actor, *, now: datetime) -> Sequence[Row[Any]]:
    """Count the events that each member of support is in charge of in the coming 30 days, the busiest first.

    Who has none is listed too, unless their account is closed.

    Raises:
        Forbidden.
    """
    require(actor, Action.EVENT_READ)
    # Of each person by the index of their own events: of all events of these days every one would be looked up.
    number = (
        select(func.count(Event.id))
        .where(
            Event.support_contact_id == User.id,
            Event.event_start >= now,
            Event.event_start < now + timedelta(days=DAYS),
        )
        .scalar_subquery()
    )
    counted = (
        select_rows(User.id, User.username, User.first_name, User.last_name, User.is_active, number.label("events"))
        .where(User.department == Department.SUPPORT)
        .subquery()
    )
    people = (
        select_rows(counted.c.username, counted.c.first_name, counted.c.last_name, counted.c.events)
        .where(or_(counted.c.is_active, counted.c.events > 0))
        .order_by(counted.c.events.desc(), counted.c.last_name, counted.c.id)
        .limit(_MOST_PEOPLE)
    )
    return session.execute(people).all()


def changes_meanwhile(session: Session, actor: Actor, *, now: datetime, limit: int) -> Meanwhile:
    """List what others changed, since the actor last looked, of events that the actor is in charge of or was.

    Raises:
        Forbidden.
    """
    require(actor, Action.AUDIT_READ_HISTORY)
    looked_at = session.scalar(select(User.looked_at).where(User.id == actor.user_id))
    since = max(looked_at or now - _AT_FIRST, now - _AT_MOST)
    mine = AuditEntry.record_id.in_(select(Event.id).where(Event.support_contact_id == actor.user_id))
    was_mine = and_(
        AuditEntry.action == Action.EVENT_ASSIGN_SUPPORT,
        cast(AuditEntry.changes[(_SUPPORT_CONTACT, 0)].as_string(), RecordId) == actor.user_id,
    )
    statement = (
        audit.entries_about(Event)
        .add_columns(Event.name.label("event_name"), Event.time_zone)
        .join(Event, Event.id == AuditEntry.record_id)
        # By number, which follows time: newest first needs no sorting, and reading ends at the first one seen before.
        .where(
            AuditEntry.id >= _first_since(since - _SLACK),
            AuditEntry.created_at > since,
            AuditEntry.actor_id.is_distinct_from(actor.user_id),
            or_(mine, was_mine),
        )
    )
    return Meanwhile(since, read_page(session, statement, audit.audit_order("-id"), limit=limit, after=None))


def note_looked(session: Session, actor: Actor, *, until: datetime, now: datetime) -> None:
    """Remember that somebody has seen what changed up to a moment; it never goes back.

    Raises:
        Forbidden.
    """
    require(actor, Action.AUDIT_READ_HISTORY)
    seen = min(until, now)
    # Not by the record: whoever edits the account meanwhile is not told that it changed.
    session.execute(
        update(User)
        .where(User.id == actor.user_id, or_(User.looked_at.is_(None), User.looked_at < seen))
        .values(looked_at=seen, updated_at=User.updated_at)
        .execution_options(synchronize_session=False)
    )


def _first_since(moment: datetime) -> Any:
    entries = select(AuditEntry.id).where(AuditEntry.created_at >= moment)
    return entries.order_by(AuditEntry.created_at, AuditEntry.id).limit(1).scalar_subquery()


# Of two transactions that write at once the later number may have the earlier moment.
_SLACK = timedelta(minutes=2)
