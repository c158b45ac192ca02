"""Days, moments and time zones: what the clock on the wall showed, exactly, or refused."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.values import parse_date, parse_moment, parse_zone
from tests.domain.refused import named, refusal_of

PARIS = ZoneInfo("Europe/Paris")
NOT_A_DAY = "this is not a day. Write for example 2023-06-04 or 04/06/2023."
NOT_A_MOMENT = "this is not a day and time. Write for example 2023-06-04 13:00 or 04/06/2023 13:00."
NO_SUCH_TIME = "there is no such time of day."
SKIPPED = "the change to summer time skips this time."
REPEATED = "the change to winter time repeats this time. Add an offset such as +01:00."


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2023-06-04", date(2023, 6, 4)),
        ("2023-6-4", date(2023, 6, 4)),
        ("04/06/2023", date(2023, 6, 4)),  # the fourth of June, as in France
        ("4.6.2023", date(2023, 6, 4)),
        (" 04/06/2023 ", date(2023, 6, 4)),
        ("29/02/2024", date(2024, 2, 29)),
        ("2000-02-29", date(2000, 2, 29)),
        ("1900-01-01", date(1900, 1, 1)),
        ("2200-12-31", date(2200, 12, 31)),
    ],
    ids=named,
)
def test_days_are_read_day_first(typed: str, day: date) -> None:
    assert parse_date(typed, field="received on") == day


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "today",
            "29/02/2023",
            "1900-02-29",
            "31/04/2023",
            "2023-13-01",
            "06/13/2023",
            "00/01/2023",
            "2023-00-10",
        ),
        *("1899-12-31", "2201-01-01", "0000-01-01", "9999-12-31", "99999-01-01", "23-06-04", "04/06/23", "04-06-2023"),
        *(
            "2023/06/04",
            "20230604",
            "2023-06-04T00:00",
            "2023-W22-7",
            "٠٤/٠٦/٢٠٢٣",
            "２０２３-06-04",
            "2023–06–04",
            "²/6/2023",
        ),
        *("2023-06-04\x00", "2023-06-04\ud800", "9" * 10**7, " " * 10**7, "2023-06-04 and then some"),
    ],
    ids=named,
)
def test_other_days_are_refused(typed: str) -> None:
    assert refusal_of(parse_date, typed, field="received on") == NOT_A_DAY


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2023-06-04 13:00", "2023-06-04T11:00:00+00:00"),
        ("04/06/2023 13:00", "2023-06-04T11:00:00+00:00"),
        ("04/06/2023 13h00", "2023-06-04T11:00:00+00:00"),
        ("04/06/2023 13h", "2023-06-04T11:00:00+00:00"),
        ("04/06/2023  9H05", "2023-06-04T07:05:00+00:00"),
        ("2023-06-04T13:00", "2023-06-04T11:00:00+00:00"),
        ("2023-06-04T13:00:30", "2023-06-04T11:00:30+00:00"),
        ("2023-06-04T13:00:30.25", "2023-06-04T11:00:30.250000+00:00"),
        ("2023-06-04\u00a013:00", "2023-06-04T11:00:00+00:00"),
        ("2023-12-04 13:00", "2023-12-04T12:00:00+00:00"),
        ("2023-06-04T13:00Z", "2023-06-04T13:00:00+00:00"),
        ("2023-06-04T13:00+05:30", "2023-06-04T07:30:00+00:00"),
        ("2023-06-04 13:00 -0330", "2023-06-04T16:30:00+00:00"),
        ("2023-06-04 00:00", "2023-06-03T22:00:00+00:00"),
        ("2023-06-04 23:59:59", "2023-06-04T21:59:59+00:00"),
        ("1900-01-01T00:00+14:00", "1899-12-31T10:00:00+00:00"),
        ("2200-12-31T23:59-14:00", "2201-01-01T13:59:00+00:00"),
    ],
    ids=named,
)
def test_moments_are_clock_times_of_the_place(typed: str, moment: str) -> None:
    read = parse_moment(typed, field="start", zone=PARIS)
    assert (read.tzinfo, read.isoformat()) == (UTC, moment)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        *(
            (typed, NOT_A_MOMENT)
            for typed in ("", "2023-06-04", "13:00", "2023-06-04 1300", "2023-06-04 13:", "2023-06-04 1pm")
        ),
        *(
            (typed, NOT_A_MOMENT)
            for typed in ("2023-06-04 13:00:00.1234567", "2023-06-04 13:0", "tomorrow 13:00 sharp")
        ),
        *(
            (typed, NOT_A_MOMENT)
            for typed in ("2023-06-04 ١٣:٠٠", "2023-06-04 13:00\x00", "2023-06-04 13:00 CET", "T" * 10**7)
        ),
        *(
            (typed, NOT_A_DAY)
            for typed in ("2023-02-29 13:00", "04/13/2023 13:00", "1899-12-31 13:00", "tomorrow 13:00")
        ),
        *(
            (typed, NO_SUCH_TIME)
            for typed in ("2023-06-04 24:00", "2023-06-04 25:00", "2023-06-04 13:60", "2023-06-04 13:00:60")
        ),
        ("2016-12-31 23:59:60", NO_SUCH_TIME),  # there was one, but no clock of ours shows a leap second
        *((typed, "there is no such time offset.") for typed in ("2023-06-04T13:00+14:01", "2023-06-04T13:00+05:60")),
        ("2023-06-04T13:00-99:00", "there is no such time offset."),
    ],
    ids=named,
)
def test_other_moments_are_refused(typed: str, sentence: str) -> None:
    assert refusal_of(parse_moment, typed, field="start", zone=PARIS) == sentence


@pytest.mark.parametrize(
    ("typed", "zone", "sentence"),
    [
        ("2023-03-26 02:00", "Europe/Paris", SKIPPED),
        ("2023-03-26 02:59:59", "Europe/Paris", SKIPPED),
        ("2023-10-29 02:00", "Europe/Paris", REPEATED),
        ("2023-10-29 02:59", "Europe/Paris", REPEATED),
        ("2023-04-02 01:45", "Australia/Lord_Howe", REPEATED),  # half an hour only
        ("2023-10-01 02:15", "Australia/Lord_Howe", SKIPPED),
        ("2011-12-30 12:00", "Pacific/Apia", SKIPPED),  # a whole day that Samoa never had
        ("2024-04-26 00:30", "Africa/Cairo", SKIPPED),
    ],
    ids=named,
)
def test_a_clock_time_that_names_no_moment_or_two_is_refused(typed: str, zone: str, sentence: str) -> None:
    assert refusal_of(parse_moment, typed, field="start", zone=ZoneInfo(zone)) == sentence


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2023-03-26 01:59:59", "2023-03-26T00:59:59+00:00"),
        ("2023-03-26 03:00", "2023-03-26T01:00:00+00:00"),
        ("2023-10-29 01:59", "2023-10-28T23:59:00+00:00"),
        ("2023-10-29 03:00", "2023-10-29T02:00:00+00:00"),
        ("2023-10-29T02:30+02:00", "2023-10-29T00:30:00+00:00"),
        ("2023-10-29T02:30+01:00", "2023-10-29T01:30:00+00:00"),
    ],
    ids=named,
)
def test_around_a_change_every_other_time_is_clear(typed: str, moment: str) -> None:
    assert parse_moment(typed, field="start", zone=PARIS).isoformat() == moment


@given(
    st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(2200, 12, 30)),  # noqa: DTZ001 - a zone is added
    st.sampled_from(
        ["Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "UTC"]
    ),
)
def test_a_moment_comes_back_from_what_the_clock_there_shows(naive: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    moment = naive.replace(tzinfo=UTC)
    there = moment.astimezone(zone)
    assert parse_moment(there.astimezone(timezone_of_minutes(there)).isoformat(), field="start", zone=PARIS) == moment
    if there.replace(fold=0).utcoffset() == there.replace(fold=1).utcoffset():
        assert parse_moment(there.replace(tzinfo=None).isoformat(sep=" "), field="start", zone=zone) == moment


def timezone_of_minutes(there: datetime) -> ZoneInfo:
    """UTC where the offset of old local time has seconds, which no written offset holds."""
    offset = there.utcoffset()
    assert offset is not None
    zone = there.tzinfo
    assert isinstance(zone, ZoneInfo)
    return zone if offset % timedelta(minutes=1) == timedelta() else ZoneInfo("UTC")


def test_every_zone_of_the_list_is_a_zone() -> None:
    own_clock = {"localtime"}
    names = available_timezones() - own_clock
    assert {parse_zone(name).key for name in names} == names


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "Paris",
            "europe/paris",
            "CEST2",
            "+02:00",
            "Europe",
            "Europe/",
            "/etc/passwd",
            "../../etc/passwd",
            "Europe/../UTC",
        ),
        *(
            "localtime",
            "posixrules",
            "posix/Europe/Paris",
            "right/Europe/Paris",
            "zone.tab",
            "Europe/Paris\\x",
            "É",
            "UTC.",
            ".",
        ),
    ],
    ids=named,
)
def test_other_zones_are_refused(typed: str) -> None:
    assert refusal_of(parse_zone, typed) == "unknown time zone. Write for example Europe/Paris."


def test_a_zone_is_text_first() -> None:
    assert refusal_of(parse_zone, "") == "a value is required."
    assert refusal_of(parse_zone, "Europe/Paris\x00") == "control characters are not allowed."
    assert refusal_of(parse_zone, "x" * 10**7) == "at most 64 characters are allowed."
    assert parse_zone(" Europe/Paris ").key == "Europe/Paris"
