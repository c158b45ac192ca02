"""The outbox as a worker empties it: what is due is claimed for a while, sent by nobody else, and its end noted.

A claim is a lease: `due_at` moves on by two minutes. A worker that is killed lets it run out, and the change is sent
again: at least once, never lost. `attempts` tells a claim from a later one of the same delivery.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, exists, select, update
from sqlalchemy.orm import Session

from src.models.audit_entry import AuditEntry
from src.models.webhook import WebhookDelivery, WebhookSubscription
from src.services import audit_trail
from src.services.lists import select_rows
from src.services.webhooks import PAUSED, give_up_waiting

LEASE = timedelta(minutes=2)
# After each failed attempt; after the one that follows the last, a change is given up: within two days.
PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (10, 60, 5 * 60, 30 * 60, 2 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
)
KEPT = timedelta(days=30)
UNFORESEEN = "unforeseen"
RECEIVER_GONE = "webhook.receiver_gone"
_CLEARED_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """One change on its way to one webhook, claimed by one worker for one attempt."""

    id: int
    webhook_id: int
    attempt: int
    url: str = field(repr=False)
    secret: str = field(repr=False)
    entry: Row[Any] = field(repr=False)


def is_anybody_subscribed(session: Session) -> bool:
    """Tell whether changes are told to anybody now, or were until just now."""
    waiting = exists().where(WebhookDelivery.due_at.is_not(None))
    return bool(session.scalar(select(exists().where(WebhookSubscription.is_active) | waiting)))


def due_deliveries(session: Session, *, now: datetime, but_for: Collection[int], limit: int) -> Sequence[Row[int, int]]:
    """Find what is to be sent now, the longest due first, but for that of some webhooks; as (number, webhook)."""
    statement = select(WebhookDelivery.id, WebhookDelivery.subscription_id).where(WebhookDelivery.due_at <= now)
    if but_for:
        statement = statement.where(WebhookDelivery.subscription_id.not_in(but_for))
    return session.execute(statement.order_by(WebhookDelivery.due_at, WebhookDelivery.id).limit(limit)).all()


def claim(session: Session, delivery_ids: Collection[int], *, now: datetime) -> list[Parcel]:
    """Take deliveries for this worker alone; those that another took first are left out, and waited for by nobody."""
    claimed = session.execute(
        select_rows(
            WebhookDelivery.id.label("delivery_id"),
            WebhookDelivery.attempts,
            WebhookSubscription.id.label("webhook_id"),
            WebhookSubscription.url,
            WebhookSubscription.secret,
            WebhookSubscription.is_active,
            *_TOLD,
        )
        .join(WebhookSubscription, WebhookDelivery.subscription_id == WebhookSubscription.id)
        .join(AuditEntry, WebhookDelivery.audit_entry_id == AuditEntry.id)
        .where(WebhookDelivery.id.in_(delivery_ids), WebhookDelivery.due_at <= now)
        .order_by(WebhookDelivery.due_at, WebhookDelivery.id)
        .with_for_update(of=WebhookDelivery, skip_locked=True)
    ).all()
    paused = [row for row in claimed if not row.is_active]
    hopeless = [row for row in claimed if row.is_active and row.attempts > len(PAUSES)]
    sent = [row for row in claimed if row.is_active and row.attempts <= len(PAUSES)]
    values: list[tuple[list[Row[Any]], dict[str, Any]]] = [
        (sent, {"due_at": now + LEASE, "attempts": WebhookDelivery.attempts + 1}),
        # A change that was saved while the webhook was being paused, and one over which every worker was killed.
        (paused, {"due_at": None, "last_error": PAUSED}),
        (hopeless, {"due_at": None, "last_error": UNFORESEEN}),
    ]
    for rows, changed in values:
        if rows:
            session.execute(_these([row.delivery_id for row in rows]).values(changed))
    return [
        Parcel(
            id=row.delivery_id,
            webhook_id=row.webhook_id,
            attempt=row.attempts + 1,
            url=row.url,
            secret=row.secret,
            entry=row,
        )
        for row in sent
    ]


def note_delivered(session: Session, parcel: Parcel, *, status: int, now: datetime) -> None:
    """Note that the receiver has a change; also where the claim has run out meanwhile, for it has it all the same."""
    session.execute(_these([parcel.id]).values(due_at=None, delivered_at=now, last_status=status, last_error=""))


def note_failed(
    session: Session, parcel: Parcel, *, status: int | None, error: str, jitter: float, now: datetime
) -> datetime | None:
    """Note that a change did not arrive; gives when it is tried again, or None where it is given up.

    `jitter` (about 1) spreads what failed together.
    """
    pause = PAUSES[parcel.attempt - 1] * jitter if parcel.attempt <= len(PAUSES) else None
    due_at = None if pause is None else now + pause
    session.execute(
        _these([parcel.id])
        # Not where somebody paused the webhook or claimed the delivery again.
        .where(WebhookDelivery.attempts == parcel.attempt, WebhookDelivery.due_at.is_not(None))
        .values(due_at=due_at, last_status=status, last_error=error)
    )
    return due_at


def note_gone(session: Session, parcel: Parcel, *, status: int, error: str) -> None:
    """Pause a webhook whose receiver says that it is gone for good."""
    webhook = session.scalar(
        select(WebhookSubscription).where(WebhookSubscription.id == parcel.webhook_id).with_for_update()
    )
    if webhook is None or not webhook.is_active or webhook.url != parcel.url:
        return  # somebody has seen to it meanwhile
    audit_trail.sign_as_system(session, RECEIVER_GONE)
    webhook.is_active = False
    session.flush()
    give_up_waiting(session, webhook.id)
    session.execute(_these([parcel.id]).values(last_status=status, last_error=error))


def clear_old(session: Session, *, now: datetime) -> None:
    """Forget deliveries that ended a month ago; the audit log keeps the changes themselves."""
    # The oldest are the first: however many there are, only so many are looked at.
    oldest = select(WebhookDelivery.id).order_by(WebhookDelivery.id).limit(_CLEARED_AT_ONCE)
    session.execute(
        delete(WebhookDelivery)
        .where(
            WebhookDelivery.id.in_(select(oldest.subquery().c.id)),
            WebhookDelivery.due_at.is_(None),
            WebhookDelivery.updated_at < now - KEPT,
        )
        .execution_options(synchronize_session=False)
    )


_TOLD = (
    AuditEntry.id,
    AuditEntry.created_at,
    AuditEntry.actor_id,
    AuditEntry.actor_username,
    AuditEntry.interface,
    AuditEntry.action,
    AuditEntry.record_type,
    AuditEntry.record_id,
    AuditEntry.record_version,
    AuditEntry.changes,
    AuditEntry.reason,
)


def _these(delivery_ids: Collection[int]) -> Any:
    return (
        update(WebhookDelivery).where(WebhookDelivery.id.in_(delivery_ids)).execution_options(synchronize_session=False)
    )
