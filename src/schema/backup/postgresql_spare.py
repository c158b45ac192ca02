"""A database of our own beside the one that is worked on: a dump is tried out, or an upgrade rehearsed, in it.

Its maker holds an advisory lock under its name, taken before it exists. The server frees the lock however the maker
ends, so that the next spare database that anybody makes takes away what a killed program has left.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import URL

from src.db.driver import why_refused
from src.db.url import place_of
from src.domain.errors import DatabaseError, DatabaseUnreachable, DiskFull, Marked
from src.i18n import N_
from src.schema.backup.postgresql_programs import login_of

TRIAL = "backup_trial_"
REHEARSAL = "schema_plan_"

_DISK_FULL = "53100"
_DROP = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
_LOCK = "SELECT pg_advisory_lock(hashtextextended(%s, 0))"
# The locks of all databases of the server are listed for everybody, in two halves.
_LEFT = """SELECT datname FROM pg_database WHERE datname ~ %s AND NOT EXISTS (
  SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
  AND (classid::bigint << 32) + objid::bigint = hashtextextended(datname::text, 0))"""


@contextmanager
def spare_database(url: URL, kind: str) -> Iterator[URL]:
    """Make an empty database on the same server; at the end it is gone.

    Raises DatabaseUnreachable, DiskFull, or DatabaseError, which says what an administrator can do.
    """
    with connected(url) as connection:
        _drop_what_was_left(connection)
        name = f"{kind}{secrets.token_hex(8)}"
        connection.execute(_LOCK, (name,))
        encoding = connection.info.parameter_status("server_encoding") or "UTF8"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {}")
        try:
            connection.execute(create.format(sql.Identifier(name), sql.Literal(encoding)))
        except psycopg.Error as error:
            raise _refusal(connection, error) from None
        try:
            yield url.set(database=name)
        finally:
            connection.execute(_DROP.format(sql.Identifier(name)))


def may_create_databases(url: URL) -> bool:
    """Tell whether this user has the right to make one."""
    with connected(url) as connection:
        query = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
        return connection.execute(query).fetchone() == (True,)


@contextmanager
def connected(url: URL) -> Iterator["psycopg.Connection[Any]"]:
    """Reach the server, each statement by itself. Raises DatabaseUnreachable."""
    login = login_of(url)
    try:
        connection = psycopg.connect(login.address, password=login.environment.get("PGPASSWORD"), autocommit=True)
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(place=place_of(url), reason=Marked(why_refused(str(error)))) from None
    with connection:
        yield connection


def _drop_what_was_left(connection: "psycopg.Connection[Any]") -> None:
    for (name,) in connection.execute(_LEFT, (f"^({TRIAL}|{REHEARSAL})[0-9a-f]{{16}}$",)).fetchall():
        with suppress(psycopg.Error):  # it may be another user's, who takes it away
            connection.execute(_DROP.format(sql.Identifier(name)))


def _refusal(connection: "psycopg.Connection[Any]", error: psycopg.Error) -> DatabaseError:
    if error.sqlstate == _DISK_FULL:
        return DiskFull()
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        (user,) = connection.execute("SELECT quote_ident(current_user)").fetchone() or ("",)
        return DatabaseError(
            N_(
                "A copy of the database is needed on the server, and this user may not create one. An administrator"
                " allows it with: ALTER ROLE {user} CREATEDB"
            ),
            user=user,
        )
    return DatabaseError(
        N_(
            "A copy of the database is needed on the server, which did not create one (SQLSTATE {state}). Ask its"
            " administrator, or try again."
        ),
        state=error.sqlstate or "",
    )
