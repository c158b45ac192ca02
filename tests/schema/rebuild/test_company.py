"""The company's own tables, with all their triggers and checks, come out of a rebuild as they went in."""

from alembic.operations import Operations
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from src.db.driver import sqlite_module
from tests.schema.rebuild.test_matrix import texts, under_guard

TABLES = "SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main' AND name NOT GLOB 'sqlite_*'"


def test_every_table_of_the_company_is_the_same_after_a_rebuild(migrated_sqlite_url: str) -> None:
    engine = create_engine(
        migrated_sqlite_url, module=sqlite_module(), poolclass=NullPool, connect_args={"isolation_level": None}
    )
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
        connection.exec_driver_sql("BEGIN")
        tables = list(connection.exec_driver_sql(TABLES).scalars())
        assert {"users", "clients", "contracts", "payments", "events", "audit_entries"} <= set(tables)
        before = texts(connection)

        def rebuild(operations: Operations) -> None:
            for table in tables:
                with operations.batch_alter_table(table, recreate="always"):
                    pass

        under_guard(connection, rebuild)
        assert texts(connection) == before
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
        connection.exec_driver_sql("ROLLBACK")
