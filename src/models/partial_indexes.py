"""Indexes of some rows only, whose condition must mean the same on both engines."""

from typing import Any

from sqlalchemy import Index, MetaData, event, text

from src.models.base import Base

_CONDITION = "partial_index_condition"


def partial_index(name: str, *columns: str, where: str, on_postgresql: str | None = None) -> Index:
    """Describe an index of the few rows that a list is about; `on_postgresql` where it says the same otherwise."""
    return Index(name, *columns, sqlite_where=text(where), info={_CONDITION: on_postgresql or where})


def complete_for_postgresql(metadata: MetaData) -> None:
    """Tell the conditions to PostgreSQL too, before its tables are created or compared with the models.

    Only then: naming an option of PostgreSQL makes SQLAlchemy load all its drivers, which would be a twentieth of every
    `epicevents client list` on SQLite.
    """
    for table in metadata.tables.values():
        for index in table.indexes:
            if (condition := index.info.get(_CONDITION)) is not None:
                index.kwargs["postgresql_where"] = text(condition)


@event.listens_for(Base.metadata, "before_create")
def _before_create(metadata: MetaData, *_: Any, **__: Any) -> None:
    complete_for_postgresql(metadata)
