"""How each verb of the rights matrix is asked of the services: which function, and with which facts."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from src.domain.permissions import Actor
from src.models.client import Client
from src.models.contract import PaymentMethod
from src.services import (
    audit,
    calendar_feeds,
    clients,
    contract_lines,
    contracts,
    events,
    lists,
    own_account,
    payments,
    users,
    webhook_deliveries,
    webhooks,
    workloads,
)
from tests.factories import NOW
from tests.services.office import Office, Person, Records

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Question:
    """What a verb is asked about: the office, who asks, and the records that are theirs or another's."""

    office: Office
    person: Person
    own: bool

    @property
    def records(self) -> Records:
        """The records of the seller and supporter who ask, or of their colleagues."""
        return self.office.own if self.own else self.office.other

    @property
    def account(self) -> int:
        """One's own account, or that of a colleague in charge of nothing."""
        return self.person.id if self.own else self.office.spare_sales

    @property
    def session(self) -> int:
        """One's own log-in, or a colleague's."""
        others = [person for person in self.office.people.values() if person != self.person]
        return self.person.session_id if self.own else others[0].session_id


@dataclass(frozen=True)
class Ask:
    """One function that performs a verb, and its arguments after the actor."""

    function: Callable[..., Any]
    arguments: Callable[[Question], dict[str, Any]]

    def __call__(self, session: Session, actor: Actor, question: Question) -> Any:
        """Ask in this transaction; what only selects needs none."""
        first = [session] if "session" in inspect.signature(self.function).parameters else []
        return self.function(*first, actor, **self.arguments(question))


def _payment(amount: str, *, reason: str = "") -> payments.NewPayment:
    return payments.NewPayment(
        amount=Decimal(amount),
        received_on=date(2026, 11, 20),
        method=PaymentMethod.CHEQUE,
        idempotency_key="matrix",
        reason=reason,
    )


NEW_USER = users.UserDetails(
    username="new.person", email="new@epic.example", first_name="New", last_name="Person", department="support"
)
NEW_CLIENT = clients.ClientDetails(first_name="Anna", last_name="Björk", email="anna@bjork.example")
NEW_EVENT = events.EventDetails(name="Gala", event_start="2027-06-04 13:00", event_end="2027-06-05 02:00")
HASH = {"password_hash": "not a hash"}
FRENCH = {"region": "FR"}
DINNER = contract_lines.LineDetails(description="Dîner", quantity="75", unit_price="48", vat_rate="10")
PAGE = {"limit": 20}
TILL = webhooks.WebhookDetails(name="Till", url="https://till.example/changes", action="client.anonymise")


def _sent(question: Question) -> webhook_deliveries.DeliveryFilter:
    return webhook_deliveries.DeliveryFilter(webhook_id=question.office.webhook)


VERBS: Mapping[str, tuple[Ask, ...]] = {
    "user.read": (
        Ask(users.show_user, lambda q: {"user_id": q.account}),
        Ask(users.find_user, lambda q: {"person": str(q.account)}),
        Ask(users.list_users, lambda _q: {"filters": users.UserFilter(), **PAGE}),
        Ask(users.select_users, lambda _q: {"filters": users.UserFilter()}),
        Ask(workloads.workload_of, lambda q: {"user_id": q.account, "now": NOW}),
    ),
    "user.create": (Ask(users.create_user, lambda _q: {"details": NEW_USER, **HASH, **FRENCH}),),
    "user.update": (
        Ask(users.update_user, lambda q: {"user_id": q.account, "details": users.UserDetails(phone="12345"), **FRENCH}),
    ),
    "user.deactivate": (Ask(users.set_active, lambda q: {"user_id": q.account, "active": False}),),
    "user.reactivate": (Ask(users.set_active, lambda q: {"user_id": q.office.inactive, "active": True}),),
    "user.delete": (Ask(users.delete_user, lambda q: {"user_id": q.account}),),
    "user.reset_password": (Ask(users.reset_password, lambda q: {"user_id": q.account, **HASH}),),
    "user.end_sessions": (Ask(users.end_user_sessions, lambda q: {"user_id": q.account}),),
    "own.sessions": (Ask(own_account.end_session, lambda q: {"session_id": q.session}),),
    "own.calendar_feeds": (
        Ask(calendar_feeds.create_feed, lambda _q: {"kind": "department", "name": "Telephone", "now": NOW}),
    ),
    "client.read": (
        Ask(clients.show_client, lambda q: {"client_id": q.records.client}),
        Ask(clients.list_clients, lambda _q: {"filters": clients.ClientFilter(), **PAGE}),
        Ask(clients.select_clients, lambda _q: {"filters": clients.ClientFilter()}),
    ),
    "client.create": (Ask(clients.add_client, lambda _q: {"details": NEW_CLIENT, "now": NOW, **FRENCH}),),
    "client.update": (
        Ask(
            clients.update_client,
            lambda q: {
                "client_id": q.records.client,
                "details": clients.ClientDetails(company_name="Cooler Startup"),
                **FRENCH,
            },
        ),
    ),
    "client.log_contact": (Ask(clients.log_contact, lambda q: {"client_id": q.records.client, "at": NOW, "now": NOW}),),
    "client.reassign": (
        Ask(
            clients.reassign_client,
            lambda q: {"client_id": q.records.client, "sales_contact_id": q.office.spare_sales},
        ),
    ),
    "contract.read": (
        Ask(contracts.show_contract, lambda q: {"contract_id": q.records.signed}),
        Ask(payments.list_payments, lambda q: {"contract_id": q.records.signed}),
        Ask(contract_lines.list_lines, lambda q: {"contract_id": q.records.draft}),
        Ask(contracts.list_contracts, lambda _q: {"filters": contracts.ContractFilter(), **PAGE}),
        Ask(contracts.contract_totals, lambda _q: {"filters": contracts.ContractFilter()}),
        Ask(contracts.select_contracts, lambda _q: {"filters": contracts.ContractFilter()}),
    ),
    "contract.create": (
        Ask(
            contracts.create_contract,
            lambda q: {"client_id": q.records.client, "title": "Gala", "total": "1 200,50 €"},
        ),
    ),
    "contract.update": (
        Ask(contracts.update_contract, lambda q: {"contract_id": q.records.draft, "title": "Bigger gala"}),
        Ask(contract_lines.add_line, lambda q: {"contract_id": q.records.draft, "details": DINNER}),
        Ask(contract_lines.change_line, lambda q: {"line_id": q.records.line, "details": DINNER}),
        Ask(contract_lines.remove_line, lambda q: {"line_id": q.records.line}),
    ),
    "contract.send": (Ask(contracts.send_contract, lambda q: {"contract_id": q.records.draft}),),
    "contract.sign": (Ask(contracts.sign_contract, lambda q: {"contract_id": q.records.sent, "at": NOW}),),
    "contract.record_payment": (
        Ask(payments.record_payment, lambda q: {"contract_id": q.records.signed, "payment": _payment("50")}),
    ),
    "contract.refund": (
        Ask(
            payments.refund_payment,
            lambda q: {"contract_id": q.records.signed, "refund": _payment("-50", reason="Rain")},
        ),
    ),
    "contract.cancel": (Ask(contracts.cancel_contract, lambda q: {"contract_id": q.records.signed, "reason": "Rain"}),),
    "contract.amend": (
        Ask(
            contracts.amend_contract,
            lambda q: {"contract_id": q.records.signed, "reason": "More guests", "total": "1500"},
        ),
    ),
    "event.read": (
        Ask(events.show_event, lambda q: {"event_id": q.records.event}),
        Ask(events.list_events, lambda _q: {"filters": events.EventFilter(), "now": NOW, "zone": PARIS, **PAGE}),
        Ask(events.select_events, lambda _q: {"filters": events.EventFilter(), "now": NOW, "zone": PARIS}),
    ),
    "event.create": (
        Ask(
            events.create_event,
            lambda q: {"contract_id": q.records.signed, "details": NEW_EVENT, "zone": PARIS, **FRENCH},
        ),
    ),
    "event.update": (
        Ask(
            events.update_event,
            lambda q: {"event_id": q.records.event, "details": events.EventDetails(attendees=80), **FRENCH},
        ),
    ),
    "event.assign_support": (
        Ask(
            events.assign_support,
            lambda q: {"event_id": q.records.event, "support_contact_id": q.office.spare_support},
        ),
    ),
    "event.clear_support": (
        Ask(events.assign_support, lambda q: {"event_id": q.records.event, "support_contact_id": None}),
    ),
    "audit.read_all": (
        Ask(audit.list_audit, lambda _q: {"filters": audit.AuditFilter(), **PAGE}),
        Ask(audit.select_audit, lambda _q: {"filters": audit.AuditFilter()}),
    ),
    "audit.read_history": (
        Ask(audit.record_history, lambda q: {"model": Client, "record_id": q.records.client, **PAGE}),
    ),
    "export": (Ask(lists.log_export, lambda _q: {"what": "clients", "filters": {"mine": True}}),),
    "webhook.read": (
        Ask(webhooks.show_webhook, lambda q: {"webhook_id": q.office.webhook}),
        Ask(webhooks.list_webhooks, lambda _q: PAGE),
        Ask(webhooks.select_webhooks, lambda _q: {}),
        Ask(webhook_deliveries.list_deliveries, lambda q: {"filters": _sent(q), **PAGE}),
        Ask(webhook_deliveries.select_deliveries, lambda q: {"filters": _sent(q)}),
    ),
    "webhook.create": (Ask(webhooks.create_webhook, lambda _q: {"details": TILL}),),
    "webhook.update": (
        Ask(
            webhooks.update_webhook,
            lambda q: {"webhook_id": q.office.webhook, "details": webhooks.WebhookDetails(name="New till")},
        ),
        Ask(webhooks.set_active, lambda q: {"webhook_id": q.office.webhook, "active": False}),
        Ask(webhooks.rotate_secret, lambda q: {"webhook_id": q.office.webhook}),
    ),
    "webhook.delete": (Ask(webhooks.delete_webhook, lambda q: {"webhook_id": q.office.webhook}),),
    "webhook.replay": (
        Ask(webhook_deliveries.replay_dead, lambda q: {"webhook_id": q.office.webhook, "now": NOW}),
        Ask(
            webhook_deliveries.replay_delivery,
            lambda q: {"webhook_id": q.office.webhook, "delivery_id": q.office.delivery, "now": NOW},
        ),
    ),
}
