"""Whether every row of a database refers to rows that exist."""

from sqlalchemy import Connection

from src.domain.errors import DatabaseError
from src.i18n import N_


def refuse_broken_references(connection: Connection) -> None:
    """Refuse a change after which a row refers to one that does not exist; SQLite was told not to look meanwhile."""
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        tables = ", ".join(sorted({row[0] for row in broken}))
        raise DatabaseError(
            N_("The migration was undone: {count} rows would refer to rows that do not exist (in {tables})."),
            count=len(broken),
            tables=tables,
        )
