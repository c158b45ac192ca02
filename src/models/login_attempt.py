"""What is counted to slow down the guessing of passwords."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from src.models.base import Base, Record, table_args


class LoginAttempt(Record, Base):
    """One try at logging in, counted before the password is looked at, so that parallel guesses cannot slip past."""

    __tablename__ = "login_attempts"
    __table_args__ = table_args(
        Index("ix_login_attempts_account", "account", "created_at"),
        Index("ix_login_attempts_address", "address", "created_at"),
        Index("ix_login_attempts_created_at", "created_at"),
    )

    # SHA-256 of the name that was typed: people type passwords there by mistake.
    account: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    succeeded: Mapped[bool] = mapped_column(default=False)
