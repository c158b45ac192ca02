"""What a database says is translated by its code, never by its words: each code has its named error."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from src.db.driver import sqlite_module
from src.db.refusals import RECORD_WORDS, translate
from src.db.session import Database
from src.domain import errors
from src.domain.errors import CrmError
from src.domain.rules import CONSTRAINT_MESSAGES
from tests.cli.terminals import PROJECT

POSTGRESQL = {
    "23514": errors.RuleBroken,
    "23503": errors.RuleBroken,
    "23001": errors.RuleBroken,
    "23505": errors.AlreadyExists,
    "23502": errors.InvalidInput,
    "23P01": errors.RuleBroken,
    "40001": errors.DatabaseBusy,  # serialization_failure
    "40P01": errors.DatabaseBusy,  # deadlock_detected
    "55P03": errors.DatabaseBusy,  # lock_not_available
    "53300": errors.DatabaseBusy,  # too_many_connections
    "57014": errors.DatabaseBusy,  # query_canceled
    "53100": errors.DiskFull,
    "25006": errors.DatabaseReadOnly,  # read_only_sql_transaction
    "3F000": errors.DatabaseReadOnly,  # invalid_schema_name
    "42501": errors.DatabaseReadOnly,  # insufficient_privilege
    "57P01": errors.DatabaseUnreachable,  # admin_shutdown
    "57P03": errors.DatabaseUnreachable,  # cannot_connect_now
    "08006": errors.DatabaseUnreachable,  # connection_failure
    "28P01": errors.DatabaseUnreachable,  # invalid_password
    "3D000": errors.DatabaseUnreachable,  # invalid_catalog_name
    "22001": errors.DatabaseError,
    "42P01": errors.DatabaseError,
    "XX000": errors.DatabaseError,
}
SQLITE = {
    "SQLITE_BUSY": errors.DatabaseBusy,
    "SQLITE_BUSY_SNAPSHOT": errors.DatabaseBusy,
    "SQLITE_LOCKED": errors.DatabaseBusy,
    "SQLITE_PROTOCOL": errors.DatabaseBusy,
    "SQLITE_FULL": errors.DiskFull,
    "SQLITE_READONLY": errors.DatabaseReadOnly,
    "SQLITE_READONLY_DIRECTORY": errors.DatabaseReadOnly,
    "SQLITE_NOTADB": errors.NotADatabase,
    "SQLITE_CORRUPT": errors.NotADatabase,
    "SQLITE_CORRUPT_INDEX": errors.NotADatabase,
    "SQLITE_IOERR": errors.DatabaseUnreachable,
    "SQLITE_IOERR_WRITE": errors.DatabaseUnreachable,
    "SQLITE_PERM": errors.DatabaseUnreachable,
    "SQLITE_AUTH": errors.DatabaseUnreachable,
    "SQLITE_ERROR": errors.DatabaseError,
    "SQLITE_NOMEM": errors.DatabaseError,
}


def test_every_code_of_postgresql_is_a_named_error(postgres_database: Database) -> None:
    answers, told = {}, []
    for code in POSTGRESQL:
        raising = text(f"DO $$ BEGIN RAISE EXCEPTION 'marker' USING ERRCODE = '{code}', DETAIL = 'marker'; END $$")
        try:
            with postgres_database.writing() as session:
                session.execute(raising)
        except CrmError as refusal:
            answers[code] = type(refusal)
            told.append(str(refusal))
    assert answers == POSTGRESQL
    assert "marker" not in " ".join(told)


@pytest.mark.parametrize("code", SQLITE)
def test_every_code_of_sqlite_is_a_named_error(tmp_path: Path, code: str) -> None:
    said: Any = sqlite_module().OperationalError("marker")
    said.sqlite_errorname = code
    place = tmp_path / "epic.db"
    place.touch()
    refusal = translate(OperationalError("SELECT 1", {}, said), place=str(place))
    assert type(refusal) is SQLITE[code]
    assert "marker" not in str(refusal)


def test_a_file_that_cannot_be_opened_is_missing_or_closed(tmp_path: Path) -> None:
    said: Any = sqlite_module().OperationalError("unable to open database file")
    said.sqlite_errorname = "SQLITE_CANTOPEN"
    error = OperationalError(None, None, said)
    (tmp_path / "there.db").touch()
    assert type(translate(error, place=str(tmp_path / "none.db"))) is errors.DatabaseMissing
    assert type(translate(error, place=str(tmp_path / "there.db"))) is errors.DatabaseUnreachable
    assert type(translate(error, place=str(tmp_path))) is errors.NotADatabase  # a folder


ON_A_READ_ONLY_DISK = """
import os, sys
from sqlalchemy.exc import OperationalError
from src.db.driver import sqlite_module
from src.db.refusals import translate

said = sqlite_module().OperationalError("unable to open database file")
said.sqlite_errorname = "SQLITE_CANTOPEN"
if os.geteuid() == 0:  # root may write everything
    os.setuid(65534)
print(type(translate(OperationalError(None, None, said), place=sys.argv[1])).__name__)
"""


def test_a_readable_file_beside_which_nothing_can_be_written_is_read_only() -> None:
    """What SQLite meets on a read-only disk: it cannot make the write-ahead log, and says no more than that."""
    with tempfile.TemporaryDirectory() as name:  # nobody may enter pytest's own folders
        file = Path(name) / "epic.db"
        file.touch(mode=0o644)
        file.parent.chmod(0o555)
        command = [sys.executable, "-c", ON_A_READ_ONLY_DISK, str(file)]
        said = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
        file.parent.chmod(0o755)
    assert said == "DatabaseReadOnly\n"


def test_a_failure_on_a_disk_without_room_is_a_full_disk() -> None:
    """Readers need room, too, for the memory that they share with writers; on some disks SQLite names another cause."""
    said: Any = sqlite_module().OperationalError("disk I/O error")
    said.sqlite_errorname = "SQLITE_IOERR"
    without_room = next(folder for folder in ("/proc", "/dev") if os.statvfs(folder).f_bavail == 0)
    assert type(translate(OperationalError(None, None, said), place=f"{without_room}/epic.db")) is errors.DiskFull


def test_what_the_pool_and_the_session_refuse_is_named_too() -> None:
    assert type(translate(PoolTimeout(), place="")) is errors.DatabaseBusy
    assert type(translate(StaleDataError(), place="")) is errors.Conflict


@pytest.mark.parametrize(
    "error",
    [
        StatementError("a mistake of the program", "SELECT 1", {}, ValueError("no money")),
        DBAPIError("SELECT 1", {}, ValueError("no driver's error")),
        ProgrammingError("SELECT 1", {}, None),  # type: ignore[arg-type]  # there is none
    ],
    ids=["before the driver", "another driver", "nothing from the driver"],
)
def test_a_mistake_of_the_program_is_no_refusal(error: Any) -> None:
    """It ends as a crash report, which a person sends in, and not as advice they could follow."""
    with pytest.raises(type(error)) as passed_on:
        translate(error, place="")
    assert passed_on.value is error


def test_the_words_of_a_sqlite_constraint_are_read_without_its_values(sqlite_database: Database) -> None:
    """A value that looks like a rule's name is a value all the same."""
    rule = next(iter(CONSTRAINT_MESSAGES))
    insert = text(
        "INSERT INTO sessions (user_id, token_hash, interface, device, version) VALUES (1, :rule, :rule, '', 1)"
    )
    with pytest.raises(errors.InvalidInput) as refusal, sqlite_database.writing() as session:
        session.execute(insert, {"rule": rule})
    assert refusal.value.field == "last seen at"


def test_every_table_that_people_know_has_its_word() -> None:
    assert set(RECORD_WORDS) == {"users", "clients", "contracts", "contract_lines", "payments", "events", "saved_views"}
