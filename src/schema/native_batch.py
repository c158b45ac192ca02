"""Drops a column on SQLite where it stands: Alembic's batch mode would rebuild the table, and lose its triggers."""

from alembic.ddl.sqlite import SQLiteImpl
from alembic.operations.batch import BatchOperationsImpl

from src.db.driver import sqlite_version

_SINCE = (3, 35, 0)


class NativeSqlite(SQLiteImpl):
    """How Alembic speaks to SQLite; defining it is enough for Alembic to use it."""

    __dialect__ = "sqlite"

    def requires_recreate_in_batch(self, batch_op: BatchOperationsImpl) -> bool:
        """Rebuild a table only where SQLite has no statement for what is asked."""
        kinds = {str(operation[0]) for operation in batch_op.batch}
        if kinds == {"drop_column"} and sqlite_version() >= _SINCE:
            return False
        return super().requires_recreate_in_batch(batch_op)
