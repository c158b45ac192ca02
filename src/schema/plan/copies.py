"""Copies of a database to rehearse on; the database itself stays as it is, to the byte."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import URL

from src.db.driver import why_refused
from src.db.url import place_of
from src.domain.errors import DatabaseError, DatabaseUnreachable, Marked
from src.i18n import N_
from src.schema.backup.content import Advance, in_stages
from src.schema.backup.folder import told_in_words
from src.schema.backup.postgresql_backup import write_dump
from src.schema.backup.postgresql_programs import Login, find_programs, login_of
from src.schema.backup.postgresql_restore import fill_from_dump
from src.schema.backup.sqlite_backup import copy_pages
from src.schema.backup.sqlite_files import file_of, opened, size_of
from src.schema.plan.copy_folder import private_folder
from src.schema.state import mode_without_trace

# Of the file's size: the copy, and what a rebuild of its largest table was measured to take besides.
_ROOM = 4
_AT_LEAST = 10_000_000
_COPY = "epicevents_plan_"
_DROP = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")


@contextmanager
def copy_of(url: URL, *, programs: Path | None, advance: Advance) -> Iterator[tuple[URL, Path | None]]:
    """Copy a database as it is at one moment; gives the copy's address and, on SQLite, the folder that is its own.

    Raises NoRoom, DatabaseError where this user may not create a database, or what is wrong with the database.
    """
    if url.get_backend_name() == "sqlite":
        with _sqlite_copy(file_of(url), advance) as copy:
            yield url.set(database=str(copy)), copy.parent
        return
    with _postgresql_copy(url, programs=programs, advance=advance) as copied:
        yield copied, None


@contextmanager
def _sqlite_copy(file: Path, advance: Advance) -> Iterator[Path]:
    with opened(file, options=mode_without_trace(file)) as driver:
        need = _ROOM * size_of(driver) + _AT_LEAST
    with private_folder(need, beside=file.parent) as folder:
        copy = folder / "copy.db"
        with told_in_words(folder), opened(file, options=mode_without_trace(file)) as driver:
            copy.touch(mode=0o600)
            driver.execute("PRAGMA query_only=ON").close()
            driver.execute("BEGIN").close()
            copy_pages(driver, copy, advance)
        yield copy


@contextmanager
def _postgresql_copy(url: URL, *, programs: Path | None, advance: Advance) -> Iterator[URL]:
    login = login_of(url)
    dumping, filling = in_stages(advance, 1, 1)
    with _connected(url, login) as connection:
        version = connection.info.server_version // 10_000
        folder = find_programs(server=version, programs=programs)
        if not _one(connection, "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"):
            raise DatabaseError(
                N_(
                    "Nothing was rehearsed: on PostgreSQL that is done in a copy of the database, and this user may not"
                    " create one. An administrator allows it with: ALTER ROLE {user} CREATEDB"
                ),
                user=_one(connection, "SELECT quote_ident(current_user)"),
            )
        _drop_leftovers(connection)
        with _new_database(connection) as name:
            copy = url.set(database=name)
            size = _one(connection, "SELECT pg_database_size(current_database())")
            with private_folder(size + _AT_LEAST, beside=None) as place, told_in_words(place):
                dump = place / "copy.dump"
                dump.touch(mode=0o600)
                write_dump(url, dump, programs=folder, size=size, advance=dumping)
                fill_from_dump(copy, dump, programs=folder)
            filling(1)
            yield copy


@contextmanager
def _connected(url: URL, login: Login) -> Iterator["psycopg.Connection[Any]"]:
    try:
        connection = psycopg.connect(login.address, password=login.environment.get("PGPASSWORD"), autocommit=True)
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(place=place_of(url), reason=Marked(why_refused(str(error)))) from None
    with connection:
        yield connection


@contextmanager
def _new_database(connection: "psycopg.Connection[Any]") -> Iterator[str]:
    oid = _one(connection, "SELECT oid FROM pg_database WHERE datname = current_database()")
    name = f"{_COPY}{oid}_{secrets.token_hex(6)}"
    # The server frees the lock however this process ends: the next rehearsal knows by it what was left behind.
    connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (name,))
    encoding = connection.info.parameter_status("server_encoding") or "UTF8"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {}")
    connection.execute(create.format(sql.Identifier(name), sql.Literal(encoding)))
    try:
        yield name
    finally:
        connection.execute(_DROP.format(sql.Identifier(name)))


def _drop_leftovers(connection: "psycopg.Connection[Any]") -> None:
    query = (
        "SELECT datname FROM pg_database WHERE datname LIKE"
        " (SELECT replace(%s, '_', '\\_') || oid || '\\_%%' FROM pg_database WHERE datname = current_database())"
    )
    for (name,) in connection.execute(query, (_COPY,)).fetchall():
        if _one(connection, "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", name):
            with suppress(psycopg.Error):
                connection.execute(_DROP.format(sql.Identifier(name)))


def _one(connection: "psycopg.Connection[Any]", query: str, *parameters: str) -> Any:
    row = connection.execute(query, parameters or None).fetchone()
    assert row is not None  # noqa: S101 - for mypy: each of these queries gives one row
    return row[0]
