"""What SQLite can change where the table stands is changed there: no row is copied."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import BatchOperations, Operations
from alembic.runtime.migration import MigrationContext

from src.schema.rebuild.steps import CONSTRAINTS_SINCE, DROP_COLUMN_SINCE
from tests.real_databases import statements_of
from tests.schema.rebuild.test_matrix import FEATURES, MODULES, fill, opened

ALWAYS, NEVER = (0, 0, 0), (99, 0, 0)
# What is changed, and since which SQLite that needs no new table.
CHANGES: dict[str, tuple[Callable[[BatchOperations], object], tuple[int, int, int]]] = {
    "another name": (lambda t: t.alter_column("victim", new_column_name="renamed"), ALWAYS),
    "a column less": (lambda t: t.drop_column("gone"), DROP_COLUMN_SINCE),
    "not null": (lambda t: t.alter_column("victim", nullable=False), CONSTRAINTS_SINCE),
    "may be null": (lambda t: t.alter_column("other", nullable=True), CONSTRAINTS_SINCE),
    "a new check": (lambda t: t.create_check_constraint("ck_new", "victim < 100"), CONSTRAINTS_SINCE),
    "no check": (lambda t: t.drop_constraint("ck_v"), CONSTRAINTS_SINCE),
    "a default": (lambda t: t.alter_column("victim", server_default=sa.text("7")), NEVER),
    "a new unique": (lambda t: t.create_unique_constraint("uq", ["other", "victim"]), NEVER),
    "a new foreign key": (lambda t: t.create_foreign_key("fk_new", "p", ["gone"], ["k"]), NEVER),
}


@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
@pytest.mark.parametrize(("change", "since"), CHANGES.values(), ids=CHANGES)
def test_a_table_is_made_anew_only_where_this_sqlite_cannot_change_it(
    change: Callable[[BatchOperations], object], since: tuple[int, int, int], module: Any
) -> None:
    with opened(module) as connection:
        fill(connection, FEATURES["nothing"])
        connection.exec_driver_sql("UPDATE t SET victim = 1")  # neither NOT NULL nor a CHECK has anything to object
        with statements_of() as statements:
            operations = Operations(MigrationContext.configure(connection))
            with operations.batch_alter_table("t") as table:
                change(table)
    was_rebuilt = any(statement.startswith("CREATE TABLE") for statement in statements)
    assert statements
    assert was_rebuilt == (module.sqlite_version_info < since)


def test_the_sqlite_of_the_program_is_new_enough() -> None:
    assert MODULES["ours"].sqlite_version_info >= CONSTRAINTS_SINCE
    assert MODULES["python's"] is sqlite3
