"""Drops a column on SQLite where it stands: Alembic's batch mode would rebuild the table, and lose its triggers."""

from copy import copy

from alembic.ddl.sqlite import SQLiteImpl
from alembic.operations.batch import BatchOperationsImpl

from src.db.driver import sqlite_version

_SINCE = (3, 35, 0)


class NativeSqlite(SQLiteImpl):
    """How Alembic speaks to SQLite; defining it is enough for Alembic to use it."""

    __dialect__ = "sqlite"

    def requires_recreate_in_batch(self, batch_op: BatchOperationsImpl) -> bool:
        """Rebuild a table only where SQLite has no statement for what is asked."""
        others = copy(batch_op)
        if sqlite_version() >= _SINCE:
            others.batch = [step for step in batch_op.batch if step[0] != "drop_column"]
        return super().requires_recreate_in_batch(others)
