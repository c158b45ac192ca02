"""How much work lies on one member of staff: what they look after, and what of it is still to be done."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from src.domain.permissions import Action, Actor, require
from src.models.client import Client
from src.models.contract import Contract, ContractStatus
from src.models.event import Event, may_still_last
from src.services.lists import select_rows


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What is in somebody's charge: of sales clients and their contracts, of support events."""

    clients: int
    contracts: int
    unsigned: int
    unpaid: int
    events: int
    coming_events: int

    @property
    def records(self) -> int:
        """How many records name this person, and must go to a colleague before the account can go."""
        return self.clients + self.events


def workload_of(session: Session, actor: Actor, user_id: int, *, now: datetime) -> Workload:
    """Count what is in somebody's charge, in one question.

    Raises:
        Forbidden.
    """
    require(actor, Action.USER_READ)
    # From the clients to their contracts, once: asked by status, SQLite begins with all contracts that have it.
    sold = (
        select(
            func.count(Contract.id).label("contracts"),
            func.count(case((Contract.status.in_((ContractStatus.DRAFT, ContractStatus.SENT)), 1))).label("unsigned"),
            func.count(case(((Contract.status == ContractStatus.SIGNED) & (Contract.due > 0), 1))).label("unpaid"),
        )
        .join(Contract.client)
        .where(Client.sales_contact_id == user_id)
        .subquery()
    )
    assigned = select(func.count(Event.id)).where(Event.support_contact_id == user_id)
    counted = (
        select(func.count(Client.id)).where(Client.sales_contact_id == user_id).scalar_subquery(),
        *sold.c,
        assigned.scalar_subquery(),
        assigned.where(Event.event_end > now, may_still_last(now)).scalar_subquery(),
    )
    clients, contracts, unsigned, unpaid, events, coming = session.execute(select_rows(*counted)).one()
    return Workload(
        clients=clients,
        contracts=contracts,
        unsigned=unsigned,
        unpaid=unpaid,
        events=events,
        coming_events=coming,
    )
