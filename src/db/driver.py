"""Which drivers serve the company's database, and what their failures to open it mean.

SQLite: the wheel's recent one where it exists, else Python's own. PostgreSQL: psycopg.
"""

from contextlib import closing
from functools import cache
from importlib import import_module
from types import ModuleType

from src.i18n import N_

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


@cache
def may_distrust_schema() -> bool:
    """Tell whether this SQLite lets triggers keep a full-text index although it does not trust the schema.

    Older ones take every virtual table for dangerous there; with them the file's schema has to be trusted.
    """
    if wal_is_safe():
        return True
    sqlite = sqlite_module()
    with closing(sqlite.connect(":memory:")) as connection:
        try:
            connection.executescript(_KEPT_BY_TRIGGER)
        except sqlite.OperationalError:
            return False
    return True


_KEPT_BY_TRIGGER = """
    PRAGMA trusted_schema=OFF; CREATE TABLE one (x); CREATE VIRTUAL TABLE two USING fts5(x);
    CREATE TRIGGER three AFTER INSERT ON one BEGIN INSERT INTO two VALUES (NEW.x); END; INSERT INTO one VALUES (1);
"""


def why_refused(error: BaseException | str) -> str:
    """Say why a database could not be opened, as a marked sentence: the driver's own text may hold what was typed."""
    said = str(error)
    return next((reason for sign, reason in _REFUSALS if sign in said), _NO_ANSWER)


_NO_ANSWER = N_("the server does not answer or refuses the log-in")
# What PostgreSQL's client writes on failing to connect carries no code, and a server may write in its own language.
_REFUSALS = (
    ("unable to open database file", N_("permission denied")),
    ("disk I/O error", N_("the disk or network failed")),
    ("password authentication failed", N_("the server refuses this user or password")),
    ("no password supplied", N_("the server asks for a password")),
    ("no pg_hba.conf entry", N_("the server does not let this user in from here")),
    ('role "', N_("the server does not know this user")),
    ('database "', N_("the server has no database of this name")),
    ("Connection refused", N_("no server listens at this address")),
    ("No such file or directory", N_("no server listens at this address")),
    ("failed to resolve host", N_("no machine has this name")),
    ("could not translate host name", N_("no machine has this name")),
    ("timeout expired", N_("the server does not answer")),
    ("too many clients", N_("the server has no connection left")),
    ("does not support SSL", N_("the server offers no encrypted connection")),
    ("invalid sslmode value", N_("the address has an option that PostgreSQL does not know")),
    ("invalid connection option", N_("the address has an option that PostgreSQL does not know")),
)
