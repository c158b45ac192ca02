"""Which SQLite serves the company's embedded database: the wheel's recent one where it exists, else Python's own."""

from functools import cache
from importlib import import_module
from types import ModuleType

# Below this version two connections that reset a WAL at once can lose committed rows: https://sqlite.org/wal.html
WAL_SAFE_SINCE = (3, 51, 3)


@cache
def sqlite_module() -> ModuleType:
    """Give the DBAPI module that opens the company's SQLite file."""
    try:
        return import_module("pysqlite3.dbapi2")
    except ImportError:
        return import_module("sqlite3.dbapi2")


def sqlite_version() -> tuple[int, int, int]:
    """Tell the version of the SQLite library in use."""
    major, minor, patch = sqlite_module().sqlite_version_info
    return major, minor, patch


def wal_is_safe() -> bool:
    """Tell whether this SQLite may keep the company's records in a write-ahead log (else journal_mode=TRUNCATE)."""
    return sqlite_version() >= WAL_SAFE_SINCE
