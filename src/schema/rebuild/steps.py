"""What each step of a batch means for a table's text, and which of them SQLite does where the table stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alembic.ddl.sqlite import SQLiteImpl
from alembic.util.sqla_compat import _is_type_bound as is_type_bound
from sqlalchemy import CheckConstraint, Column, Connection, Constraint, Integer, PrimaryKeyConstraint
from sqlalchemy.schema import FetchedValue
from sqlalchemy.types import to_instance

from src.domain.errors import DataLossRefused
from src.i18n import N_
from src.schema.casts.conversion import Conversion, conversion_from
from src.schema.rebuild.table_text import Clause, TableText, folded

# ALTER TABLE … ALTER COLUMN … NOT NULL, ADD and DROP CONSTRAINT: https://sqlite.org/lang_altertable.html
CONSTRAINTS_SINCE = (3, 53, 0)
DROP_COLUMN_SINCE = (3, 35, 0)

# Says nothing to SQLite, which keeps no comments of its own.
COMMENTS = frozenset({"create_table_comment", "drop_table_comment", "create_column_comment"})


@dataclass(frozen=True)
class Step:
    """One call of an Alembic operation on a table."""

    name: str
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]

    @property
    def constraint(self) -> Constraint:
        """The promise that comes or goes."""
        found: Constraint = self.arguments[0]
        return found


@dataclass
class Plan:
    """The table as it shall be, and what becomes of its values."""

    text: TableText
    impl: SQLiteImpl
    conversions: dict[str, Conversion] = field(default_factory=dict)
    # The names that unnamed promises have by the naming convention of the batch.
    conventional: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    def take(self, step: Step) -> None:
        """Write a step into the text."""
        if step.name == "add_column":
            self._add_column(step)
        elif step.name == "drop_column":
            self.text = self.text.without_column(self._known(step.arguments[1].name))
        elif step.name == "alter_column":
            self._alter_column(step)
        elif step.name == "add_constraint":
            self.text = self.text.with_constraint(constraint_text(self.impl, step.constraint))
        elif step.name == "drop_constraint":
            self._drop_constraint(step.constraint)

    def _add_column(self, step: Step) -> None:
        column = step.arguments[1]
        definition = column_text(self.impl, column)
        if column.primary_key:
            definition += " PRIMARY KEY"
        elif column.unique:
            definition += " UNIQUE"
        after, before = step.options.get("insert_after"), step.options.get("insert_before")
        if before is not None:
            self.text = self.text.with_column(definition, after=self.text.column_before(self._known(before)))
        else:
            self.text = self.text.with_column(definition, after=after or "")

    def _alter_column(self, step: Step) -> None:
        column, options = self._known(step.arguments[1]), step.options
        if options.get("type_") is not None:
            self._change_type(column, options)
        if options.get("server_default", False) is not False:
            for clause in self.text.clauses_of(column, "default"):
                self.text = self.text.without_clause(clause)
            if options["server_default"] is not None:
                self.text = self.text.with_clause(column, default_text(self.impl, options["server_default"]))
        if options.get("nullable") is not None:
            for clause in [*self.text.clauses_of(column, "null"), *self.text.clauses_of(column, "not")][::-1]:
                if clause.kind == "null" or options["nullable"]:
                    self.text = self.text.without_clause(clause)
            if not options["nullable"] and not self.text.clauses_of(column, "not"):
                self.text = self.text.with_clause(column, "NOT NULL")

    def _change_type(self, column: str, options: Mapping[str, Any]) -> None:
        type_ = to_instance(options["type_"])
        declared = self.impl.dialect.type_compiler_instance.process(type_)
        declared, _, collation = declared.partition(" COLLATE ")
        if collation:
            for clause in self.text.clauses_of(column, "collate"):
                self.text = self.text.without_clause(clause)
            self.text = self.text.with_clause(column, f"COLLATE {collation}")
        old = self.text.type_of(column)
        self.text = self.text.with_type(column, declared)
        conversion = conversion_from(column, old, declared, options)
        if conversion is not None:
            self.conversions[folded(column)] = conversion

    def _drop_constraint(self, constraint: Constraint) -> None:
        clause = find_clause(self.text, constraint, self.conventional)
        if clause is not None:
            self.text = self.text.without_clause(clause)
        elif not is_type_bound(constraint):
            raise DataLossRefused(
                N_("The migration was undone: {table} has no constraint {name}."),
                table=constraint.table.name,
                name=str(constraint.name),
            )

    def _known(self, column: Any) -> str:
        name = str(column)
        if not self.text.has_column(name):
            raise DataLossRefused(N_("The migration was undone: there is no column {column} here."), column=name)
        return name


def native_statement(step: Step, text: TableText, table: str, impl: SQLiteImpl, indexes: set[str]) -> str | None:
    """Write a step as the statement that does it where the table stands; None if SQLite has none."""
    quote = impl.dialect.identifier_preparer.quote
    alter = f"ALTER TABLE {quote(table)}"
    version = _version(impl)
    recent = version >= CONSTRAINTS_SINCE
    if step.name == "alter_column" and recent and (change := _only_not_null(step, text)):
        return f"{alter} ALTER COLUMN {quote(step.arguments[1])}{change}"
    if step.name == "drop_column" and version >= DROP_COLUMN_SINCE:
        name = step.arguments[1].name
        own = {"primary", "unique"} & {one.kind for one in text.clauses() if folded(one.column) == folded(name)}
        if text.has_column(name) and not own and not text.mentions(name, besides=name) and folded(name) not in indexes:
            return f"{alter} DROP COLUMN {quote(name)}"
    if step.name == "add_constraint" and recent and isinstance(step.constraint, CheckConstraint):
        return f"{alter} ADD {constraint_text(impl, step.constraint)}" if step.constraint.name else None
    if step.name == "drop_constraint" and recent:
        clause = find_clause(text, step.constraint, {})
        if clause is not None and clause.name and clause.kind == "check":
            return f"{alter} DROP CONSTRAINT {quote(clause.name)}"
    return None


def stands_still(step: Step, impl: SQLiteImpl) -> bool:
    """Tell whether SQLite adds a column without a look at the rows."""
    if step.name != "add_column":
        return False
    column: Column[Any] = step.arguments[1]
    if any(step.options.get(place) for place in ("insert_before", "insert_after")):
        return False
    if column.primary_key or column.unique or (column.computed is not None and column.computed.persisted):
        return False
    if column.server_default is None or column.computed is not None:
        return column.nullable is not False
    return not default_text(impl, column.server_default).upper().startswith(("DEFAULT (", "DEFAULT CURRENT_"))


def find_clause(
    text: TableText, constraint: Constraint, conventional: Mapping[str, tuple[str, tuple[str, ...]]]
) -> Clause | None:
    """Find the promise that is meant: by its name, by the name that it would have, or the primary key."""
    name = constraint.name
    if name:
        found = next((one for one in text.clauses() if folded(one.name) == folded(str(name))), None)
        if found is not None:
            return found
        kind, columns = conventional.get(str(name), ("", ()))
        return next((one for one in text.clauses() if not one.name and _is_on(text, one, kind, columns)), None)
    if isinstance(constraint, PrimaryKeyConstraint):
        return next((one for one in text.clauses() if one.kind == "primary"), None)
    return None


def constraint_text(impl: SQLiteImpl, constraint: Constraint) -> str:
    """Write a promise as SQLAlchemy would in CREATE TABLE."""
    compiler = impl.dialect.ddl_compiler(impl.dialect, None)  # type: ignore[arg-type]  # nothing is compiled yet
    return str(compiler.process(constraint)).strip()


def column_text(impl: SQLiteImpl, column: Column[Any]) -> str:
    """Write a column as SQLAlchemy would in CREATE TABLE."""
    compiler = impl.dialect.ddl_compiler(impl.dialect, None)  # type: ignore[arg-type]  # nothing is compiled yet
    return str(compiler.get_column_specification(column))


def default_text(impl: SQLiteImpl, default: Any) -> str:
    """Write a default: it stands where it stands behind any column."""
    given = default if isinstance(default, FetchedValue) or not hasattr(default, "arg") else default.arg
    written = column_text(impl, Column("x", Integer, server_default=given))
    return "DEFAULT " + written.partition(" DEFAULT ")[2]


def _version(impl: SQLiteImpl) -> tuple[int, ...]:
    dbapi: Any = impl.dialect.dbapi
    version: tuple[int, ...] = dbapi.sqlite_version_info
    return version


def _only_not_null(step: Step, text: TableText) -> str:
    """Write the end of the statement where nothing but NOT NULL changes."""
    options = step.options
    others = options.get("type_") is not None or options.get("server_default", False) is not False
    if others or options.get("nullable") is None:
        return ""
    there = text.clauses_of(step.arguments[1], "not")
    if bool(there) != options["nullable"]:
        return ""
    return " DROP NOT NULL" if options["nullable"] else " SET NOT NULL"


def _is_on(text: TableText, clause: Clause, kind: str, columns: tuple[str, ...]) -> bool:
    if {"references": "foreign"}.get(clause.kind, clause.kind) != kind:
        return False
    if clause.column:
        return columns == (folded(clause.column),)
    words = text.words_of(clause)
    inner = words[words.index("(") + 1 : words.index(")")]
    return tuple(word for word in inner if word != ",") == columns


def connection_of(impl: SQLiteImpl) -> Connection:
    """Give the open connection."""
    connection = impl.connection
    assert connection is not None  # noqa: S101 - for mypy: nothing comes here in --sql
    return connection
