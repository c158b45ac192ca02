"""The file of a calendar feed: two calendars of other makes read of it what was meant, whatever people typed."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.values import clean_text
from src.i18n import set_language
from src.presentation.calendar_file import Calendar, calendar_file, identity_of
from tests.presentation.calendars import understood

MADE = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CALENDAR = Calendar(name="Mes événements ; à moi, 🎉", zone="Europe/Paris", pages="https://crm.example/events")


def event(**changed: Any) -> Any:
    """A row as the services read it."""
    row: dict[str, Any] = {
        "id": 7,
        "created_at": MADE,
        "updated_at": MADE,
        "version": 1,
        "name": "John Ouick Wedding",
        "event_start": datetime(2027, 6, 4, 11, 0, tzinfo=UTC),
        "event_end": datetime(2027, 6, 5, 0, 0, tzinfo=UTC),
        "time_zone": "Europe/Paris",
        "location": "53 Rue du Château, 41120 Candé-sur-Beuvron",
        "attendees": 75,
        "notes": "",
        "contract_status": "signed",
        "contract_version": 1,
        "contract_updated_at": MADE,
        "client_first_name": "John",
        "client_last_name": "Ouick",
        "company_name": "",
        "support_first_name": "Kate",
        "support_last_name": "Hastroff",
    }
    return SimpleNamespace(**(row | changed))


def file_of(*events: Any) -> bytes:
    """The whole file."""
    return b"".join(calendar_file(CALENDAR, events))


def lines_of(content: bytes) -> list[str]:
    """The lines of a file, put together again."""
    assert content.endswith(b"\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    return content.decode().replace("\r\n ", "").split("\r\n")[:-1]


def test_a_wedding_is_read_as_it_was_meant() -> None:
    content = file_of(event(notes="Wedding starts at 3PM, by the river.\nCatering is organized."))
    (read,) = understood(content).values()
    assert (read.title, read.place) == ("John Ouick Wedding", "53 Rue du Château, 41120 Candé-sur-Beuvron")
    assert (read.start, read.end) == (event().event_start, event().event_end)
    assert read.text == (
        "Client: John Ouick\nAttendees: 75\nSupport contact: Kate Hastroff\n\n"
        "Wedding starts at 3PM, by the river.\nCatering is organized."
    )
    assert (read.status, read.sequence, read.url) == ("CONFIRMED", 0, "https://crm.example/events/7")
    assert lines_of(content)[:10] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Epic Events//CRM//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "NAME:Mes événements \\; à moi\\, 🎉",
        "X-WR-CALNAME:Mes événements \\; à moi\\, 🎉",
        "X-WR-TIMEZONE:Europe/Paris",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]
    assert "DTSTART;TZID=Europe/Paris:20270604T130000" in lines_of(content)
    assert "DTEND;TZID=Europe/Paris:20270605T020000" in lines_of(content)


HOSTILE = (
    "a,b;c\\d:e\"f'g",
    "C:\\New, C:\\new and \\; \\, \\\\",
    "one\ntwo\n\n\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR",
    "🎉👩‍👩‍👧‍👦🇫🇷" * 60,
    "é" * 4000,
    "\\" * 500,
    ",;" * 700,
    "x" * 73 + "\\n" + "y" * 80,
    "שלום עולם, مرحبا; こんにちは",
    "=cmd|' /C calc'!A0",
    "ATTENDEE:mailto:a@b.example\n ;X=1:y",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_type_is_read_to_the_letter_and_nothing_of_it_becomes_a_line_of_its_own(text: str) -> None:
    one_line = clean_text(text)[:200]
    content = file_of(event(name=one_line, location=one_line, notes=clean_text(text, multiline=True)), event(id=8))
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    read = understood(content)[identity_of(event())]
    assert (read.title, read.place) == (one_line, one_line)
    assert read.text.split("\n\n", 1)[1] == clean_text(text, multiline=True)
    assert [line for line in lines_of(content) if line.startswith(("BEGIN:V", "ATTENDEE"))] == [
        "BEGIN:VCALENDAR",
        "BEGIN:VTIMEZONE",
        "BEGIN:VEVENT",
        "BEGIN:VEVENT",
    ]


@pytest.mark.parametrize("sign", ["\r", "\r\n", "\n", "\x85", "\u2028", "\u2029", "\x0b", "\x0c"])
def test_a_line_end_of_any_kind_that_got_past_us_begins_no_line(sign: str) -> None:
    content = file_of(event(name=f"Gala{sign}ATTENDEE:mailto:a@b.example", notes="a\x00b\x1bc\x7fd\te"))
    (read,) = understood(content).values()
    assert read.title == "Gala\nATTENDEE:mailto:a@b.example"
    assert read.text.endswith("abcd\te")
    assert not [line for line in lines_of(content) if line.startswith("ATTENDEE")]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=300))
def test_any_text_comes_back(text: str) -> None:
    text = text.replace("\u2028", "").replace("\u2029", "").strip()
    read = understood(file_of(event(name=text or "-", notes=f"x{text}x")))[identity_of(event())]
    assert (read.title, read.text.split("\n\n", 1)[1]) == (text or "-", f"x{text}x")


def test_notes_longer_than_a_telephone_shows_are_cut_and_say_so() -> None:
    (read,) = understood(file_of(event(notes="a" * 10_000))).values()
    assert read.text.split("\n\n", 1)[1] == "a" * 4000 + "…"


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        # Across midnight, and across each change of the clocks.
        ("Europe/Paris", "2027-03-27 23:30", "2027-03-28 04:00"),
        ("Europe/Paris", "2027-10-30 22:00", "2027-10-31 05:00"),
        ("America/New_York", "2027-03-13 23:00", "2027-03-14 03:30"),
        ("America/New_York", "2027-11-06 23:00", "2027-11-07 06:00"),
        ("Australia/Lord_Howe", "2027-04-03 22:00", "2027-04-04 04:00"),
        ("Australia/Lord_Howe", "2027-10-02 22:00", "2027-10-03 02:30"),
        ("Pacific/Apia", "2027-06-04 23:59", "2027-06-06 00:01"),
        ("Pacific/Apia", "2026-12-31 18:00", "2027-01-01 06:00"),
        ("America/Los_Angeles", "2026-12-31 18:00", "2027-01-01 06:00"),
        ("UTC", "2027-06-04 13:00", "2027-06-05 02:00"),
    ],
)
def test_an_event_is_at_its_hour_on_the_clock_of_its_place(zone: str, start: str, end: str) -> None:
    place = ZoneInfo(zone)
    begins, ends = (datetime.fromisoformat(text).replace(tzinfo=place).astimezone(UTC) for text in (start, end))
    content = file_of(event(event_start=begins, event_end=ends, time_zone=zone))
    (read,) = understood(content).values()
    assert (read.start, read.end) == (begins, ends)
    on_the_clock = f"{datetime.fromisoformat(start):%Y%m%dT%H%M%S}"
    assert f"DTSTART:{on_the_clock}Z" in lines_of(content) or f"DTSTART;TZID={zone}:{on_the_clock}" in lines_of(content)


def test_the_second_time_of_an_hour_that_comes_twice_is_told_in_utc() -> None:
    first, second = datetime(2027, 10, 31, 0, 15, tzinfo=UTC), datetime(2027, 10, 31, 1, 0, tzinfo=UTC)
    read = understood(file_of(event(event_start=first, event_end=second))).popitem()[1]
    assert (read.start, read.end) == (first, second)
    both = understood(file_of(event(event_start=second, event_end=second + timedelta(minutes=5)))).popitem()[1]
    assert (both.start, both.end) == (second, second + timedelta(minutes=5))


def test_an_event_of_less_than_a_second_ends_after_it_starts() -> None:
    begins = datetime(2027, 6, 4, 11, 0, 0, 100, tzinfo=UTC)
    (read,) = understood(file_of(event(event_start=begins, event_end=begins + timedelta(milliseconds=1)))).values()
    assert read.end - read.start == timedelta(seconds=1)


def test_every_change_of_the_event_or_of_its_contract_raises_the_sequence() -> None:
    versions = [(1, 1), (2, 1), (2, 2), (2, 3), (5, 3)]
    read = [
        understood(file_of(event(version=version, contract_version=of_contract))).popitem()[1].sequence
        for version, of_contract in versions
    ]
    assert read == [0, 1, 2, 3, 6]


def test_an_event_of_a_cancelled_contract_is_cancelled_and_says_so() -> None:
    cancelled = event(contract_status="cancelled", contract_updated_at=MADE + timedelta(days=1))
    content = file_of(cancelled)
    (read,) = understood(content).values()
    assert (read.status, read.text.split("\n")[0]) == ("CANCELLED", "The contract was cancelled.")
    assert {"DTSTAMP:20261123T090000Z", "LAST-MODIFIED:20261123T090000Z"} <= set(lines_of(content))


def test_an_event_keeps_its_identity_and_another_under_the_same_number_has_its_own() -> None:
    moved = event(name="Moved", location="Elsewhere", version=9, event_start=event().event_start + timedelta(days=9))
    assert identity_of(moved) == identity_of(event()) == "7149a16a-ad49-5042-8470-7abd62058f13"
    # After a restore of yesterday's backup, today's number is given again.
    assert identity_of(event(created_at=MADE + timedelta(microseconds=1))) != identity_of(event())
    assert identity_of(event(id=8)) != identity_of(event())


def test_an_event_of_a_colleague_who_is_gone_has_nobody_yet_in_both_languages() -> None:
    alone = event(support_first_name=None, support_last_name=None, company_name="Cool Startup LLC")
    (read,) = understood(file_of(alone)).values()
    assert read.text == "Client: John Ouick, Cool Startup LLC\nAttendees: 75\nSupport contact: nobody yet"
    set_language("fr")
    try:
        (read,) = understood(file_of(alone)).values()
    finally:
        set_language("en")
    assert read.text == (
        "Client\u00a0: John Ouick, Cool Startup LLC\nParticipants\u00a0: 75\n"
        "Contact support\u00a0: personne pour l’instant"
    )


def test_an_empty_calendar_is_a_calendar() -> None:
    assert understood(file_of()) == {}
