"""What every table shares: an id never reused, two times, and the version that guards against lost updates."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from src.db.types import RecordId, UtcDateTime

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def now() -> datetime:
    """Tell the moment a row is written."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """The catalogue of all tables (T004: `target_metadata = Base.metadata`)."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class Record:
    """The columns of every record that people edit."""

    # Fields whose values must not appear in the audit log; that they changed does.
    audit_secrets: ClassVar[frozenset[str]] = frozenset()
    # Columns that follow from others, or count changes: noise in the audit log.
    audit_ignored: ClassVar[frozenset[str]] = frozenset({"id", "created_at", "updated_at", "version"})

    # What the audit log calls this kind of record, where the name of its table is longer than the log's column.
    audit_name: ClassVar[str] = ""

    id: Mapped[int] = mapped_column(RecordId, primary_key=True, sort_order=-1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, sort_order=100)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now, sort_order=100)
    version: Mapped[int] = mapped_column(default=1, sort_order=100)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - a declared_attr receives the class
        """Let every UPDATE compare the version it read (optimistic lock)."""
        return {"version_id_col": cls.version}


def table_args(*arguments: CheckConstraint | Index | UniqueConstraint) -> tuple[Any, ...]:
    """Collect a table's constraints and indexes with the options all tables share."""
    # A deleted record's id, and any old token or link to it, never comes to mean another record.
    return (*arguments, {"sqlite_autoincrement": True})
