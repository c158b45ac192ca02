"""Somebody's events at a secret address that a telephone or another calendar reads by itself."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, mapped_column

from src.db.types import Choice, CleanText, UtcDateTime
from src.models.base import Base, Record, table_args


class FeedKind(StrEnum):
    """Which events a feed shows."""

    MINE = "mine"
    DEPARTMENT = "department"
    WITHOUT_SUPPORT = "without_support"


class CalendarFeed(Record, Base):
    """A secret address, of which only the SHA-256 is kept: it shows what its holder may see, until they end it."""

    __tablename__ = "calendar_feeds"
    __table_args__ = table_args(
        CheckConstraint("kind IN ('mine', 'department', 'without_support')", name="kind_known"),
        Index("ix_calendar_feeds_user_id", "user_id", "id"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[FeedKind] = mapped_column(Choice(FeedKind))
    name: Mapped[str] = mapped_column(CleanText(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @hybrid_method
    def is_owned_by(self, user_id: int) -> Any:
        """A feed is its holder's own."""
        return self.user_id == user_id
