"""A small database that has nothing to do with the CRM, with values that are hard to keep, and ways to look at it."""

from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL

from src.db.driver import sqlite_module
from src.schema.backup.content import Content
from src.schema.backup.sqlite_content import read_sqlite_content
from src.schema.backup.sqlite_files import reading

REVISION = "0007_boats"
SQLITE = (
    "PRAGMA journal_mode=WAL",
    "CREATE TABLE harbours (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, depth REAL, seal BLOB)",
    "CREATE TABLE boats (code TEXT PRIMARY KEY, harbour_id INT REFERENCES harbours ON DELETE CASCADE) WITHOUT ROWID",
    'CREATE TABLE "odd ""name" (rowid TEXT, oid INTEGER, "a%b" ANY) STRICT',
    "CREATE INDEX deep ON harbours (depth DESC) WHERE depth > 10",
    "CREATE TRIGGER kept BEFORE DELETE ON boats BEGIN SELECT raise(ABORT, 'kept'); END",
    "CREATE VIEW moored AS SELECT name, code FROM harbours JOIN boats ON harbour_id = harbours.id",
    "INSERT INTO harbours VALUES (1, 'Saint-Malo « é »', 1e308, x'00ff'),"
    " (9223372036854775806, '\U0001f6a4', -0.0, NULL), (7, CAST(x'ff41' AS TEXT), NULL, zeroblob(3000))",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
    " INSERT INTO boats SELECT printf('boat %05d', i), 1 FROM n",
    "INSERT INTO \"odd \"\"name\" VALUES ('x', 9223372036854775807, x'01'), (NULL, NULL, 'text')",
)
POSTGRESQL = (
    "CREATE TYPE flag AS ENUM ('fr', 'vu')",
    "CREATE TABLE harbours (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE, depth double precision, seal bytea,"
    " flag flag, kind varchar(20) CHECK (kind IN ('sea', 'river')), seen timestamptz)",
    "CREATE TABLE boats (code text PRIMARY KEY, harbour_id bigint REFERENCES harbours ON DELETE CASCADE)",
    'CREATE TABLE "odd ""name" (x text, "a%b" numeric)',
    "CREATE INDEX deep ON harbours (depth DESC) WHERE depth > 10",
    "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'kept'; END $$",
    "CREATE TRIGGER kept BEFORE DELETE ON boats FOR EACH ROW EXECUTE FUNCTION keep()",
    "CREATE VIEW moored AS SELECT name, code FROM harbours JOIN boats ON harbour_id = harbours.id",
    "INSERT INTO harbours (name, depth, seal, flag, kind, seen) VALUES ('Saint-Malo « é »\\.', 1e308, '\\x00ff', 'fr',"
    " 'sea', '9999-12-31 23:59:59+00'), ('\U0001f6a4\n\t', 'NaN', NULL, NULL, NULL, '-infinity')",
    "INSERT INTO boats SELECT 'boat ' || i, 1 FROM generate_series(1, 300) i",
    'INSERT INTO "odd ""name" VALUES (\'x\', 0.10), (NULL, 1e100)',
)
VERSION = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
    f"INSERT INTO alembic_version VALUES ('{REVISION}')",
)


def fill(url: URL) -> None:
    """Make the tables and their rows."""
    execute(url, *(SQLITE if url.get_backend_name() == "sqlite" else POSTGRESQL), *VERSION)


def change_everything(url: URL) -> None:
    """Do to the database what a bad migration does."""
    execute(
        url,
        "DROP TRIGGER kept" + ("" if url.get_backend_name() == "sqlite" else " ON boats"),
        "DROP VIEW moored",
        "DELETE FROM boats",
        "UPDATE harbours SET name = id || 'x'",
        "ALTER TABLE harbours DROP COLUMN seal",
        "CREATE TABLE extra (harbour_id bigint REFERENCES harbours)",
        "UPDATE alembic_version SET version_num = 'later'",
    )


def execute(url: URL, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements, each in a transaction of its own; gives the rows of the last one."""
    if url.get_backend_name() == "sqlite":
        driver = sqlite_module().connect(url.database or "", isolation_level=None, timeout=60)
        try:
            rows: list[tuple[Any, ...]] = []
            for statement in statements:
                rows = driver.execute(statement).fetchall()
            return rows
        finally:
            driver.close()
    with connected(url) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def connected(url: URL) -> "psycopg.Connection[tuple[Any, ...]]":
    """A connection to a PostgreSQL database, outside any transaction."""
    text = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(text, autocommit=True)


def everything(url: URL) -> object:
    """All that is in a database, to be compared."""
    if url.get_backend_name() == "sqlite":
        return content_of(Path(url.database or ""))
    with connected(url) as connection:
        catalogue = connection.execute(
            "SELECT c.relkind::text, c.relname, pg_get_viewdef(c.oid), pg_get_indexdef(c.oid) FROM pg_class c"
            " WHERE relnamespace = 'public'::regnamespace ORDER BY 1, 2"
        ).fetchall()
        constraints = connection.execute(
            "SELECT conname, contype::text, conrelid::regclass::text FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
        ).fetchall()
        sequences = connection.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1").fetchall()
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
        rows = {}
        for (table,) in tables:
            quoted = table.replace('"', '""')
            rows[table] = connection.execute(f'SELECT x::text FROM "{quoted}" x ORDER BY 1'.encode()).fetchall()
        triggers = connection.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1").fetchall()
        return catalogue, constraints, sequences, rows, triggers


def content_of(file: Path) -> Content:
    """All that is in a SQLite file."""
    with reading(file) as driver:
        return read_sqlite_content(driver, lambda _share: None)
