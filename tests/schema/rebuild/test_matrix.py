"""Every feature that a table of SQLite can have, times every change of it: nothing else changes, letter by letter.

Once with the SQLite that comes with the program, once with Python's own: it is older and rebuilds more often.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

import src.schema.rebuild.batch  # noqa: F401 - Alembic uses it from here on
from src.db.driver import sqlite_module
from src.schema.guard.declarations import OPTION
from src.schema.guard.guard import Guard

MODULES = {"ours": sqlite_module(), "python's": sqlite3}
TABLE = (
    "CREATE TABLE t ({first}, gone TEXT, victim INT DEFAULT 5, other TEXT NOT NULL{more},"
    " CONSTRAINT ck_v CHECK (other <> 'no')){options}"
)
ID = "id INTEGER PRIMARY KEY"
ROWS = ("(3, NULL, 7, 'été')", "(5, NULL, NULL, 'b')", "(9, NULL, 7.0, 'Ünï😀')")


@dataclass(frozen=True)
class Feature:
    """What a table has, or what hangs on it."""

    first: str = ID
    more: str = ""
    options: str = ""
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    insert: str = "INSERT INTO t ({first}, gone, victim, other) VALUES {row}"
    name: str = "id"


FEATURES = {
    "nothing": Feature(),
    "a trigger": Feature(
        after=("CREATE TRIGGER tr AFTER UPDATE OF other ON t BEGIN\n  UPDATE t SET other = 'x' WHERE id = OLD.id; END",)
    ),
    "triggers in an order": Feature(
        after=(
            "CREATE TRIGGER tr2 BEFORE INSERT ON t WHEN NEW.other = 'é' BEGIN SELECT RAISE(ABORT, 'no: %s ? :a'); END",
            "CREATE TRIGGER tr1 AFTER DELETE ON t BEGIN DELETE FROM p WHERE k = OLD.id; END",
        )
    ),
    "a trigger of another table": Feature(
        after=("CREATE TRIGGER tr AFTER DELETE ON p BEGIN UPDATE t SET other = 'p', victim = 1; END",)
    ),
    "a view": Feature(after=("CREATE VIEW v AS SELECT id, upper(other) AS o, victim FROM t",)),
    "a view with a trigger": Feature(
        after=(
            "CREATE VIEW v AS SELECT id, other FROM t",
            "CREATE TRIGGER tr INSTEAD OF INSERT ON v BEGIN INSERT INTO t (other) VALUES (NEW.other); END",
        )
    ),
    "an expression index": Feature(after=("CREATE INDEX ix ON t (lower(other), victim + 1)",)),
    "a descending index": Feature(after=("CREATE INDEX ix ON t(other DESC, victim ASC)",)),
    "a partial index": Feature(after=("create unique index ix on t (other) where victim is not null and other > 'a'",)),
    "a collated index": Feature(after=("CREATE INDEX ix ON t (other COLLATE NOCASE DESC)",)),
    "a collation": Feature(more=", city TEXT COLLATE NOCASE DEFAULT 'Nîmes'"),
    "a foreign key with actions": Feature(
        more=", p INTEGER CONSTRAINT fk REFERENCES p ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED"
    ),
    "an unnamed foreign key of the table": Feature(more=", p INT, FOREIGN KEY (p) REFERENCES p (k) ON DELETE CASCADE"),
    "a reference to itself": Feature(more=", parent INTEGER REFERENCES t (id) ON DELETE SET DEFAULT"),
    "children": Feature(after=("CREATE TABLE c (t INT REFERENCES t ON DELETE CASCADE)", "INSERT INTO c VALUES (3)")),
    "ON CONFLICT": Feature(
        more=", u INT NOT NULL ON CONFLICT REPLACE DEFAULT 1, UNIQUE (id, u) ON CONFLICT IGNORE"
    ),
    "AUTOINCREMENT": Feature(
        first="id INTEGER PRIMARY KEY AUTOINCREMENT",
        after=("INSERT INTO t (id, other) VALUES (1000, 'x')", "DELETE FROM t WHERE id = 1000"),
    ),
    "AUTOINCREMENT of an empty table": Feature(
        first="id INTEGER PRIMARY KEY AUTOINCREMENT", after=("DELETE FROM t", "DELETE FROM sqlite_sequence")
    ),
    "a computed column": Feature(more=", l INT GENERATED ALWAYS AS (length(other)), s TEXT AS (other || '!') STORED"),
    "STRICT": Feature(options=" STRICT"),
    "WITHOUT ROWID": Feature(first="id TEXT PRIMARY KEY", options=" WITHOUT ROWID"),
    "a descending key": Feature(first="id INTEGER PRIMARY KEY DESC"),
    "a key of two columns": Feature(more=", b INT DEFAULT 1, UNIQUE (b, id DESC)"),
    "rows with numbers of their own": Feature(first="id INT",
        insert="INSERT INTO t (rowid, {first}, gone, victim, other) SELECT column1 * 10, * FROM (VALUES {row})"),
    "a column called rowid": Feature(more=", rowid TEXT DEFAULT 'r', oid INT"),
    "unnamed checks": Feature(more=" CHECK (length(other) < 50), CHECK (id > 0 AND ')' <> '(')"),
    "comments": Feature(first="id INTEGER PRIMARY KEY, -- the number, isn't it\n /* not: CHECK ( */ x"),
    "names like keywords": Feature(more=', "check" TEXT DEFAULT (\'a,b\'), [primary key] INT, `a "b` INT, "é,(" INT'),
    "statistics": Feature(after=("CREATE INDEX ix ON t (other)", "ANALYZE")),
    "text that is not UTF-8": Feature(after=("INSERT INTO t (id, other) VALUES (77, CAST(x'C328' AS TEXT))",)),
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """A change, and what it alone does to the text of the database."""

    run: Callable[[Any], None]
    old: str
    new: str
    everywhere: bool = False


CHANGES = {
    "rebuilt": Change(lambda _: None, "", ""),
    "a type": Change(lambda t: t.alter_column("victim", type_=sa.Integer()), "victim INT ", "victim INTEGER "),
    "a default": Change(lambda t: t.alter_column("victim", server_default=sa.text("7")), "DEFAULT 5", "DEFAULT 7"),
    "no default": Change(lambda t: t.alter_column("victim", server_default=None), " DEFAULT 5", ""),
    "not null": Change(lambda t: t.alter_column("other", nullable=False), "", ""),
    "may be null": Change(lambda t: t.alter_column("other", nullable=True), "other TEXT NOT NULL", "other TEXT"),
    "a new check": Change(
        lambda t: t.create_check_constraint("ck_new", "victim < 100"),
        "CHECK (other <> 'no')",
        "CHECK (other <> 'no'), CONSTRAINT ck_new CHECK (victim < 100)",
    ),
    "a new unique": Change(
        lambda t: t.create_unique_constraint("uq", ["other", "victim"]),
        "CHECK (other <> 'no')",
        "CHECK (other <> 'no'), CONSTRAINT uq UNIQUE (other, victim)",
    ),
    "a new foreign key": Change(
        lambda t: t.create_foreign_key("fk_new", "p", ["gone"], ["k"], ondelete="CASCADE"),
        "CHECK (other <> 'no')",
        "CHECK (other <> 'no'), CONSTRAINT fk_new FOREIGN KEY(gone) REFERENCES p (k) ON DELETE CASCADE",
    ),
    "no check": Change(lambda t: t.drop_constraint("ck_v"), ", CONSTRAINT ck_v CHECK (other <> 'no')", ""),
    "a computed default": Change(
        lambda t: t.add_column(sa.Column("new", sa.Integer(), server_default=sa.text("(2)")), insert_after="victim"),
        "victim INT DEFAULT 5",
        "victim INT DEFAULT 5, new INTEGER DEFAULT (2)",
    ),
    "a column less": Change(lambda t: t.drop_column("gone"), "gone TEXT, ", ""),
    "another name": Change(
        lambda t: t.alter_column("victim", new_column_name="renamed"), "victim", "renamed", everywhere=True
    ),
}  # fmt: skip


@contextmanager
def opened(module: Any) -> Iterator[Connection]:
    engine = create_engine(
        "sqlite://",
        module=module,
        creator=lambda: module.connect(":memory:", isolation_level=None),
        poolclass=StaticPool,
    )
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
        yield connection
    engine.dispose()


def fill(connection: Connection, feature: Feature) -> None:
    connection.exec_driver_sql("CREATE TABLE p (k INTEGER PRIMARY KEY)")
    connection.exec_driver_sql(TABLE.format(first=feature.first, more=feature.more, options=feature.options))
    for row in ROWS:
        number = "7" if feature.options == " STRICT" else "7.0"
        statement = feature.insert.format(first=feature.name, row=row.replace("7.0", number))
        connection.exec_driver_sql(statement)
    for statement in feature.after:
        connection.exec_driver_sql(statement)


def under_guard(connection: Connection, change: Callable[[Operations], None]) -> None:
    """What an upgrade does with one revision."""
    guard = Guard()
    context = MigrationContext.configure(connection, opts={OPTION: guard.declare})
    with guard.watching(connection, version_table="alembic_version"):
        change(Operations(context))
        guard.verify_revision(step=SimpleNamespace(up_revision_id="changed", down_revision_ids=()))


def texts(connection: Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    return {row[0]: row[1] for row in rows}


def contents(connection: Connection, columns: str) -> list[Any]:
    driver: Any = connection.connection.driver_connection
    driver.text_factory = bytes
    order = "1" if columns else "rowid"
    found: list[Any] = [tuple(row) for row in connection.exec_driver_sql(f"SELECT {columns} FROM t ORDER BY {order}")]
    for table in ("sqlite_sequence", "sqlite_stat1", "c"):
        if connection.exec_driver_sql(f"SELECT 1 FROM sqlite_master WHERE name = '{table}'").scalar():
            found += sorted(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {table}")), key=repr)
    driver.text_factory = str
    return found


@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
@pytest.mark.parametrize("feature", FEATURES.values(), ids=FEATURES)
def test_nothing_changes_but_what_is_meant(feature: Feature, module: Any) -> None:
    for name, change in CHANGES.items():
        changed(feature, name, change, module)


def changed(feature: Feature, name: str, change: Change, module: Any) -> None:
    numbers = "" if "WITHOUT ROWID" in feature.options else ", _rowid_"
    kept = f"id, typeof(id), {{0}}, typeof({{0}}), other{numbers}"
    new_name = "renamed" if change.everywhere else "victim"

    def run(operations: Operations) -> None:
        declarations: Any = operations
        if name == "may be null":
            declarations.accept_change(table="t", columns=["other"], because="it is the change")
        elif change.everywhere:
            declarations.accept_rename(table="t", column="victim", to="renamed", because="it is the change")
        elif name in {"no default", "a default"}:
            declarations.accept_change(table="t", columns=["victim"], because="it is the change")
        with operations.batch_alter_table("t", recreate="always" if name == "rebuilt" else "auto") as table:
            change.run(table)

    with opened(module) as connection:
        fill(connection, feature)
        before, rows = texts(connection), contents(connection, kept.format("victim"))
        under_guard(connection, run)
        expected = {
            key: sql.replace(change.old, change.new) if change.old and (key == "t" or change.everywhere) else sql
            for key, sql in before.items()
        }
        assert texts(connection) == expected, name
        assert contents(connection, kept.format(new_name)) == rows, name
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok", name
