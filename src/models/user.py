"""A member of staff."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ColumnElement, Index, String, literal
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, mapped_column

from src.db.types import Choice, CleanText, FoldedText, RecordId, UtcDateTime
from src.domain.permissions import Department
from src.domain.values import fold
from src.models.base import Base, Record, table_args


class User(Record, Base):
    """A member of staff; the department decides what they may do."""

    __tablename__ = "users"
    __table_args__ = table_args(
        CheckConstraint("department IN ('SALES', 'SUPPORT', 'MANAGEMENT')", name="department_known"),
        CheckConstraint("language IN ('en', 'fr')", name="language_known"),
        CheckConstraint("theme IN ('light', 'dark')", name="theme_known"),
        Index("ix_users_department", "department", "id"),
        Index("ix_users_first_name_key", "first_name_key", "id"),
        Index("ix_users_name_key", "name_key", "id"),
    )
    audit_secrets: ClassVar[frozenset[str]] = frozenset({"password_hash", "totp_secret"})
    # How somebody likes to read, and what they have seen, is nobody else's business.
    audit_ignored: ClassVar[frozenset[str]] = Record.audit_ignored | {
        *("first_name_key", "name_key", "totp_last_step"),
        *("language", "theme", "looked_at"),
    }

    username: Mapped[str] = mapped_column(CleanText(50, sortable=True), unique=True)
    email: Mapped[str] = mapped_column(CleanText(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    first_name: Mapped[str] = mapped_column(CleanText(100))
    last_name: Mapped[str] = mapped_column(CleanText(100))
    phone: Mapped[str] = mapped_column(CleanText(40), default="")
    department: Mapped[Department] = mapped_column(Choice(Department))
    is_active: Mapped[bool] = mapped_column(default=True)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    # The last time step whose code was used: a code opens the door once.
    totp_last_step: Mapped[int | None] = mapped_column(RecordId)
    first_name_key: Mapped[str] = mapped_column(FoldedText(420))
    name_key: Mapped[str] = mapped_column(FoldedText(420))
    # Chosen on the pages; None is as the browser says.
    language: Mapped[str | None] = mapped_column(String(2))
    theme: Mapped[str | None] = mapped_column(String(5))
    # Up to when they have seen what changed; None is never.
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def full_name(self) -> str:
        """The name colleagues call them by."""
        return f"{self.first_name} {self.last_name}"

    @hybrid_method
    def is_owned_by(self, user_id: int) -> Any:
        """An account is its holder's own."""
        return self.id == user_id

    def derive_keys(self) -> None:
        """Keep the comparable form of the name in step with the name."""
        self.first_name_key = fold(self.full_name)
        self.name_key = fold(f"{self.last_name} {self.first_name}")


def full_name_of(person: Any) -> ColumnElement[str]:
    """Give somebody's full name as a column of a list; `person` is the class, or an alias of it."""
    # As plain text: what is written into a name is trimmed, and this would be nothing.
    between = literal(" ", String())
    return person.first_name + between + person.last_name  # type: ignore[no-any-return]  # of a class or its alias
