"""The calendar: which events touch a stretch of days, at the same cost in a company of any size."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from src.domain.permissions import Action, Actor, require
from src.models.event import LONGEST, Event
from src.services.double_bookings import is_double_booked
from src.services.events import EventFilter, select_events, touching, which_events

# More in one view tells nobody anything; what is left out is said.
MOST_READ = 3000


class Standing(NamedTuple):
    """When one event is."""

    id: int
    event_start: datetime
    event_end: datetime


class Stretch(NamedTuple):
    """The events of some days, in the order in which they start; `is_whole` unless there are more than are read."""

    events: Sequence[Standing]
    is_whole: bool


def bounds_of_day(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Tell when a day begins and ends somewhere: 24 hours apart, or 23 or 25 when the clocks change."""
    begin, end = (datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + timedelta(days=1)))
    return begin, end


def events_between(session: Session, actor: Actor, filters: EventFilter, *, start: datetime, end: datetime) -> Stretch:
    """Find the events that touch a stretch of time, also those that began before it.

    Raises:
        Forbidden, InvalidInput.
    """
    require(actor, Action.EVENT_READ)
    found = select(Event.id, Event.event_start, Event.event_end).where(
        touching(start, end), *which_events(actor, filters)
    )
    rows = session.execute(found.order_by(Event.event_start, Event.id).limit(MOST_READ + 1)).all()
    return Stretch([Standing(*row) for row in rows[:MOST_READ]], len(rows) <= MOST_READ)


def rows_of_events(
    session: Session, actor: Actor, shown: Collection[Standing], *, now: datetime, zone: ZoneInfo
) -> dict[int, Any]:
    """Fetch what the calendar shows of some events; each is marked if its support contact is elsewhere meanwhile."""
    if not shown:
        return {}
    since = min(one.event_start for one in shown) - LONGEST
    statement = select_events(actor, EventFilter(), now=now, zone=zone).add_columns(
        is_double_booked(since=since).label("is_double_booked")
    )
    return {row.id: row for row in session.execute(statement.where(Event.id.in_({one.id for one in shown})))}
