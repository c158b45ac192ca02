"""The application's connection to its database, with the promises of each engine switched on.

SQLite: foreign keys are enforced, every commit is on disk before it is acknowledged (synchronous=FULL), and writers
take the write lock when they begin. Measured: with the driver's default begin, two concurrent payments of 60 both pass
on a contract of 100 and 963 of 1,200 read-then-write transactions fail with "database is locked"; with BEGIN IMMEDIATE
none do.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import NullPool

from src.db.driver import may_distrust_schema, sqlite_module, wal_is_safe
from src.db.refusals import is_no_file
from src.db.url import place_of
from src.domain.errors import NotADatabase

BUSY_TIMEOUT_SECONDS = 60
READ_ONLY = "crm_read_only"
_FILE = "crm_file"


def open_engine(url: URL, *, pooled: bool = False) -> Engine:
    """Open the company's database for the application; a missing SQLite file is an error, never a new empty database.

    Connecting raises NotADatabase where a folder, pipe, device or socket has the file's name.
    `pooled` keeps connections for a server process; commands open one and close it.
    """
    settings: dict[str, Any] = {"hide_parameters": True}
    settings |= {"pool_size": 10, "max_overflow": 10} if pooled else {"poolclass": NullPool}
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url, settings)
    settings["connect_args"] = {"connect_timeout": 10, "application_name": "epicevents"}
    if pooled:
        settings["pool_pre_ping"] = True
    return create_engine(url, **settings)


def _open_sqlite(url: URL, settings: dict[str, Any]) -> Engine:
    sqlite = sqlite_module()
    # mode=rw: SQLite itself must not create the file. quote() keeps a "?" or "#" in a folder's name out of the query.
    file = Path(url.database or "").absolute()
    place = f"file:{quote(str(file))}?mode=rw"

    def connect() -> Any:
        if is_no_file(file):
            raise NotADatabase(place=place_of(url))
        return sqlite.connect(
            place,
            uri=True,
            timeout=BUSY_TIMEOUT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=128,
        )

    engine = create_engine(url, module=sqlite, creator=connect, **settings)
    event.listen(engine, "connect", _prepare_sqlite_connection)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "checkin", _end_what_is_left)
    if "poolclass" not in settings:
        event.listen(engine, "connect", _note_file)
        event.listen(engine, "checkout", _refuse_another_file)
    return engine


def _prepare_sqlite_connection(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # WAL is a property of the file: asking first spares a lock on every start.
    journal = "wal" if wal_is_safe() else "truncate"
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] != journal and _is_ours(cursor):
        _switch_journal(cursor, journal)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # INSERT OR REPLACE deletes, too: without this, past the triggers that refuse a deletion.
    cursor.execute("PRAGMA recursive_triggers=ON")
    cursor.execute("PRAGMA secure_delete=ON")
    if may_distrust_schema():
        cursor.execute("PRAGMA trusted_schema=OFF")
    cursor.close()


def _note_file(connection: Any, record: Any) -> None:
    (_number, _name, path) = connection.execute("PRAGMA database_list").fetchone()
    record.info[_FILE] = path, _file_at(path)


def _refuse_another_file(_connection: Any, record: Any, _proxy: object) -> None:
    # A file that was moved or replaced stays open where it was: what is saved there would be acknowledged and lost.
    path, opened = record.info[_FILE]
    if opened is None or opened != _file_at(path):
        raise DisconnectionError("another file is there now")


def _file_at(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - asked at every page; a Path costs more than the question
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _switch_journal(cursor: Any, journal: str) -> None:
    # The switch needs the file for itself. While somebody else has it open in a transaction, this start works with the
    # old journal, which loses nothing either, and the next one tries again.
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        cursor.execute(f"PRAGMA journal_mode={journal}")
    except sqlite_module().OperationalError as error:
        if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
            raise
    finally:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}")


def _is_ours(cursor: Any) -> bool:
    # Looking at an empty file, or at another program's database, must not change it.
    return cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is not None


def _begin_sqlite(connection: Connection) -> None:
    driver: Any = connection.connection.dbapi_connection
    if connection.get_execution_options().get(READ_ONLY):
        # Neither touches the file, so neither can be refused: without SQLAlchemy around them they cost a tenth.
        driver.execute("PRAGMA query_only=ON")
        driver.execute("BEGIN")
    else:
        driver.execute("PRAGMA query_only=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _end_what_is_left(connection: Any, _record: object) -> None:
    # A COMMIT that SQLite refuses leaves the transaction open, and with it the write lock of the whole company taken.
    if connection is not None and connection.in_transaction:
        connection.rollback()
