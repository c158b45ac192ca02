"""Translates what a database refuses into the CRM's own errors, without the personal data that drivers put into theirs.

PostgreSQL's DETAIL line shows the offending e-mail even with hide_parameters, so only the error's code and the name of
the constraint are read, never its text. SQLite names a broken UNIQUE by its columns and the rest by the constraint; of
its codes only the first part is read, because not every driver gives the rest.
"""

import errno
import os
import re
import stat
from pathlib import Path

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from src.db.driver import why_refused
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
    InvalidInput,
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
    "contract_lines": N_("line"),
    "payments": N_("payment"),
    "events": N_("event"),
    "saved_views": N_("saved view"),
}
# Columns that people know by another word than their name.
_COLUMN_WORDS = {
    "email": N_("e-mail"),
    "username": N_("username"),
    "idempotency_key": N_("idempotency key"),
    "user_id_list_name_name": N_("name"),
}
# Measured: below this SQLite cannot make the 32 KB that readers and writers share.
_ROOM_TO_READ = 64 * 1024
# Where the file's name itself is the trouble, SQLite only says that it could not open it.
_NAMES_OF_NO_FILE = {
    errno.ELOOP: N_("its link leads back to itself"),
    errno.ENAMETOOLONG: N_("its name is too long for this disk"),
}
# PostgreSQL's rights are no file's.
_NOT_WRITABLE = {
    "25006": N_("The database at {place} can only be read at the moment. Nothing was saved."),
    "3F000": N_(
        "The database at {place} has no schema in which tables could be. Nothing was saved. Let its owner type: CREATE"
        " SCHEMA public"
    ),
    "42501": N_(
        "The database at {place} does not let its user do this: check the user's rights on the tables. Nothing was"
        " saved."
    ),
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


def is_no_file(place: Path) -> bool:
    """Tell whether a folder, pipe, device or socket is where the database should be.

    To be asked before it is opened: opening a pipe waits for ever, an empty device looks like an empty database, and
    making the tables there would overwrite it.
    """
    try:
        return not stat.S_ISREG(place.stat().st_mode)
    except OSError:
        return False  # opening it will say why


def _from_sqlite(code: str, text: str, place: str) -> CrmError:
    if code.startswith("SQLITE_CONSTRAINT"):
        return _from_sqlite_constraint(text)
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")):
        return DatabaseBusy()
    if code.startswith("SQLITE_FULL"):
        return DiskFull()
    if code.startswith("SQLITE_READONLY"):
        return DatabaseReadOnly(place=place)
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return NotADatabase(place=place)
    if code.startswith("SQLITE_CANTOPEN"):
        return _from_closed_file(Path(place), text)
    if code.startswith("SQLITE_IOERR") and _disk_is_full(Path(place)):
        return DiskFull()
    if code.startswith(("SQLITE_IOERR", "SQLITE_PERM", "SQLITE_AUTH")):
        return DatabaseUnreachable(place=place, reason=Marked(why_refused(text)))
    return DatabaseError()


def _from_closed_file(file: Path, text: str) -> CrmError:
    trouble = _trouble_of(file)
    if trouble in {errno.ENOENT, errno.ENOTDIR}:
        return DatabaseMissing(place=str(file), command="epicevents init")
    if trouble in _NAMES_OF_NO_FILE:
        return DatabaseUnreachable(place=str(file), reason=Marked(_NAMES_OF_NO_FILE[trouble]))
    if is_no_file(file):
        return NotADatabase(place=str(file))
    if os.access(file, os.R_OK) and not os.access(file.parent, os.W_OK):
        # On a read-only disk: the write-ahead log, without which there is no reading, cannot be made.
        return DatabaseReadOnly(place=str(file))
    return DatabaseUnreachable(place=str(file), reason=Marked(why_refused(text)))


def _disk_is_full(file: Path) -> bool:
    # The memory that readers share is a file, too; on some file systems it fails with an error of its own.
    try:
        disk = os.statvfs(file.parent)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < _ROOM_TO_READ


def _trouble_of(file: Path) -> int | None:
    try:
        file.stat()
    except OSError as error:  # also where it may be there, in a folder that we may not enter
        return error.errno
    return None


def _from_sqlite_constraint(text: str) -> CrmError:
    if match := re.search(r"UNIQUE constraint failed: (\w+)\.", text):
        # Several columns together are named as PostgreSQL's constraint names them.
        return _already_exists(match[1], "_".join(re.findall(rf"\b{match[1]}\.(\w+)", text)))
    if match := re.search(r"NOT NULL constraint failed: \w+\.(\w+)", text):
        return _value_missing(match[1])
    if "FOREIGN KEY constraint failed" in text:
        return RuleBroken(_STILL_USED)
    name = text.rsplit(":", 1)[-1].strip()
    return _broken_rule(name)


def _from_postgresql(error: DBAPIError, place: str) -> CrmError:
    state = getattr(error.orig, "sqlstate", None) or ""
    diagnostics = getattr(error.orig, "diag", None)
    constraint = getattr(diagnostics, "constraint_name", None) or ""
    table = getattr(diagnostics, "table_name", None) or ""
    if state == "23505":
        return _already_exists(table, constraint.removeprefix(f"uq_{table}_"))
    if state in {"23503", "23001"}:
        return RuleBroken(_STILL_USED)
    if state == "23502":
        return _value_missing(getattr(diagnostics, "column_name", None) or "")
    if state.startswith("23"):
        return _broken_rule(constraint)
    if state in {"40001", "40P01", "55P03", "53300", "57014"}:
        return DatabaseBusy()
    if state == "53100":
        return DiskFull()
    if state in _NOT_WRITABLE:
        return DatabaseReadOnly(_NOT_WRITABLE[state], place=place)
    lost = error.connection_invalidated or (not state and isinstance(error, OperationalError | InterfaceError))
    if lost or state.startswith(("08", "28", "3D", "57P")):
        # psycopg's own text may repeat the address with its password: the kind of failure is enough.
        return DatabaseUnreachable(place=place, reason=Marked(why_refused(error.orig or error)))
    return DatabaseError()


def _already_exists(table: str, column: str) -> AlreadyExists:
    return AlreadyExists(field=_word(column), record=Marked(RECORD_WORDS.get(table, N_("record"))))


def _value_missing(column: str) -> InvalidInput:
    return InvalidInput(N_("{field}: a value is required."), field=_word(column))


def _word(column: str) -> Marked:
    return Marked(_COLUMN_WORDS.get(column, column.replace("_", " ")))


def _broken_rule(constraint: str) -> RuleBroken:
    return RuleBroken(CONSTRAINT_MESSAGES.get(constraint), constraint=constraint)
