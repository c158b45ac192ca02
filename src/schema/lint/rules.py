"""The rules for one revision: each reads its steps and yields what could go wrong."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence

from src.schema.lint.operations import Operation, called, is_false, is_true, keyword, text_of
from src.schema.lint.types import may_lose_values

# (line, rule, what it is about)
Found = tuple[int, str, str]

_CREATES_CONSTRAINT = {"create_check_constraint", "create_foreign_key"}
_DDL = {
    "add_column",
    "drop_column",
    "alter_column",
    "create_table",
    "drop_table",
    "rename_table",
    "create_index",
    "drop_index",
    "create_check_constraint",
    "create_foreign_key",
    "create_unique_constraint",
    "drop_constraint",
}
_CHANGES_ROWS = re.compile(r"^\s*(?:WITH\b.*?\b)?(?:UPDATE|DELETE|INSERT|MERGE|REPLACE)\b", re.IGNORECASE | re.DOTALL)
_CHANGES_TABLES = re.compile(r"^\s*(?:CREATE|ALTER|DROP)\b", re.IGNORECASE)
_VOLATILE = re.compile(
    r"\b(?:random|randomblob|gen_random_uuid|uuid_generate_v\d|clock_timestamp|timeofday|nextval)\s*\(", re.IGNORECASE
)


class Steps:
    """The steps of upgrade(), and which tables they only just created: those hold no rows and have no readers."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations
        self.new_tables = {step.table for step in operations if step.name == "create_table"}

    def named(self, *names: str) -> Iterator[Operation]:
        """Give the operations of some names on tables that were there before."""
        return (step for step in self.operations if step.name in names and step.table not in self.new_tables)


def drops(steps: Steps) -> Iterator[Found]:
    """A table or column goes with everything in it."""
    for step in steps.named("drop_table"):
        yield step.line, "drop-table", step.table
    for step in steps.named("drop_column"):
        yield step.line, "drop-column", _column_name(step)


def renames(steps: Steps) -> Iterator[Found]:
    """A name that running programs still use disappears."""
    for step in steps.named("rename_table"):
        yield step.line, "rename", step.table
    for step in steps.named("alter_column"):
        if step.argument(-1, "new_column_name") is not None:
            yield step.line, "rename", _column_name(step)


def drop_and_add(steps: Steps) -> Iterator[Found]:
    """Autogenerate writes a rename as a drop and an add: the values would be lost."""
    added = {step.table: step for step in steps.named("add_column")}
    for step in steps.named("drop_column", "set_aside_column"):
        if step.table in added:
            new = _column_of(added[step.table])
            yield step.line, "looks-like-rename", f"{_column_name(step)} → {text_of(new.args[0]) if new else '?'}"


def not_null(steps: Steps) -> Iterator[Found]:
    """Existing rows have no value for a new obligation."""
    for step in steps.named("add_column"):
        column = _column_of(step)
        if (
            is_false(keyword(column, "nullable"))
            and keyword(column, "server_default") is None
            and not _computed(column)
        ):
            yield step.line, "not-null-without-default", _column_name(step)
    for step in steps.named("alter_column"):
        if is_false(step.argument(-1, "nullable")) and step.argument(-1, "server_default") is None:
            yield step.line, "not-null-without-default", _column_name(step)


def type_changes(steps: Steps) -> Iterator[Found]:
    """A narrower type cannot hold every value."""
    for step in steps.named("alter_column"):
        new = step.argument(-1, "type_")
        if any(step.argument(-1, word) is not None for word in ("convert_back", "accept_conversion")):
            continue  # it was thought of, and alter_column looks at every value
        if new is not None and may_lose_values(step.argument(-1, "existing_type"), new):
            yield step.line, "type-narrowing", _column_name(step)


def volatile_defaults(steps: Steps) -> Iterator[Found]:
    """A default that differs from row to row makes PostgreSQL write every row."""
    for step in steps.named("add_column"):
        default = keyword(_column_of(step), "server_default")
        if default is not None and (_VOLATILE.search(text_of(default)) or _VOLATILE.search(ast.unparse(default))):
            yield step.line, "volatile-default", _column_name(step)


def indexes(steps: Steps) -> Iterator[Found]:
    """Building an index stops writers, unless it is built concurrently, which needs to be outside the transaction."""
    for step in steps.named("create_index"):
        name = text_of(step.argument(0, "index_name"))
        if not is_true(step.argument(-1, "postgresql_concurrently")):
            yield step.line, "index-not-concurrent", name
        elif not step.in_autocommit:
            yield step.line, "concurrently-in-transaction", name
    for step in steps.operations:
        if (
            step.name == "execute"
            and not step.in_autocommit
            and re.search(r"\bCONCURRENTLY\b", _sql(step), re.IGNORECASE)
        ):
            yield step.line, "concurrently-in-transaction", "SQL"


def constraints(steps: Steps) -> Iterator[Found]:
    """A new constraint on an old table reads every row of it under a lock."""
    for step in steps.named(*_CREATES_CONSTRAINT):
        if not is_true(step.argument(-1, "postgresql_not_valid")):
            yield step.line, "constraint-without-not-valid", text_of(step.argument(0, "constraint_name"))


def unnamed_checks(steps: Steps) -> Iterator[Found]:
    """What has no name cannot be found again."""
    for step in steps.operations:
        if step.name == "create_check_constraint" and not text_of(step.argument(0, "constraint_name")):
            yield step.line, "unnamed-check", ""
        for node in ast.walk(step.call):
            if isinstance(node, ast.Call) and called(node) == "CheckConstraint" and not text_of(keyword(node, "name")):
                yield node.lineno, "unnamed-check", ""


def backfills(steps: Steps) -> Iterator[Found]:
    """Filling rows takes long; changing tables holds locks: together they stop everybody."""
    changing_tables = any(
        step.name in _DDL or (step.name == "execute" and _CHANGES_TABLES.match(_sql(step))) for step in steps.operations
    )
    for step in steps.operations:
        if changing_tables and _changes_rows(step) and not _only_new_tables(step, steps):
            yield step.line, "backfill-with-ddl", ""


def raw_sql(steps: Steps) -> Iterator[Found]:
    """Text that runs on both engines although it was written for one."""
    for step in steps.operations:
        if step.name == "execute" and not step.knows_dialect and _is_raw(step.argument(0, "sqltext")):
            yield step.line, "raw-sql-without-dialect", ""


def batches_from_python(steps: Steps) -> Iterator[Found]:
    """What a batch is told of the table in Python is all that Alembic rebuilds: the rest of the table goes."""
    for step in steps.named("batch_alter_table"):
        if told := [word for word in _TELLS_THE_TABLE if keyword(step.call, word) is not None]:
            yield step.line, "batch-from-python", f"{step.table} ({', '.join(told)})"


_TELLS_THE_TABLE = ("copy_from", "table_args", "table_kwargs", "reflect_args", "reflect_kwargs", "partial_reordering")

RULES_OF_UPGRADE: tuple[Callable[[Steps], Iterator[Found]], ...] = (
    drops,
    renames,
    drop_and_add,
    not_null,
    type_changes,
    volatile_defaults,
    indexes,
    constraints,
    unnamed_checks,
    backfills,
    raw_sql,
    batches_from_python,
)


def _column_of(step: Operation) -> ast.Call | None:
    columns = [argument for argument in step.call.args if called(argument) == "Column"]
    given = keyword(step.call, "column")
    column = columns[0] if columns else given
    return column if isinstance(column, ast.Call) else None


def _column_name(step: Operation) -> str:
    column = _column_of(step)
    texts = [text_of(argument) for argument in (column.args if column else step.call.args)]
    name = text_of(keyword(step.call, "column_name")) or next(
        (text for text in texts if text != step.table and text), "?"
    )
    return f"{step.table}.{name}"


def _computed(column: ast.Call | None) -> bool:
    return column is not None and any(called(argument) in {"Computed", "Identity"} for argument in column.args)


def _sql(step: Operation) -> str:
    return text_of(step.argument(0, "sqltext"))


def _is_raw(node: ast.expr | None) -> bool:
    # A name or call that is not text() may be a SQLAlchemy expression, which knows its engine.
    return (
        bool(text_of(node)) or isinstance(node, ast.JoinedStr) or called(node) == "text" or isinstance(node, ast.BinOp)
    )


def _changes_rows(step: Operation) -> bool:
    if step.name == "bulk_insert":
        return True
    if step.name != "execute":
        return False
    statement = step.argument(0, "sqltext")
    builders = {"update", "delete", "insert"}
    built = any(isinstance(node, ast.Call) and called(node) in builders for node in ast.walk(step.call))
    return bool(_CHANGES_ROWS.match(text_of(statement))) or built


def _only_new_tables(step: Operation, steps: Steps) -> bool:
    if step.name == "bulk_insert":
        return True
    words = set(re.findall(r"\w+", _sql(step)))
    return bool(words & steps.new_tables)
