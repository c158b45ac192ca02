"""Rebuilds a SQLite table from the text that SQLite keeps of it, and all that hangs on it from theirs.

The old table steps aside, the new one is made under its own name, the rows go over with their numbers, and indexes
and triggers are made again from their own text. Views, triggers of other tables and foreign keys that name the table
find it again: nothing rewrites them, because legacy_alter_table is ON meanwhile.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from src.domain.errors import DataLossRefused, Marked
from src.i18n import N_
from src.schema.rebuild.table_text import TableText, folded, names_in_sql

_ROWID_NAMES = ("rowid", "_rowid_", "oid")
_OLD = "schema_rebuild_{number}"


@dataclass(frozen=True)
class Keeping:
    """What a table consists of: its statement, and those of its indexes and triggers."""

    name: str
    sql: str
    others: tuple[str, ...]
    sequence: int | None


def read_table(connection: Connection, table: str) -> Keeping:
    """Read what SQLite keeps of a table. Raises DataLossRefused if it cannot be changed so."""
    rows = connection.exec_driver_sql(
        "SELECT type, name, sql FROM main.sqlite_master WHERE lower(tbl_name) = lower(?) AND sql IS NOT NULL"
        " ORDER BY rowid",
        (table,),
    ).fetchall()
    found = [(name, sql) for kind, name, sql in rows if kind == "table"]
    if not found:
        connection.exec_driver_sql(f"SELECT 1 FROM main.{quoted(table)}").close()  # SQLite says that there is none
    if not found or folded(found[0][1]).startswith("create virtual"):
        raise DataLossRefused(
            N_("The migration was undone: there is no table {table} that could be changed."), table=table
        )
    name, sql = found[0]
    others = tuple(sql for kind, _name, sql in rows if kind in {"index", "trigger"})
    return Keeping(name, sql, others, _sequence(connection, name))


def rebuild_table(connection: Connection, new: TableText, old: Keeping, values: Mapping[str, str], source: str) -> None:
    """Put a table in the place of the old one.

    `values` gives for a column of the new table the expression that its value comes from, else it comes from the column
    of the same name; `source` follows FROM, where {old} stands for the rows as they were.
    """
    require_foreign_keys_off(connection)
    broken = broken_objects(connection, old.name)
    with legacy_alter_table(connection, on=True):
        aside = _free_name(connection)
        connection.exec_driver_sql(f"ALTER TABLE main.{quoted(old.name)} RENAME TO {quoted(aside)}")
        connection.exec_driver_sql(new.sql)
        before, after = (stored_columns(connection, table) for table in (aside, old.name))
        targets, expressions = [], []
        kept = {folded(column) for column in before}
        for column in after:
            if folded(column) in values:
                targets.append(quoted(column))
                expressions.append(values[folded(column)])
            elif folded(column) in kept:
                targets.append(quoted(column))
                expressions.append(f"o.{quoted(column)}")
        old_id, new_id = (row_number(connection, table) for table in (aside, old.name))
        if old_id and new_id:
            targets.insert(0, new_id)
            expressions.insert(0, f"o.{old_id}")
        rows = source.format(old=f"main.{quoted(aside)} AS o")
        connection.exec_driver_sql(
            f"INSERT INTO main.{quoted(old.name)} ({', '.join(targets)}) SELECT {', '.join(expressions)} FROM {rows}"
        )
        connection.exec_driver_sql(f"DROP TABLE main.{quoted(aside)}")
        restore_sequence(connection, old.name, old.sequence)
        for sql in old.others:
            connection.exec_driver_sql(sql)
    refuse_newly_broken(connection, old.name, broken)


def broken_objects(connection: Connection, table: str) -> dict[tuple[str, str], str]:
    """Find the views and triggers that name a table and do not work, with what SQLite says of each."""
    found = {}
    rows = connection.exec_driver_sql(
        "SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE type IN ('view', 'trigger')"
    ).fetchall()
    for kind, name, owner, sql in rows:
        if folded(owner) != folded(table) and folded(table) not in names_in_sql(sql):
            continue
        # Preparing a statement makes SQLite read the view, or the triggers that it would fire.
        tests = [f"SELECT * FROM main.{quoted(name)}"] if kind == "view" else list(_firing(connection, owner, sql))
        for test in tests:
            try:
                connection.exec_driver_sql(f"EXPLAIN {test}").close()
            except DBAPIError as error:
                found[(kind, name)] = str(error.orig)
    return found


def refuse_newly_broken(connection: Connection, table: str, before: Mapping[tuple[str, str], str]) -> None:
    """Refuse a change after which a view or trigger that worked works no more. Raises DataLossRefused."""
    for (kind, name), said in broken_objects(connection, table).items():
        if (kind, name) not in before:
            raise DataLossRefused(
                N_("The migration was undone: {kind} {name} would not work any more: {reason}."),
                kind=Marked(N_("view")) if kind == "view" else Marked(N_("trigger")),
                name=name,
                reason=said,
            )


def restore_sequence(connection: Connection, table: str, number: int | None) -> None:
    """Let a table with AUTOINCREMENT go on counting where it was."""
    if _sequence_table(connection):
        connection.exec_driver_sql("DELETE FROM main.sqlite_sequence WHERE name = ?", (table,))
        if number is not None:
            connection.exec_driver_sql("INSERT INTO main.sqlite_sequence (name, seq) VALUES (?, ?)", (table, number))


def require_foreign_keys_off(connection: Connection) -> None:
    """Refuse to take a table away where that would delete its children."""
    if connection.exec_driver_sql("PRAGMA foreign_keys").scalar():
        raise DataLossRefused(
            N_("The migration was undone: foreign keys must be switched off before the transaction (foreign_keys=OFF).")
        )


@contextmanager
def legacy_alter_table(connection: Connection, *, on: bool) -> Iterator[None]:
    """Choose whether ALTER TABLE leaves alone what names the table (on), or rewrites and checks it."""
    before = connection.exec_driver_sql("PRAGMA legacy_alter_table").scalar()
    connection.exec_driver_sql(f"PRAGMA legacy_alter_table={int(on)}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA legacy_alter_table={before}")


def quoted(name: str) -> str:
    """Write a name so that SQLite reads no keyword in it."""
    return '"' + name.replace('"', '""') + '"'


def stored_columns(connection: Connection, table: str) -> list[str]:
    """List the columns that values can be written to."""
    rows = connection.exec_driver_sql("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0", (table,))
    return [name for (name,) in rows]


def row_number(connection: Connection, table: str) -> str | None:
    """Give a name for the number of a table's rows, where no column of the table is that number already."""
    facts = connection.exec_driver_sql("SELECT wr FROM pragma_table_list(?) WHERE schema = 'main'", (table,)).scalar()
    if facts:
        return None
    names = {folded(name) for (name,) in connection.exec_driver_sql("SELECT name FROM pragma_table_xinfo(?)", (table,))}
    return next((name for name in _ROWID_NAMES if name not in names), None)


def _firing(connection: Connection, owner: str, trigger: str) -> Iterator[str]:
    words = names_in_sql(trigger.split("(", 1)[0])
    columns = stored_columns(connection, owner)
    target = f"main.{quoted(owner)}"
    if "delete" in words:
        yield f"DELETE FROM {target}"
    if "insert" in words and columns:
        yield f"INSERT INTO {target} ({quoted(columns[0])}) VALUES (NULL)"
    if "update" in words:
        changes = ", ".join(f"{quoted(column)} = {quoted(column)}" for column in columns)
        yield f"UPDATE {target} SET {changes}"


def _sequence(connection: Connection, table: str) -> int | None:
    if not _sequence_table(connection):
        return None
    number = connection.exec_driver_sql("SELECT seq FROM main.sqlite_sequence WHERE name = ?", (table,)).scalar()
    return None if number is None else int(number)


def _sequence_table(connection: Connection) -> bool:
    found = connection.exec_driver_sql("SELECT 1 FROM main.sqlite_master WHERE name = 'sqlite_sequence'").scalar()
    return found is not None


def _free_name(connection: Connection) -> str:
    taken = {name for (name,) in connection.exec_driver_sql("SELECT name FROM main.sqlite_master")}
    return next(name for n in range(len(taken) + 1) if (name := _OLD.format(number=n)) not in taken)
