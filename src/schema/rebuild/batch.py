"""What `with op.batch_alter_table(…)` does on SQLite: Alembic rebuilds what it reflects, we rebuild the text.

Importing this module is enough: Alembic then speaks to SQLite through LosslessSqlite, and batches are LosslessBatch.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from alembic.ddl.sqlite import SQLiteImpl
from alembic.operations import batch
from alembic.util import CommandError
from alembic.util.sqla_compat import _conv_constraint_names as keep_names
from sqlalchemy import Column, Constraint, MetaData, Table
from sqlalchemy.schema import CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

from src.i18n import _
from src.schema.guard.declarations import Accepted, tell
from src.schema.rebuild.rebuild import (
    broken_objects,
    legacy_alter_table,
    quoted,
    read_table,
    rebuild_table,
    refuse_newly_broken,
)
from src.schema.rebuild.steps import (
    COMMENTS,
    Plan,
    Step,
    connection_of,
    constraint_text,
    native_statement,
    stands_still,
)
from src.schema.rebuild.table_text import TableText, folded, names_in_sql

_ALEMBICS_COPY = "_alembic_tmp_"
_KINDS: tuple[tuple[type[Constraint], str], ...] = (
    (PrimaryKeyConstraint, "primary"),
    (UniqueConstraint, "unique"),
    (CheckConstraint, "check"),
    (ForeignKeyConstraint, "foreign"),
)


class LosslessSqlite(SQLiteImpl):
    """How Alembic speaks to SQLite; defining it is enough for Alembic to use it."""

    __dialect__ = "sqlite"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Alembic keeps them for itself; the guard is among them.
        self.context_options: Mapping[str, Any] = options.get("context_opts") or arguments[-1]

    def alter_column(self, table_name: str, column_name: str, **options: Any) -> None:
        """Change a column outside of a batch too."""
        self._alone("alter_column", (table_name, column_name), options)

    def add_constraint(self, const: Constraint, **options: Any) -> None:
        """Add a promise outside of a batch too; what a type brings along is Alembic's affair."""
        if const._create_rule is None:
            self._alone("add_constraint", (const,), options)
        else:
            super().add_constraint(const, **options)

    def drop_constraint(self, const: Constraint, **options: Any) -> None:
        """Take a promise away outside of a batch too."""
        if const._create_rule is None:
            self._alone("drop_constraint", (const,), options)
        else:
            super().drop_constraint(const, **options)

    def drop_column(self, table_name: Any, column: Column[Any], **options: Any) -> None:
        """Take a column away outside of a batch too."""
        self._alone("drop_column", (table_name, column), options)

    def rename_table(self, old_table_name: str, new_table_name: Any, schema: Any = None) -> None:
        """Give a table another name; views, triggers and the references of other tables follow."""
        # Alembic's own rebuild ends with a rename at which the others stand still; the guard then sees what it lost.
        if self.as_sql or schema or old_table_name.startswith(_ALEMBICS_COPY):
            super().rename_table(old_table_name, new_table_name, schema)
            return
        with legacy_alter_table(connection_of(self), on=False):
            super().rename_table(old_table_name, new_table_name)

    def _alone(self, name: str, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> None:
        step = Step(name, arguments, options)
        table = step.constraint.table.name if name.endswith("constraint") else arguments[0]
        if self.as_sql or options.get("schema"):
            getattr(super(), name)(*arguments, **options)
        else:
            apply_steps(self, table, [step])


class LosslessBatch(batch.BatchOperationsImpl):
    """One `with op.batch_alter_table(…)`."""

    def add_column(self, *arguments: Any, **options: Any) -> None:
        """Take a new column, wherever it shall stand."""
        self.batch.append(("add_column", arguments, options))

    def flush(self) -> None:
        """Do what was asked, on SQLite our way; with a table given in Python, or its parts, Alembic's way."""
        shaped = self.copy_from is not None or self.table_args or self.table_kwargs or self.partial_reordering
        shaped = shaped or self.reflect_args or set(self.reflect_kwargs) - {"listeners"}
        impl = self.impl
        if not isinstance(impl, LosslessSqlite) or impl.as_sql or shaped or self.schema or self.recreate == "never":
            if isinstance(impl, LosslessSqlite) and impl.as_sql and self._should_recreate():
                # Alembic would write a rebuild of what Python says of the table, without its triggers and the like.
                raise CommandError(
                    _(
                        "The table {table} must be rebuilt, which looks at the database: it cannot be written as SQL"
                        " (--sql)"
                    ).format(table=self.table_name)
                )
            super().flush()
            return
        steps = [Step(name, arguments, options) for name, arguments, options in self.batch]
        conventional = self._conventional_names() if self.naming_convention else {}
        apply_steps(impl, self.table_name, steps, rebuild=self.recreate == "always", conventional=conventional)

    def _conventional_names(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Tell which unnamed promise each name of the batch's naming convention stands for."""
        table = Table(self.table_name, MetaData(), autoload_with=self.operations.get_bind())
        keep_names(table)
        named = table.to_metadata(MetaData(naming_convention=self.naming_convention))
        compiler = self.impl.dialect.identifier_preparer
        found = {}
        for constraint in named.constraints:
            kind = next((kind for class_, kind in _KINDS if isinstance(constraint, class_)), "")
            columns = tuple(folded(column.name) for column in getattr(constraint, "columns", ()))
            name = compiler.format_constraint(constraint)
            if name is not None:
                found[name] = (kind, columns)
        return found


batch.BatchOperationsImpl = LosslessBatch  # type: ignore[misc]  # Operations.batch_alter_table looks it up there


def apply_steps(
    impl: LosslessSqlite,
    table: str,
    steps: Sequence[Step],
    *,
    rebuild: bool = False,
    conventional: Mapping[str, tuple[str, tuple[str, ...]]] | None = None,
) -> None:
    """Change a table step by step: natively if SQLite can do all of it so, else by one rebuild."""
    names: dict[str, str] = {}
    waiting: list[Step] = []
    indexes = [step for step in steps if step.name == "create_index"]
    for given in steps:
        step = _with_new_names(given, names)
        if step.name == "drop_index":
            impl.drop_index(*step.arguments, **step.options)
        elif step.name == "rename_table":
            impl.rename_table(*step.arguments, **step.options)
        elif step.name != "create_index" and step.name not in COMMENTS:
            new_name = step.options.get("name") if step.name == "alter_column" else None
            if new_name and new_name != step.arguments[1]:
                _change(impl, table, waiting, rebuild=False, conventional=conventional or {})
                waiting = []
                _rename_column(impl, table, step.arguments[1], new_name)
                names[given.arguments[1]] = new_name
                step = _with_new_names(given, names)
            waiting.append(step)
    _change(impl, table, waiting, rebuild=rebuild, conventional=conventional or {})
    for step in indexes:
        impl.create_index(*step.arguments, **step.options)


def _change(
    impl: LosslessSqlite,
    table: str,
    steps: Sequence[Step],
    *,
    rebuild: bool,
    conventional: Mapping[str, tuple[str, tuple[str, ...]]],
) -> None:
    if not steps and not rebuild:
        return
    connection = connection_of(impl)
    old = read_table(connection, table)
    if not rebuild and all(stands_still(step, impl) or _native(step, TableText(old.sql), impl, old) for step in steps):
        for step in steps:
            _do_natively(step, impl, old.name)
        return
    plan = Plan(TableText(old.sql), impl, conventional=conventional)
    for step in steps:
        plan.take(step)
    if not rebuild and plan.text.sql == old.sql:
        return
    key = connection.exec_driver_sql("SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk", (table,))
    columns = [quoted(name) for (name,) in key] or ["rowid"]
    for conversion in plan.conversions.values():
        conversion.require_lossless(connection, old.name, columns)
        tell(impl.context_options, Accepted("change", old.name, conversion.because, names=(conversion.column,)))
    values = {column: conversion.expression for column, conversion in plan.conversions.items()}
    rebuild_table(connection, plan.text, old, values, "{old}")


def _native(step: Step, text: TableText, impl: LosslessSqlite, old: Any) -> str | None:
    indexed = {name for sql in old.others for name in names_in_sql(sql)} if step.name == "drop_column" else set()
    statement = native_statement(step, text, old.name, impl, indexed)
    if statement is not None and step.name == "add_constraint":
        # A CHECK that is NULL holds, but ADD CONSTRAINT (3.53.4) takes it for broken.
        words = constraint_text(impl, step.constraint)
        condition = words.partition(" CHECK ")[2]
        unknown = f"SELECT 1 FROM {quoted(old.name)} WHERE {condition} IS NULL LIMIT 1"
        if connection_of(impl).exec_driver_sql(unknown).scalar():
            return None
    return statement


def _do_natively(step: Step, impl: LosslessSqlite, table: str) -> None:
    connection = connection_of(impl)
    if step.name == "add_column":
        super(LosslessSqlite, impl).add_column(*step.arguments, **step.options)
        return
    current = read_table(connection, table)
    statement = _native(step, TableText(current.sql), impl, current)
    if statement is None:
        return  # an earlier step has done it already
    broken = broken_objects(connection, table)
    connection.exec_driver_sql(statement)
    refuse_newly_broken(connection, table, broken)


def _rename_column(impl: LosslessSqlite, table: str, old: str, new: str) -> None:
    connection = connection_of(impl)
    # OFF: views and triggers that name the column are rewritten with it.
    with legacy_alter_table(connection, on=False):
        # Quoted only where it must be: SQLite writes the new name as it is given here.
        name = impl.dialect.identifier_preparer.quote(new)
        connection.exec_driver_sql(f"ALTER TABLE {quoted(table)} RENAME COLUMN {quoted(old)} TO {name}")


def _with_new_names(step: Step, names: Mapping[str, str]) -> Step:
    """A batch names a column by its old name to the end."""
    if step.name == "alter_column" and step.arguments[1] in names:
        return Step(step.name, (step.arguments[0], names[step.arguments[1]], *step.arguments[2:]), step.options)
    return step
