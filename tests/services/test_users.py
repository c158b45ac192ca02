"""What management does with staff accounts, on both engines."""

from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import AlreadyExists, Conflict, InvalidInput, NotAuthenticated, NotFound, RuleBroken
from src.domain.permissions import Actor, Department
from src.models.audit_entry import AuditEntry
from src.models.client import Client
from src.models.contract import Contract, Payment
from src.models.event import Event
from src.models.user import User
from src.services import audit, auth, init, logging_in, users
from src.services.records import check_version
from src.services.users import UserDetails, UserFilter
from tests import factories
from tests.factories import HASHER, NOW, PASSWORD
from tests.real_databases import dump, undone
from tests.services.crew import Crew
from tests.services.refusals import refused

KATE = UserDetails(
    username="Kate.Hastroff",
    email="Kate@Epic.example",
    first_name="Kate",
    last_name="Hastroff",
    phone="01 42 68 53 00",
    department="support",
)
LAST = "The last active member of management can be neither deactivated, deleted nor moved."
IN_CHARGE = "This person is in charge of clients or events. Reassign them first."


def boss_of(session: Session) -> Actor:
    return factories.actor(factories.manager(session))


def test_the_first_manager_is_made_by_nobody_and_only_once(standing: Database) -> None:
    with undone(standing) as session:
        assert init.has_staff(session) is False
        made = init.create_first_manager(session, KATE, password_hash="-", region="FR", must_change=False)
        assert (made.department, made.username, made.must_change_password) == (
            Department.MANAGEMENT,
            "kate.hastroff",
            False,
        )
        assert init.has_staff(session) is True
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.actor_id, entry.action, entry.record_id) == (None, "user.create", made.id)
        again = refused(
            session, RuleBroken, init.create_first_manager, KATE, password_hash="-", region="FR", must_change=False
        )
        assert again == "There are accounts already; a member of management creates further ones."


def test_two_first_managers_at_once_are_one(postgres_database: Database) -> None:
    """SQLite has one writer at a time; on PostgreSQL both would find the table empty."""
    crew = Crew(4)
    url = postgres_database.url.render_as_string(hide_password=False)
    answers = crew.do_each([{"job": "found", "url": url, "username": f"manager.{number}"} for number in range(4)])
    crew.leave()
    assert sorted(map(str, answers)) == sorted(map(str, [{"done": 1}, *[{"RuleBroken": 1}] * 3]))


def test_a_new_colleague_must_choose_a_password(standing: Database) -> None:
    with undone(standing) as session:
        boss = boss_of(session)
        made = users.create_user(session, boss, KATE, password_hash="a hash", region="FR")
        assert (made.username, made.email, made.phone) == ("kate.hastroff", "kate@epic.example", "+33142685300")
        assert (made.department, made.is_active, made.must_change_password) == (Department.SUPPORT, True, True)
        told = audit.record_history(session, boss, User, made.id, limit=1).items[0].changes
        assert told["password_hash"] == [None, "•••"]
        assert "a hash" not in str(dump(session)["audit_entries"])


@pytest.mark.parametrize(
    ("changed", "error", "sentence"),
    [
        ({"username": "TAKEN"}, AlreadyExists, "username: this value is already used by another member of staff."),
        (
            {"email": "Taken@epic.example"},
            AlreadyExists,
            "e-mail: this value is already used by another member of staff.",
        ),
        ({"department": "boss"}, InvalidInput, "department: choose one of sales, support, management."),
        ({"department": None}, InvalidInput, "department: choose one of sales, support, management."),
        ({"username": None}, InvalidInput, "username: a value is required."),
        (
            {"username": "é"},
            InvalidInput,
            "username: use 3 to 50 letters without accents, digits, dots, dashes or underscores.",
        ),
        ({"first_name": "7"}, InvalidInput, "first name: a name needs at least one letter."),
        ({"email": "nobody"}, InvalidInput, "e-mail: this is not an e-mail address."),
    ],
)
def test_an_account_that_cannot_be_made_is_refused_by_its_field(
    standing: Database, changed: dict[str, Any], error: type[Any], sentence: str
) -> None:
    with undone(standing) as session:
        factories.seller(session, username="taken", email="taken@epic.example")
        details = UserDetails(**(vars(KATE) | changed))
        assert (
            refused(session, error, users.create_user, boss_of(session), details, password_hash="-", region="FR")
            == sentence
        )


@pytest.mark.parametrize(
    ("typed", "department"),
    [
        ("sales", "SALES"),
        (" Support ", "SUPPORT"),
        ("GESTION", "MANAGEMENT"),
        ("Commercial", "SALES"),
        ("management", "MANAGEMENT"),
    ],
)
def test_departments_are_read_in_both_languages(typed: str, department: str) -> None:
    assert users.parse_department(typed) == department


def test_a_new_department_ends_the_sessions_and_waits_for_the_hand_over(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        boss = factories.actor(team.management)
        to_support: dict[str, Any] = {"details": UserDetails(department="support"), "region": "FR"}
        card = factories.client(session, team.sales)
        assert refused(session, RuleBroken, users.update_user, boss, team.sales.id, **to_support) == IN_CHARGE
        factories.saved(session, card).sales_contact_id = factories.seller(session).id
        users.update_user(session, boss, team.sales.id, **to_support, version=1)
        assert (team.sales.department, team.sales.version) == (Department.SUPPORT, 2)
        refused(session, Conflict, users.update_user, boss, team.sales.id, **to_support, version=1)


def test_who_moved_or_was_closed_is_out_at_once(database: Database) -> None:
    with database.writing() as session:
        boss = boss_of(session)
        people = [factories.seller(session, username=f"seller.{number}").id for number in range(3)]
    options: dict[str, Any] = {"address": "192.0.2.7", "interface": "cli", "now": NOW, "hasher": HASHER}
    opened = [logging_in.log_in(database, f"seller.{number}", PASSWORD, **options) for number in range(3)]
    with database.writing() as session:
        users.update_user(session, boss, people[0], UserDetails(department="support"), region="FR")
        users.set_active(session, boss, people[1], active=False)
        users.update_user(session, boss, people[2], UserDetails(phone="12345"), region="FR")
    with database.reading() as session:
        for number in (0, 1):
            with pytest.raises(NotAuthenticated):
                auth.authenticate(session, opened[number].token, now=NOW, interface="cli")
        assert auth.authenticate(session, opened[2].token, now=NOW, interface="cli").user_id == people[2]


def test_the_last_manager_stays(standing: Database) -> None:
    with undone(standing) as session:
        boss = boss_of(session)
        factories.manager(session, is_active=False)
        assert refused(session, RuleBroken, users.set_active, boss, boss.user_id, active=False) == LAST
        assert refused(session, RuleBroken, users.delete_user, boss, boss.user_id) == LAST
        moving = {"details": UserDetails(department="sales"), "region": "FR"}
        assert refused(session, RuleBroken, users.update_user, boss, boss.user_id, **moving) == LAST
        factories.manager(session)
        users.set_active(session, boss, boss.user_id, active=False)


def test_a_closed_account_keeps_its_records_and_opens_again(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        boss = factories.actor(team.management)
        card = factories.client(session, team.sales)
        users.set_active(session, boss, team.sales.id, active=False)
        assert (team.sales.is_active, card.sales_contact_id) == (False, team.sales.id)
        users.set_active(session, boss, team.sales.id, active=True)
        told = [row.changes for row in audit.record_history(session, boss, User, team.sales.id, limit=2).items]
        assert told == [{"is_active": [False, True]}, {"is_active": [True, False]}]


def test_whoever_leaves_hands_everything_over_and_each_record_remembers(database: Database) -> None:
    with database.writing() as session:
        team = factories.team(session)
        heir = factories.seller(session)
        boss = factories.actor(team.management)
        mine = [factories.client(session, team.sales).id for _one in range(3)]
        others = factories.client(session, heir).id
        sold = factories.contract(session, session.get_one(Client, mine[0]))
        factories.payment(session, sold, "10", by=team.sales)
        leaver, name = team.sales.id, team.sales.username
    with database.writing() as session:
        assert users.delete_user(session, boss, leaver, reassign_to=heir.id) == 3
    with database.reading() as session:
        assert session.get(User, leaver) is None
        contacts = session.execute(select(Client.id, Client.sales_contact_id, Client.version).order_by(Client.id)).all()
        assert [tuple(row) for row in contacts] == [*((id_, heir.id, 2) for id_ in mine), (others, heir.id, 1)]
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "user.delete").order_by(AuditEntry.id))
        told = [(row.record_type, row.record_id, row.record_version, row.actor_id, row.changes) for row in entries]
        moved = {"sales_contact_id": [leaver, heir.id]}
        assert told[:3] == [("clients", id_, 2, boss.user_id, moved) for id_ in mine]
        assert [entry[:2] for entry in told[3:]] == [("users", leaver)]
        assert told[3][4]["username"] == [name, None]
        kept = session.scalars(select(Payment)).one()
        assert (kept.recorded_by, kept.recorded_by_username) == (None, name)
        assert session.scalar(select(func.count()).select_from(Contract)) == 1
        late = session.get_one(Client, mine[0])
    with database.writing() as session, pytest.raises(Conflict) as conflict:
        # An editor who read the card before the hand-over is told of it.
        check_version(session, session.get_one(Client, late.id), 1, {})
    assert [(change.field, change.theirs) for change in conflict.value.changes] == [("sales_contact_id", heir.id)]


def test_events_are_handed_over_too(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        boss = factories.actor(team.management)
        sold = factories.contract(session, factories.client(session, team.sales))
        made = factories.event(session, sold, team.support)
        heir = factories.supporter(session)
        assert users.delete_user(session, boss, team.support.id, reassign_to=heir.id) == 1
        session.expire_all()
        assert session.get_one(Event, made.id).support_contact_id == heir.id
        told = audit.record_history(session, boss, Event, made.id, limit=1).items[0]
        assert told.changes == {"support_contact_id": [team.support.id, heir.id]}


def test_nobody_leaves_their_clients_alone(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        boss = factories.actor(team.management)
        factories.client(session, team.sales)
        factories.client(session, team.sales)
        leaver, delete = team.sales, users.delete_user
        assert refused(session, RuleBroken, delete, boss, leaver.id) == (
            f"{leaver.full_name} is still in charge of records (2)."
            " Give them to a colleague, or deactivate the account."
        )
        assert refused(session, RuleBroken, delete, boss, leaver.id, reassign_to=leaver.id) == (
            "The records must go to somebody else."
        )
        gone = factories.seller(session, is_active=False)
        for heir, kind in ((gone.id, RuleBroken), (team.support.id, RuleBroken), (999_999, NotFound)):
            refused(session, kind, delete, boss, leaver.id, reassign_to=heir)


def test_a_colleague_is_found_as_people_type_them(standing: Database) -> None:
    with undone(standing) as session:
        boss = boss_of(session)
        kate = factories.supporter(session, username="kate.hastroff")
        for typed in ("kate.hastroff", " KATE.Hastroff ", str(kate.id), f" {kate.id} "):
            assert users.find_user(session, boss, typed).id == kate.id
        nobody = "member of staff: nobody has this username or number."
        for typed in (
            "",
            "kate",
            "999999",
            "9" * 40,
            "0",
            "-1",
            "\x00",
            "\ud800",
            "%",
            "kate_hastroff",
            "x" * 10**6,
            "٣",
        ):
            assert refused(session, InvalidInput, users.find_user, boss, typed) == nobody


def names(session: Session, **filters: Any) -> list[str]:
    reader = Actor(0, "reader", Department.SALES)
    return [row.username for row in users.list_users(session, reader, UserFilter(**filters), limit=100).items]


def test_the_directory_shows_nothing_secret_and_is_searched_by_name(standing: Database) -> None:
    with undone(standing) as session:
        factories.supporter(session, username="kate", first_name="Élise", last_name="Zola")
        factories.seller(session, username="bill", first_name="Bill", last_name="Abel", is_active=False)
        assert names(session) == ["bill", "kate"]
        assert names(session, active=True) == ["kate"]
        assert names(session, active=False) == ["bill"]
        assert names(session, department=Department.SALES) == ["bill"]
        for typed in ("zola", "ELISE", "zola é", "kat"):
            assert names(session, search=typed) == ["kate"]
        assert names(session, search="lise") == []
        reader = Actor(0, "reader", Department.SALES)
        page = users.list_users(session, reader, UserFilter(), limit=5)
        secret = {"password_hash", "totp_secret", "totp_last_step", "must_change_password"}
        assert not secret & set(page.items[0]._fields)


def test_a_password_given_out_ends_everything_the_old_one_opened(database: Database) -> None:
    with database.writing() as session:
        boss = boss_of(session)
        bill = factories.seller(session, username="bill", totp_secret="JBSWY3DPEHPK3PXP").id
    with database.writing() as session:
        session.execute(
            text(
                "INSERT INTO sessions (user_id, token_hash, interface, device, last_seen_at, expires_at, created_at,"
                " updated_at, version) SELECT id, 'a', 'cli', '', created_at, created_at, created_at, created_at, 1"
                " FROM users WHERE username = 'bill'"
            )
        )
    with database.writing() as session:
        users.reset_password(session, boss, bill, password_hash="given out")
    with database.reading() as session:
        read = session.get_one(User, bill)
        assert (read.password_hash, read.must_change_password, read.totp_secret) == ("given out", True, None)
        assert dump(session)["sessions"] == []
        told = audit.record_history(session, boss, User, bill, limit=1).items[0].changes
        assert told == {
            "password_hash": ["•••", "•••"],
            "must_change_password": [False, True],
            "totp_secret": ["•••", None],
        }
