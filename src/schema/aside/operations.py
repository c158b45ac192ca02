"""Operations for contract steps: nothing that they take away is lost until a later revision says so.

    op.set_aside_column("people", "fax")       the column goes; its values are kept with the keys of their rows
    op.set_aside_table("faxes")                 the table goes; its rows, indexes, triggers and foreign keys are kept
    op.bring_back_column("people", "fax")      in downgrade(): everything as it was, on SQLite to the letter
    op.bring_back_table("faxes")
    op.purge_set_aside("people", "fax", because="unused since 0007")   in a later revision: the values go for good
    op.purge_set_aside("faxes", because="…")

What is set aside is still stored: personal data in it is still personal data, until it is purged. Of a column, what
was kept of a row goes when somebody deletes the row; rows that came meanwhile have the column's default when it is
back. Of a table, rows whose parents were deleted meanwhile follow them or forget them, as their foreign keys say;
otherwise the table cannot come back, and the refusal names it. After a purge, a column or table comes back empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import renderers
from alembic.operations import MigrateOperation, Operations
from alembic.util import CommandError
from sqlalchemy import Connection

from src.domain.errors import DataLossRefused, Marked
from src.i18n import N_
from src.schema.aside import postgresql, sqlite
from src.schema.aside.catalogue import forget, note_purge, remember, require, require_room
from src.schema.guard.declarations import Accepted, tell
from src.schema.rebuild.batch import LosslessSqlite

_BECAUSE = "set aside"


@Operations.register_operation("set_aside_column")
@Operations.register_operation("set_aside_table")
@Operations.register_operation("bring_back_column")
@Operations.register_operation("bring_back_table")
@Operations.register_operation("purge_set_aside")
@dataclass
class Aside(MigrateOperation):
    """One of these operations."""

    verb: str
    table: str
    column: str = ""
    because: str = ""

    @classmethod
    def set_aside_column(cls, operations: Operations, table: str, column: str) -> None:
        """Take a column away and keep its values with the keys of their rows."""
        operations.invoke(cls("set_aside_column", table, column))

    @classmethod
    def set_aside_table(cls, operations: Operations, table: str) -> None:
        """Take a table away and keep all of it."""
        operations.invoke(cls("set_aside_table", table))

    @classmethod
    def bring_back_column(cls, operations: Operations, table: str, column: str) -> None:
        """Put a column that was set aside back, with its values."""
        operations.invoke(cls("bring_back_column", table, column))

    @classmethod
    def bring_back_table(cls, operations: Operations, table: str) -> None:
        """Put a table that was set aside back, with its rows."""
        operations.invoke(cls("bring_back_table", table))

    @classmethod
    def purge_set_aside(cls, operations: Operations, table: str, column: str = "", *, because: str) -> None:
        """Let what was set aside go for good: from here on there is a way back, but not for the values."""
        operations.invoke(cls("purge_set_aside", table, column, because))


@Operations.implementation_for(Aside)
def _do(operations: Operations, operation: Aside) -> None:
    context = operations.get_context()
    connection = context.connection
    if context.as_sql or connection is None:
        raise CommandError(f"{operation.verb} looks at the database: it cannot be written as SQL (--sql)")
    declared = _DOING[operation.verb](operations, connection, operation)
    for one in declared:
        tell(context.opts, one)


def _set_aside_column(operations: Operations, connection: Connection, operation: Aside) -> Sequence[Accepted]:
    table, column = operation.table, operation.column
    name = require_room(connection, table, column)
    impl = operations.impl
    if isinstance(impl, LosslessSqlite):
        definition, gone = sqlite.set_column_aside(impl, table, column, name)
    else:
        definition, gone = postgresql.set_column_aside(connection, table, column, name)
    remember(connection, table, column, definition)
    return [Accepted("loss", table, _BECAUSE, detail=column), *gone]


def _set_aside_table(operations: Operations, connection: Connection, operation: Aside) -> Sequence[Accepted]:
    name = require_room(connection, operation.table, "")
    impl = operations.impl
    if isinstance(impl, LosslessSqlite):
        definition, gone = sqlite.set_table_aside(impl, operation.table, name)
    else:
        definition, gone = postgresql.set_table_aside(connection, operation.table, name)
    remember(connection, operation.table, "", definition)
    return [Accepted("loss", operation.table, _BECAUSE), *gone]


def _bring_back_column(operations: Operations, connection: Connection, operation: Aside) -> Sequence[Accepted]:
    entry = require(connection, operation.table, operation.column)
    aside = None if entry.purged else entry.name
    impl = operations.impl
    if isinstance(impl, LosslessSqlite):
        sqlite.bring_column_back(impl, operation.table, operation.column, aside, entry.definition)
    else:
        postgresql.bring_column_back(connection, operation.table, operation.column, aside, entry.definition)
    if aside is not None:
        _drop(operations, connection, aside)
    forget(connection, entry)
    return [] if aside is None else [Accepted("loss", aside, "brought back")]


def _bring_back_table(operations: Operations, connection: Connection, operation: Aside) -> Sequence[Accepted]:
    entry = require(connection, operation.table, "")
    impl = operations.impl
    if isinstance(impl, LosslessSqlite):
        aside = None if entry.purged else entry.name
        sqlite.bring_table_back(impl, operation.table, aside, entry.definition)
        if aside is not None:
            _drop(operations, connection, aside)
    else:
        aside = entry.name
        postgresql.bring_table_back(connection, operation.table, aside, entry.definition)
    forget(connection, entry)
    return [] if aside is None else [Accepted("loss", aside, "brought back")]


def _purge(operations: Operations, connection: Connection, operation: Aside) -> Sequence[Accepted]:
    if not operation.because.strip():
        raise DataLossRefused(
            N_("The migration was undone: {reason}."),
            reason=Marked(N_("a declaration says why it may happen: because=…")),
        )
    entry = require(connection, operation.table, operation.column)
    if entry.purged:
        return []
    if operation.column or isinstance(operations.impl, LosslessSqlite):
        _drop(operations, connection, entry.name)
        declared = Accepted("loss", entry.name, operation.because)
    else:
        declared = Accepted("deletion", entry.name, operation.because, detail="TRUE")
        tell(operations.get_context().opts, declared)  # the guard wants to know of rows that go beforehand
        postgresql.empty(connection, entry.name)
    note_purge(connection, entry, operation.because)
    return [] if declared.what == "deletion" else [declared]


def _drop(operations: Operations, connection: Connection, aside: str) -> None:
    (sqlite if isinstance(operations.impl, LosslessSqlite) else postgresql).drop(connection, aside)


_DOING = {
    "set_aside_column": _set_aside_column,
    "set_aside_table": _set_aside_table,
    "bring_back_column": _bring_back_column,
    "bring_back_table": _bring_back_table,
    "purge_set_aside": _purge,
}


@renderers.dispatch_for(Aside)
def _in_source(_context: AutogenContext, operation: Aside) -> str:
    names = ", ".join(repr(name) for name in (operation.table, operation.column) if name)
    return f"op.{operation.verb}({names})"
