"""Sets columns and tables of SQLite aside, with the very text that defined them, and brings them back to the letter.

Values are kept in columns without a type, where SQLite stores every value as it is.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Connection

from src.domain.errors import DataLossRefused
from src.i18n import N_
from src.schema.guard.create_table import read_create_table
from src.schema.guard.declarations import NAMED, Accepted
from src.schema.rebuild.batch import LosslessSqlite, apply_steps
from src.schema.rebuild.rebuild import (
    broken_objects,
    quoted,
    read_table,
    rebuild_table,
    refuse_newly_broken,
    require_foreign_keys_off,
    restore_sequence,
    row_number,
    stored_columns,
)
from src.schema.rebuild.steps import Step, connection_of
from src.schema.rebuild.table_text import Clause, TableText, folded, names_in_sql

_VALUE = "schema_value"
_ROW = "schema_row"


def set_column_aside(
    impl: LosslessSqlite, table: str, column: str, aside: str
) -> tuple[Mapping[str, Any], list[Accepted]]:
    """Move a column's values out of their table; give what defined it, and what goes by that."""
    connection = connection_of(impl)
    old = read_table(connection, table)
    text = TableText(old.sql)
    if not text.has_column(column) or text.clauses_of(column, "generated"):
        raise DataLossRefused(
            N_("The migration was undone: {column} is no column that has values of its own to set aside."),
            column=f"{table}.{column}",
        )
    key = _require_key(connection, old.name, column)
    _copy_column(connection, old.name, column, key, aside)
    indexes = [sql for sql in old.others if _is_index(sql) and folded(column) in names_in_sql(sql)]
    gone = [Accepted(NAMED, "", "set aside", names=(name,)) for name in _drop_indexes(connection, old.name, indexes)]
    for clause in [one for one in text.clauses() if _hangs_on(text, one, column)][::-1]:
        text = text.without_clause(clause)
    if text.sql != old.sql:
        kept = read_table(connection, table)
        rebuild_table(connection, text.without_column(column), kept, {}, "{old}")
    else:
        apply_steps(impl, old.name, [Step("drop_column", (old.name, Column(column)), {})])
    after = read_table(connection, table).sql
    definition = {
        "before": old.sql,
        "after": after,
        "column": TableText(old.sql).definition(column),
        "indexes": indexes,
    }
    return definition, [*gone, *_what_the_text_lost(old.name, old.sql, after)]


def bring_column_back(
    impl: LosslessSqlite, table: str, column: str, aside: str | None, definition: Mapping[str, Any]
) -> None:
    """Put a column where it was, each value in its row; rows that came meanwhile have the default."""
    connection = connection_of(impl)
    old = read_table(connection, table)
    text = TableText(definition["before"])
    if old.sql != definition["after"]:
        behind = text.column_before(column)
        now = TableText(old.sql)
        place = behind if behind is None or now.has_column(behind) else ""
        restored = now.with_column(definition["column"], after=place)
        for clause in text.clauses():
            if _hangs_on(text, clause, column):
                restored = restored.with_constraint(text.text_of(clause))
    else:
        restored = text
    default = next((text.text_of(one) for one in text.clauses_of(column, "default")), "")
    value = default.partition(" ")[2].strip() or "NULL"
    source = "{old}"
    if aside is not None:
        pairs = connection.exec_driver_sql('SELECT "from", "to" FROM pragma_foreign_key_list(?)', (aside,)).fetchall()
        same = " AND ".join(f"a.{quoted(mine)} = o.{quoted(theirs)}" for mine, theirs in pairs)
        value = f"CASE WHEN a.{quoted(pairs[0][0])} IS NULL THEN {value} ELSE a.{_VALUE} END"
        source = f"{{old}} LEFT JOIN main.{quoted(aside)} AS a ON {same}"
    rebuild_table(connection, restored, old, {folded(column): value}, source)
    for sql in definition["indexes"]:
        connection.exec_driver_sql(sql)


def set_table_aside(impl: LosslessSqlite, table: str, aside: str) -> tuple[Mapping[str, Any], list[Accepted]]:
    """Move a table's rows out of it; give what defined it and all that was on it."""
    connection = connection_of(impl)
    old = read_table(connection, table)
    _require_no_children(connection, old.name)
    broken = broken_objects(connection, old.name)
    columns = stored_columns(connection, old.name)
    number = row_number(connection, old.name)
    names = [*([_ROW] if number else []), *(quoted(column) for column in columns)]
    sources = [*([number] if number else []), *(quoted(column) for column in columns)]
    declared = ", ".join(f"{_ROW} INTEGER PRIMARY KEY" if name == _ROW else name for name in names)
    connection.exec_driver_sql(f"CREATE TABLE main.{quoted(aside)} ({declared})")
    rows = f"SELECT {', '.join(sources)} FROM main.{quoted(old.name)}"
    connection.exec_driver_sql(f"INSERT INTO main.{quoted(aside)} ({', '.join(names)}) {rows}")
    _require_same_number(connection, old.name, aside)
    require_foreign_keys_off(connection)
    connection.exec_driver_sql(f"DROP TABLE main.{quoted(old.name)}")
    refuse_newly_broken(connection, old.name, broken)
    return {"table": old.sql, "others": old.others, "sequence": old.sequence, "columns": columns}, []


def bring_table_back(impl: LosslessSqlite, table: str, aside: str | None, definition: Mapping[str, Any]) -> None:
    """Make a table again as it was, with its rows and their numbers."""
    connection = connection_of(impl)
    connection.exec_driver_sql(definition["table"])
    if aside is not None:
        columns = [quoted(column) for column in definition["columns"]]
        number = row_number(connection, table)
        targets, sources = [*([number] if number else []), *columns], [*([_ROW] if number else []), *columns]
        connection.exec_driver_sql(
            f"INSERT INTO main.{quoted(table)} ({', '.join(targets)})"
            f" SELECT {', '.join(sources)} FROM main.{quoted(aside)}"
        )
        _require_same_number(connection, aside, table)
        _follow_deleted_parents(connection, table)
    restore_sequence(connection, table, definition["sequence"])
    for sql in definition["others"]:
        connection.exec_driver_sql(sql)


def drop(connection: Connection, aside: str) -> None:
    """Drop the table that held what was aside."""
    connection.exec_driver_sql(f"DROP TABLE main.{quoted(aside)}")


def _copy_column(connection: Connection, table: str, column: str, key: Mapping[str, str], aside: str) -> None:
    declared = [f"{quoted(name)} {type_} NOT NULL" for name, type_ in key.items()]
    names = ", ".join(map(quoted, key))
    # Whoever deletes a row meanwhile deletes what was kept of it; whoever renumbers it takes that along.
    connection.exec_driver_sql(
        f"CREATE TABLE main.{quoted(aside)} ({', '.join(declared)}, {_VALUE}, PRIMARY KEY ({names}),"
        f" FOREIGN KEY ({names}) REFERENCES {quoted(table)} ({names}) ON DELETE CASCADE ON UPDATE CASCADE)"
    )
    connection.exec_driver_sql(
        f"INSERT INTO main.{quoted(aside)} SELECT {names}, {quoted(column)} FROM main.{quoted(table)}"
    )
    same = " AND ".join(f"a.{quoted(name)} = o.{quoted(name)}" for name in key)
    value = f"o.{quoted(column)}"
    lost = connection.exec_driver_sql(
        f"SELECT count(*) FROM main.{quoted(table)} AS o LEFT JOIN main.{quoted(aside)} AS a ON {same}"
        f" WHERE a.{_VALUE} IS NOT {value} OR typeof(a.{_VALUE}) <> typeof({value})"
    ).scalar()
    if lost:
        raise _not_kept(table, column, lost)


def _require_key(connection: Connection, table: str, column: str) -> dict[str, str]:
    """Give the columns that tell a row for ever; a row's number is not enough: VACUUM may renumber."""
    rows = connection.exec_driver_sql("SELECT name, type FROM pragma_table_info(?) WHERE pk ORDER BY pk", (table,))
    key = {row[0]: row[1] for row in rows}
    nameless = " OR ".join(f"{quoted(name)} IS NULL" for name in key)
    unfit = not key or folded(column) in {folded(name) for name in key}
    if unfit or connection.exec_driver_sql(f"SELECT 1 FROM main.{quoted(table)} WHERE {nameless} LIMIT 1").scalar():
        raise DataLossRefused(
            N_("The migration was undone: {column} cannot be set aside, no primary key tells which row a value is of."),
            column=f"{table}.{column}",
        )
    return key


def _drop_indexes(connection: Connection, table: str, texts: list[str]) -> list[str]:
    rows = connection.exec_driver_sql(
        "SELECT name, sql FROM main.sqlite_master WHERE type = 'index' AND lower(tbl_name) = lower(?)", (table,)
    ).fetchall()
    names = [name for name, sql in rows if sql in texts]
    for name in names:
        connection.exec_driver_sql(f"DROP INDEX main.{quoted(name)}")
    return names


def _hangs_on(text: TableText, clause: Clause, column: str) -> bool:
    """Tell whether a promise of the whole table is about a column."""
    return not clause.column and folded(column) in text.words_of(clause)


def _what_the_text_lost(table: str, before: str, after: str) -> list[Accepted]:
    """Declare what hangs on a column and is written down with it: its promises and comments."""
    old, new = read_create_table(before), read_create_table(after)
    names = [one.name or f"({one.definition})" for one in old.constraints if one not in new.constraints]
    return [
        *(Accepted(NAMED, table, "set aside", names=(name,)) for name in names),
        *(
            Accepted("drop", table, "set aside", names=(comment,), detail="comment")
            for comment in old.comments
            if comment not in new.comments
        ),
    ]


def _require_no_children(connection: Connection, table: str) -> None:
    children = connection.exec_driver_sql(
        "SELECT DISTINCT m.name FROM main.sqlite_master m JOIN pragma_foreign_key_list(m.name) f"
        " WHERE m.type = 'table' AND lower(f.\"table\") = lower(?) AND m.name <> ? ORDER BY 1",
        (table, table),
    ).fetchall()
    if children:
        raise DataLossRefused(
            N_("The migration was undone: {table} cannot be set aside while {others} refer to it."),
            table=table,
            others=", ".join(name for (name,) in children),
        )


def _require_same_number(connection: Connection, source: str, target: str) -> None:
    numbers = [
        connection.exec_driver_sql(f"SELECT count(*) FROM main.{quoted(name)}").scalar() or 0
        for name in (source, target)
    ]
    if numbers[0] != numbers[1]:
        raise _not_kept(source, "", abs(numbers[0] - numbers[1]))


def _follow_deleted_parents(connection: Connection, table: str) -> None:
    """Let rows whose parents were deleted meanwhile go the way that their foreign keys say."""
    keys = connection.exec_driver_sql(
        'SELECT id, "from", on_delete FROM pragma_foreign_key_list(?)', (table,)
    ).fetchall()
    for number, column, action in keys:
        orphans = f"rowid IN (SELECT \"rowid\" FROM pragma_foreign_key_check('{table}') WHERE fkid = {number})"
        if action == "CASCADE":
            connection.exec_driver_sql(f"DELETE FROM main.{quoted(table)} WHERE {orphans}")
        elif action == "SET NULL":
            connection.exec_driver_sql(f"UPDATE main.{quoted(table)} SET {quoted(column)} = NULL WHERE {orphans}")


def _is_index(sql: str) -> bool:
    return "index" in [folded(word) for word in sql.split(None, 3)[:3]]


def _not_kept(table: str, column: str, lost: int) -> DataLossRefused:
    return DataLossRefused(
        N_("The migration was undone: {count} values of {what} would not be kept aside as they are."),
        count=lost,
        what=f"{table}.{column}" if column else table,
    )
