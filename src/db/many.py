"""Thousands of rows that a statement brings along: one text holds them, and the database takes it apart.

Bound one value after another they cost more than all that is checked of them; and SQLite, which can take back a single
statement, copies each page that one changes beforehand: hundreds of rows share these copies.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Column, Connection, Select, Table, cast, func, insert, literal, select
from sqlalchemy.types import TypeDecorator

# Measured: from 100 rows a statement on, more of them save nothing.
_AT_ONCE = 500


def insert_rows(
    connection: Connection, table: Table, *, same: Mapping[str, Any], each: Mapping[str, Sequence[Any]]
) -> None:
    """Save many rows: `same` is what they have in common; `each` holds, for other columns, the values of all rows."""
    columns = [table.c[name] for name in each]
    common = [literal(value, table.c[name].type) for name, value in same.items()]
    for start in range(0, len(next(iter(each.values()))), _AT_ONCE):
        rows = sent_rows(connection, columns, [values[start : start + _AT_ONCE] for values in each.values()])
        connection.execute(insert(table).from_select([*each, *same], rows.add_columns(*common)))


def sent_rows(
    connection: Connection, columns: Sequence[Column[Any]], values: Sequence[Sequence[Any]]
) -> Select[tuple[Any, ...]]:
    """Select rows that come with the statement; `values` holds, for each column, those of all rows.

    The columns are of texts, whole numbers or JSON.
    """
    kept = [map(_keeping(connection, column), every) for column, every in zip(columns, values, strict=True)]
    text = literal(json.dumps([*zip(*kept, strict=True)], ensure_ascii=False))
    if connection.dialect.name == "sqlite":
        row = func.json_each(text).table_valued("value").c.value
        return select(*(func.json_extract(row, f"$[{place}]") for place in range(len(columns))))
    from sqlalchemy.dialects.postgresql import JSONB  # noqa: PLC0415 - loads all its drivers

    row = func.jsonb_array_elements(cast(text, JSONB)).column_valued("row")
    return select(*(_read(row.op("->>")(place), column) for place, column in enumerate(columns)))


def _keeping(connection: Connection, column: Column[Any]) -> Callable[[Any], Any]:
    """Give what makes of a value what its column keeps, or refuses it."""
    kind = column.type
    if isinstance(kind, TypeDecorator):
        return lambda value: kind.process_bind_param(value, connection.dialect)
    return json.dumps if isinstance(kind, JSON) else lambda value: value


def _read(text: Any, column: Column[Any]) -> Any:
    # A text is left as it is: a cast would cut off what is too long for its column, which must be refused.
    return text if column.type.python_type is str else cast(text, column.type)
