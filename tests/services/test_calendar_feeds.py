"""Calendar feeds: what their secret opens, that it shows what its holder may see now, and how it ends; both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import Forbidden, InvalidInput, NotFound, PasswordChangeRequired, TwoFactorRequired
from src.domain.permissions import Action, Actor, Department
from src.models.audit_entry import AuditEntry
from src.models.calendar_feed import CalendarFeed
from src.models.user import User
from src.security.tokens import hash_token
from src.services import api_tokens, calendar_feeds, keys, users
from src.services.calendar_feeds import create_feed, kinds_for, list_feeds, open_feed, read_events, revoke_feed
from tests import factories
from tests.factories import NOW, actor
from tests.real_databases import undone

LATER = NOW + timedelta(days=1)


def shown(session: Session, secret: str) -> list[str]:
    """The names of the events that a feed shows."""
    return [row.name for row in read_events(session, open_feed(session, secret), now=NOW)]


def made_for(session: Session, person: User, kind: str) -> str:
    """The secret of a new feed."""
    return create_feed(session, actor(person), kind=kind, name="Telephone", now=NOW).secret


def test_a_secret_is_said_once_and_only_its_hash_is_kept(standing: Database) -> None:
    with undone(standing) as session:
        seller = factories.seller(session)
        made = create_feed(session, actor(seller), kind="mine", name=" My  phone ", now=NOW)
        stored = session.get_one(CalendarFeed, made.id)
        assert made.secret not in repr(made)
        assert (stored.token_hash, stored.name, stored.kind) == (hash_token(made.secret), "My phone", "mine")
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.action, entry.record_type, entry.record_id, entry.changes) == (
            "own.calendar_feeds",
            "users",
            seller.id,
            {"feed_created": [None, "My phone"]},
        )
        revoke_feed(session, actor(seller), made.id, now=NOW)
        revoke_feed(session, actor(seller), made.id, now=LATER)
        ended = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert ended is not None
        assert ended.changes == {"feed_ended": [None, "My phone"]}
        assert session.get_one(CalendarFeed, made.id).revoked_at == NOW


def test_each_kind_shows_its_events(standing: Database) -> None:
    with undone(standing) as session:
        team, other = factories.team(session), factories.team(session)
        sold = factories.contract(session, factories.client(session, team.sales))
        foreign = factories.contract(session, factories.client(session, other.sales))
        factories.event(session, sold, team.support, name="ours")
        factories.event(session, sold, other.support, name="sold by us")
        factories.event(session, foreign, team.support, name="in our charge")
        factories.event(session, foreign, name="alone")
        mine = {who.id: set(shown(session, made_for(session, who, "mine"))) for who in (team.sales, team.support)}
        assert mine == {team.sales.id: {"ours", "sold by us"}, team.support.id: {"ours", "in our charge"}}
        for who in (team.sales, team.support, team.management):
            everything = shown(session, made_for(session, who, "department"))
            assert set(everything) == {"ours", "sold by us", "in our charge", "alone"}
        assert shown(session, made_for(session, team.management, "without_support")) == ["alone"]


def test_who_can_have_which(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        people = {"sales": team.sales, "support": team.support, "management": team.management}
        assert {name: [str(kind) for kind in kinds_for(actor(user))] for name, user in people.items()} == {
            "sales": ["mine", "department"],
            "support": ["mine", "department"],
            "management": ["department", "without_support"],
        }
        for user, kind in ((team.sales, "without_support"), (team.management, "mine"), (team.sales, "everything")):
            with pytest.raises(InvalidInput) as refusal:
                made_for(session, user, kind)
            assert refusal.value.field == "events shown"
        with pytest.raises(InvalidInput) as refusal:
            create_feed(session, actor(team.sales), kind="mine", name=" ", now=NOW)
        assert refusal.value.field == "name"


def test_a_year_back_and_all_that_is_to_come_in_order_and_of_too_many_the_nearest(
    standing: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with undone(standing) as session:
        boss, seller = factories.manager(session), factories.seller(session)
        sold = factories.contract(session, factories.client(session, seller))
        for days in (-366, -364, -10, -0.01, 5, 900, 20_000):
            factories.event(session, sold, name=str(days), event_start=NOW + timedelta(days=days))
        secret = made_for(session, boss, "department")
        assert shown(session, secret) == ["-364", "-10", "-0.01", "5", "900", "20000"]
        monkeypatch.setattr(calendar_feeds, "MOST_EVENTS", 4)
        assert shown(session, secret) == ["-0.01", "5", "900", "20000"]
        monkeypatch.setattr(calendar_feeds, "MOST_EVENTS", 2)
        assert shown(session, secret) == ["5", "900"]


def test_what_is_no_address_any_more_shows_nothing(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        secrets = [made_for(session, team.sales, "mine") for _ in range(2)]
        token = api_tokens.create_token(session, actor(team.sales), name="x", now=NOW).token
        ended = session.scalars(select(CalendarFeed.id).where(CalendarFeed.token_hash == hash_token(secrets[0]))).one()
        revoke_feed(session, actor(team.sales), ended, now=NOW)
        for wrong in (secrets[0], secrets[1][:-1], secrets[1] + "A", "", "eecrm_", token):
            with pytest.raises(NotFound):
                open_feed(session, wrong)
        assert open_feed(session, secrets[1]).actor.user_id == team.sales.id
        with pytest.raises(TwoFactorRequired):
            open_feed(session, secrets[1], two_factor_for=[Department.SALES])
        factories.saved(session, team.sales).is_active = False
        session.flush()
        with pytest.raises(NotFound):
            open_feed(session, secrets[1])


def test_a_changed_department_counts_from_the_next_time(standing: Database) -> None:
    with undone(standing) as session:
        factories.manager(session)
        person = factories.manager(session)
        sold = factories.contract(session, factories.client(session, factories.seller(session)))
        factories.event(session, sold, name="alone")
        alone, everything = (made_for(session, person, kind) for kind in ("without_support", "department"))
        assert shown(session, alone) == ["alone"]
        factories.saved(session, person).department = Department.SUPPORT
        session.flush()
        with pytest.raises(Forbidden) as refusal:
            open_feed(session, alone)
        assert refusal.value.facts["action"] == "event.assign_support"
        assert shown(session, everything) == ["alone"]
        mine = made_for(session, person, "mine")
        factories.saved(session, person).department = Department.MANAGEMENT
        session.flush()
        assert shown(session, mine) == []


def test_a_new_password_from_management_ends_every_feed(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        secret = made_for(session, team.sales, "mine")
        users.reset_password(session, actor(team.management), team.sales.id, password_hash="not a hash")
        with pytest.raises(NotFound):
            open_feed(session, secret)
        waiting = made_for(session, team.sales, "mine")
        with pytest.raises(PasswordChangeRequired):
            open_feed(session, waiting)


def test_a_deleted_person_leaves_no_address_behind(standing: Database) -> None:
    with undone(standing) as session:
        boss, leaver = factories.manager(session), factories.supporter(session)
        secret = made_for(session, leaver, "department")
        users.delete_user(session, actor(boss), leaver.id)
        with pytest.raises(NotFound):
            open_feed(session, secret)


def test_people_see_and_end_their_own_and_management_anybodys(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        people = {"sales": team.sales, "support": team.support, "management": team.management}
        made = {
            name: create_feed(session, actor(user), kind="department", name=name, now=NOW)
            for name, user in people.items()
        }
        for name, user in people.items():
            assert [row.name for row in list_feeds(session, actor(user))] == [name]
        for name in ("sales", "support"):
            with pytest.raises(Forbidden):
                list_feeds(session, actor(people[name]), everybody=True)
            with pytest.raises(Forbidden):
                revoke_feed(session, actor(people[name]), made["management"].id, now=NOW)
        seen = list_feeds(session, actor(team.management), everybody=True)
        assert [row.username for row in seen] == [people[name].username for name in ("management", "support", "sales")]
        revoke_feed(session, actor(team.management), made["sales"].id, now=LATER)
        revoke_feed(session, actor(team.support), made["support"].id, now=LATER)
        assert [row.revoked_at for row in list_feeds(session, actor(team.management), everybody=True)] == [
            None,
            LATER,
            LATER,
        ]


def test_a_program_makes_feeds_only_of_what_it_may_read_itself(standing: Database) -> None:
    with undone(standing) as session:
        boss = factories.manager(session)

        def program(*scopes: str) -> Actor:
            key = api_tokens.create_token(session, actor(boss), name="x", scopes=scopes, now=NOW).token
            return api_tokens.recognise(session, key, now=NOW).actor

        for scopes in (("read",), ("own.calendar_feeds",)):
            with pytest.raises(Forbidden):
                create_feed(session, program(*scopes), kind="department", name="x", now=NOW)
        both = program("read", "own.calendar_feeds")
        assert create_feed(session, both, kind="department", name="x", now=NOW).kind == "department"
        with pytest.raises(InvalidInput):
            create_feed(session, both, kind="without_support", name="x", now=NOW)
        with pytest.raises(Forbidden):
            list_feeds(session, both, everybody=True)


def test_a_feed_reads_events_and_nothing_else(standing: Database) -> None:
    with undone(standing) as session:
        boss = factories.manager(session)
        scopes = open_feed(session, made_for(session, boss, "without_support")).actor.scopes
        assert scopes == frozenset({Action.EVENT_READ, Action.EVENT_ASSIGN_SUPPORT})
        assert open_feed(session, made_for(session, boss, "department")).actor.scopes == frozenset({Action.EVENT_READ})


def test_the_last_use_is_noted_once_a_minute(standing: Database) -> None:
    with undone(standing) as session:
        made = create_feed(session, actor(factories.seller(session)), kind="mine", name="x", now=NOW)
        seen = []
        for seconds in (0, 59, 60, 61):
            keys.note_used(session, CalendarFeed, made.id, now=NOW + timedelta(seconds=seconds))
            seen.append(session.get_one(CalendarFeed, made.id, populate_existing=True).last_used_at)
        assert [moment and (moment - NOW).seconds for moment in seen] == [0, 0, 60, 60]
