"""How the rulebook answers; what it answers is in tests/rights_matrix.py."""

from typing import Any

import pytest
from sqlalchemy.sql.elements import ColumnElement

from src.domain.errors import Forbidden, Marked
from src.domain.permissions import ACTION_LABELS, RULEBOOK, Action, Actor, Department, Scope, granted, require
from src.i18n import set_language
from src.models.client import Client
from src.models.contract import Contract
from src.models.event import Event
from src.models.user import User
from src.models.user_session import UserSession

BILL = Actor(7, "bill", Department.SALES)
KATE = Actor(8, "kate", Department.SUPPORT)
BOSS = Actor(9, "boss", Department.MANAGEMENT)


def test_every_action_stands_in_the_rulebook_and_has_its_words() -> None:
    assert set(RULEBOOK) == set(Action) == set(ACTION_LABELS)
    assert len(set(ACTION_LABELS.values())) == len(Action)
    assert all(scope in Scope for rights in RULEBOOK.values() for scope in rights.values())


def test_what_is_absent_is_refused() -> None:
    absent = [
        (action, department) for action in Action for department in Department if department not in RULEBOOK[action]
    ]
    assert len(absent) > 20
    for action, department in absent:
        person = Actor(7, "somebody", department)
        targets: tuple[Any, ...] = (
            None,
            Client(sales_contact_id=7),
            Event(support_contact_id=7),
            Client,
            Contract,
            Event,
        )
        for target in targets:
            assert granted(person, action, target) is False
            with pytest.raises(Forbidden):
                require(person, action, target)


def test_one_rule_answers_for_a_record_and_filters_a_list() -> None:
    cases: tuple[tuple[Actor, Action, Any, Any], ...] = (
        (BILL, Action.CLIENT_UPDATE, Client(sales_contact_id=7), Client(sales_contact_id=8)),
        (KATE, Action.EVENT_UPDATE, Event(support_contact_id=8), Event(support_contact_id=None)),
        (BILL, Action.OWN_PASSWORD, User(id=7), User(id=8)),
        (BILL, Action.OWN_SESSIONS, UserSession(user_id=7), UserSession(user_id=8)),
    )
    for person, action, own, other in cases:
        assert (granted(person, action, own), granted(person, action, other)) == (True, False)
        kind: Any = type(own)
        assert isinstance(granted(person, action, kind), ColumnElement)
        require(person, action, own)
        with pytest.raises(Forbidden):
            require(person, action, other)
    assert granted(BOSS, Action.CONTRACT_SIGN, Contract) is True


def test_a_whole_table_is_never_somebodys_own() -> None:
    """A use case that asks about the class instead of the record gets a condition, which is no permission."""
    clients: Any = Client
    with pytest.raises(Forbidden):
        require(BILL, Action.CLIENT_UPDATE, clients)


@pytest.mark.parametrize(
    ("action", "target", "sentence"),
    [
        (Action.USER_CREATE, None, "Your department (Sales) may not do this: create a member of staff."),
        (
            Action.CLIENT_UPDATE,
            Client(sales_contact_id=8),
            "Only the person in charge of this record may do this: change a client.",
        ),
    ],
)
def test_a_refusal_names_the_rule(action: Action, target: Client | None, sentence: str) -> None:
    with pytest.raises(Forbidden) as refusal:
        require(BILL, action, target)
    assert (str(refusal.value), refusal.value.facts["action"]) == (sentence, action)
    set_language("fr")
    assert action.label not in str(refusal.value)  # the rule's words are translated with the sentence


def test_words_inside_a_refusal_are_marked_for_translation() -> None:
    with pytest.raises(Forbidden) as refusal:
        require(BILL, Action.USER_CREATE)
    assert isinstance(refusal.value.facts["department"], Marked)
    assert isinstance(refusal.value.facts["rule"], Marked)
