"""Whether every row of a database refers to rows that exist."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection

from src.domain.errors import DatabaseError
from src.i18n import N_, _


def refuse_broken_references(connection: Connection) -> None:
    """Refuse a change after which a row refers to one that does not exist; SQLite was told not to look meanwhile."""
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        tables = ", ".join(sorted({row[0] for row in broken}))
        raise DatabaseError(
            N_("The migration was undone: {count} rows would refer to rows that do not exist (in {tables})."),
            count=len(broken),
            tables=tables,
        )


class BrokenReferences(NamedTuple):
    """How many rows of a table refer to rows of another that do not exist."""

    table: str
    refers_to: str
    rows: int

    def __str__(self) -> str:
        sentence = _("{rows} rows refer to rows of {table} that do not exist: put those back, or remove these.")
        return sentence.format(rows=self.rows, table=self.refers_to)


def broken_references(connection: Connection) -> Iterator[BrokenReferences]:
    """Look at every row that refers to another, on both engines."""
    if connection.dialect.name == "sqlite":
        query = 'SELECT "table", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2 ORDER BY 1, 2'
        yield from (BrokenReferences(*row) for row in connection.exec_driver_sql(query))
        return
    driver: Any = connection.connection.driver_connection
    for table, refers_to, query in driver.execute(_QUERIES).fetchall():
        ((rows,),) = driver.execute(query).fetchall()
        if rows:
            yield BrokenReferences(table, refers_to, rows)


# PostgreSQL looks at each write; what it was told not to look at (NOT VALID, triggers switched off) is found so.
_QUERIES = """
    SELECT child.relname::text, parent.relname::text, format('SELECT count(*) FROM %s x WHERE %s AND NOT EXISTS'
        ' (SELECT FROM %s y WHERE %s)', f.conrelid::regclass,
        string_agg(format('x.%I IS NOT NULL', a.attname), ' AND '), f.confrelid::regclass,
        string_agg(format('x.%I = y.%I', a.attname, b.attname), ' AND '))
    FROM pg_constraint f JOIN pg_class child ON child.oid = f.conrelid JOIN pg_class parent ON parent.oid = f.confrelid
        CROSS JOIN LATERAL unnest(f.conkey, f.confkey) AS k (from_key, to_key)
        JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.from_key
        JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = k.to_key
    WHERE f.contype = 'f' AND f.conparentid = 0 GROUP BY f.oid, f.conrelid, f.confrelid, 1, 2 ORDER BY 1, 2, f.oid
"""
