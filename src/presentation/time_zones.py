"""What the clocks of a place do in the years of some events, as calendars are told it (RFC 5545, VTIMEZONE).

A calendar that knows the place by its name needs none of it; others reckon with it. Only years with events are told: an
event that somebody dates to the year 3000 does not make a thousand years of changes.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

# No place changes its clocks twice in a week.
_STEP = timedelta(days=7)
# The clocks of a place are up to a day away from UTC, on either side.
_MARGIN = timedelta(days=2)
_NEVER = timedelta(0)


class Observance(NamedTuple):
    """From when on, on the clock that was valid before, which offset is valid and what it is called."""

    onset: datetime
    before: timedelta
    after: timedelta
    name: str
    is_daylight: bool


def time_zone_lines(zone: str, years: Iterable[int]) -> Iterator[str]:
    """Write what the clocks of a place do in these years."""
    alike: dict[tuple[timedelta, timedelta, str, bool], list[datetime]] = {}
    told = set(years)
    for year in sorted(told):
        # What is valid when a year begins was told with the year before.
        for one in observances(zone, year)[1 if year - 1 in told else 0 :]:
            onsets = alike.setdefault(one[1:], [])
            if one.onset not in onsets:
                onsets.append(one.onset)
    yield "BEGIN:VTIMEZONE"
    yield f"TZID:{zone}"
    for (before, after, name, is_daylight), onsets in alike.items():
        kind = "DAYLIGHT" if is_daylight else "STANDARD"
        first, *others = (f"{onset:%Y%m%dT%H%M%S}" for onset in sorted(onsets))
        yield f"BEGIN:{kind}"
        yield f"DTSTART:{first}"
        if others:
            yield f"RDATE:{','.join(others)}"
        yield f"TZOFFSETFROM:{_offset(before)}"
        yield f"TZOFFSETTO:{_offset(after)}"
        yield f"TZNAME:{name}"
        yield f"END:{kind}"
    yield "END:VTIMEZONE"


@lru_cache(maxsize=500)
def observances(zone: str, year: int) -> tuple[Observance, ...]:
    """Give what is valid when a year begins somewhere, and every change of the clocks until it ends."""
    place = ZoneInfo(zone)
    moment = datetime(year, 1, 1, tzinfo=UTC) - _MARGIN
    end = datetime(year + 1, 1, 1, tzinfo=UTC) + _MARGIN
    found = [_observance(place, moment, before=_offset_at(place, moment))]
    while moment < end:
        later = min(moment + _STEP, end)
        if _state(place, later) != _state(place, moment):
            found.append(_observance(place, _change(place, moment, later), before=_offset_at(place, moment)))
        moment = later
    return tuple(found)


def _change(place: ZoneInfo, earlier: datetime, later: datetime) -> datetime:
    """Find the second at which the clocks change."""
    before = _state(place, earlier)
    seconds = int((later - earlier).total_seconds())
    low, high = 0, seconds
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
