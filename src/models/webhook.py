"""Whom the company tells of its changes: subscriptions, and an outbox that the database itself fills.

A trigger writes the outbox with the audit entry, in the transaction of the change: no change is told that was not
saved, and none is forgotten, whichever program made it. src/worker sends what is due (decision 67).
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import DDL, ForeignKey, Index, String, event
from sqlalchemy.orm import Mapped, mapped_column

from src.db.types import CleanText, RecordId, UtcDateTime
from src.models.audit_entry import AuditEntry
from src.models.base import Base, Record, table_args


class WebhookSubscription(Record, Base):
    """An address that is told of changes: of one kind of record or all, of one action or all."""

    audit_name = "webhooks"
    audit_secrets: ClassVar[frozenset[str]] = frozenset({"secret"})
    audit_ignored = Record.audit_ignored | {"created_by"}

    __tablename__ = "webhook_subscriptions"
    __table_args__ = table_args(Index("ix_webhook_subscriptions_created_by", "created_by"))

    name: Mapped[str] = mapped_column(CleanText(100))
    url: Mapped[str] = mapped_column(String(500))
    # Signs what is sent, so it must be known here: whoever reads the database can read the changes anyway.
    secret: Mapped[str] = mapped_column(String(64))
    # Empty means every one.
    record_type: Mapped[str] = mapped_column(String(20), default="")
    action: Mapped[str] = mapped_column(String(50), default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class WebhookDelivery(Record, Base):
    """One change that one subscription is to be told; `due_at` is empty once it arrived, or was given up."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = table_args(
        Index("ix_webhook_deliveries_due_at", "due_at", "id"),
        Index("ix_webhook_deliveries_subscription_id", "subscription_id", "id"),
        Index("ix_webhook_deliveries_audit_entry_id", "audit_entry_id"),
    )

    subscription_id: Mapped[int] = mapped_column(ForeignKey("webhook_subscriptions.id", ondelete="CASCADE"))
    # No foreign key, because an entry is never deleted: with one, TRUNCATE would be refused in PostgreSQL's own words.
    audit_entry_id: Mapped[int] = mapped_column(RecordId)
    attempts: Mapped[int]
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_status: Mapped[int | None]
    last_error: Mapped[str] = mapped_column(CleanText(200), default="")


OUTBOX = "tr_audit_entries_outbox"
_PUT_INTO_OUTBOX = (
    "INSERT INTO webhook_deliveries"
    " (subscription_id, audit_entry_id, attempts, due_at, last_error, created_at, updated_at, version)"
    " SELECT id, NEW.id, 0, NEW.created_at, '', NEW.created_at, NEW.created_at, 1 FROM webhook_subscriptions"
    " WHERE is_active AND (record_type = '' OR record_type = NEW.record_type)"
    " AND (action = '' OR action = NEW.action)"
)
OUTBOX_SQLITE = (f"CREATE TRIGGER {OUTBOX} AFTER INSERT ON audit_entries FOR EACH ROW BEGIN {_PUT_INTO_OUTBOX}; END",)
OUTBOX_POSTGRESQL = (
    f"CREATE FUNCTION {OUTBOX}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_PUT_INTO_OUTBOX}; RETURN NULL; END $$",
    f"CREATE TRIGGER {OUTBOX} AFTER INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION {OUTBOX}()",
)

_DDL: Any = DDL  # SQLAlchemy leaves its constructor untyped

for _dialect, _statements in (("sqlite", OUTBOX_SQLITE), ("postgresql", OUTBOX_POSTGRESQL)):
    for _statement in _statements:
        event.listen(AuditEntry.metadata, "after_create", _DDL(_statement).execute_if(dialect=_dialect))
