"""What calendars are told about the clocks of a place, reckoned with by a calendar that knows nothing else of it."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical  # type: ignore[import-untyped]  # the package says nothing of its types

from src.presentation.time_zones import observances, time_zone_lines

# Half an hour of summer time; no summer time since 2021; winter time in summer's place; a month without it at Ramadan.
PLACES = (
    *("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Europe/Dublin"),
    *("Africa/Casablanca", "Asia/Kolkata", "America/St_Johns", "Pacific/Chatham", "Asia/Tokyo"),
)


def hours_of(year: int) -> Iterator[datetime]:
    """Every half hour of a year, in UTC."""
    moment = datetime(year, 1, 1, tzinfo=UTC)
    while moment.year == year:
        yield moment
        moment += timedelta(minutes=30)


@pytest.mark.parametrize("place", PLACES)
def test_a_calendar_that_only_knows_what_it_is_told_shows_every_hour_as_the_clock_there(place: str) -> None:
    told = "\r\n".join(["BEGIN:VCALENDAR", *time_zone_lines(place, [2026, 2027, 2035]), "END:VCALENDAR", ""])
    # Another reader again: its clocks are those of the text, and no database of time zones.
    reckoned = tzical(io.StringIO(told)).get(place)
    wrong = []
    for year in (2026, 2027, 2035):
        for moment in hours_of(year):
            there = moment.astimezone(ZoneInfo(place))
            # The second time of an hour that comes twice is told to calendars in UTC.
            if not there.fold and there.replace(tzinfo=reckoned).utcoffset() != there.utcoffset():
                wrong.append(there)
    assert wrong == []


def test_a_change_is_told_as_the_clock_shows_it_just_before() -> None:
    told = [(f"{one.onset:%Y-%m-%d %H:%M}", one.before, one.after) for one in observances("Australia/Lord_Howe", 2026)]
    half_an_hour_less = timedelta(hours=10, minutes=30)
    assert told[1:] == [
        ("2026-04-05 02:00", timedelta(hours=11), half_an_hour_less),
        ("2026-10-04 02:00", half_an_hour_less, timedelta(hours=11)),
    ]


def test_an_event_far_away_does_not_make_all_years_until_then() -> None:
    told = "\n".join(time_zone_lines("Europe/Paris", [2026, 2200]))
    assert sorted(set(re.findall(r"[:,](\d{4})\d{4}T", told))) == ["2025", "2026", "2199", "2200"]
