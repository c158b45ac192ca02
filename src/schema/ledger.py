"""The ledger: which revision was applied to this database or undone, when, by which program, and with what file.

The table belongs to the schema layer: it is made in the transaction of the first step that is noted, models and
revisions know nothing of it, and like Alembic's own table it stays when everything is downgraded.
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic.runtime.migration import MigrationInfo
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    event,
    func,
    inspect,
    select,
)

from src.domain.errors import RevisionEdited
from src.schema import own_tables
from src.schema.guard.sql_text import normal
from src.schema.lint.linter import checksum

LEDGER = Table(
    own_tables.LEDGER,
    MetaData(),
    # Numbered by whoever has the turn, alone: a sequence would be one more thing to hide.
    Column("id", Integer, autoincrement=False),
    Column("revision", String(255), nullable=False),
    Column("direction", String(9), nullable=False),
    # Of the revision's file, as src.schema.lint counts it; empty where there is no file.
    Column("checksum", String(64), nullable=False),
    # ISO 8601 in UTC, the same text on both engines.
    Column("applied_at", String(32), nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("rows_inserted", BigInteger, nullable=False),
    Column("rows_updated", BigInteger, nullable=False),
    Column("rows_deleted", BigInteger, nullable=False),
    Column("program", String(100), nullable=False),
    Column("backup", String(255)),
    PrimaryKeyConstraint("id", name="pk_schema_ledger"),
    CheckConstraint("direction IN ('upgrade', 'downgrade', 'stamp')", name="ck_schema_ledger_direction"),
)
_BASE = "base"
_BEGINNING = 2000
_WRITES = re.compile(
    r"(?:with .*\) )?(insert|replace|update|delete)(?: or \w+)?(?: into| from)?(?: only)? (\S+(?: \. \S+)?)"
)


@dataclass(frozen=True)
class Step:
    """One line of the ledger.

    `at` is aware, in UTC; `duration_ms` is from the step's first statement until it was verified. The rows are those
    that the revision's own statements changed, as the database counted them: those of a rebuilt table are inserted into
    the new one, and what triggers and ON DELETE do by themselves is not counted.
    """

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
    if not inspect(connection).has_table(own_tables.LEDGER):
        return ()
    return [
        Step(number, revision, direction, checksum, datetime.fromisoformat(applied_at), *rest)
        for number, revision, direction, checksum, applied_at, *rest in connection.execute(
            select(LEDGER).order_by(LEDGER.c.id)
        )
    ]


def edited_files(steps: Sequence[Step], applied: Mapping[str, Path]) -> Mapping[Path, str]:
    """Find the files of applied revisions that are not those that were applied, each with its old checksum."""
    noted = {step.revision: step for step in steps}  # the last one of each counts
    return {
        file: noted[revision].checksum
        for revision, file in applied.items()
        if revision in noted and noted[revision].direction != "downgrade" and checksum(file) != noted[revision].checksum
    }


def require_unedited(connection: Connection, applied: Mapping[str, Path], *, place: str) -> None:
    """Refuse to go on where a revision's file was changed after this database got it. Raises RevisionEdited."""
    for file, was in edited_files(read_steps(connection), applied).items():
        raise RevisionEdited(file=file.name, place=place, checksum=was)


@dataclass
class _Rows:
    insert: int = 0
    update: int = 0
    delete: int = 0


@dataclass
class Bookkeeper:
    """Writes down each step of one run of Alembic, in the step's own transaction.

    `files` gives the file of each revision, `program` is what runs, with its version; `backup` is set once one is made.
    """

    files: Mapping[str, Path]
    program: str
    ignored: frozenset[str]
    backup: str | None = None
    _rows: _Rows = field(default_factory=_Rows)
    _began: float = 0

    @contextmanager
    def counting(self, connection: Connection) -> Iterator[None]:
        """Count the rows that the statements of the revisions change."""
        self._begin()
        event.listen(connection, "after_cursor_execute", self._count)
        try:
            yield
        finally:
            event.remove(connection, "after_cursor_execute", self._count)

    def note(self, *, ctx: Any, step: MigrationInfo, heads: set[str], **_: Any) -> None:
        """Write down a step that Alembic has just made."""
        direction = "stamp" if step.is_stamp else "upgrade" if step.is_upgrade else "downgrade"
        revisions = sorted(heads) or [_BASE] if step.is_stamp else [str(step.up_revision_id)]
        for revision in revisions:
            self._write(ctx.connection, revision, direction)
        self._begin()

    def note_mark(self, connection: Connection, revision: str) -> None:
        """Write down that a database was found to have the tables of a revision, and is marked with it."""
        self._begin()
        self._write(connection, revision, "stamp")

    def _write(self, connection: Connection, revision: str, direction: str) -> None:
        LEDGER.create(connection, checkfirst=True)
        last = connection.scalar(select(func.max(LEDGER.c.id))) or 0
        file = self.files.get(revision)
        connection.execute(
            LEDGER.insert().values(
                id=last + 1,
                revision=revision,
                direction=direction,
                checksum=checksum(file) if file is not None else "",
                applied_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
                duration_ms=round((time.monotonic() - self._began) * 1000),
                rows_inserted=self._rows.insert,
                rows_updated=self._rows.update,
                rows_deleted=self._rows.delete,
                program=self.program,
                backup=self.backup,
            )
        )

    def _begin(self) -> None:
        self._rows = _Rows()
        self._began = time.monotonic()

    def _count(self, _connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
        written = _WRITES.match(normal(statement[:_BEGINNING]))
        if written is None or written[2] in self.ignored or cursor.rowcount < 0:
            return
        verb = "insert" if written[1] == "replace" else written[1]
        setattr(self._rows, verb, getattr(self._rows, verb) + cursor.rowcount)
