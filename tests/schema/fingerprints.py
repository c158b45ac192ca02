"""All that a database holds, so that two moments can be compared: what it is made of, every row, and its revision.

What the schema layer keeps for itself is left out: its ledger differs from run to run.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from src.db.driver import sqlite_module
from src.schema.backup.content import Content, TableContent
from src.schema.backup.postgresql_content import SETTINGS, read_postgresql_content
from src.schema.backup.sqlite_content import read_sqlite_content
from src.schema.guard.objects import SEQUENCE_VALUE, Definition, Key, Objects
from src.schema.guard.postgresql_objects import read_postgresql_objects
from src.schema.guard.sqlite_objects import read_sqlite_objects
from src.schema.own_tables import is_layer_table
from src.schema.state import VERSION_TABLE

Statements = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Fingerprint:
    """A database at one moment; equal means that nothing but the layer's own notes differs."""

    revisions: tuple[str, ...] = ()
    objects: Mapping[Key, Definition] = field(default_factory=dict)
    tables: Mapping[str, TableContent] = field(default_factory=dict)
    statements: Statements = ()

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(table.rows for table in self.tables.values())

    def without_numbers(self) -> "Fingerprint":
        """Leave out the next numbers of sequences, which PostgreSQL does not take back."""
        objects = {
            key: {name: value for name, value in said.items() if name != SEQUENCE_VALUE}
            for key, said in self.objects.items()
        }
        return Fingerprint(self.revisions, objects, self.tables, self.statements)

    def differences(self, other: "Fingerprint") -> list[str]:
        """Name what differs."""
        found = [] if self.revisions == other.revisions else [f"revisions {self.revisions} / {other.revisions}"]
        for ours, theirs in ((self.objects, other.objects), (self.tables, other.tables)):
            found += [
                f"{name}: {ours.get(name, 'nothing')} / {theirs.get(name, 'nothing')}"
                for name in sorted({*ours, *theirs}, key=str)
                if ours.get(name) != theirs.get(name)
            ]
        found += [f"statement {each}" for each in sorted({*self.statements} ^ {*other.statements})]
        return found


def fingerprint_of(url: str) -> Fingerprint:
    """Read everything. A SQLite file that does not exist holds nothing."""
    if url.startswith("sqlite"):
        file = Path(make_url(url).database or "")
        return _of_sqlite(file) if file.exists() else Fingerprint()
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        objects = read_postgresql_objects(connection, "public")
        for setting in SETTINGS:
            connection.execute(setting)

        def ask(query: str) -> list[Any]:
            return [answer for (answer,) in connection.execute(query.encode())]

        return _without_own(objects, read_postgresql_content(ask, _silently))


def faults_of_sqlite(file: Path) -> list[str]:
    """What SQLite's own checks find in a file."""
    with _opened(file) as driver:
        found = [row[0] for row in driver.execute("PRAGMA integrity_check")]
        orphans = driver.execute("PRAGMA foreign_key_check").fetchall()
    return [line for line in found if line != "ok"] + [f"orphan in {row[0]}" for row in orphans]


def _of_sqlite(file: Path) -> Fingerprint:
    with _opened(file) as driver:
        driver.execute("BEGIN")
        statements = tuple(
            (kind, name, sql)
            for kind, name, table, sql in driver.execute(
                "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY 1, 2"
            )
            if not _is_own(table)
        )
        return _without_own(read_sqlite_objects(driver), read_sqlite_content(driver, _silently), statements)


def _without_own(objects: Objects, content: Content, statements: Statements = ()) -> Fingerprint:
    return Fingerprint(
        content.revisions,
        {key: said for key, said in objects.items() if not _is_own(key.table)},
        {name: table for name, table in content.tables.items() if not _is_own(name)},
        statements,
    )


def _is_own(table: str) -> bool:
    # SQLite keeps its own table of numbers for ever; the numbers are among the objects.
    return table in {VERSION_TABLE, "sqlite_sequence"} or is_layer_table(table)


def _opened(file: Path) -> "closing[Any]":
    return closing(sqlite_module().connect(file, isolation_level=None))


def _silently(_share: float) -> None:
    """Nobody waits for it."""
