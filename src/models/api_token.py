"""What a program may do in somebody's name: a personal token, of which only the SHA-256 is kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, mapped_column

from src.db.types import CleanText, UtcDateTime
from src.models.base import Base, Record, table_args


class ApiToken(Record, Base):
    """A key that a member of staff gave to a program: for some of their rights, for some time, until they end it."""

    __tablename__ = "api_tokens"
    __table_args__ = table_args(Index("ix_api_tokens_user_id", "user_id", "id"))

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(CleanText(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # Names of the rulebook's actions, or `read`, separated by spaces.
    scopes: Mapped[str] = mapped_column(CleanText(2000))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @hybrid_method
    def is_owned_by(self, user_id: int) -> Any:
        """A token is its holder's own."""
        return self.user_id == user_id
