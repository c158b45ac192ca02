"""What a revision says about the losses that it means: Alembic operations that stand beside those that lose.

    op.accept_loss(table="people", column="fax", because="…")        the column goes, with its values
    op.accept_loss(table="faxes", because="…")                        the table goes, with its rows
    op.accept_change(table="people", columns=["phone"], because="…")  values and definition of these columns change
    op.accept_deletion(table="people", where="…", because="…")       the rows that this condition is true for go
    op.accept_drop(kind="index", table="people", name="…", because="…")  any other part of the schema goes, or changes
    op.accept_rename(table="people", column="fax", to="telefax", because="…")  what has another name is not lost
    op.watch_tables("people")      what comes writes to these tables in a way that cannot be seen beforehand

An index or constraint that op.drop_index or op.drop_constraint names is declared by that. Names are those from before
the revision. A declaration says nothing about any other column, table or object. SQL that
is written instead of run (--sql) has none of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import renderers
from alembic.operations import MigrateOperation, Operations, toimpl
from alembic.operations.ops import (
    AlterColumnOp,
    DowngradeOps,
    DropColumnOp,
    DropConstraintOp,
    DropIndexOp,
    DropTableOp,
    UpgradeOps,
)

from src.domain.errors import DataLossRefused, Marked
from src.i18n import N_
from src.schema.guard.objects import KINDS

# What an operation of the revision drops by its name; it holds no data, so that says enough.
NAMED = "named"
_DROPPED_BY_NAME = frozenset({"index", "unique", "check", "exclusion", "foreign key", "primary key"})

# Where the environment puts what takes the declarations, among the options of Alembic's context.
OPTION = "data_guard"


_ADDED_HERE = "upgrade() of this revision added it"


@dataclass(frozen=True)
class Accepted:
    """A loss that a revision means."""

    what: str
    table: str
    because: str
    names: tuple[str, ...] = ()
    detail: str = ""


@dataclass
class Declarations:
    """All that one revision declares."""

    accepted: list[Accepted] = field(default_factory=list)

    def loses(self, table: str, column: str = "") -> bool:
        """Tell whether a table, or a column of it, may go."""
        return any(one.what == "loss" and (one.table, one.detail) == (table, column) for one in self.accepted)

    def changes(self, table: str, column: str) -> bool:
        """Tell whether a column may become another."""
        return any(one.what == "change" and one.table == table and column in one.names for one in self.accepted)

    def drops(self, kind: str, table: str, name: str) -> bool:
        """Tell whether an object may go, or become another."""
        return any(
            (one.what == "drop" and (one.detail, one.table) == (kind, table) and one.names == (name,))
            or (one.what == NAMED and kind in _DROPPED_BY_NAME and one.table in {"", table} and one.names == (name,))
            for one in self.accepted
        )

    def deleted(self, table: str) -> str | None:
        """Give the condition of the rows of a table that may go."""
        found = [one.detail for one in self.accepted if one.what == "deletion" and one.table == table]
        return " OR ".join(f"({condition})" for condition in found) or None

    def new_name(self, table: str) -> str:
        """Give the name that a table has afterwards."""
        return next((o.detail for o in self.accepted if o.what == "rename" and o.table == table and not o.names), table)

    def new_columns(self, table: str) -> dict[str, str]:
        """Give the columns of a table that have another name afterwards."""
        return {o.names[0]: o.detail for o in self.accepted if o.what == "rename" and o.table == table and o.names}


@Operations.register_operation("accept_loss")
@Operations.register_operation("accept_change")
@Operations.register_operation("accept_deletion")
@Operations.register_operation("accept_drop")
@Operations.register_operation("accept_rename")
@Operations.register_operation("watch_tables")
class Declare(MigrateOperation):
    """A declaration in a revision file."""

    def __init__(self, declared: Accepted | None, *, watched: Sequence[str] = ()) -> None:
        self.declared = declared
        self.watched = tuple(watched)

    @classmethod
    def accept_loss(cls, operations: Operations, *, table: str, because: str, column: str = "") -> None:
        """Say that a table, or one column of it, goes for good with all it holds."""
        operations.invoke(cls(Accepted("loss", table, because, detail=column)))

    @classmethod
    def accept_change(cls, operations: Operations, *, table: str, columns: Sequence[str], because: str) -> None:
        """Say that the values of these columns, or what may be in them, become others."""
        operations.invoke(cls(Accepted("change", table, because, names=_several(columns))))

    @classmethod
    def accept_deletion(cls, operations: Operations, *, table: str, because: str, where: str = "TRUE") -> None:
        """Say which rows of a table go; all others must stay as they are. It stands before the first statement."""
        operations.invoke(cls(Accepted("deletion", table, because, detail=where)))

    @classmethod
    def accept_drop(cls, operations: Operations, *, kind: str, because: str, name: str = "", table: str = "") -> None:
        """Say that an index, trigger, CHECK… goes, or that another takes its name."""
        operations.invoke(cls(Accepted("drop", table, because, names=(name,), detail=kind)))

    @classmethod
    def accept_rename(cls, operations: Operations, *, table: str, to: str, because: str, column: str = "") -> None:
        """Say that a table or a column goes on under another name."""
        operations.invoke(cls(Accepted("rename", table, because, names=(column,) if column else (), detail=to)))

    @classmethod
    def watch_tables(cls, operations: Operations, *tables: str) -> None:
        """Look at tables now, because what comes writes to them through the driver itself."""
        operations.invoke(cls(None, watched=tables))


@Operations.implementation_for(Declare)
def _declare(operations: Operations, operation: Declare) -> None:
    declared = operation.declared
    if declared is not None:
        if not declared.because.strip():
            raise _wrong(N_("a declaration says why it may happen: because=…"))
        if declared.what == "drop" and declared.detail not in KINDS:
            raise _wrong(N_("the kind of what is dropped is not known"))
    tell(operations.get_context().opts, declared, operation.watched)


@Operations.implementation_for(DropIndexOp, replace=True)
def _drop_index(operations: Operations, operation: DropIndexOp) -> None:
    tell(operations.get_context().opts, _named(operation.table_name, operation.index_name))
    toimpl.drop_index(operations, operation)


@Operations.implementation_for(DropConstraintOp, replace=True)
def _drop_constraint(operations: Operations, operation: DropConstraintOp) -> None:
    tell(operations.get_context().opts, _named(operation.table_name, operation.constraint_name))
    toimpl.drop_constraint(operations, operation)


@renderers.dispatch_for(Declare)
def _in_source(_context: AutogenContext, operation: Declare) -> str:
    declared = operation.declared
    if declared is not None and declared.what == "change":
        return (
            f"op.accept_change(table={declared.table!r}, columns={[*declared.names]!r}, because={declared.because!r})"
        )
    if declared is None or declared.what != "loss":
        raise TypeError("only losses and changes are written by autogenerate")
    column = f", column={declared.detail!r}" if declared.detail else ""
    return f"op.accept_loss(table={declared.table!r}{column}, because={declared.because!r})"


def tell(options: Mapping[str, Any], declared: Accepted | None, watched: Sequence[str] = ()) -> None:
    """Declare something by the options of Alembic's context: an operation knows what it does."""
    take: Callable[[Accepted | None, Sequence[str]], Any] | None = options.get(OPTION)
    if take is not None:
        take(declared, watched)


def declare_what_upgrade_added(downgrade: UpgradeOps | DowngradeOps) -> None:
    """Write beside each table or column that an autogenerated downgrade takes away that this is meant."""
    steps: list[MigrateOperation] = []
    for step in downgrade.ops:
        for inner in getattr(step, "ops", [step]):
            if isinstance(inner, DropTableOp):
                steps.append(Declare(Accepted("loss", inner.table_name, _ADDED_HERE)))
            elif isinstance(inner, DropColumnOp):
                steps.append(Declare(Accepted("loss", inner.table_name, _ADDED_HERE, detail=inner.column_name)))
        steps.append(step)
    downgrade.ops[:] = steps


def declare_what_becomes_weaker(direction: UpgradeOps | DowngradeOps) -> None:
    """Write beside each column that autogenerate makes nullable, or whose default it changes, that this is meant."""
    steps: list[MigrateOperation] = []
    for step in direction.ops:
        for inner in getattr(step, "ops", [step]):
            if isinstance(inner, AlterColumnOp) and (
                inner.modify_nullable
                or (inner.modify_server_default is not False and inner.existing_server_default not in {None, False})
            ):
                because = "the models said so when this was written"
                steps.append(Declare(Accepted("change", inner.table_name, because, names=(inner.column_name,))))
        steps.append(step)
    direction.ops[:] = steps


def _named(table: str | None, name: object) -> Accepted:
    return Accepted(NAMED, table or "", "dropped by name", names=(str(name),))


def _several(columns: Sequence[str]) -> tuple[str, ...]:
    if isinstance(columns, str):
        raise _wrong(N_("columns=… takes a list of names"))
    return tuple(columns)


def _wrong(reason: str) -> DataLossRefused:
    return DataLossRefused(N_("The migration was undone: {reason}."), reason=Marked(reason))
