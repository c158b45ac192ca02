"""ALTER COLUMN TYPE on PostgreSQL: only if every value comes back the same; text is not cut, zones are not guessed.

Importing this module is enough: Alembic then speaks to PostgreSQL through LosslessPostgresql.
"""

from collections.abc import Mapping
from typing import Any

from alembic.ddl.postgresql import PostgresqlImpl
from sqlalchemy import Connection, text
from sqlalchemy.types import to_instance

from src.domain.errors import DataLossRefused
from src.i18n import N_
from src.schema.casts.conversion import OPTIONS
from src.schema.casts.shapes import SHOWN, refuse_conversion
from src.schema.guard.column_types import holds_at_least
from src.schema.guard.declarations import Accepted, tell

_COMES_BACK = "pg_temp.schema_comes_back"
_TYPE = """
    SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
    WHERE a.attrelid = to_regclass(:table) AND a.attname = :column AND NOT a.attisdropped
"""
_CANONICAL = (
    "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attnum = 1"
)
_KEY = """
    SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = to_regclass(:table) AND i.indisprimary ORDER BY array_position(i.indkey::int2[], a.attnum)
"""


class LosslessPostgresql(PostgresqlImpl):
    """How Alembic speaks to PostgreSQL; defining it is enough for Alembic to use it."""

    __dialect__ = "postgresql"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Alembic keeps them for itself; the guard is among them.
        self.context_options: Mapping[str, Any] = options.get("context_opts") or arguments[-1]

    def alter_column(self, table_name: str, column_name: str, **options: Any) -> None:
        """Change a column; a new type only if no value suffers."""
        ours = {name: options.pop(name, None) for name in OPTIONS}
        type_ = options.get("type_")
        if type_ is not None and not self.as_sql and self.connection is not None:
            declared = str(self.dialect.type_compiler_instance.process(to_instance(type_)))
            prepare = self.dialect.identifier_preparer
            schema = options.get("schema")
            table = f"{prepare.quote(schema)}.{prepare.quote(table_name)}" if schema else prepare.quote(table_name)
            given = ours | {"convert": ours["convert"] or options.get("postgresql_using")}
            conversion = _Conversion(self.connection, table, column_name, declared, given)
            if conversion.changes():
                conversion.require_lossless()
                tell(self.context_options, conversion.declaration(table_name))
                options["postgresql_using"] = conversion.expression
        super().alter_column(table_name, column_name, **options)


class _Conversion:
    """One column on its way to another type."""

    def __init__(
        self,
        connection: Connection,
        table: str,
        column: str,
        declared: str,
        given: Mapping[str, str | None],
    ) -> None:
        self._connection = connection
        self._table = table
        self._column = column
        self._name = connection.dialect.identifier_preparer.quote(column)
        self._convert, self._back, self._because = (given[name] for name in OPTIONS)
        self._old = connection.scalar(text(_TYPE), {"table": table, "column": column})
        self._declared = declared.partition(" COLLATE ")[0]
        self._new = self._canonical()
        self.expression = self._convert or f"{self._name}::{self._declared}"

    def changes(self) -> bool:
        """Tell whether a value could become another."""
        if self._old is None:
            return False  # PostgreSQL will say that there is no such column
        wider = holds_at_least(self._new, self._old, dialect="postgresql")
        return bool(self._convert or self._because) or not wider

    def declaration(self, table: str) -> Accepted:
        """Say to the guard that the column's values are meant to be other ones."""
        because = self._because or "every value was converted and came back the same"
        return Accepted("change", table, because, names=(self._column,))

    def require_lossless(self) -> None:
        """Look at every value before anything changes. Raises DataLossRefused."""
        if self._because:
            return
        self._require_a_way_back()
        back = self._back or f"{self._name}::{self._old}"
        run = self._connection.exec_driver_sql
        # A function, because only there a value that cannot be converted is not the end of the transaction.
        source = (
            f"SELECT {self.expression}, {self._name}::text INTO schema_new, schema_old FROM (SELECT (schema_row).*) o"
        )
        came_back = f"SELECT ({back})::text FROM (SELECT schema_new AS {self._name}) n"
        run(
            f"CREATE FUNCTION {_COMES_BACK}(schema_row {self._table}) RETURNS boolean LANGUAGE plpgsql AS $schema$\n"
            f"DECLARE schema_new {self._declared}; schema_old text; BEGIN {source};\n"
            f"RETURN ({came_back}) IS NOT DISTINCT FROM schema_old;\n"
            "EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN RETURN FALSE; END $schema$"
        )
        lost = f"FROM {self._table} AS o WHERE {self._name} IS NOT NULL AND NOT {_COMES_BACK}(o)"
        count = run(f"SELECT count(*) {lost}").scalar() or 0
        rows = []
        if count:
            key = [self._connection.dialect.identifier_preparer.quote(name) for name in self._key()] or ["ctid::text"]
            found = run(f"SELECT {self._name}::text, {', '.join(key)} {lost} LIMIT {SHOWN}")
            rows = [(row[1:], row[0]) for row in found]
        run(f"DROP FUNCTION {_COMES_BACK}")
        if count:
            raise refuse_conversion(self._table, self._column, self._declared, count, rows)

    def _require_a_way_back(self) -> None:
        if self._convert and not self._back:
            raise DataLossRefused(
                N_(
                    "The migration was undone: {column} has a converter, so say how to come back (convert_back=…), or"
                    " that values change (accept_conversion=…)."
                ),
                column=self._column,
            )
        zoned = ["with time zone" in declared for declared in (self._old, self._new)]
        if not self._convert and zoned[0] != zoned[1] and "time" in self._new and "time" in self._old:
            raise DataLossRefused(
                N_(
                    "The migration was undone: say in which time zone {column} is, as in"
                    " convert=\"{column} AT TIME ZONE 'UTC'\", convert_back=\"{column} AT TIME ZONE 'UTC'\"."
                ),
                column=self._column,
            )

    def _key(self) -> list[str]:
        return list(self._connection.scalars(text(_KEY), {"table": self._table}))

    def _canonical(self) -> str:
        """Write the new type as PostgreSQL does."""
        run = self._connection.exec_driver_sql
        run(f"CREATE TEMPORARY TABLE schema_new_type (value {self._declared})")
        written = self._connection.scalar(text(_CANONICAL), {"table": "pg_temp.schema_new_type"})
        run("DROP TABLE pg_temp.schema_new_type")
        return str(written)
