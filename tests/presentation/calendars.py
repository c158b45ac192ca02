"""What two calendars that nobody here wrote understand of a file: each reads it whole, or fails."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import icalendar
from ical.calendar_stream import IcsCalendarStream


@dataclass(frozen=True)
class Understood:
    """What a calendar shows of one event."""

    uid: str
    title: str
    place: str
    text: str
    start: datetime
    end: datetime
    status: str
    sequence: int
    url: str


def read_by_icalendar(content: bytes) -> dict[str, Understood]:
    """Read a file with the library of the Plone project."""
    (calendar,) = icalendar.Calendar.from_ical(content, multiple=True)
    assert [error for part in calendar.walk() for error in part.errors] == []
    events: list[Any] = calendar.walk("VEVENT")
    return {
        str(event["UID"]): Understood(
            uid=str(event["UID"]),
            title=str(event["SUMMARY"]),
            place=str(event.get("LOCATION", "")),
            text=str(event["DESCRIPTION"]),
            start=event["DTSTART"].dt.astimezone(UTC),
            end=event["DTEND"].dt.astimezone(UTC),
            status=str(event["STATUS"]),
            sequence=int(event["SEQUENCE"]),
            url=str(event["URL"]),
        )
        for event in events
    }


def read_by_ical(content: bytes) -> dict[str, Understood]:
    """Read a file with the library of Home Assistant."""
    calendar = IcsCalendarStream.calendar_from_ics(content.decode())
    return {
        event.uid: Understood(
            uid=event.uid,
            title=event.summary or "",
            place=event.location or "",
            text=event.description or "",
            start=_moment(event.dtstart),
            end=_moment(event.dtend),
            status=str(event.status.value if event.status else ""),
            sequence=event.sequence or 0,
            url=str(event.url),
        )
        for event in calendar.events
    }


def understood(content: bytes) -> dict[str, Understood]:
    """Give what both understand, after making sure that it is the same."""
    found = read_by_icalendar(content)
    assert read_by_ical(content) == found
    return found


def _moment(value: Any) -> datetime:
    assert isinstance(value, datetime)
    return value.astimezone(UTC)
