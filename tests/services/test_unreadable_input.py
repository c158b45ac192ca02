"""Every text that people can type, and every number that programs can send, into every use case: done, or refused."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import AlreadyExists, Conflict, InvalidInput, NotFound
from src.domain.permissions import Actor
from src.models.contract import ContractStatus, PaymentMethod
from src.services import clients, contracts, events, payments, users
from src.services.clients import ClientDetails
from src.services.events import EventDetails
from src.services.payments import NewPayment
from src.services.users import UserDetails
from tests import factories
from tests.factories import NOW, PARIS
from tests.real_databases import undone
from tests.services.refusals import refused

CORPUS = [
    *("", " ", "\x00", "a\x00b", "\ud800", "a\udfffb", "\u202eabc", "\x1b[31mred", "\r\n", "\u2028", "\ufeff"),
    *("NaN", "Infinity", "1e999", "-1", "0", "0x10", "9223372036854775808", "9" * 5000, "1,200", "1 200,50 €", "٣"),
    *(
        "true",
        "null",
        "None",
        "[]",
        "{}",
        "{0}",
        "%s",
        "%(x)s",
        "{field}",
        "../../etc/passwd",
        "'; DROP TABLE users; --",
    ),
    *(
        "<script>alert(1)</script>",
        "=HYPERLINK(1)",
        "+33142685300",
        "@x",
        "\\",
        '"',
        "'",
        "%",
        "_",
        "a@b.fr",
        "x" * 10**7,
    ),
    *(
        "e\u0301",
        "\u0301",
        "\ufdfa" * 90,
        "مُحَمَّد",
        "👩‍👩‍👧",
        "\U0010ffff",
        "\ue000",
        "2026-02-30 25:61",
        "2026-03-29 02:30",
        "Europe/Paris",
    ),
]
NAMED = (InvalidInput, AlreadyExists)


class Desk:
    """One record of each kind, and the people who may change them."""

    def __init__(self, session: Session) -> None:
        team = factories.team(session)
        self.session = session
        self.sales, self.support, self.boss = map(factories.actor, (team.sales, team.support, team.management))
        self.client = factories.client(session, team.sales)
        self.draft = factories.contract(session, self.client, status=ContractStatus.DRAFT)
        self.signed = factories.contract(session, self.client)
        self.event = factories.event(session, self.signed, team.support)
        self.idle = factories.seller(session)

    def attempts(self, typed: str) -> list[tuple[str, Any, Actor, dict[str, Any]]]:
        """The same text into every field of every use case."""
        found: list[tuple[str, Any, Actor, dict[str, Any]]] = []
        for kind, verb, actor, rest in (
            (ClientDetails, clients.update_client, self.sales, {"client_id": self.client.id, "region": "FR"}),
            (UserDetails, users.update_user, self.boss, {"user_id": self.idle.id, "region": "FR"}),
            (EventDetails, events.update_event, self.support, {"event_id": self.event.id, "region": "FR"}),
        ):
            names = [field.name for field in fields(kind)]
            found += [(name, verb, actor, {"details": kind(**{name: typed}), **rest}) for name in names]
        draft, signed = {"contract_id": self.draft.id}, {"contract_id": self.signed.id}
        paid = NewPayment(
            amount=Decimal(1),
            received_on=factories.TODAY,
            method=PaymentMethod.CASH,
            idempotency_key="k",
        )
        found += [
            ("title", contracts.update_contract, self.boss, {"title": typed, **draft}),
            ("total", contracts.update_contract, self.boss, {"total": typed, **draft}),
            (
                "title",
                contracts.create_contract,
                self.boss,
                {"client_id": self.client.id, "title": typed, "total": "1"},
            ),
            ("reason", contracts.amend_contract, self.boss, {"reason": typed, "total": "2000", **signed}),
            ("reason", contracts.cancel_contract, self.boss, {"reason": typed, **signed}),
            ("key", payments.record_payment, self.boss, {"payment": replace(paid, idempotency_key=typed), **signed}),
            ("reference", payments.record_payment, self.boss, {"payment": replace(paid, reference=typed), **signed}),
            ("search", clients.list_clients, self.sales, {"filters": clients.ClientFilter(search=typed), "limit": 5}),
            (
                "search",
                contracts.list_contracts,
                self.sales,
                {"filters": contracts.ContractFilter(search=typed), "limit": 5},
            ),
            ("search", users.list_users, self.sales, {"filters": users.UserFilter(search=typed), "limit": 5}),
            (
                "search",
                events.list_events,
                self.sales,
                {"filters": events.EventFilter(search=typed), "limit": 5, "now": NOW, "zone": PARIS},
            ),
            (
                "after",
                clients.list_clients,
                self.sales,
                {"filters": clients.ClientFilter(), "limit": 5, "after": typed},
            ),
            ("sort", clients.list_clients, self.sales, {"filters": clients.ClientFilter(), "limit": 5, "sort": typed}),
            ("person", users.find_user, self.sales, {"person": typed}),
        ]
        return found


@pytest.mark.parametrize("typed", CORPUS, ids=lambda typed: ascii(typed)[:20])
def test_any_text_in_any_field_is_stored_or_refused_by_name(standing: Database, typed: str) -> None:
    with undone(standing) as session:
        desk = Desk(session)
        for field, verb, actor, facts in desk.attempts(typed):
            point = session.begin_nested()
            try:
                verb(session, actor, **facts)
                session.flush()
            except NAMED as refusal:
                sentence = str(refusal)
            else:
                sentence = f"{field}: done"
            point.rollback()
            session.expire_all()
            assert ": " in sentence
            assert len(sentence) < 300


NUMBERS = [0, -1, 999_999, 2**31, 2**63 - 1, 2**63, 2**64, -(2**63), -(2**70), 10**30]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_record_that_does_not_exist_is_not_found_whatever_its_number(standing: Database, number: int) -> None:
    with undone(standing) as session:
        desk = Desk(session)
        details: dict[str, Any] = {"region": "FR"}
        for verb, actor, facts in (
            (clients.show_client, desk.sales, {}),
            (clients.update_client, desk.sales, {"details": ClientDetails(), **details}),
            (clients.log_contact, desk.sales, {"at": NOW, "now": NOW}),
            (clients.reassign_client, desk.boss, {"sales_contact_id": desk.idle.id}),
            (contracts.show_contract, desk.sales, {}),
            (payments.list_payments, desk.sales, {}),
            (contracts.update_contract, desk.boss, {"title": "x"}),
            (contracts.send_contract, desk.boss, {}),
            (contracts.sign_contract, desk.boss, {"at": NOW}),
            (contracts.cancel_contract, desk.boss, {"reason": "x"}),
            (events.show_event, desk.sales, {}),
            (events.create_event, desk.sales, {"details": EventDetails(), "zone": PARIS, **details}),
            (events.update_event, desk.support, {"details": EventDetails(), **details}),
            (events.assign_support, desk.boss, {"support_contact_id": None}),
            (users.show_user, desk.sales, {}),
            (users.update_user, desk.boss, {"details": UserDetails(), **details}),
            (users.set_active, desk.boss, {"active": True}),
            (users.delete_user, desk.boss, {}),
            (users.reset_password, desk.boss, {"password_hash": "-"}),
            (users.end_user_sessions, desk.boss, {}),
        ):
            sentence = refused(session, NotFound, verb, actor, number, **facts)
            assert sentence.endswith(f" with number {number}.")
        heir = {"sales_contact_id": number}
        refused(session, NotFound, clients.reassign_client, desk.boss, desk.client.id, **heir)
        refused(session, NotFound, events.assign_support, desk.boss, desk.event.id, number)
        refused(session, NotFound, contracts.create_contract, desk.boss, client_id=number, title="x", total="1")


@pytest.mark.parametrize("version", [0, -1, 2, 2**31, 2**63, -(2**70), 10**30])
def test_a_version_that_was_never_read_is_a_conflict(standing: Database, version: int) -> None:
    with undone(standing) as session:
        desk = Desk(session)
        details = ClientDetails(phone="12345")
        sentence = refused(
            session, Conflict, clients.update_client, desk.sales, desk.client.id, details, region="FR", version=version
        )
        assert sentence.startswith("Somebody else changed this client")
