"""One search finds what is anywhere, for whoever may read it, in as many questions as there are kinds of records."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import InvalidInput
from src.domain.permissions import RULEBOOK, Action, Actor, Department
from src.services import audit_trail, everywhere
from tests import factories
from tests.factories import NOW
from tests.real_databases import statements_of, undone
from tests.services.list_requests import PARIS


def found(session: Session, actor: Actor, typed: str, **more: Any) -> dict[str, list[int]]:
    """The numbers of what a search finds, by kind."""
    answer = everywhere.search_everywhere(session, actor, typed, now=NOW, zone=PARIS, **more)
    return {one.record_type: [row.id for row in one.rows] for one in answer}


def test_each_kind_is_found_by_each_of_its_words_whatever_the_accents(standing: Database) -> None:
    with undone(standing) as session:
        seller = factories.seller(session, first_name="Zéphyrine", last_name="Quimper", username="zq.sales")
        client = factories.client(session, seller, first_name="Noël", last_name="Çelik", company_name="Bouzin & Fils")
        contract = factories.contract(session, client, title="Séminaire d'été")
        event = factories.event(session, contract, name="Dîner de gala", location="Château de Nîmes")
        actor = factories.actor(factories.supporter(session))
        everything = {"clients": [client.id], "contracts": [contract.id], "events": [event.id]}

        assert found(session, actor, "celik") == everything
        assert found(session, actor, "NOEL bouz") == everything
        assert found(session, actor, "seminaire çelik") == {"contracts": [contract.id]}
        assert found(session, actor, "gala nimes") == {"events": [event.id]}
        assert found(session, actor, "zephyrine") == {"users": [seller.id]}
        assert found(session, actor, "celik nowhere") == {}


def test_it_shows_the_latest_and_tells_that_there_are_others(standing: Database) -> None:
    with undone(standing) as session:
        seller = factories.seller(session)
        people = [factories.client(session, seller, last_name="Çelik").id for _person in range(4)]
        actor = factories.actor(seller)
        answers = {
            limit: everywhere.search_everywhere(session, actor, "celik", now=NOW, zone=PARIS, limit=limit)
            for limit in (3, 4)
        }
        assert {
            limit: [([row.id for row in one.rows], one.has_more) for one in answer] for limit, answer in answers.items()
        } == {3: [(people[:0:-1], True)], 4: [(people[::-1], False)]}


@pytest.mark.parametrize("typed", ["", "  ", "ab", "a b c", "-- %%%", "é è", "..."])
def test_what_no_index_could_find_is_not_looked_for(standing: Database, typed: str) -> None:
    with undone(standing) as session:
        actor = factories.actor(factories.seller(session))
        with statements_of(standing) as asked, pytest.raises(InvalidInput) as refused:
            found(session, actor, typed)
        assert (str(refused.value), asked) == ("search: write at least 3 letters or digits in a row.", [])


def test_nothing_that_somebody_may_not_read_is_even_asked_for(
    standing: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody reads everything today; the day a department does not, the search must not tell it."""
    with undone(standing) as session:
        seller = factories.seller(session, last_name="Çelik")
        client = factories.client(session, seller, last_name="Çelik")
        actor = factories.actor(factories.supporter(session))
        assert found(session, actor, "celik") == {"clients": [client.id], "users": [seller.id]}
        without = {who: scope for who, scope in RULEBOOK[Action.CLIENT_READ].items() if who is not Department.SUPPORT}
        monkeypatch.setitem(RULEBOOK, Action.CLIENT_READ, without)
        with statements_of(standing) as asked:
            assert found(session, actor, "celik") == {"users": [seller.id]}
        assert [statement for statement in asked if "FROM clients JOIN users" in statement] == []


def test_the_audit_log_is_searched_by_nobody(standing: Database) -> None:
    with undone(standing) as session:
        boss = factories.actor(factories.manager(session))
        contract = factories.contract(session, factories.client(session, factories.seller(session)))
        audit_trail.sign(session, boss, Action.CONTRACT_CANCEL, reason="Quidamzoroastre")
        contract.cancel()
        session.flush()
        assert found(session, boss, "quidamzoroastre") == {}


def test_it_takes_one_question_a_kind(standing: Database) -> None:
    with undone(standing) as session:
        actor = factories.actor(factories.seller(session))
        session.flush()
        with statements_of(standing) as asked:
            found(session, actor, "nobody at all")
        assert len(asked) == 4
