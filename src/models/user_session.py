"""A log-in of a member of staff, by which every request knows them again."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, mapped_column, relationship

from src.db.types import CleanText, UtcDateTime
from src.models.base import Base, Record, now, table_args
from src.models.user import User


class UserSession(Record, Base):
    """One log-in of one member of staff on one device; only the token's SHA-256 is kept."""

    __tablename__ = "sessions"
    __table_args__ = table_args(Index("ix_sessions_user_id", "user_id", "id"))

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    interface: Mapped[str] = mapped_column(String(10))
    device: Mapped[str] = mapped_column(CleanText(200), default="")
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship(lazy="raise")

    @hybrid_method
    def is_owned_by(self, user_id: int) -> Any:
        """A session belongs to whoever logged in."""
        return self.user_id == user_id
