"""Only one program changes the schema at a time; the others wait their turn, and a killed one leaves no lock behind."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from src.db.driver import sqlite_module
from src.db.url import place_of
from src.domain.errors import DatabaseBusy, DatabaseReadOnly, DatabaseUnreachable, DiskFull, Marked
from src.i18n import N_, _

WAIT_SECONDS = 60
# While a schema change waits for a table on PostgreSQL, everybody else waits behind it: give up soon, and try again.
TABLE_LOCK_MILLISECONDS = 250
PAUSE_SECONDS = 0.25
# Any number will do as long as it never changes: the lock that all migrations of this program share on PostgreSQL.
ADVISORY_LOCK = 7_305_804_402_566_623_331

_log = logging.getLogger("alembic.lock")


def create_private_file(url: URL) -> None:
    """Create the SQLite file if there is none, for its owner's eyes only (its -wal and -shm files follow it)."""
    file = Path(url.database or "")
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except FileNotFoundError:
        raise DatabaseUnreachable(place=place_of(url), reason=Marked(N_("its folder does not exist"))) from None
    except OSError as error:
        if error.errno == 28:  # ENOSPC
            raise DiskFull from None
        raise DatabaseReadOnly(place=place_of(url)) from None


@contextmanager
def open_to_change(url: URL) -> Iterator[Engine]:
    """Open a database to change its schema, alone: the turn is taken before the current revision is read.

    On SQLite the turn is the database's own write lock, taken by the transaction. Raises DatabaseBusy after a minute.
    """
    if url.get_backend_name() == "sqlite":
        yield _sqlite_engine(url)
        return
    with _turn_on_postgresql(url):
        yield _postgresql_engine(url)


def _sqlite_engine(url: URL) -> Engine:
    sqlite = sqlite_module()

    def connect() -> Any:
        # isolation_level=None: the driver must not commit before a CREATE TABLE, or a migration is not atomic.
        options: dict[str, Any] = {"isolation_level": None}
        if hasattr(sqlite, "LEGACY_TRANSACTION_CONTROL"):
            options["autocommit"] = sqlite.LEGACY_TRANSACTION_CONTROL
        return sqlite.connect(f"file:{quote(url.database or '')}?mode=rw", uri=True, timeout=PAUSE_SECONDS, **options)

    def prepare(opened: Any, _record: object) -> None:
        # Foreign keys can only be switched off before BEGIN. With them on, rebuilding a table deletes its children;
        # without legacy_alter_table, renaming the new table redirects them to the old one.
        for pragma in ("foreign_keys=OFF", "legacy_alter_table=ON", "synchronous=FULL", "secure_delete=ON"):
            opened.execute(f"PRAGMA {pragma}").close()

    engine = create_engine(url, module=sqlite, creator=connect, poolclass=NullPool, hide_parameters=True)
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _begin_immediate(connection: Connection) -> None:
    # Waiting here and not inside SQLite lets Ctrl-C through.
    for _turn in _patiently():
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except DBAPIError as error:
            if not getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                raise
        else:
            # COMMIT waits for those who are reading.
            connection.exec_driver_sql(f"PRAGMA busy_timeout={WAIT_SECONDS * 1000}")
            return
    raise DatabaseBusy


def _postgresql_engine(url: URL) -> Engine:
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 10}, hide_parameters=True)

    def prepare(opened: Any, _record: object) -> None:
        # Here and not through SQLAlchemy: Alembic takes a transaction it did not begin for somebody else's.
        with opened.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {TABLE_LOCK_MILLISECONDS}")
        opened.commit()

    event.listen(engine, "connect", prepare)
    return engine


@contextmanager
def _turn_on_postgresql(url: URL) -> Iterator[None]:
    # Polled, on a connection of its own, outside any transaction: waiting inside pg_advisory_lock() would hang for ever
    # against a CREATE INDEX CONCURRENTLY, and a transaction's lock would end with the first autocommit block.
    engine = create_engine(
        url,
        poolclass=NullPool,
        connect_args={"connect_timeout": 10},
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
    )
    with engine.connect() as connection:
        for _turn in _patiently():
            if connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_LOCK}):
                yield  # closing the connection gives the turn back, as does its death
                return
    raise DatabaseBusy


def _patiently() -> Iterator[None]:
    """Try at once, then again and again for a minute."""
    yield
    _log.info(_("Another program is changing the database; waiting for it."))
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        time.sleep(PAUSE_SECONDS)
        yield
