"""Who of support would be in two places at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, aliased

from src.domain.permissions import Action, Actor, require
from src.models.event import LONGEST, Event

_MOST_SHOWN = 10
_MOST_READ = 1000
_AROUND = timedelta(days=3)


def overlapping_events(session: Session, event: Event) -> list[Event]:
    """Find the other events of the same support contact at the same time: somebody is being double-booked."""
    if event.support_contact_id is None:
        return []
    theirs = select(Event).where(Event.support_contact_id == event.support_contact_id, *_meanwhile(event))
    return list(session.scalars(theirs.order_by(Event.event_start).limit(_MOST_SHOWN)))


def support_at_that_time(session: Session, actor: Actor, event: Event) -> Mapping[int, Sequence[str]]:
    """Tell who of support is at other events while this one lasts, and at which: before somebody is double-booked.

    Raises:
        Forbidden.
    """
    require(actor, Action.EVENT_READ)
    taken = select(Event.support_contact_id, Event.name).where(
        Event.support_contact_id.is_not(None), *_meanwhile(event)
    )
    busy: dict[int, list[str]] = {}
    for person_id, name in session.execute(taken.order_by(Event.event_start, Event.id).limit(_MOST_READ)):
        if person_id is not None:  # as the condition says, for the checker
            busy.setdefault(person_id, []).append(name)
    return busy


def events_around(session: Session, event: Event) -> list[Event]:
    """Find what else the support contact does in the days of an event: where it must not be moved to."""
    if event.support_contact_id is None:
        return []
    theirs = select(Event).where(
        Event.support_contact_id == event.support_contact_id,
        Event.id != event.id,
        Event.event_start > event.event_start - LONGEST,
        Event.event_start < event.event_end + _AROUND,
        Event.event_end > event.event_start - _AROUND,
    )
    return list(session.scalars(theirs.order_by(Event.event_start, Event.id).limit(_MOST_SHOWN)))


def is_double_booked(*, since: datetime) -> ColumnElement[bool]:
    """Give the condition of the events whose support contact is at another one, begun after `since`, meanwhile."""
    other = aliased(Event)
    return exists(
        select(other.id).where(
            other.support_contact_id == Event.support_contact_id,
            other.id != Event.id,
            other.event_start > since,
            other.event_start < Event.event_end,
            other.event_end > Event.event_start,
        )
    )


def _meanwhile(event: Event) -> tuple[Any, ...]:
    return Event.id != event.id, Event.event_start < event.event_end, Event.event_end > event.event_start
