"""Events as calendars of every make read them: the text of a calendar feed (RFC 5545, RFC 7986)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from src.i18n import N_, _
from src.presentation.time_zones import time_zone_lines

MEDIA_TYPE = "text/calendar; charset=utf-8"
# The same for every installation, and for ever: calendars know an event again by what is made from it.
_IDENTITY = UUID("5bcb87f3-9e60-4b2d-9e7f-35f52944f1ce")
_LONGEST_LINE = 75
_LONGEST_NOTES = 4000
_HOURLY = "PT1H"
# A line break, however it was written; other control characters are no text.
_AS_LINE_BREAKS = str.maketrans({"\x85": "\n", "\u2028": "\n", "\u2029": "\n", "\x0b": "\n", "\x0c": "\n"})
_NO_TEXT = str.maketrans(dict.fromkeys([*range(9), *range(14, 32), 127]))


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """What a feed is called, and where the pages of its events are."""

    name: str
    zone: str
    pages: str


def calendar_file(calendar: Calendar, events: Sequence[Any]) -> Iterator[bytes]:
    """Write a calendar, an event at a time."""
    yield _folded(_beginning(calendar))
    for zone, years in _years_by_zone(events).items():
        yield _folded(time_zone_lines(zone, years))
    for event in events:
        yield _folded(_event(event, calendar.pages))
    yield _folded(("END:VCALENDAR",))


def identity_of(event: Any) -> str:
    """Name an event so that no calendar ever takes another for it.

    Its number and the moment it was written say which one it is, in every copy of the database and under every
    address. The number alone would not: in a database restored from yesterday, today's number is given again.
    """
    return str(uuid5(_IDENTITY, f"{event.id} {event.created_at.astimezone(UTC).isoformat()}"))


def _beginning(calendar: Calendar) -> Iterator[str]:
    name = _text(calendar.name)
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield "PRODID:-//Epic Events//CRM//EN"
    yield "CALSCALE:GREGORIAN"
    yield "METHOD:PUBLISH"
    yield f"NAME:{name}"
    yield f"X-WR-CALNAME:{name}"
    yield f"X-WR-TIMEZONE:{calendar.zone}"
    yield f"REFRESH-INTERVAL;VALUE=DURATION:{_HOURLY}"
    yield f"X-PUBLISHED-TTL:{_HOURLY}"


def _event(event: Any, pages: str) -> Iterator[str]:
    changed = _utc(max(event.updated_at, event.contract_updated_at))
    start, end = _times(event)
    yield "BEGIN:VEVENT"
    yield f"UID:{identity_of(event)}"
    # Not when the file was made: the same events make the same file, which calendars then need not fetch again.
    yield f"DTSTAMP:{changed}"
    yield f"DTSTART{start}"
    yield f"DTEND{end}"
    yield f"SUMMARY:{_text(event.name)}"
    if event.location:
        yield f"LOCATION:{_text(event.location)}"
    yield f"DESCRIPTION:{_text(_description(event))}"
    yield f"STATUS:{'CANCELLED' if event.contract_status == 'cancelled' else 'CONFIRMED'}"
    yield f"SEQUENCE:{event.version + event.contract_version - 2}"
    yield f"CREATED:{_utc(event.created_at)}"
    yield f"LAST-MODIFIED:{changed}"
    yield f"URL:{pages}/{event.id}"
    yield "END:VEVENT"


def _description(event: Any) -> str:
    """Say what somebody wants to know on the way there; whom to call stays behind the log-in."""
    client = f"{event.client_first_name} {event.client_last_name}"
    if event.company_name:
        client = f"{client}, {event.company_name}"
    support = _(N_("nobody yet"))
    if event.support_last_name is not None:
        support = f"{event.support_first_name} {event.support_last_name}"
    facts = [
        _("Client: {name}").format(name=client),
        _("Attendees: {number}").format(number=event.attendees),
        _("Support contact: {name}").format(name=support),
    ]
    if event.contract_status == "cancelled":
        facts.insert(0, _("The contract was cancelled."))
    if not event.notes:
        return "\n".join(facts)
    notes = event.notes if len(event.notes) <= _LONGEST_NOTES else f"{event.notes[:_LONGEST_NOTES]}…"
    return "\n".join([*facts, "", notes])


def _times(event: Any) -> tuple[str, str]:
    """Write when an event begins and ends, on the clock of its place."""
    place = ZoneInfo(event.time_zone)
    # An end within a second is the next one: however short, an event ends after it starts.
    ends = event.event_end + timedelta(seconds=1) if event.event_end.microsecond else event.event_end
    start, end = (moment.astimezone(place) for moment in (event.event_start, ends))
    # On a clock, an hour that comes twice means the first time: the second can only be told in UTC.
    if start.fold or end.fold or event.time_zone == "UTC":
        return f":{_utc(start)}", f":{_utc(end)}"
    return f";TZID={event.time_zone}:{start:%Y%m%dT%H%M%S}", f";TZID={event.time_zone}:{end:%Y%m%dT%H%M%S}"


def _years_by_zone(events: Sequence[Any]) -> dict[str, set[int]]:
    years: dict[str, set[int]] = {}
    for event in events:
        if event.time_zone != "UTC":
            of_zone = years.setdefault(event.time_zone, set())
            # A year of UTC: whoever is a day ahead or behind is seen to in the margins of what is told of a year.
            of_zone.update((event.event_start.year, event.event_end.year))
    return years


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_AS_LINE_BREAKS).translate(_NO_TEXT)
    for sign in "\\;,":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")


def _folded(lines: Iterable[str]) -> bytes:
    """Write lines of at most 75 octets; the next one continues after a space, never within a letter or an escape."""
    parts: list[bytes] = []
    for line in lines:
        rest = line.encode("utf-8", "replace")
        room = _LONGEST_LINE
        while len(rest) > room:
            cut = room
            while rest[cut] & 0b1100_0000 == 0b1000_0000:
                cut -= 1
            begun = rest[:cut]
            if (len(begun) - len(begun.rstrip(b"\\"))) % 2:
                cut -= 1
            parts.append(rest[:cut] + b"\r\n ")
            rest = rest[cut:]
            room = _LONGEST_LINE - 1
        parts.append(rest + b"\r\n")
    return b"".join(parts)
