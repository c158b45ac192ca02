"""Lets autogenerate set aside what it would drop, and bring it back in the downgrade.

What hangs on it (indexes, keys) is set aside with it, to the letter: reflected and written down it would have lost its
DESC, its WHERE, its collation.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from alembic.operations.ops import (
    AddColumnOp,
    AddConstraintOp,
    CreateIndexOp,
    CreateTableOp,
    DowngradeOps,
    DropColumnOp,
    DropConstraintOp,
    DropIndexOp,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
    UpgradeOps,
)

from src.schema.aside.operations import Aside


def set_aside_what_is_dropped(upgrade: UpgradeOps, downgrade: DowngradeOps) -> None:
    """Put the operations that keep values in the place of those that drop them, on the way up and back."""
    tables = {step.table_name for step in upgrade.ops if isinstance(step, DropTableOp)}
    columns = {
        (step.table_name, step.column_name)
        for table in upgrade.ops
        if isinstance(table, ModifyTableOps)
        for step in table.ops
        if isinstance(step, DropColumnOp)
    }
    indexes = {
        str(step.index_name) for step in _all(upgrade.ops) if isinstance(step, DropIndexOp) and _is_on(step, columns)
    }
    upgrade.ops[:] = _rewritten(upgrade.ops, tables, columns, indexes)
    downgrade.ops[:] = _rewritten(downgrade.ops, tables, columns, indexes)


def _rewritten(
    steps: Iterable[MigrateOperation], tables: set[str], columns: set[tuple[str, str]], indexes: set[str]
) -> Iterator[MigrateOperation]:
    for step in steps:
        if isinstance(step, DropTableOp) and step.table_name in tables:
            yield Aside("set_aside_table", step.table_name)
        elif isinstance(step, CreateTableOp) and step.table_name in tables:
            yield Aside("bring_back_table", step.table_name)
        elif isinstance(step, ModifyTableOps):
            yield from _in_table(step, tables, columns, indexes)
        elif not (isinstance(step, CreateIndexOp | DropIndexOp) and step.table_name in tables):
            yield step


def _in_table(
    batch: ModifyTableOps, tables: set[str], columns: set[tuple[str, str]], indexes: set[str]
) -> Iterator[MigrateOperation]:
    if batch.table_name in tables:
        return
    before: list[MigrateOperation] = []
    after: list[MigrateOperation] = []
    kept: list[MigrateOperation] = []
    for step in batch.ops:
        if isinstance(step, DropColumnOp) and (step.table_name, step.column_name) in columns:
            after.append(Aside("set_aside_column", step.table_name, step.column_name))
        elif isinstance(step, AddColumnOp) and (step.table_name, step.column.name) in columns:
            before.append(Aside("bring_back_column", step.table_name, step.column.name))
        elif not (isinstance(step, CreateIndexOp | DropIndexOp) and str(step.index_name) in indexes) and not (
            isinstance(step, AddConstraintOp | DropConstraintOp) and _is_on(step, columns)
        ):
            kept.append(step)
    yield from before
    if kept:
        yield ModifyTableOps(batch.table_name, kept, schema=batch.schema)
    yield from after


def _is_on(step: Any, columns: set[tuple[str, str]]) -> bool:
    """Tell whether an index or a constraint has a column that is set aside."""
    made: Any = step.to_index() if isinstance(step, CreateIndexOp | DropIndexOp) else step.to_constraint()
    return any((made.table.name, column.name) in columns for column in getattr(made, "columns", ()))


def _all(steps: Iterable[MigrateOperation]) -> Iterator[MigrateOperation]:
    for step in steps:
        yield from step.ops if isinstance(step, ModifyTableOps) else [step]
