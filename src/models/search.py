"""What a search finds anywhere in a text: an index of every three letters in a row, kept by the database itself.

SQLite: a full-text index (FTS5, trigram) beside each table, which holds the trigrams alone and is kept in step by
triggers. PostgreSQL: an index of the extension pg_trgm, kept in step by the server. Both index the folded columns, so
that neither has to know anything about accents. `Base.metadata.create_all` makes them too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import DDL, Connection, Index, MetaData, Table, event

from src.models.base import Base

# From 3.42 on SQLite can overwrite what is deleted from a full-text index: nothing of it stays in the file.
_CAN_FORGET = "CAST(substr(sqlite_version(), 3) AS REAL) >= 42"


def full_text_name(table: str) -> str:
    """Name the full-text index of a table on SQLite, which is a table itself."""
    return f"search_{table}"


@dataclass(frozen=True)
class Searched:
    """The folded columns of one table that are searched anywhere."""

    table: str
    columns: tuple[str, ...]

    @property
    def full_text(self) -> str:
        """The full-text index on SQLite, which is a table."""
        return full_text_name(self.table)

    @property
    def triggers(self) -> tuple[str, ...]:
        """The triggers that keep it in step."""
        return tuple(f"tr_{self.table}_search_{occasion}" for occasion in ("added", "changed", "removed"))

    @property
    def index_name(self) -> str:
        """The index on PostgreSQL."""
        return f"ix_{self.table}_search"

    def describe_index(self, table: Table) -> None:
        """Add the index on PostgreSQL to the description of the table."""
        operators = dict.fromkeys(self.columns, "gin_trgm_ops")
        columns = [table.c[name] for name in self.columns]
        # It adds itself to the table of its columns.
        Index(self.index_name, *columns, postgresql_using="gin", postgresql_ops=operators).ddl_if(dialect="postgresql")

    def sqlite(self) -> Iterator[str]:
        """Give the statements that make the index on SQLite and keep it in step."""
        added, changed, removed = self.triggers
        named = ", ".join(self.columns)
        new, old = (", ".join(f"{row}.{column}" for column in self.columns) for row in ("NEW", "OLD"))
        # detail=none, columnsize=0: which rows have a trigram is all that is asked of it.
        yield (
            f"CREATE VIRTUAL TABLE {self.full_text} USING fts5({named}, content='{self.table}', content_rowid='id',"
            " tokenize='trigram case_sensitive 1', detail='none', columnsize=0)"
        )
        add = f"INSERT INTO {self.full_text} (rowid, {named}) VALUES (NEW.id, {new})"  # noqa: S608 - names of ours
        remove = f"INSERT INTO {self.full_text} ({self.full_text}, rowid, {named}) VALUES ('delete', OLD.id, {old})"  # noqa: S608 - names of ours
        differs = " OR ".join(f"OLD.{column} <> NEW.{column}" for column in ("id", *self.columns))
        yield f"CREATE TRIGGER {added} AFTER INSERT ON {self.table} FOR EACH ROW BEGIN {add}; END"
        yield (
            f"CREATE TRIGGER {changed} AFTER UPDATE OF id, {named} ON {self.table} FOR EACH ROW WHEN {differs}"
            f" BEGIN {remove}; {add}; END"
        )
        yield f"CREATE TRIGGER {removed} AFTER DELETE ON {self.table} FOR EACH ROW BEGIN {remove}; END"
        forget = f"INSERT INTO {self.full_text} ({self.full_text}, rank) SELECT 'secure-delete', 1"
        yield f"{forget} WHERE {_CAN_FORGET}"


CLIENTS = Searched("clients", ("first_name_key", "company_key", "email_key"))
CONTRACTS = Searched("contracts", ("title_key",))
EVENTS = Searched("events", ("name_key", "location_key"))
SEARCHED = (CLIENTS, CONTRACTS, EVENTS)


def add_indexes_of_postgresql(metadata: MetaData) -> None:
    """Describe the indexes that only PostgreSQL has, before its tables are created or compared with the models.

    Only then: naming an option of PostgreSQL makes SQLAlchemy load all its drivers (see partial_indexes).
    """
    for searched in SEARCHED:
        table = metadata.tables[searched.table]
        if all(index.name != searched.index_name for index in table.indexes):
            searched.describe_index(table)


@event.listens_for(Base.metadata, "before_create")
def _before_create(metadata: MetaData, connection: Connection, **_options: object) -> None:
    if connection.dialect.name == "postgresql":
        add_indexes_of_postgresql(metadata)
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")


_DDL: Any = DDL  # SQLAlchemy leaves its constructor untyped

for _searched in SEARCHED:
    for _statement in _searched.sqlite():
        event.listen(Base.metadata, "after_create", _DDL(_statement).execute_if(dialect="sqlite"))
