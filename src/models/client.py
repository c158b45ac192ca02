"""A person at a company who buys events."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, mapped_column, relationship

from src.db.types import CleanText, FoldedText, UtcDateTime
from src.domain.values import fold
from src.models.base import Base, Record, now, table_args
from src.models.user import User


class Client(Record, Base):
    """A person at a company who buys events; one member of the sales department is in charge of them."""

    __tablename__ = "clients"
    # The *_key columns are the folded forms that lists sort by and searches look into.
    __table_args__ = table_args(
        Index("ix_clients_sales_contact_id", "sales_contact_id", "name_key", "id"),
        Index("ix_clients_first_name_key", "first_name_key", "id"),
        Index("ix_clients_name_key", "name_key", "id"),
        Index("ix_clients_company_key", "company_key", "id"),
        Index("ix_clients_email_key", "email_key", "id"),
        Index("ix_clients_last_contact_at", "last_contact_at", "id"),
        Index("ix_clients_created_at", "created_at", "id"),
    )
    audit_ignored: ClassVar[frozenset[str]] = Record.audit_ignored | {
        "first_name_key",
        "name_key",
        "company_key",
        "email_key",
    }

    first_name: Mapped[str] = mapped_column(CleanText(100))
    last_name: Mapped[str] = mapped_column(CleanText(100))
    email: Mapped[str] = mapped_column(CleanText(254), unique=True)
    phone: Mapped[str] = mapped_column(CleanText(40), default="")
    company_name: Mapped[str] = mapped_column(CleanText(200), default="")
    sales_contact_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    last_contact_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    first_name_key: Mapped[str] = mapped_column(FoldedText(420))
    name_key: Mapped[str] = mapped_column(FoldedText(420))
    company_key: Mapped[str] = mapped_column(FoldedText(420))
    email_key: Mapped[str] = mapped_column(FoldedText(420))

    sales_contact: Mapped[User] = relationship(lazy="raise")

    @property
    def full_name(self) -> str:
        """The name staff call them by."""
        return f"{self.first_name} {self.last_name}"

    @hybrid_method
    def is_owned_by(self, user_id: int) -> Any:
        """A client is their sales contact's own."""
        return self.sales_contact_id == user_id

    def derive_keys(self) -> None:
        """Keep the comparable forms in step with what people typed."""
        for key, value in client_keys(self.first_name, self.last_name, self.company_name or "", self.email).items():
            if getattr(self, key) != value:
                setattr(self, key, value)


def client_keys(first_name: str, last_name: str, company_name: str, email: str) -> dict[str, str]:
    """Give the folded columns of a client, for one record or for bulk loading."""
    return {
        "first_name_key": fold(f"{first_name} {last_name}"),
        "name_key": fold(f"{last_name} {first_name}"),
        "company_key": fold(company_name),
        "email_key": fold(email),
    }
