"""Who did what to which record, when and from where: written with the change itself, never changed afterwards."""

from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from src.db.types import CleanText, RecordId
from src.models.base import Base, Record, table_args


class AuditEntry(Record, Base):
    """One change to one record: the fields before and after, without secrets."""

    __tablename__ = "audit_entries"
    __table_args__ = table_args(
        Index("ix_audit_entries_record", "record_type", "record_id", "id"),
        Index("ix_audit_entries_record_type", "record_type", "id"),
        Index("ix_audit_entries_actor_id", "actor_id", "id"),
        Index("ix_audit_entries_action", "action", "id"),
        Index("ix_audit_entries_created_at", "created_at", "id"),
    )

    # No foreign key: the log outlives the account. Ids are never reused, so the number stays true.
    actor_id: Mapped[int | None] = mapped_column(RecordId)
    actor_username: Mapped[str] = mapped_column(String(50), default="")
    interface: Mapped[str] = mapped_column(String(10))
    action: Mapped[str] = mapped_column(String(50))
    record_type: Mapped[str] = mapped_column(String(20), default="")
    record_id: Mapped[int | None] = mapped_column(RecordId)
    # The record's version after the change: tells an editor what changed since the version they read.
    record_version: Mapped[int | None]
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    reason: Mapped[str] = mapped_column(CleanText(500), default="")
