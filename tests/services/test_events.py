"""What staff do with events, on both engines."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import Conflict, InvalidInput, NotFound, RuleBroken
from src.domain.permissions import Actor
from src.models.contract import ContractStatus
from src.models.event import Event
from src.services import audit, double_bookings, events
from src.services.events import EventDetails, EventFilter
from tests import factories
from tests.factories import NOW, PARIS, Team
from tests.real_databases import undone
from tests.services.refusals import refused

WEDDING = EventDetails(
    name="John Ouick Wedding",
    event_start="4/6/2023 13h",
    event_end="05/06/2023 02:00",
    location="53 Rue du Château, 41120 Candé-sur-Beuvron",
    attendees="75",
    notes="Wedding starts at 3PM, by the river.\nCatering is organized",
    contact_phone="+666 12345",
)
HERE: dict[str, Any] = {"region": "FR", "zone": PARIS}


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # as many parts as a moment needs


def an_event(session: Session, **fields: Any) -> tuple[Team, Event]:
    team = factories.team(session)
    sold = factories.contract(session, factories.client(session, team.sales))
    return team, factories.event(session, sold, team.support, **fields)


def test_an_event_is_opened_under_a_signed_contract(standing: Database) -> None:
    with undone(standing) as session:
        bill = factories.seller(session)
        sold = factories.contract(session, factories.client(session, bill))
        made = events.create_event(session, factories.actor(bill), sold.id, WEDDING, **HERE)
        assert (made.event_start, made.event_end) == (utc(2023, 6, 4, 11), utc(2023, 6, 5, 0))
        assert (made.time_zone, made.attendees, made.support_contact_id) == ("Europe/Paris", 75, None)
        assert (made.contact_phone, made.contact_email, made.contact_name) == ("+666 12345", "", "")
        assert made.notes == "Wedding starts at 3PM, by the river.\nCatering is organized"


@pytest.mark.parametrize("status", [status for status in ContractStatus if status is not ContractStatus.SIGNED])
def test_no_event_without_a_signed_contract(standing: Database, status: ContractStatus) -> None:
    with undone(standing) as session:
        bill = factories.seller(session)
        unsigned = factories.contract(session, factories.client(session, bill), status=status)
        create = events.create_event
        sentence = refused(session, RuleBroken, create, factories.actor(bill), unsigned.id, WEDDING, **HERE)
        assert sentence == "An event can only be created under a signed contract."


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": None}, "name: a value is required."),
        ({"name": " "}, "name: a value is required."),
        ({"event_start": None}, "start: a value is required."),
        ({"event_end": None}, "end: a value is required."),
        ({"event_end": "4/6/2023 13:00"}, "end: an event must end after it starts."),
        ({"event_end": "4/6/2023 12:59"}, "end: an event must end after it starts."),
        ({"attendees": "-1"}, "attendees: write a whole number from 0 to 1000000."),
        ({"time_zone": "Paris"}, "time zone: unknown time zone. Write for example Europe/Paris."),
        ({"contact_phone": "12"}, "contact phone: this is not a phone number; it needs at least five digits."),
        ({"contact_email": "nobody"}, "contact e-mail: this is not an e-mail address."),
        ({"notes": "x" * 10_001}, "notes: at most 10000 characters are allowed."),
    ],
)
def test_details_that_cannot_be_read_are_refused_by_their_field(
    standing: Database, changed: dict[str, Any], sentence: str
) -> None:
    details = EventDetails(**(vars(WEDDING) | changed))
    with undone(standing) as session:
        bill = factories.seller(session)
        sold = factories.contract(session, factories.client(session, bill))
        create = events.create_event
        assert refused(session, InvalidInput, create, factories.actor(bill), sold.id, details, **HERE) == sentence


def test_support_corrects_place_times_attendees_and_notes(standing: Database) -> None:
    with undone(standing) as session:
        team, made = an_event(session)
        kate = factories.actor(team.support)
        details = EventDetails(
            location="Tours", attendees=80, event_start="2023-06-04 12:00", contact_name="Jacky Blangier"
        )
        events.update_event(session, kate, made.id, details, region="FR", version=1)
        assert (made.location, made.attendees, made.event_start) == ("Tours", 80, utc(2023, 6, 4, 10))
        entry = audit.record_history(session, kate, Event, made.id, limit=1).items[0]
        assert entry.changes["attendees"] == [75, 80]
        assert entry.changes["contact_name"] == ["", "Jacky Blangier"]
        assert entry.changes["event_start"] == ["2026-12-22T09:00:00+00:00", "2023-06-04T10:00:00+00:00"]
        late = EventDetails(attendees=90)
        with pytest.raises(Conflict) as conflict:
            events.update_event(session, kate, made.id, late, region="FR", version=1)
        changes = {change.field: (change.yours, change.theirs) for change in conflict.value.changes}
        assert changes["attendees"] == (90, 80)
        assert changes["location"] == (None, "Tours")


def test_the_clock_stays_when_only_the_place_moves(standing: Database) -> None:
    with undone(standing) as session:
        team, made = an_event(session, event_start=utc(2026, 12, 22, 9), event_end=utc(2026, 12, 22, 15))
        kate = factories.actor(team.support)
        events.update_event(session, kate, made.id, EventDetails(time_zone="Asia/Tokyo"), region="FR")
        assert (made.event_start, made.event_end) == (utc(2026, 12, 22, 1), utc(2026, 12, 22, 7))
        moved = EventDetails(time_zone="Europe/London", event_start="2026-12-22 10:00")
        events.update_event(session, kate, made.id, moved, region="FR")
        assert (made.event_start, made.event_end) == (utc(2026, 12, 22, 10), utc(2026, 12, 22, 16))


def test_a_clock_time_that_the_new_place_skips_is_asked_for(standing: Database) -> None:
    """On 8 March 2026 there is no half past two in New York."""
    with undone(standing) as session:
        team, made = an_event(session, event_start=utc(2026, 3, 8, 1, 30), event_end=utc(2026, 3, 8, 9))
        kate = factories.actor(team.support)
        there = EventDetails(time_zone="America/New_York")
        sentence = refused(session, InvalidInput, events.update_event, kate, made.id, there, region="FR")
        assert sentence == "start: the change to summer time skips this time."
        given = EventDetails(time_zone="America/New_York", event_start="2026-03-08 03:30")
        events.update_event(session, kate, made.id, given, region="FR")
        assert (made.event_start, made.event_end) == (utc(2026, 3, 8, 7, 30), utc(2026, 3, 8, 14))


def test_one_end_moves_only_as_far_as_the_other_allows(standing: Database) -> None:
    with undone(standing) as session:
        team, made = an_event(session)
        kate = factories.actor(team.support)
        for details in (EventDetails(event_start="2027-01-01 00:00"), EventDetails(event_end="2026-01-01 00:00")):
            sentence = refused(session, InvalidInput, events.update_event, kate, made.id, details, region="FR")
            assert sentence == "end: an event must end after it starts."


def test_support_is_assigned_and_cleared_by_management(standing: Database) -> None:
    with undone(standing) as session:
        team, made = an_event(session)
        boss = factories.actor(team.management)
        other = factories.supporter(session)
        gone = factories.supporter(session, is_active=False)
        events.assign_support(session, boss, made.id, other.id, version=1)
        events.assign_support(session, boss, made.id, None, version=2)
        assert (made.support_contact_id, made.version) == (None, 3)
        for person, kind in ((gone.id, RuleBroken), (team.sales.id, RuleBroken), (999_999, NotFound)):
            refused(session, kind, events.assign_support, boss, made.id, person)
        refused(session, Conflict, events.assign_support, boss, made.id, other.id, version=2)


def test_a_double_booking_is_seen(standing: Database) -> None:
    with undone(standing) as session:
        team, made = an_event(session, event_start=utc(2026, 12, 22, 9), event_end=utc(2026, 12, 22, 15))
        sold = factories.contract(session, factories.client(session, team.sales))

        def another(support: Any, start: int, end: int) -> int:
            times = {"event_start": utc(2026, 12, 22, start), "event_end": utc(2026, 12, 22, end)}
            return factories.event(session, sold, support, **times).id

        overlapping = [another(team.support, 8, 10), another(team.support, 10, 11), another(team.support, 14, 23)]
        another(team.support, 7, 9)  # ends as the other starts
        another(team.support, 15, 16)
        another(factories.supporter(session), 9, 15)
        assert [event.id for event in double_bookings.overlapping_events(session, made)] == overlapping
        assert double_bookings.overlapping_events(session, factories.event(session, sold, None)) == []


def names(session: Session, actor: Actor, *, now: datetime = NOW, **filters: Any) -> list[str]:
    page = events.list_events(session, actor, EventFilter(**filters), now=now, zone=PARIS, limit=100)
    return [row.name for row in page.items]


def test_lists_answer_what_each_department_asks(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        buyer = factories.client(session, team.sales, last_name="Lefèvre", company_name="Bouzin")
        sold = factories.contract(session, buyer)
        other = factories.contract(session, factories.client(session, factories.seller(session)))
        factories.event(session, sold, team.support, name="mine", event_start=utc(2026, 12, 1))
        factories.event(session, sold, None, name="Été sans support", event_start=utc(2026, 12, 2), location="Évry")
        factories.event(session, other, factories.supporter(session), name="others", event_start=utc(2026, 12, 3))
        kate, bill, boss = (factories.actor(user) for user in (team.support, team.sales, team.management))
        assert names(session, boss) == ["mine", "Été sans support", "others"]
        assert names(session, kate, mine=True) == ["mine"]
        assert names(session, bill, mine=True) == ["mine", "Été sans support"]
        assert names(session, boss, mine=True) == []
        assert names(session, boss, without_support=True) == ["Été sans support"]
        assert names(session, boss, support_contact_id=team.support.id) == ["mine"]
        assert names(session, boss, client_id=buyer.id) == ["mine", "Été sans support"]
        assert names(session, boss, contract_id=other.id) == ["others"]
        assert names(session, boss, search="ete") == ["Été sans support"]
        assert names(session, boss, search="EVRY") == ["Été sans support"]
        assert names(session, boss, search="bouzin") == ["mine", "Été sans support"]
        assert names(session, boss, search="lefevre", without_support=True) == ["Été sans support"]
        assert names(session, boss, search="sans PPORT") == ["Été sans support"]
        assert names(session, boss, search="supports") == []


# 29 March 2026 has 23 hours in Paris; it is a Sunday.
SUNDAY = utc(2026, 3, 29, 10)


@pytest.mark.parametrize(
    ("start", "end", "lists"),
    [
        (utc(2026, 3, 28, 21), utc(2026, 3, 28, 23), "week past"),  # ends at midnight in Paris
        (utc(2026, 3, 28, 21), utc(2026, 3, 28, 23, 1), "today week past"),  # across midnight
        (utc(2026, 3, 29, 9), utc(2026, 3, 29, 10), "today week upcoming"),  # ends now
        (utc(2026, 3, 29, 9), utc(2026, 3, 29, 9, 59), "today week past"),
        (utc(2026, 3, 29, 9), utc(2026, 3, 29, 11), "today week upcoming"),  # is on
        (utc(2026, 3, 29, 21, 59), utc(2026, 3, 30), "today week upcoming"),  # starts before midnight in Paris
        (utc(2026, 3, 29, 22), utc(2026, 3, 30), "upcoming"),  # starts on Monday in Paris
        (utc(2026, 3, 22, 22), utc(2026, 3, 22, 23), "past"),  # last Sunday, all day in Paris
        (utc(2026, 3, 22, 22), utc(2026, 3, 22, 23, 1), "week past"),  # Monday, one minute past
        (utc(2026, 1, 1), utc(2026, 12, 31), "today week upcoming"),
    ],
)
def test_days_and_weeks_are_those_of_the_clock_on_the_wall(
    standing: Database, start: datetime, end: datetime, lists: str
) -> None:
    with undone(standing) as session:
        team, _made = an_event(session, name="it", event_start=start, event_end=end)
        boss = factories.actor(team.management)
        found = [
            name
            for name in ("today", "week", "upcoming", "past")
            if names(session, boss, now=SUNDAY, **dict[str, Any]({name: True}))
        ]
        assert found == lists.split()
