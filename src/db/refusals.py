"""Translates what a database refuses into the CRM's own errors, without the personal data that drivers put into theirs.

PostgreSQL's DETAIL line shows the offending e-mail even with hide_parameters, so only the error's code and the name of
the constraint are read, never its text. SQLite names a broken UNIQUE by its columns and the rest by the constraint.
"""

import re
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from src.domain.errors import (
    AlreadyExists,
    Conflict,
    CrmError,
    DatabaseBusy,
    DatabaseError,
    DatabaseMissing,
    DatabaseReadOnly,
    DatabaseUnreachable,
    DiskFull,
    Marked,
    NotADatabase,
    RuleBroken,
)
from src.domain.rules import CONSTRAINT_MESSAGES
from src.i18n import N_

RECORD_WORDS = {
    "users": N_("member of staff"),
    "clients": N_("client"),
    "contracts": N_("contract"),
    "payments": N_("payment"),
    "events": N_("event"),
}
_STILL_USED = N_("Other records still refer to this one, or it refers to one that does not exist.")


def translate(error: SQLAlchemyError, *, place: str) -> CrmError:
    """Turn a database's refusal into the named error a person can act upon."""
    if isinstance(error, StaleDataError):
        return Conflict(record=Marked(N_("record")))
    if isinstance(error, PoolTimeout):
        return DatabaseBusy()
    if not isinstance(error, DBAPIError) or error.orig is None:
        raise error
    if code := getattr(error.orig, "sqlite_errorname", None):
        return _from_sqlite(str(code), str(error.orig), place)
    if hasattr(error.orig, "sqlstate"):
        return _from_postgresql(error, place)
    raise error


def _from_sqlite(code: str, text: str, place: str) -> CrmError:
    if code.startswith("SQLITE_CONSTRAINT"):
        return _from_sqlite_constraint(code, text)
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseBusy()
    if code.startswith("SQLITE_FULL"):
        return DiskFull()
    if code.startswith("SQLITE_READONLY"):
        return DatabaseReadOnly(place=place)
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return NotADatabase(place=place)
    if code.startswith("SQLITE_CANTOPEN") and not Path(place).exists():
        return DatabaseMissing(place=place, command="epicevents init")
    if code.startswith(("SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_PERM", "SQLITE_AUTH")):
        return DatabaseUnreachable(place=place, reason=code)
    return DatabaseError()


def _from_sqlite_constraint(code: str, text: str) -> CrmError:
    if match := re.search(r"UNIQUE constraint failed: (\w+)\.(\w+)", text):
        return _already_exists(match[1], match[2])
    if code == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return RuleBroken(_STILL_USED)
    name = text.rsplit(":", 1)[-1].strip()
    return _broken_rule(name)


def _from_postgresql(error: DBAPIError, place: str) -> CrmError:
    state = getattr(error.orig, "sqlstate", None) or ""
    diagnostics = getattr(error.orig, "diag", None)
    constraint = getattr(diagnostics, "constraint_name", None) or ""
    if state == "23505":
        return _already_exists(getattr(diagnostics, "table_name", None) or "", constraint.rpartition("_")[2])
    if state == "23503":
        return RuleBroken(_STILL_USED)
    if state.startswith("23"):
        return _broken_rule(constraint)
    if state in {"40001", "40P01", "55P03", "53300", "57014"}:
        return DatabaseBusy()
    if state == "53100":
        return DiskFull()
    if state in {"25006", "42501"}:
        return DatabaseReadOnly(place=place)
    if not state or state.startswith(("08", "28", "3D", "57P")) or error.connection_invalidated:
        # psycopg's own text may repeat the address with its password: the kind of failure is enough.
        return DatabaseUnreachable(place=place, reason=state or type(error.orig).__name__)
    return DatabaseError()


def _already_exists(table: str, column: str) -> AlreadyExists:
    return AlreadyExists(field=Marked(column.replace("_", " ")), record=Marked(RECORD_WORDS.get(table, N_("record"))))


def _broken_rule(constraint: str) -> RuleBroken:
    return RuleBroken(CONSTRAINT_MESSAGES.get(constraint), constraint=constraint)
