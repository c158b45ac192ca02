"""A transaction of psql, which alone understands what pg_restore writes; only COMMIT, said at the end, makes it count.

Whoever is killed, psql sees the end of its input before the COMMIT, and the server rolls everything back.
"""

import json
import re
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from src.domain.errors import CrmError, DatabaseBusy, DatabaseError, DiskFull
from src.i18n import N_
from src.schema.backup.postgresql_programs import Login

# Errors come as a bare SQLSTATE: PostgreSQL's sentences may hold the values of a row.
_OPTIONS = ("-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=sqlstate")
_STATE = re.compile(r"(?:ERROR|FATAL):\s+([0-9A-Z]{5})\b")
_BUSY = {"40P01", "40001", "55P03", "57014"}


class Transaction:
    """An open transaction on the server."""

    def __init__(self, psql: "subprocess.Popen[str]", errors: IO[str]) -> None:
        self._psql = psql
        self._errors = errors

    def ask(self, statement: str) -> list[Any]:
        """Run statements; gives the rows of a query that selects one column of JSON. Raises CrmError."""
        assert self._psql.stdin is not None  # noqa: S101 - given to Popen below
        assert self._psql.stdout is not None  # noqa: S101 - for mypy: it is a pipe
        end = secrets.token_hex(16)
        try:
            self._psql.stdin.write(f"{statement};\n\\echo {end}\n")
            self._psql.stdin.flush()
        except BrokenPipeError:
            raise self._refusal() from None
        rows: list[Any] = []
        for line in self._psql.stdout:
            if line.strip() == end:
                return rows
            rows.append(json.loads(line))
        raise self._refusal()

    def run_dump(self, dump: Path, contents: Path, *, programs: Path) -> bool:
        """Let pg_restore write those parts of a dump that `contents` lists into the transaction; False if it failed."""
        # A dump calls functions, such as setval(), whose answers nobody reads: they would fill the pipe.
        self.ask("\\o /dev/null\nSELECT 1")
        command = [str(programs / "pg_restore"), "--no-owner", f"--use-list={contents}", "--file=-", str(dump)]
        done = subprocess.run(command, stdout=self._psql.stdin, stderr=subprocess.DEVNULL, check=False)  # noqa: S603 - PostgreSQL's own program
        self.ask("SELECT 1;\n\\o\nSELECT json_build_array()")
        return done.returncode == 0

    def commit(self) -> None:
        """Make it count."""
        self.ask("COMMIT")

    def _refusal(self) -> CrmError:
        self._psql.wait()
        self._errors.seek(0)
        state = _STATE.search(self._errors.read())
        if state is None:
            return DatabaseError(N_("The connection to the server was lost; the database is as it was."))
        if state[1] in _BUSY:
            return DatabaseBusy()
        if state[1] == "53100":
            return DiskFull()
        return DatabaseError(N_("The restore failed and was undone: SQLSTATE {state}."), state=state[1])


@contextmanager
def transaction(login: Login, *, programs: Path) -> Iterator[Transaction]:
    """Open a transaction; it is rolled back at the end unless it was committed."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        psql = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
            [programs / "psql", *_OPTIONS, f"--dbname={login.address}"],
            env=login.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
        )
        try:
            opened = Transaction(psql, errors)
            opened.ask("SET client_min_messages = error;\nBEGIN")
            yield opened
        finally:
            psql.kill()
            psql.wait()
            for pipe in (psql.stdin, psql.stdout):
                # What was not written any more was meant for a transaction that is over.
                with suppress(BrokenPipeError):
                    if pipe is not None:
                        pipe.close()
