"""Runs migrations on a copy exactly as they would run on the database, and notes what each revision does."""

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Connection, event

from src.domain.errors import DataLossRefused
from src.schema import lock
from src.schema.answers import run_revisions
from src.schema.guard import declarations
from src.schema.guard.alone import all_in_one_transaction
from src.schema.guard.guard import Guard
from src.schema.plan.changed_rows import Counted, Counter, counter_for
from src.schema.references import refuse_broken_references
from src.schema.state import VERSION_TABLE
from src.schema.steps import Steps, quiet

_LOOKING = re.compile(r"\s*(select|pragma|show|explain|values)\b", re.IGNORECASE)
_TEXT = re.compile(r"'((?:[^']|'')*)'")


@dataclass
class RevisionRun:
    """What one revision did. `statements` are each with how often it ran; `rows` are those it wrote, by table."""

    revision: str
    title: str
    seconds: float = 0.0
    statements: dict[str, int] = field(default_factory=dict)
    rows: Counted = field(default_factory=dict)


class Recorder:
    """Notes what runs, revision by revision."""

    def __init__(self) -> None:
        self.runs: list[RevisionRun] = []
        self._source = ""
        self._counter: Counter | None = None
        self._begun: float | None = None

    def following(self, steps: Iterable[Any]) -> Iterator[Any]:
        """Give the steps on, and note where each ends: after the guard has compared."""
        for step in steps:
            self._end_revision()
            script = step.revision
            self._source = Path(script.path).read_text(encoding="utf-8")
            self.runs.append(RevisionRun(script.revision, script.doc))
            if self._counter is not None:
                self._counter.begin(self.runs[-1].rows)
            self._begun = time.perf_counter()
            yield step
        self._end_revision()

    def _end_revision(self) -> None:
        if self._begun is not None and self._counter is not None:
            self.runs[-1].seconds = time.perf_counter() - self._begun
            self._counter.end()
        self._begun = None

    @contextmanager
    def listening(self, connection: Connection) -> Iterator[None]:
        """Note every statement that changes something."""
        event.listen(connection, "before_cursor_execute", self._note)
        self._counter = counter_for(connection)
        try:
            yield
        finally:
            self._end_revision()
            event.remove(connection, "before_cursor_execute", self._note)

    def _note(
        self,
        _connection: Connection,
        _cursor: Any,
        statement: str,
        parameters: Any,
        _context: Any,
        many: bool,  # noqa: FBT001 - SQLAlchemy calls it
    ) -> None:
        if not self.runs or _LOOKING.match(statement) or VERSION_TABLE in statement:
            return
        shown = without_data(statement, self._source)
        noted = self.runs[-1].statements
        noted[shown] = noted.get(shown, 0) + (len(parameters) if many else 1)


def rehearse(copy: URL, steps: Steps, recorder: Recorder) -> None:
    """Run the steps on a copy, under the guard and in one transaction. Raises what the real run would raise."""
    guard = Guard()
    with lock.open_to_change(copy) as engine, engine.connect() as connection, quiet():
        options = {
            "fn": lambda at, context: recorder.following(steps(at, context)),
            "transactional_ddl": True,
            "render_as_batch": True,
            "version_table": VERSION_TABLE,
            declarations.OPTION: guard.declare,
            "on_version_apply": (guard.verify_revision,),
        }
        context = MigrationContext.configure(connection, opts=options)
        if connection.dialect.name == "sqlite":
            all_in_one_transaction(context)
        with context.begin_transaction():
            try:
                with (
                    recorder.listening(connection),
                    guard.watching(connection, version_table=VERSION_TABLE),
                    Operations.context(context),
                ):
                    run_revisions(context.run_migrations)
            except DataLossRefused:
                if connection.in_transaction():
                    refuse_broken_references(connection)  # if there are any, they tell more
                raise
            refuse_broken_references(connection)


def without_data(statement: str, source: str) -> str:
    """Give a statement as it may be shown: texts in it that are not in the revision's file came out of the database."""

    def plain(match: re.Match[str]) -> str:
        said = match[1]
        return match[0] if said in source or said.replace("''", "'") in source else "'…'"

    return _TEXT.sub(plain, " ".join(statement.split()))
