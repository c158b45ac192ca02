"""How support's work is shared out, and what somebody of support is told when they come back; on both engines."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.permissions import Actor
from src.models.audit_entry import AuditEntry
from src.models.base import now as current_moment
from src.models.event import Event
from src.models.user import User
from src.services import events, support_work
from src.services.events import EventDetails
from tests import factories
from tests.factories import NOW
from tests.real_databases import undone

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def then() -> datetime:
    """The moment at which the tests look: the log writes its own time."""
    return current_moment() + MINUTE


def told(session: Session, person: User, now: datetime, *, limit: int = 20) -> list[tuple[str, str, str]]:
    """Whom somebody is told of: who changed which event, and how."""
    meanwhile = support_work.changes_meanwhile(session, factories.actor(person), now=now, limit=limit)
    return [(entry.actor_username, entry.event_name, str(entry.action)) for entry in meanwhile.changes.items]


def test_support_is_told_what_others_changed_of_their_events(standing: Database, then: datetime) -> None:
    with undone(standing) as session:
        team, colleague = factories.team(session), factories.supporter(session)
        boss, mine = factories.actor(team.management), factories.actor(team.support)
        sold = factories.contract(session, factories.client(session, team.sales))

        def event(name: str, person: User | None) -> int:
            return factories.event(session, sold, person, name=name).id

        def assign(event_id: int, person: User | None) -> None:
            events.assign_support(session, boss, event_id, person.id if person else None)

        def edit(who: Actor, event_id: int) -> None:
            events.update_event(session, who, event_id, EventDetails(location="Ailleurs"), region="FR")

        given, taken, others = event("given", None), event("taken", team.support), event("others'", colleague)
        edit(mine, taken)
        assign(given, team.support)
        assign(taken, colleague)
        edit(factories.actor(colleague), others)
        edit(factories.actor(colleague), taken)
        assign(others, None)

        name = team.management.username
        assert [entry for entry in told(session, team.support, then) if entry[0] == name] == [
            (name, "taken", "event.assign_support"),
            (name, "given", "event.assign_support"),
        ]
        by_others = {entry for entry in told(session, team.support, then) if entry[0] not in {"", name}}
        assert by_others == set()
        assert len(told(session, team.support, then, limit=1)) == 1


def test_what_was_seen_is_not_told_again_and_never_comes_back(standing: Database, then: datetime) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        actor, boss = factories.actor(team.support), factories.actor(team.management)
        sold = factories.contract(session, factories.client(session, team.sales))
        event: Event = factories.event(session, sold, name="Gala")
        events.assign_support(session, boss, event.id, team.support.id)
        version = session.get_one(User, team.support.id).version

        def look(until: datetime, **more: Any) -> None:
            support_work.note_looked(session, actor, until=until, now=then, **more)

        assert [entry[0] for entry in told(session, team.support, then) if entry[0]] == [team.management.username]
        look(then - 3 * DAY)
        assert [entry[0] for entry in told(session, team.support, then) if entry[0]] == [team.management.username]
        look(then)
        assert told(session, team.support, then) == []
        look(then - 3 * DAY)
        look(then + 9 * DAY)  # a browser cannot have seen what is still to come
        session.expire_all()
        holder = session.get_one(User, team.support.id)
        assert (holder.looked_at, holder.version) == (then, version)


def test_who_has_not_looked_for_long_is_told_of_a_month_and_at_first_of_a_week(
    standing: Database, then: datetime
) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        looked: datetime | None
        for looked, since in ((None, 7), (then - 90 * DAY, 30), (then - 2 * DAY, 2)):
            session.execute(update(User).where(User.id == team.support.id).values(looked_at=looked))
            meanwhile = support_work.changes_meanwhile(session, factories.actor(team.support), now=then, limit=5)
            assert meanwhile.since == then - since * DAY
        assert session.query(AuditEntry).count() > 0


def test_the_load_of_support_counts_what_begins_in_thirty_days(standing: Database) -> None:
    with undone(standing) as session:
        team, idle = factories.team(session), factories.supporter(session)
        gone = factories.supporter(session, is_active=False)
        factories.supporter(session, is_active=False)
        sold = factories.contract(session, factories.client(session, team.sales))
        for person, days in (
            *((team.support, days) for days in (0, 29, 30, -1)),
            (gone, 3),
            (None, 3),
        ):
            factories.event(session, sold, person, event_start=NOW + days * DAY)
        load = support_work.load_of_support(session, factories.actor(team.management), now=NOW)
        assert [(person.username, person.events) for person in load] == [
            (team.support.username, 2),
            (gone.username, 1),
            (idle.username, 0),
        ]
