"""What calendars are told about the clocks of a place, reckoned with by a calendar that knows nothing else of it."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical  # type: ignore[import-untyped]  # the package says nothing of its types

from src.presentation.time_zones import changes, time_zone_lines

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
    told = [(f"{one.onset:%Y-%m-%d %H:%M}", one.before, one.after) for one in changes("Australia/Lord_Howe", 2026)]
    half_an_hour_less = timedelta(hours=10, minutes=30)
    assert told == [
        ("2026-04-05 02:00", timedelta(hours=11), half_an_hour_less),
        ("2026-10-04 02:00", half_an_hour_less, timedelta(hours=11)),
    ]


def test_changes_that_follow_a_rule_are_told_by_it_as_every_calendar_has_it() -> None:
    assert list(time_zone_lines("Europe/Paris", [2026, 2200])) == [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Paris",
        "BEGIN:DAYLIGHT",
        "DTSTART:20250330T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "TZNAME:CEST",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:20251026T030000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "TZNAME:CET",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]
    rules = {
        place: [
            line.removeprefix("RRULE:FREQ=YEARLY;BYMONTH=")
            for line in time_zone_lines(place, [2026])
            if line.startswith("RRULE")
        ]
        for place in PLACES
    }
    assert rules == {
        "Europe/Paris": ["3;BYDAY=-1SU", "10;BYDAY=-1SU"],
        "America/New_York": ["3;BYDAY=2SU", "11;BYDAY=1SU"],
        "Australia/Lord_Howe": ["4;BYDAY=1SU", "10;BYDAY=1SU"],
        "Europe/Dublin": ["3;BYDAY=-1SU", "10;BYDAY=-1SU"],
        "America/St_Johns": ["3;BYDAY=2SU", "11;BYDAY=1SU"],
        "Pacific/Chatham": ["4;BYDAY=1SU", "9;BYDAY=-1SU"],
        # Nothing changes, or by the moon.
        **{place: [] for place in ("Pacific/Apia", "Africa/Casablanca", "Asia/Kolkata", "Asia/Tokyo")},
    }


def test_changes_that_end_are_told_one_by_one() -> None:
    told = list(time_zone_lines("Pacific/Apia", [2020, 2021, 2022]))
    assert not [line for line in told if line.startswith(("RDATE", "RRULE"))]
    assert [line for line in told if line.startswith("DTSTART")] == [
        # On the clock of summer time, then on that of winter time.
        *("DTSTART:20190407T040000", "DTSTART:20200405T040000", "DTSTART:20210404T040000"),
        *("DTSTART:20190929T030000", "DTSTART:20200927T030000"),
    ]
    reckoned = tzical(io.StringIO("\r\n".join(told) + "\r\n")).get("Pacific/Apia")
    there = datetime(2022, 1, 15, 12)  # noqa: DTZ001 - the clock there
    assert there.replace(tzinfo=reckoned).utcoffset() == timedelta(hours=13)


def test_the_day_that_apia_left_out_is_none() -> None:
    told = "\r\n".join([*time_zone_lines("Pacific/Apia", [2011, 2012]), ""])
    reckoned = tzical(io.StringIO(told)).get("Pacific/Apia")
    for moment in (datetime(2011, 12, 30, 9, 59, tzinfo=UTC), datetime(2011, 12, 30, 10, 1, tzinfo=UTC)):
        there = moment.astimezone(ZoneInfo("Pacific/Apia"))
        assert there.replace(tzinfo=reckoned).utcoffset() == there.utcoffset()
