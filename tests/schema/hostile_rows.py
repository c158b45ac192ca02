"""Fills any database with rows that are as awkward as its own tables, constraints and triggers let them be.

Everything is learnt from the database itself, so that the tables and columns of a revision that is still to be written
are filled too. What the database refuses is tried otherwise, or left.
"""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import Connection, Inspector, inspect, make_url

from src.db.engine import open_engine
from src.schema.own_tables import is_layer_table
from src.schema.state import VERSION_TABLE
from tests.schema.hostile_values import hostile_values, literals_in, plain_values

# How often a first row is tried before its table counts as one that cannot be filled.
ATTEMPTS = 600
CROSSINGS = 60
VARIATIONS = 8
PARENTS = 12
# Behind it there is room for more rows.
FAR_ID = 2**62
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """What may stand in a column."""

    name: str
    plain: list[Any]
    hostile: list[Any]
    needed: list[Any]  # of which none is left to chance: others ask for it
    nullable: bool
    unique: bool
    given: bool  # the database numbers it


def fill_with_hostile_rows(url: str, *, variants: int = 4, seed: int = 1) -> dict[str, int]:
    """Fill every table; each column gets so many `variants` of what it may hold. Gives the number of rows by table."""
    engine = open_engine(make_url(url))
    with engine.begin() as connection:
        chance = random.Random(seed)  # noqa: S311 - chance, no secret
        inspector = inspect(connection)
        tables = [name for name in _tables(connection, inspector) if name != VERSION_TABLE and not is_layer_table(name)]
        return {table: _Filling(connection, inspector, table, chance).fill(variants) for table in tables}


class _Filling:
    """One table that is being filled."""

    def __init__(self, connection: Connection, inspector: Inspector, table: str, chance: random.Random) -> None:
        self.connection, self.table, self.chance = connection, table, chance
        self.columns = list(_columns(connection, inspector, table))
        self.rows: list[Row] = []
        self.number = 0

    def fill(self, variants: int) -> int:
        """Put in what the table takes."""
        for _attempt in range(ATTEMPTS):
            if self._keep({column.name: self._plain(column) for column in self.columns if not column.given}):
                break
        if not self.rows:
            return 0
        for _attempt in range(CROSSINGS):
            self._keep(self._crossed(0.5))
        for column in self.columns:
            wanted = [None] if column.nullable and not column.given else []
            wanted += column.needed + self.chance.sample(column.hostile, min(variants, len(column.hostile)))
            for value in wanted:
                any(self._keep(self._crossed(share / 10) | {column.name: value}) for share in range(VARIATIONS))
        self._leave_gaps()
        return len(self.rows)

    def _crossed(self, share: float) -> dict[str, Any]:
        """Take a row that was taken and a share of chance: only a signed contract has a date, it alone has events."""
        kept = self.chance.choice(self.rows)
        return {
            column.name: self._plain(column) if column.unique or self.chance.random() < share else kept[column.name]
            for column in self.columns
            if not column.given
        }

    def _plain(self, column: Column) -> Any:
        self.number += 1
        if column.nullable and self.chance.random() < 0.3:
            return None
        value = self.chance.choice(column.plain)
        if column.unique and isinstance(value, str):
            return f"{value}{self.number}"
        return value + self.number if column.unique and isinstance(value, int) else value

    def _keep(self, row: Row) -> bool:
        names, marks = ", ".join(map(quoted, row)), ", ".join(self._mark(n) for n in range(len(row)))
        statement = f"INSERT INTO {quoted(self.table)} ({names}) VALUES ({marks})"
        if not self._try(statement, {f"v{n}": value for n, value in enumerate(row.values())}):
            return False
        self.rows.append({name: value for name, value in row.items() if not self._is_given(name)})
        return True

    def _leave_gaps(self) -> None:
        """The last number was given to a row that is gone: it must not be given again."""
        given = next((column.name for column in self.columns if column.given), None)
        if given is not None:
            last = f"(SELECT max({quoted(given)}) FROM {quoted(self.table)} WHERE {quoted(given)} < {FAR_ID})"
            self._try(f"DELETE FROM {quoted(self.table)} WHERE {quoted(given)} = {last}", {})

    def _try(self, statement: str, values: Row) -> bool:
        """Whether the database took it; of what it refuses nothing is left."""
        driver: Any = self.connection.connection.driver_connection
        on_sqlite = self.connection.dialect.name == "sqlite"
        try:
            if on_sqlite:  # which undoes by itself the statement that it refuses
                driver.execute(statement, values)
            else:  # in one message: there are thousands
                psycopg.ClientCursor(driver).execute(f"SAVEPOINT tried; {statement}; RELEASE tried".encode(), values)
        except (driver.Error, OverflowError):
            if not on_sqlite:
                driver.execute("ROLLBACK TO tried; RELEASE tried")
            return False
        return True

    def _is_given(self, name: str) -> bool:
        return any(column.name == name and column.given for column in self.columns)

    def _mark(self, number: int) -> str:
        return f":v{number}" if self.connection.dialect.name == "sqlite" else f"%(v{number})s"


def quoted(name: str) -> str:
    """Write a name so that neither engine reads a keyword in it."""
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'


def _tables(connection: Connection, inspector: Inspector) -> list[str]:
    """The tables that hold rows of their own, those that others refer to first."""
    ordered = [name for name, _ in inspector.get_sorted_table_and_fkc_names() if name is not None]
    if connection.dialect.name != "sqlite":
        return ordered
    # Not those of a full-text index, which are filled by triggers.
    listed = connection.exec_driver_sql("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    real = {name for (name,) in listed}
    return [name for name in ordered if name in real]


def _columns(connection: Connection, inspector: Inspector, table: str) -> Iterator[Column]:
    dialect = connection.dialect.name
    checks = [str(check["sqltext"]) for check in inspector.get_check_constraints(table)]
    primary = inspector.get_pk_constraint(table)["constrained_columns"]
    uniques: list[Any] = [found["column_names"] for found in inspector.get_unique_constraints(table)] + [primary]
    uniques += [found["column_names"] for found in inspector.get_indexes(table) if found["unique"]]
    for column in inspector.get_columns(table):
        name, kind = column["name"], column["type"]
        if column.get("computed"):
            continue
        parent = next((key for key in inspector.get_foreign_keys(table) if key["constrained_columns"] == [name]), None)
        given = primary == [name] and parent is None and kind.python_type is int
        if parent is not None:
            there = f"SELECT {quoted(parent['referred_columns'][0])} FROM {quoted(parent['referred_table'])}"
            plain = [value for (value,) in connection.exec_driver_sql(there)] or [None]
            needed, hostile = plain[:: -(-len(plain) // PARENTS)], list[Any]()
        else:
            named = literals_in(check for check in checks if re.search(rf"\b{re.escape(name)}\b", check))
            plain = named if named and issubclass(kind.python_type, str) else plain_values(kind, dialect)
            needed, hostile = named, [FAR_ID] if given else hostile_values(kind, dialect)
        yield Column(name, plain, hostile, needed, bool(column["nullable"]), [name] in uniques, given)
