"""The migrations make exactly what the models say, on both engines, and unmake it without a trace."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

from src.schema.own_tables import LEDGER
from tests.migrations.command_line import CommandLine
from tests.migrations.conftest import HEAD, create_all, execute, make_empty, version_of

LASTING = ("alembic_version", LEDGER)
SQLITE_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name"
# Everything a schema can hold on PostgreSQL, read from its own catalogues and not through SQLAlchemy.
POSTGRESQL_SCHEMA = {
    "columns": """SELECT table_name, column_name, data_type, character_maximum_length, numeric_precision, is_nullable,
        column_default, collation_name, is_identity FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraints": """SELECT conrelid::regclass::text, conname, contype, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": """SELECT proname, pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace""",
    "sequences": "SELECT sequencename, data_type::text, increment_by FROM pg_sequences WHERE schemaname = 'public'",
    "types": "SELECT typname, typtype FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'",
}


def schema_of(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in a database but its rows, Alembic's own table and the schema layer's ledger, which both stay."""
    if url.startswith("sqlite"):
        found = {"all": execute(url, SQLITE_SCHEMA)}
    else:
        found = {kind: execute(url, query) for kind, query in POSTGRESQL_SCHEMA.items()}
    return {
        kind: sorted((row for row in rows if not any(table in str(row) for table in LASTING)), key=str)
        for kind, rows in found.items()
    }


def in_any_layout(schema: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """A schema without the line breaks and quotes of its SQL, and with the parts of a CREATE TABLE in one order.

    A constraint is the same whether it stands beside its column, as a later revision adds it, or after all of them.
    """

    def plain(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = " ".join(value.replace('"', "").split())
        if not text.startswith("CREATE TABLE"):
            return text
        parts = text.replace(" CONSTRAINT ", ", CONSTRAINT ").split(",")
        return sorted(part.strip(" ,()") for part in parts if part.strip())

    return {kind: [tuple(plain(value) for value in row) for row in rows] for kind, rows in schema.items()}


def test_the_migrated_schema_is_the_models_schema(alembic: CommandLine, in_state: Callable[[str], str]) -> None:
    url = in_state("at head")
    migrated = in_any_layout(schema_of(url))
    make_empty(url)
    create_all(url)
    assert in_any_layout(schema_of(url)) == migrated
    assert len(migrated["all" if "all" in migrated else "columns"]) > 50


def test_down_to_base_leaves_nothing_and_up_again_makes_the_same(
    alembic: CommandLine, in_state: Callable[[str], str]
) -> None:
    url = in_state("at head")
    first = schema_of(url)
    assert alembic("downgrade", "base", url=url).code == 0
    assert {kind: rows for kind, rows in schema_of(url).items() if rows} == {}
    assert version_of(url) is None
    assert alembic("upgrade", "head", url=url).code == 0
    assert schema_of(url) == first


def test_every_constraint_and_index_has_a_name_of_its_own(in_state: Callable[[str], str]) -> None:
    engine = create_engine(in_state("at head"), poolclass=NullPool)
    with engine.connect() as connection:
        inspector = inspect(connection)
        for table in inspector.get_table_names():
            if table == "alembic_version":
                continue
            if connection.dialect.name == "postgresql":  # on SQLite AUTOINCREMENT only follows an unnamed primary key
                assert inspector.get_pk_constraint(table)["name"] == f"pk_{table}"
            for key in inspector.get_foreign_keys(table):
                assert str(key["name"]).startswith(f"fk_{table}_")
            for unique in inspector.get_unique_constraints(table):
                assert str(unique["name"]).startswith(f"uq_{table}_")
            for check in inspector.get_check_constraints(table):
                assert str(check["name"]).startswith(f"ck_{table}_")


def test_the_sql_that_is_written_instead_of_run_makes_the_same_schema(
    alembic: CommandLine, in_state: Callable[[str], str]
) -> None:
    url = in_state("empty")
    written = alembic("upgrade", "head", "--sql", url=url)
    assert written.code == 0
    assert "nobody looks whether running it loses something, and no backup is made" in written.err
    assert version_of(url) is None
    run_script(url, written.out)
    assert version_of(url) == HEAD
    by_script = in_any_layout(schema_of(url))
    back = alembic("downgrade", "head:base", "--sql", url=url)
    run_script(url, back.out)
    assert {kind: rows for kind, rows in schema_of(url).items() if rows} == {}
    assert alembic("upgrade", "head", url=url).code == 0
    assert in_any_layout(schema_of(url)) == by_script


def run_script(url: str, script: str) -> None:
    """Give a script of SQL to the database as its own shell would."""
    raw = create_engine(url, poolclass=NullPool).raw_connection()
    driver: Any = raw.driver_connection
    if url.startswith("sqlite"):
        driver.executescript(script)
    else:
        driver.autocommit = True
        driver.execute(script)
    raw.close()


@pytest.mark.parametrize("command", ["check", "revision --autogenerate -m x", "stamp head"])
def test_what_needs_the_database_refuses_to_be_written_as_sql(alembic: CommandLine, command: str) -> None:
    answer = alembic(*command.split(), "--sql", url="sqlite:////no/such/file.db")
    assert (answer.code == 0) == (command == "stamp head")
