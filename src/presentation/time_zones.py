"""What the clocks of a place do in the years of some events, as calendars are told it (RFC 5545, VTIMEZONE).

A calendar that knows the place by its name needs none of it; others reckon with it. Only years with events are looked
at: an event that somebody dates to the year 2200 does not make two hundred years of changes.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

# No place changes its clocks twice in a week.
_STEP = timedelta(days=7)
# A year of UTC ends up to a day after that of a place.
_MARGIN = timedelta(days=2)
_NEVER = timedelta(0)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Observance(NamedTuple):
    """From when on, on the clock that was valid before, which offset is valid and what it is called."""

    onset: datetime
    before: timedelta
    after: timedelta
    name: str
    is_daylight: bool


def time_zone_lines(zone: str, years: Iterable[int]) -> Iterator[str]:
    """Write what the clocks of a place do in these years."""
    told = set(years)
    # What is valid when a year begins is what the year before ended with.
    asked = told | {year - 1 for year in told}
    alike: dict[tuple[timedelta, timedelta, str, bool], list[datetime]] = {}
    for year in sorted(asked):
        for change in changes(zone, year) or ((_standing(zone, year),) if year not in told else ()):
            alike.setdefault(change[1:], []).append(change.onset)
    yield "BEGIN:VTIMEZONE"
    yield f"TZID:{zone}"
    for (before, after, name, is_daylight), onsets in alike.items():
        kind = "DAYLIGHT" if is_daylight else "STANDARD"
        for onset in _onsets(sorted(set(onsets)), asked):
            yield f"BEGIN:{kind}"
            yield from onset
            yield f"TZOFFSETFROM:{_offset(before)}"
            yield f"TZOFFSETTO:{_offset(after)}"
            yield f"TZNAME:{name}"
            yield f"END:{kind}"
    yield "END:VTIMEZONE"


@lru_cache(maxsize=500)
def changes(zone: str, year: int) -> tuple[Observance, ...]:
    """Give every change of the clocks of a place in a year."""
    place = ZoneInfo(zone)
    moment, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC) + _MARGIN
    found = []
    while moment < end:
        later = min(moment + _STEP, end)
        if _state(place, later) != _state(place, moment):
            found.append(_observance(place, _change(place, moment, later), before=_offset_at(place, moment)))
        moment = later
    return tuple(found)


def _standing(zone: str, year: int) -> Observance:
    """Give what is valid all through a year in which nothing changes."""
    place, moment = ZoneInfo(zone), datetime(year, 1, 1, tzinfo=UTC)
    return _observance(place, moment, before=_offset_at(place, moment))


def _onsets(onsets: Sequence[datetime], years: set[int]) -> Iterator[Sequence[str]]:
    """Write when something begins: by its rule in all these years, which every calendar knows, or one by one.

    Not as a list of RDATE: a calendar of many people (ical.js, in Thunderbird) then forgets the first of them.
    """
    rules = {(onset.month, onset.weekday(), onset.time()) for onset in onsets}
    if len(onsets) > 1 and len(rules) == 1 and {onset.year for onset in onsets} == years:
        which = {(onset.day - 1) // 7 + 1 for onset in onsets}
        if all(onset.day + 7 > monthrange(onset.year, onset.month)[1] for onset in onsets):
            which = {-1}
        if len(which) == 1:
            day = f"{which.pop()}{_WEEKDAYS[onsets[0].weekday()]}"
            yield _start(onsets[0]), f"RRULE:FREQ=YEARLY;BYMONTH={onsets[0].month};BYDAY={day}"
            return
    yield from ((_start(onset),) for onset in onsets)


def _start(onset: datetime) -> str:
    return f"DTSTART:{onset:%Y%m%dT%H%M%S}"


def _change(place: ZoneInfo, earlier: datetime, later: datetime) -> datetime:
    """Find the second at which the clocks change."""
    before = _state(place, earlier)
    low, high = 0, int((later - earlier).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if _state(place, earlier + timedelta(seconds=middle)) == before:
            low = middle
        else:
            high = middle
    return earlier + timedelta(seconds=high)


def _observance(place: ZoneInfo, moment: datetime, *, before: timedelta) -> Observance:
    local = moment.astimezone(place)
    onset = (moment + before).replace(tzinfo=None)
    return Observance(onset, before, _offset_at(place, moment), local.tzname() or "", (local.dst() or _NEVER) != _NEVER)


def _offset_at(place: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(place).utcoffset() or _NEVER


def _state(place: ZoneInfo, moment: datetime) -> tuple[timedelta | None, str | None]:
    local = moment.astimezone(place)
    return local.utcoffset(), local.tzname()


def _offset(offset: timedelta) -> str:
    minutes, seconds = divmod(abs(int(offset.total_seconds())), 60)
    sign = "-" if offset < _NEVER else "+"
    return f"{sign}{minutes // 60:02}{minutes % 60:02}" + (f"{seconds:02}" if seconds else "")
