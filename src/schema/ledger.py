"""The ledger: which revision was applied to this database or undone, when, by which program, and with what file.

The table belongs to the schema layer: it is made in the transaction of the first step that is noted, models and
revisions know nothing of it, and like Alembic's own table it stays when everything is downgraded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    inspect,
    select,
)

LEDGER_TABLE = "schema_ledger"

LEDGER = Table(
    LEDGER_TABLE,
    MetaData(),
    # Numbered by whoever has the turn, alone: a sequence would be one more thing to hide.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", String(255), nullable=False),
    Column("direction", String(9), nullable=False),
    # Of the revision's file, as src.schema.lint counts it.
    Column("checksum", String(64), nullable=False),
    # ISO 8601 in UTC, the same text on both engines.
    Column("applied_at", String(32), nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("rows_inserted", BigInteger, nullable=False),
    Column("rows_updated", BigInteger, nullable=False),
    Column("rows_deleted", BigInteger, nullable=False),
    Column("program", String(100), nullable=False),
    Column("backup", String(255)),
    CheckConstraint("direction IN ('upgrade', 'downgrade', 'stamp')", name="ck_schema_ledger_direction"),
)


@dataclass(frozen=True)
class Step:
    """One line of the ledger. `at` is aware, in UTC; the rows are those that the revision's own statements changed."""

    number: int
    revision: str
    direction: str
    checksum: str
    at: datetime
    duration_ms: int
    rows_inserted: int
    rows_updated: int
    rows_deleted: int
    program: str
    backup: str | None


def read_steps(connection: Connection) -> Sequence[Step]:
    """Read the ledger, oldest first; empty for a database that was upgraded before there was one."""
    if not inspect(connection).has_table(LEDGER_TABLE):
        return ()
    return [
        Step(number, revision, direction, checksum, datetime.fromisoformat(applied_at), *rest)
        for number, revision, direction, checksum, applied_at, *rest in connection.execute(
            select(LEDGER).order_by(LEDGER.c.id)
        )
    ]
