"""Opens SQLite files for the work of backups, and puts into words what SQLite refuses."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from src.db.driver import sqlite_module
from src.db.refusals import translate
from src.domain.errors import CrmError

READ_SECONDS = 60
_CODES = {
    "disk I/O error": "SQLITE_IOERR",
    "database or disk is full": "SQLITE_FULL",
    "database is locked": "SQLITE_BUSY",
    "database table is locked": "SQLITE_LOCKED",
    "database disk image is malformed": "SQLITE_CORRUPT",
    "file is not a database": "SQLITE_NOTADB",
    "attempt to write a readonly database": "SQLITE_READONLY",
    "unable to open database file": "SQLITE_CANTOPEN",
}


def file_of(url: URL) -> Path:
    """Give the file of a SQLite database."""
    return Path(url.database or "").absolute()


@contextmanager
def opened(file: Path, *, options: str = "mode=rw", seconds: float = READ_SECONDS) -> Iterator[Any]:
    """Open a database that exists; nothing begins by itself. Raises CrmError for all that SQLite refuses meanwhile."""
    sqlite = sqlite_module()
    # As bytes: a folder's name need not be UTF-8.
    place = f"file:{quote(os.fsencode(file))}?{options}"
    try:
        driver = sqlite.connect(place, uri=True, timeout=seconds, isolation_level=None)
        try:
            driver.execute("PRAGMA trusted_schema=OFF").close()
            yield driver
        finally:
            driver.close()
    except sqlite.Error as error:
        raise in_words(error, file) from None


@contextmanager
def reading(file: Path) -> Iterator[Any]:
    """Open a database at one moment: what others write from now on is not seen. Nothing can be written."""
    with opened(file) as driver:
        driver.execute("PRAGMA query_only=ON").close()
        driver.execute("BEGIN").close()
        # The moment is that of the first read.
        driver.execute("SELECT count(*) FROM main.sqlite_master").fetchone()
        yield driver


@contextmanager
def untouched(file: Path) -> Iterator[Any]:
    """Open a backup: no lock, no -wal and no -shm file beside it, not one byte of it changed."""
    with opened(file, options="mode=ro&immutable=1") as driver:
        yield driver


def in_words(error: Exception, file: Path) -> CrmError:
    """Put what SQLite refused into words."""
    if not hasattr(error, "sqlite_errorname"):
        # The driver's backup() raises without a code, only with SQLite's sentence for it.
        error.sqlite_errorname = _CODES.get(str(error), "SQLITE_ERROR")  # type: ignore[attr-defined]  # set by us
    return translate(DBAPIError("", None, error), place=str(file))


def is_sound(driver: Any) -> bool:
    """Tell whether SQLite finds no damage."""
    return bool(driver.execute("PRAGMA main.quick_check(1)").fetchall() == [("ok",)])


def size_of(driver: Any) -> int:
    """Tell how many bytes a database takes, without its log."""
    pages, page_size = (driver.execute(f"PRAGMA main.{name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages) * int(page_size)
