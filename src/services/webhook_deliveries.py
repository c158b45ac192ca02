"""What was told to webhooks, what waits, and what was given up: management looks, and has it sent again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Select, case, update
from sqlalchemy.orm import Session

from src.domain.choices import parse_choice
from src.domain.errors import NotFound, RuleBroken
from src.domain.permissions import Action, Actor, require
from src.i18n import N_
from src.models.audit_entry import AuditEntry
from src.models.webhook import WebhookDelivery, WebhookSubscription
from src.services import audit_trail
from src.services.lists import Order, Page, order_from, read_page, select_rows
from src.services.records import authorize, get_or_raise, name_of

PENDING, DELIVERED, DEAD = "pending", "delivered", "dead"
STATES = (PENDING, DELIVERED, DEAD)
_state = case(
    (WebhookDelivery.delivered_at.is_not(None), DELIVERED), (WebhookDelivery.due_at.is_not(None), PENDING), else_=DEAD
)

SORTS: Mapping[str, Any] = {"id": WebhookDelivery.id}


@dataclass(frozen=True, kw_only=True)
class DeliveryFilter:
    """Which deliveries a list shows: those of one webhook, in one state or all."""

    webhook_id: int
    state: str = ""


def list_deliveries(
    session: Session, actor: Actor, filters: DeliveryFilter, *, sort: str = "-id", limit: int, after: str | None = None
) -> Page:
    """List one page of what a webhook was told and is still to be told, the latest first.

    Raises:
        Forbidden; NotFound: no such webhook; InvalidInput.
    """
    statement = select_deliveries(actor, filters)
    get_or_raise(session, WebhookSubscription, filters.webhook_id)
    return read_page(session, statement, delivery_order(sort), limit=limit, after=after)


def select_deliveries(actor: Actor, filters: DeliveryFilter) -> Select[Any]:
    """Select the deliveries of a list, each with the change that it tells.

    Raises:
        Forbidden; InvalidInput: there is no such state.
    """
    require(actor, Action.WEBHOOK_READ)
    statement = (
        select_rows(
            WebhookDelivery.id,
            _state.label("state"),
            AuditEntry.action,
            AuditEntry.record_type,
            AuditEntry.record_id,
            WebhookDelivery.created_at,
            WebhookDelivery.attempts,
            WebhookDelivery.due_at,
            WebhookDelivery.delivered_at,
            WebhookDelivery.last_status,
            WebhookDelivery.last_error,
        )
        .join(AuditEntry, WebhookDelivery.audit_entry_id == AuditEntry.id)
        .where(WebhookDelivery.subscription_id == filters.webhook_id)
    )
    if filters.state:
        statement = statement.where(_state == parse_choice(filters.state, STATES, field=N_("state")))
    return statement


def delivery_order(sort: str) -> Order:
    """Read the sort of a list of deliveries."""
    return order_from(sort, SORTS, WebhookDelivery.id)


def replay_delivery(
    session: Session, actor: Actor, webhook_id: int, delivery_id: int, *, now: datetime
) -> WebhookDelivery:
    """Send a change again that was given up, or that the receiver lost; it keeps its number.

    Raises:
        NotFound: none of this webhook; Forbidden; RuleBroken: it is still on its way, or the webhook is paused.
    """
    authorize(session, actor, Action.WEBHOOK_REPLAY)
    _require_active(session, webhook_id)
    delivery = get_or_raise(session, WebhookDelivery, delivery_id, lock=True)
    if delivery.subscription_id != webhook_id:
        raise NotFound(record=name_of(WebhookDelivery), id=delivery_id)
    if delivery.due_at is not None:
        raise RuleBroken(N_("This delivery is still on its way."))
    delivery.due_at, delivery.delivered_at, delivery.attempts = now, None, 0
    session.flush()
    _note_replayed(session, delivery.subscription_id, 1)
    return delivery


def replay_dead(session: Session, actor: Actor, webhook_id: int, *, now: datetime) -> int:
    """Send again all that was given up of a webhook; gives how much that is.

    Raises:
        NotFound; Forbidden; RuleBroken: the webhook is paused.
    """
    authorize(session, actor, Action.WEBHOOK_REPLAY)
    _require_active(session, webhook_id)
    replayed: CursorResult[Any] = session.execute(  # type: ignore[assignment]  # what an UPDATE gives
        update(WebhookDelivery)
        .where(WebhookDelivery.subscription_id == webhook_id, _state == DEAD)
        .values(due_at=now, attempts=0)
        .execution_options(synchronize_session=False)
    )
    if replayed.rowcount:
        _note_replayed(session, webhook_id, replayed.rowcount)
    return replayed.rowcount


def _require_active(session: Session, webhook_id: int) -> None:
    if not get_or_raise(session, WebhookSubscription, webhook_id).is_active:
        raise RuleBroken(N_("This webhook is paused. Let it go on first."))


def _note_replayed(session: Session, webhook_id: int, number: int) -> None:
    audit_trail.note(
        session, record_type=WebhookSubscription.audit_name, record_id=webhook_id, deliveries_replayed=number
    )
