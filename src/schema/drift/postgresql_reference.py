"""Runs the migrations on PostgreSQL where nobody sees it: in a schema of a transaction that is rolled back.

That needs no right but to create a schema, and whoever is killed leaves nothing behind: the server rolls back.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.pool import NullPool

from src.domain.errors import DatabaseError, Marked
from src.i18n import N_
from src.schema.drift.restating import RESTATE
from src.schema.guard.objects import Key, Objects
from src.schema.guard.postgresql_objects import read_postgresql_objects

_PREFIX = "migrations_tried_out_"
# A migration finds only what it made itself there: whoever waits for a lock has gone astray among the live tables.
_LOCK_MILLISECONDS = 2000
_EXTENSION_SCHEMAS = """
    SELECT DISTINCT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE n.nspname <> 'pg_catalog'
"""
_ALONE = re.compile(r"^(\s*(?:create\s+(?:unique\s+)?|drop\s+|re)index\b[^;]*?)\bconcurrently\b", re.IGNORECASE)


class Scratch:
    """A schema that will never have been."""

    def __init__(self, connection: Connection, *, schema: str, company: str) -> None:
        self.connection = connection
        self.schema = schema
        self._company = company

    def read(self) -> Objects:
        """Read what the migrations have made so far, under the names that it has in the database's own schema."""
        driver = self.connection.connection.driver_connection
        return _renamed(read_postgresql_objects(driver, self.schema, everywhere=False), {self.schema: self._company})

    def read_restated(self) -> Objects:
        """Read the same as PostgreSQL writes it once it was dumped and restored: its definitions, said again."""
        driver: Any = self.connection.connection.driver_connection
        driver.execute(RESTATE.replace("{schema}", self.schema))
        return self.read()


@contextmanager
def scratch_schema(url: URL, *, company: str) -> Iterator[Scratch]:
    """Open a schema of our own for the migrations; `company` is the schema that it stands for.

    Raises DatabaseError where this role may not create one.
    """
    schema = f"{_PREFIX}{secrets.token_hex(6)}"
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 10}, hide_parameters=True)
    with engine.connect() as connection:
        transaction = connection.begin()
        try:
            if not connection.exec_driver_sql(
                "SELECT has_database_privilege(current_database(), 'CREATE')"
            ).scalar_one():
                raise DatabaseError(
                    N_(
                        "Whether the tables are those of this program cannot be seen: the migrations are tried out in a"
                        " schema of their own, which this user may not create. The database's owner allows it with:"
                        " GRANT CREATE ON DATABASE {database} TO {user}"
                    ),
                    database=url.database or "",
                    user=url.username or "",
                )
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_LOCK_MILLISECONDS}")
            set_search_path(connection.connection.driver_connection, schema)
            connection.dialect.default_schema_name = schema
            event.listen(connection, "before_cursor_execute", _kept_apart(company), retval=True)
            yield Scratch(connection, schema=schema, company=company)
        finally:
            transaction.rollback()


def set_search_path(driver: Any, schema: str) -> None:
    """Let names be written, until the transaction ends, as they are where only this schema and extensions are seen."""
    extensions = [name for (name,) in driver.execute(_EXTENSION_SCHEMAS).fetchall()]
    quoted = '"' + schema.replace('"', '""') + '"'
    driver.execute("SELECT set_config('search_path', %s, true)", (", ".join([quoted, *extensions]),))


def _kept_apart(company: str) -> Any:
    named = re.compile(rf"(?<![\w.\"])\"?{re.escape(company)}\"?\s*\.", re.IGNORECASE)

    def before(_connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        if named.search(statement):
            raise DatabaseError(
                N_("The migrations cannot be tried out beside the database's own tables: {reason}."),
                reason=Marked(N_("they name the schema of those tables themselves")),
            )
        # In a transaction indexes are made the plain way; nobody waits for these tables.
        return _ALONE.sub(r"\1", statement), parameters

    return before


def _renamed(objects: Objects, names: Mapping[str, str]) -> Objects:
    pattern = re.compile("|".join(map(re.escape, names)))

    def plain(text: str) -> str:
        return pattern.sub(lambda match: names[match[0]], text)

    return {
        Key(*(plain(part) for part in key)): {side: plain(text) for side, text in said.items()}
        for key, said in objects.items()
    }
