"""Keys for programs: what they open, for how long, and that they are never wider than their holder is now."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from src.db.session import Database
from src.domain.errors import (
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    PasswordChangeRequired,
    TwoFactorRequired,
)
from src.domain.permissions import NEVER_BY_TOKEN, READING, Action, Actor, Department, granted
from src.models.api_token import ApiToken
from src.models.audit_entry import AuditEntry
from src.security.tokens import hash_token
from src.services import api_tokens, clients, keys, users
from src.services.api_tokens import actions_of, create_token, list_tokens, recognise, revoke_token
from tests import factories
from tests.factories import NOW, actor
from tests.real_databases import undone

LATER = NOW + timedelta(days=1)


def test_a_token_is_said_once_and_only_its_hash_is_kept(standing: Database) -> None:
    with undone(standing) as session:
        seller = factories.seller(session)
        made = create_token(session, actor(seller), name="cash desk", scopes=["read", "client.create"], now=NOW)
        stored = session.get_one(ApiToken, made.id)
        assert made.token.startswith("eecrm_")
        assert made.token not in repr(made)
        assert (stored.token_hash, stored.scopes) == (hash_token(made.token), "read client.create")
        assert stored.expires_at == NOW + timedelta(days=90)
        bearer = recognise(session, made.token, now=LATER)
        assert (bearer.token_id, bearer.actor.user_id, bearer.actor.interface) == (made.id, seller.id, "api")
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.action, entry.record_id, entry.changes) == (
            "own.sessions",
            seller.id,
            {"token_created": [None, "cash desk"]},
        )


def test_a_token_does_only_what_it_was_given_and_what_its_holder_may_at_this_moment(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        own = factories.client(session, team.sales)
        everything = [word for word in api_tokens.SCOPES if word != "read"]
        for person in (team.sales, team.support, team.management):
            made = create_token(session, actor(person), name="all", scopes=everything, now=NOW)
            program = recognise(session, made.token, now=NOW).actor
            for action in Action:
                target = own if action.value.startswith("client.") else None
                wanted = action not in NEVER_BY_TOKEN and granted(actor(person), action, target)
                assert granted(program, action, target) is wanted, (person.department, action)
        narrow = create_token(session, actor(team.sales), name="narrow", scopes=["client.update"], now=NOW)
        program = recognise(session, narrow.token, now=NOW).actor
        assert {action for action in Action if granted(program, action)} == {Action.CLIENT_UPDATE, Action.CLIENT_READ}
        with pytest.raises(Forbidden) as refusal:
            clients.log_contact(session, program, own.id, at=NOW, now=NOW)
        assert "This token was not given the right to do this: log a contact with a client." in str(refusal.value)
        factories.saved(session, own).sales_contact_id = factories.seller(session).id
        session.flush()
        with pytest.raises(Forbidden, match="in charge"):
            clients.update_client(
                session, program, own.id, clients.ClientDetails(company_name="Elsewhere"), region="FR"
            )


def test_reading_is_what_the_scope_read_gives() -> None:
    assert actions_of("read") == READING
    assert actions_of("contract.sign") == {Action.CONTRACT_SIGN, Action.CONTRACT_READ}
    assert actions_of("no.longer.there") == frozenset()


def test_a_changed_department_counts_from_the_next_request(standing: Database) -> None:
    with undone(standing) as session:
        person = factories.seller(session)
        made = create_token(session, actor(person), name="x", scopes=["client.create"], now=NOW)
        assert granted(recognise(session, made.token, now=NOW).actor, Action.CLIENT_CREATE) is True
        factories.saved(session, person).department = Department.SUPPORT
        session.flush()
        assert granted(recognise(session, made.token, now=NOW).actor, Action.CLIENT_CREATE) is False


def test_what_is_no_key_any_more_opens_nothing(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        factories.manager(session)
        keys = [create_token(session, actor(team.sales), name=f"{n}", days=1, now=NOW).token for n in range(2)]
        ended = session.scalars(select(ApiToken.id).order_by(ApiToken.id)).first()
        assert ended is not None
        revoke_token(session, actor(team.sales), ended, now=NOW)
        given_up = [keys[0], keys[1][:-1] + ("A" if keys[1][-1] != "A" else "B"), "", "eecrm_", keys[1] + "A"]
        for key in given_up:
            with pytest.raises(NotAuthenticated):
                recognise(session, key, now=NOW)
        recognise(session, keys[1], now=NOW + timedelta(days=1, seconds=-1))
        with pytest.raises(NotAuthenticated):
            recognise(session, keys[1], now=NOW + timedelta(days=1))
        with pytest.raises(TwoFactorRequired):
            recognise(session, keys[1], now=NOW, two_factor_for=[Department.SALES])
        users.set_active(session, actor(team.management), team.sales.id, active=False)
        with pytest.raises(NotAuthenticated):
            recognise(session, keys[1], now=NOW)


def test_a_new_password_from_management_ends_every_token(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        made = create_token(session, actor(team.sales), name="x", now=NOW)
        users.reset_password(session, actor(team.management), team.sales.id, password_hash="not a hash")
        assert session.get_one(ApiToken, made.id, populate_existing=True).revoked_at is not None
        with pytest.raises(NotAuthenticated):
            recognise(session, made.token, now=NOW)
        waiting = create_token(session, actor(team.sales), name="y", now=NOW)
        with pytest.raises(PasswordChangeRequired):
            recognise(session, waiting.token, now=NOW)


def test_people_see_and_end_their_own_and_management_anybodys(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        people = {"sales": team.sales, "support": team.support, "management": team.management}
        made = {name: create_token(session, actor(user), name=name, now=NOW) for name, user in people.items()}
        for name, user in people.items():
            assert [row.name for row in list_tokens(session, actor(user))] == [name]
        for name in ("sales", "support"):
            with pytest.raises(Forbidden):
                list_tokens(session, actor(people[name]), everybody=True)
            with pytest.raises(Forbidden):
                revoke_token(session, actor(people[name]), made["management"].id, now=NOW)
        seen = list_tokens(session, actor(team.management), everybody=True)
        assert [(row.username, row.name) for row in seen] == [
            (people[name].username, name) for name in ("management", "support", "sales")
        ]
        revoke_token(session, actor(team.management), made["sales"].id, now=LATER)
        revoke_token(session, actor(team.support), made["support"].id, now=LATER)
        assert [row.revoked_at for row in list_tokens(session, actor(team.management), everybody=True)] == [
            None,
            LATER,
            LATER,
        ]


def test_a_program_makes_and_sees_no_keys(standing: Database) -> None:
    with undone(standing) as session:
        boss = factories.manager(session)
        made = create_token(session, actor(boss), name="all", scopes=api_tokens.SCOPES, now=NOW)
        program: Actor = recognise(session, made.token, now=NOW).actor
        with pytest.raises(Forbidden):
            create_token(session, program, name="more", now=NOW)
        with pytest.raises(Forbidden):
            list_tokens(session, program)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": ["own.password"]}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 367}, "days"),
    ],
)
def test_what_is_no_token_is_refused_by_the_name_of_its_field(
    standing: Database, wrong: dict[str, object], field: str
) -> None:
    with undone(standing) as session:
        boss = actor(factories.manager(session))
        with pytest.raises(InvalidInput) as refusal:
            create_token(session, boss, **{"name": "x", "now": NOW, **wrong})  # type: ignore[arg-type]  # that is the test
        assert refusal.value.field == field


def test_the_last_use_is_noted_once_a_minute(standing: Database) -> None:
    with undone(standing) as session:
        made = create_token(session, actor(factories.seller(session)), name="x", now=NOW)
        seen = []
        for seconds in (0, 59, 60, 61):
            keys.note_used(session, ApiToken, made.id, now=NOW + timedelta(seconds=seconds))
            seen.append(session.get_one(ApiToken, made.id, populate_existing=True).last_used_at)
        assert [moment and (moment - NOW).seconds for moment in seen] == [0, 0, 60, 60]


def test_the_rulebook_asks_the_token_before_the_department() -> None:
    boss = Actor(1, "boss", Department.MANAGEMENT)
    assert granted(boss, Action.CONTRACT_CREATE) is True
    assert granted(replace(boss, scopes=frozenset()), Action.CONTRACT_CREATE) is False
