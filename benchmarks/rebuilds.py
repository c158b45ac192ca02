"""What a rebuild of a SQLite table by the schema layer costs, beside the same twelve steps written by hand in SQL."""

import gc
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine

import src.schema.alembic_parts  # noqa: F401 - batches are the layer's from here on
from benchmarks.figures import Figure
from src.db.driver import sqlite_module

ROWS = 200_000
MOST = 1.3

_TABLE = (
    "CREATE TABLE {name} (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE, email TEXT UNIQUE,"
    " amount INTEGER, at TEXT, notes TEXT{more})"
)
_OTHERS = (
    "CREATE INDEX ix_name ON clients (name DESC)",
    "CREATE INDEX ix_at ON clients (at) WHERE amount > 500",
    "CREATE TRIGGER tr AFTER DELETE ON clients BEGIN SELECT 1; END",
)
_UNIQUE = ", CONSTRAINT uq_at UNIQUE (at, id)"


def measure_rebuild(folder: Path, rounds: int) -> Figure:
    """Rebuild the same table both ways by turns, and compare the medians."""
    times: dict[str, list[float]] = {"ours": [], "by hand": []}
    ways: dict[str, Callable[[Connection], None]] = {"ours": _by_the_layer, "by hand": _by_hand}
    original = folder / "rebuild.db"
    _make(original)
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(_seconds(original, way))
    ours, by_hand = (statistics.median(times[name]) for name in ("ours", "by hand"))
    return Figure(f"rebuild of {ROWS:,} rows: time / SQL by hand", ours / by_hand, "×", MOST)


def _make(file: Path) -> None:
    connection = sqlite_module().connect(str(file), isolation_level=None)
    connection.execute("BEGIN")
    connection.execute(_TABLE.format(name="clients", more=""))
    numbers = f"WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})"  # noqa: S608 - the constants above
    connection.execute(
        f"{numbers} INSERT INTO clients SELECT i, 'Client ' || (i * 7919 % {ROWS}), i || '@example.org', i % 1000,"  # noqa: S608 - the constants above
        " date('2000-01-01', i || ' hours'), substr('éclairage et sonorisation du hall', i % 20) FROM n"
    )
    for statement in _OTHERS:
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.close()


def _seconds(original: Path, way: Callable[[Connection], None]) -> float:
    """Measure one rebuild of a copy."""
    copy = original.with_name("copy.db")
    copy.write_bytes(original.read_bytes())
    module = sqlite_module()
    engine = create_engine("sqlite://", module=module, creator=lambda: module.connect(str(copy), isolation_level=None))
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
            gc.collect()
            start = time.perf_counter()
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            way(connection)
            connection.exec_driver_sql("PRAGMA foreign_key_check")
            connection.exec_driver_sql("COMMIT")
            return time.perf_counter() - start
    finally:
        engine.dispose()
        copy.unlink()


def _by_the_layer(connection: Connection) -> None:
    operations = Operations(MigrationContext.configure(connection))
    with operations.batch_alter_table("clients") as batch:
        batch.create_unique_constraint("uq_at", ["at", "id"])


def _by_hand(connection: Connection) -> None:
    """https://sqlite.org/lang_altertable.html#otheralter"""
    columns = "id, name, email, amount, at, notes"
    for statement in (
        _TABLE.format(name="new_clients", more=_UNIQUE),
        f"INSERT INTO new_clients ({columns}) SELECT {columns} FROM clients",  # noqa: S608 - the constants above
        "DROP TABLE clients",
        "ALTER TABLE new_clients RENAME TO clients",
        *_OTHERS,
    ):
        connection.exec_driver_sql(statement)
