"""Every list that people can ask for: each filter with each sort, up and down, for somebody of each department."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from src.domain.permissions import Actor, Department
from src.models.contract import ContractStatus
from src.models.user import User
from src.services import audit, clients, contracts, events, users
from src.services.audit import AuditFilter
from src.services.clients import ClientFilter
from src.services.contracts import ContractFilter
from src.services.events import EventFilter
from src.services.lists import Page
from src.services.users import UserFilter
from tests import factories
from tests.factories import NOW

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Request:
    """One list that somebody asks for."""

    table: str
    name: str
    sort: str
    read: Callable[..., Page]

    def page(self, session: Session, *, after: str | None = None, limit: int = 20) -> Page:
        """Read one page of it."""
        return self.read(session, sort=self.sort, limit=limit, after=after)

    def __str__(self) -> str:
        return f"{self.table}: {self.name} by {self.sort}"


def people(session: Session) -> tuple[Actor, Actor, Actor]:
    """Somebody of each department of a big company, neither the first nor the last."""
    found = [
        session.scalars(select(User).where(User.department == department).order_by(User.id)).all()
        for department in Department
    ]
    sales, support, management = (of_department[min(3, len(of_department) - 1)] for of_department in found)
    return factories.actor(sales), factories.actor(support), factories.actor(management)


def requests(session: Session, table: str) -> Iterator[Request]:
    """Every list of one table."""
    for sort in _MODULES[table].SORTS:
        for direction in ("", "-"):
            for name, read in _readers(session, table).items():
                yield Request(table, name, f"{direction}{sort}", read)


_MODULES: dict[str, Any] = {
    "clients": clients,
    "contracts": contracts,
    "events": events,
    "users": users,
    "audit_entries": audit,
}
TABLES = tuple(_MODULES)
DEFAULT_SORTS = {"clients": "name", "contracts": "-id", "events": "start", "users": "name", "audit_entries": "-id"}


def _readers(session: Session, table: str) -> dict[str, Callable[..., Page]]:
    sales, support, management = people(session)

    def asked(function: Callable[..., Page], actor: Actor, filters: Any, **more: Any) -> Callable[..., Page]:
        return lambda session, **page: function(session, actor, filters, **more, **page)

    if table == "clients":
        of_clients = {
            "everything": (sales, ClientFilter()),
            "mine": (sales, ClientFilter(mine=True)),
            "of one contact": (management, ClientFilter(sales_contact_id=sales.user_id)),
            "search by last name": (sales, ClientFilter(search="ast1234")),
            "search by first name": (sales, ClientFilter(search="first12 last1")),
            "search by company": (sales, ClientFilter(search="PANY1234")),
            "search by e-mail": (sales, ClientFilter(search="ent7777@")),
            "search by two letters": (sales, ClientFilter(search="q1")),
            "mine, search": (sales, ClientFilter(mine=True, search="first12")),
        }
        return {name: asked(clients.list_clients, *given) for name, given in of_clients.items()}
    if table == "contracts":
        of_contracts = {
            "everything": (sales, ContractFilter()),
            "mine": (sales, ContractFilter(mine=True)),
            "of one client": (management, ContractFilter(client_id=1828)),
            "cancelled": (management, ContractFilter(status=ContractStatus.CANCELLED)),
            "unsigned": (management, ContractFilter(unsigned=True)),
            "unpaid": (management, ContractFilter(unpaid=True)),
            "mine, unpaid": (sales, ContractFilter(mine=True, unpaid=True)),
            "mine, unsigned": (sales, ContractFilter(mine=True, unsigned=True)),
            "search by title": (management, ContractFilter(search="arty1234")),
            "search by client": (management, ContractFilter(search="ast1234")),
            "search by two letters": (management, ContractFilter(search="q1")),
        }
        return {name: asked(contracts.list_contracts, *given) for name, given in of_contracts.items()}
    if table == "events":
        of_events = {
            "everything": (sales, EventFilter()),
            "mine, by support": (support, EventFilter(mine=True)),
            "mine, by sales": (sales, EventFilter(mine=True)),
            "upcoming": (management, EventFilter(upcoming=True)),
            "past": (management, EventFilter(past=True)),
            "today": (management, EventFilter(today=True)),
            "this week": (management, EventFilter(week=True)),
            "mine, this week": (support, EventFilter(mine=True, week=True)),
            "mine, upcoming": (support, EventFilter(mine=True, upcoming=True)),
            "without support": (management, EventFilter(without_support=True)),
            "without support, upcoming": (management, EventFilter(without_support=True, upcoming=True)),
            "of one contact": (management, EventFilter(support_contact_id=support.user_id)),
            "of one client": (management, EventFilter(client_id=1828)),
            "of one contract": (management, EventFilter(contract_id=261)),
            "search by name": (management, EventFilter(search="dding1234")),
            "search by place": (management, EventFilter(search="astle123")),
            "search by client": (management, EventFilter(search="ast1412")),
            "search by two letters": (management, EventFilter(search="q1")),
        }
        return {name: asked(events.list_events, *given, now=NOW, zone=PARIS) for name, given in of_events.items()}
    if table == "users":
        of_users = {
            "everybody": (support, UserFilter()),
            "of one department": (support, UserFilter(department=Department.SALES)),
            "active": (support, UserFilter(active=True)),
            "search": (support, UserFilter(search="seller.1")),
        }
        return {name: asked(users.list_users, *given) for name, given in of_users.items()}
    day = timedelta(days=1)
    of_entries = {
        "everything": AuditFilter(),
        "by one person": AuditFilter(actor_id=sales.user_id),
        "of one action": AuditFilter(action="client.update"),
        "by one person, of one action": AuditFilter(actor_id=sales.user_id, action="client.update"),
        "on one kind of record": AuditFilter(record_type="clients"),
        "on one record": AuditFilter(record_type="clients", record_id=78),
        "since": AuditFilter(since=NOW - 90 * day),
        "until": AuditFilter(until=NOW - 200 * day),
        "on one day": AuditFilter(since=NOW - 300 * day, until=NOW - 299 * day),
    }
    return {name: asked(audit.list_audit, management, filters) for name, filters in of_entries.items()}
