"""What opens an account when its second factor is lost."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from src.db.types import UtcDateTime
from src.models.base import Base, Record, table_args


class RecoveryCode(Record, Base):
    """A code on paper that opens the account once when the second factor is lost; only its hash is kept."""

    __tablename__ = "recovery_codes"
    __table_args__ = table_args(Index("ix_recovery_codes_user_id", "user_id"))

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
