"""Small builders of staff, clients, contracts, payments and events, each as visible as the test that calls it.

They write as the system does, so that a test starts from any state without playing the story that led there; what a
test is about goes through the services. Times are fixed: nothing here depends on the day the tests run.
"""

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from src.domain.permissions import Actor, Department
from src.models.audit_entry import AuditEntry
from src.models.base import Record
from src.models.client import Client
from src.models.contract import Contract, ContractStatus, Payment, PaymentMethod
from src.models.contract_line import ContractLine
from src.models.event import Event
from src.models.user import User
from src.models.webhook import WebhookDelivery, WebhookSubscription
from src.security.passwords import HashCost, PasswordHasher
from src.security.signatures import new_signing_secret
from src.services import audit_trail

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
TODAY = date(2026, 11, 22)
PASSWORD = "correct horse battery staple"
HASHER = PasswordHasher(HashCost(memory_kib=8, passes=1, lanes=1))

_numbers = itertools.count(1)
Kept = TypeVar("Kept", bound=Record)


@cache
def password_hash() -> str:
    """The hash of PASSWORD, made once and cheaply."""
    return HASHER.hash(PASSWORD)


def staff(session: Session, department: Department = Department.SALES, **fields: Any) -> User:
    """Somebody who works here; their password is PASSWORD."""
    number = next(_numbers)
    username = fields.pop("username", f"{department.value.lower()}.{number}")
    values = {
        "email": f"{username}@epic.example",
        "password_hash": password_hash(),
        "first_name": "Camille",
        "last_name": f"Martin {number}",
        "created_at": NOW,
    }
    return saved(session, User(username=username, department=department, **(values | fields)))


def seller(session: Session, **fields: Any) -> User:
    """Somebody of the sales department."""
    return staff(session, Department.SALES, **fields)


def supporter(session: Session, **fields: Any) -> User:
    """Somebody of the support department."""
    return staff(session, Department.SUPPORT, **fields)


def manager(session: Session, **fields: Any) -> User:
    """Somebody of management."""
    return staff(session, Department.MANAGEMENT, **fields)


def actor(user: User, *, interface: str = "test") -> Actor:
    """The person as a use case knows them, without logging in."""
    return Actor(user.id, user.username, user.department, interface)


def client(session: Session, sales_contact: User, **fields: Any) -> Client:
    """Somebody who buys events, in the charge of a seller."""
    number = next(_numbers)
    values = {
        "first_name": "Kevin",
        "last_name": f"Casey {number}",
        "email": f"client{number}@startup.example",
        "company_name": "Cool Startup LLC",
        "last_contact_at": NOW,
        "created_at": NOW,
    }
    return saved(session, Client(sales_contact_id=sales_contact.id, **(values | fields)))


def contract(
    session: Session,
    buyer: Client,
    *,
    status: ContractStatus = ContractStatus.SIGNED,
    total: str | Decimal = "1000.00",
    paid: str = "0",
    signed_first: bool = False,
    **fields: Any,
) -> Contract:
    """What a client buys, as far as `status`; `signed_first` says that a cancelled one had been signed.

    What is `paid` is recorded as one payment by nobody.
    """
    values = {"title": f"Party {next(_numbers)}", "created_at": NOW} | fields
    made = Contract(client_id=buyer.id, total=Decimal(total), paid=Decimal(0), status=ContractStatus.DRAFT, **values)
    if status is ContractStatus.SENT:
        made.send()
    if status is ContractStatus.SIGNED or signed_first:
        made.sign(NOW - timedelta(days=10))
    saved(session, made)
    if Decimal(paid):
        payment(session, made, paid)
    if status is ContractStatus.CANCELLED:
        made.cancel()
        saved(session, made)
    return made


def payment(session: Session, paid_for: Contract, amount: str, *, by: User | None = None, **fields: Any) -> Payment:
    """Money received on a signed contract."""
    values: dict[str, Any] = {
        "received_on": TODAY,
        "method": PaymentMethod.TRANSFER,
        "idempotency_key": f"payment {next(_numbers)}",
        "recorded_by": by and by.id,
        "recorded_by_username": by.username if by else "",
        "created_at": NOW,
    }
    made = saved(session, Payment(contract_id=paid_for.id, amount=Decimal(amount), **(values | fields)))
    session.refresh(paid_for, ["paid"])
    return made


def line(session: Session, sold: Contract, *, unit_price: str = "100.00", **fields: Any) -> ContractLine:
    """A line of a contract: one thing without VAT unless the test says otherwise; the contract's total follows."""
    values: dict[str, Any] = {"description": "Dîner", "quantity": Decimal(1), "vat_rate": Decimal(0)}
    made = saved(session, ContractLine(contract_id=sold.id, unit_price=Decimal(unit_price), **(values | fields)))
    session.refresh(sold, ["total"])
    return made


def event(session: Session, sold: Contract, support_contact: User | None = None, **fields: Any) -> Event:
    """One dated thing under a signed contract, a month from now unless the test says otherwise."""
    start = fields.get("event_start", NOW + timedelta(days=30))
    values = {
        "name": f"Wedding {next(_numbers)}",
        "event_start": start,
        "event_end": start + timedelta(hours=6),
        "time_zone": "Europe/Paris",
        "location": "53 Rue du Château, 41120 Candé-sur-Beuvron",
        "attendees": 75,
        "support_contact_id": support_contact and support_contact.id,
        "created_at": NOW,
    }
    return saved(session, Event(contract_id=sold.id, **(values | fields)))


def webhook(session: Session, **fields: Any) -> WebhookSubscription:
    """An address that is told of what nobody does yet, unless the test says otherwise."""
    values = {"name": "Till", "url": "https://till.example/changes", "action": "client.anonymise", "created_at": NOW}
    return saved(session, WebhookSubscription(secret=new_signing_secret(), **(values | fields)))


def delivery(session: Session, **fields: Any) -> WebhookDelivery:
    """A change that a webhook was told of in vain until it was given up."""
    told = fields.pop("subscription_id", None) or webhook(session).id
    entry = session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1)).one()
    values = {"attempts": 9, "last_status": 503, "last_error": "refused", "created_at": NOW}
    return saved(session, WebhookDelivery(subscription_id=told, audit_entry_id=entry, **(values | fields)))


@dataclass(frozen=True)
class Team:
    """The three departments, one person each."""

    sales: User
    support: User
    management: User


def team(session: Session) -> Team:
    """One person of each department."""
    return Team(sales=seller(session), support=supporter(session), management=manager(session))


def saved(session: Session, record: Kept) -> Kept:
    """Write a record as the system does; the same session may then change it."""
    audit_trail.sign_as_system(session, "test.setup", interface="test")
    session.add(record)
    session.flush()
    return record
