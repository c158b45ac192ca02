"""Which events a stretch of the calendar shows, and who would be in two places at once; on both engines."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.permissions import Actor
from src.models.contract import Contract
from src.models.event import LONGEST
from src.services import calendar, double_bookings
from src.services.calendar import bounds_of_day, events_between
from src.services.events import EventFilter
from tests import factories
from tests.factories import NOW, PARIS, Team
from tests.real_databases import undone

MONDAY, NEXT_MONDAY = datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVERYTHING = EventFilter()


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 29), "Europe/Paris", 23),
        (date(2026, 10, 25), "Europe/Paris", 25),
        (date(2026, 11, 24), "Europe/Paris", 24),
        (date(2026, 10, 4), "Australia/Lord_Howe", 23.5),
        (date(2026, 4, 24), "Africa/Cairo", 23),  # midnight itself is skipped there
    ],
)
def test_a_day_is_as_long_as_it_is_there(day: date, zone: str, hours: float) -> None:
    start, end = bounds_of_day(day, type(PARIS)(zone))
    assert (end - start) == timedelta(hours=hours)
    assert bounds_of_day(day + DAY, type(PARIS)(zone))[0] == end


def deal(session: Session) -> tuple[Team, Contract]:
    team = factories.team(session)
    return team, factories.contract(session, factories.client(session, team.sales))


def test_a_stretch_shows_what_touches_it_whenever_it_began(standing: Database) -> None:
    with undone(standing) as session:
        team, sold = deal(session)
        times = {
            "before": (MONDAY - 9 * HOUR, MONDAY),
            "over midnight": (MONDAY - 2 * HOUR, MONDAY + 2 * HOUR),
            "for weeks": (MONDAY - 20 * DAY, MONDAY + 10 * DAY),
            "within": (MONDAY + DAY, MONDAY + DAY + HOUR),
            "at the end": (NEXT_MONDAY - HOUR, NEXT_MONDAY + HOUR),
            "after": (NEXT_MONDAY, NEXT_MONDAY + HOUR),
        }
        numbers = {
            factories.event(session, sold, name=name, event_start=start, event_end=end).id: name
            for name, (start, end) in times.items()
        }
        found = events_between(session, factories.actor(team.sales), EVERYTHING, start=MONDAY, end=NEXT_MONDAY)
        assert [numbers[one.id] for one in found.events] == ["for weeks", "over midnight", "within", "at the end"]
        assert found.is_whole


def test_an_event_of_two_months_is_shown_for_as_long_as_it_lasts(standing: Database) -> None:
    with undone(standing) as session:
        team, sold = deal(session)
        factories.event(session, sold, event_start=MONDAY, event_end=MONDAY + 2 * LONGEST)

        def is_shown(day: datetime) -> bool:
            stretch = events_between(session, factories.actor(team.sales), EVERYTHING, start=day, end=day + DAY)
            return bool(stretch.events)

        days = [MONDAY, MONDAY + LONGEST + DAY, MONDAY + 2 * LONGEST - DAY, MONDAY + 2 * LONGEST]
        assert [is_shown(day) for day in days] == [True, True, True, False]


def test_whose_events_are_shown(standing: Database) -> None:
    with undone(standing) as session:
        (team, sold), (other, elsewhere) = deal(session), deal(session)
        hers = factories.event(session, sold, team.support, event_start=MONDAY)
        nobodys = factories.event(session, elsewhere, event_start=MONDAY)

        def shown(actor: Actor, filters: EventFilter) -> set[int]:
            return {one.id for one in events_between(session, actor, filters, start=MONDAY, end=NEXT_MONDAY).events}

        mine = EventFilter(mine=True)
        support, boss = factories.actor(team.support), factories.actor(team.management)
        assert [shown(factories.actor(person), mine) for person in (team.sales, team.support, other.sales)] == [
            {hers.id},
            {hers.id},
            {nobodys.id},
        ]
        assert shown(support, EVERYTHING) == {hers.id, nobodys.id}
        assert shown(boss, EventFilter(without_support=True)) == {nobodys.id}
        assert shown(boss, EventFilter(support_contact_id=team.support.id)) == {hers.id}
        assert shown(boss, EventFilter(client_id=elsewhere.client_id)) == {nobodys.id}


def test_more_events_than_are_read_are_told(standing: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar, "MOST_READ", 2)
    with undone(standing) as session:
        team, sold = deal(session)
        for number in range(3):
            factories.event(session, sold, event_start=MONDAY + number * HOUR)
        found = events_between(session, factories.actor(team.sales), EVERYTHING, start=MONDAY, end=NEXT_MONDAY)
        assert ([one.event_start for one in found.events], found.is_whole) == ([MONDAY, MONDAY + HOUR], False)


def test_who_is_in_two_places_at_once_is_marked_on_both(standing: Database) -> None:
    with undone(standing) as session:
        team, sold = deal(session)
        colleague = factories.supporter(session)
        times = {
            "first": (team.support, MONDAY, MONDAY + 5 * HOUR),
            "overlaps": (team.support, MONDAY + 4 * HOUR, MONDAY + 8 * HOUR),
            "right after": (team.support, MONDAY + 8 * HOUR, MONDAY + 9 * HOUR),
            "a colleague's": (colleague, MONDAY, MONDAY + 5 * HOUR),
            "nobody's": (None, MONDAY, MONDAY + 5 * HOUR),
            "nobody's too": (None, MONDAY, MONDAY + 5 * HOUR),
            "for weeks": (colleague, MONDAY - 25 * DAY, MONDAY - HOUR),
            "within the weeks": (colleague, MONDAY - 3 * HOUR, MONDAY - 2 * HOUR),
        }
        for name, (person, start, end) in times.items():
            factories.event(session, sold, person, name=name, event_start=start, event_end=end)
        actor = factories.actor(team.management)
        found = events_between(session, actor, EVERYTHING, start=MONDAY - DAY, end=NEXT_MONDAY)
        rows = calendar.rows_of_events(session, actor, found.events, now=NOW, zone=PARIS)
        marked = {row.name for row in rows.values() if row.is_double_booked}
        assert marked == {"first", "overlaps", "for weeks", "within the weeks"}
        assert len(rows) == len(times)


def test_what_else_somebody_does_in_the_days_of_an_event(standing: Database) -> None:
    with undone(standing) as session:
        team, sold = deal(session)
        event = factories.event(session, sold, team.support, event_start=MONDAY)
        for name, days in (("long before", -9), ("the day before", -1), ("two days after", 2), ("long after", 9)):
            factories.event(session, sold, team.support, name=name, event_start=MONDAY + days * DAY)
        factories.event(session, sold, factories.supporter(session), event_start=MONDAY)
        names = [other.name for other in double_bookings.events_around(session, event)]
        assert names == ["the day before", "two days after"]
