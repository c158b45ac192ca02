"""What a program was answered: sent again with the same key, a request gets the same answer and is not done again."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from src.models.base import Base, Record, table_args


class IdempotencyKey(Record, Base):
    """One request that changed something, and its answer, written in the transaction of the change itself."""

    __tablename__ = "idempotency_keys"
    __table_args__ = table_args(
        Index("uq_idempotency_keys_user_id_key", "user_id", "key", unique=True),
        Index("ix_idempotency_keys_created_at", "created_at"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(100))
    # SHA-256 of method, address and body: the same key with another request is a mistake.
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    headers: Mapped[dict[str, Any]] = mapped_column(JSON)
    body: Mapped[str] = mapped_column(Text)
