"""Runs Alembic's command line in processes that are killed: before a statement, right after a COMMIT, at any instant.

A warm process forks itself for each run, which spares it the start; what runs is the real `alembic` entry point, from
the reading of its arguments to its exit code. `python -m tests.crash.killed_alembic PROJECT` answers one JSON request a
line.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from tests.migrations.command_line import run, settle, warm_up
from tests.shared_server import PROJECT

KILLED = -signal.SIGKILL
_LONGEST = 200


class Ended(NamedTuple):
    """How a run ended: exit code (-9 for killed), what it said, the statements that it came to, seconds."""

    code: int
    said: str
    statements: Sequence[str]
    seconds: float


class KilledAlembic:
    """Alembic in one project folder, ready to be run and killed."""

    def __init__(self, process: "subprocess.Popen[str]", project: Path, options: Sequence[str], backups: Path) -> None:
        self.process, self.project, self.options, self.backups = process, project, options, backups

    def __call__(
        self,
        *arguments: str,
        url: str,
        before: int | None = None,
        after: float | None = None,
    ) -> Ended:
        """Run `alembic ARGUMENTS…`, killed `before` the statement of that number, or `after` so many seconds."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        environment = {**os.environ, "BACKUP_FOLDER": str(self.backups), "DATABASE_URL": url}
        request = [[*self.options, *arguments], str(self.project), environment, before, after]
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return Ended(*json.loads(self.process.stdout.readline()))


@contextmanager
def killed_alembic(backups: Path, options: Sequence[str] = ()) -> Iterator[KilledAlembic]:
    """Keep a warmed-up Alembic for the project; every run is given the options, and makes its backups there."""
    command = [sys.executable, "-m", "tests.crash.killed_alembic", str(PROJECT)]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield KilledAlembic(process, PROJECT, options, backups)
        process.communicate()


class Countdown:
    """Writes down what reaches the database in a file that survives the process, and kills it at one count."""

    def __init__(self, notes: int, stop: int | None) -> None:
        self.notes, self.stop, self.number = notes, stop, 0

    def step(self, statement: object) -> None:
        """A statement begins, or something else at which the process may be killed."""
        self.number += 1
        os.write(self.notes, " ".join(str(statement)[:_LONGEST].split()).encode(errors="replace") + b"\n")
        if self.number == self.stop:
            os.kill(os.getpid(), signal.SIGKILL)


def listen_to_sqlite(countdown: Countdown) -> None:
    """Count every statement that SQLite begins, those of triggers too, and every COMMIT that is done."""
    from src.db.driver import sqlite_module

    sqlite = sqlite_module()

    class Connection(sqlite.Connection):  # type: ignore[misc, name-defined]  # chosen when it runs
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.set_trace_callback(countdown.step)

        def commit(self) -> None:
            super().commit()
            countdown.step("after COMMIT")

    connect = sqlite.connect
    vars(sqlite)["connect"] = lambda *arguments, **options: connect(*arguments, **{"factory": Connection, **options})


def listen_to_postgresql(countdown: Countdown) -> None:
    """Count every statement that goes to the server, and the moments before and after each COMMIT."""
    import psycopg

    execute, commit = psycopg.Cursor.execute, psycopg.Connection.commit

    def counted_execute(self: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        countdown.step(query)
        return execute(self, query, *arguments, **options)

    def counted_commit(self: Any) -> None:
        countdown.step("before COMMIT")
        commit(self)
        countdown.step("after COMMIT")

    vars_of: Any = psycopg
    vars_of.Cursor.execute, vars_of.Connection.commit = counted_execute, counted_commit


def _serve() -> tuple[Sequence[str], Countdown] | None:
    """Answer requests; in the process that is to run one, return what it is to do instead."""
    for line in sys.stdin:
        arguments, folder, environment, before, after = json.loads(line)
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as notes:
            began = time.monotonic()
            child = os.fork()
            if child == 0:
                settle(folder, environment, out=said, err=said)
                return arguments, Countdown(os.dup(notes.fileno()), before)
            if after is not None:
                time.sleep(after)
                os.kill(child, signal.SIGKILL)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            seconds = time.monotonic() - began
            text, statements = (_read(file) for file in (said, notes))
        answer = json.dumps([code, text, statements.splitlines(), seconds])
        os.write(_ANSWERS, f"{answer}\n".encode())
    return None


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


_ANSWERS = 1


def main() -> None:
    """Warm up, serve, and in each forked process run Alembic."""
    global _ANSWERS  # noqa: PLW0603 - what is printed must not be taken for an answer
    warm_up(project=sys.argv[1])
    _ANSWERS = os.dup(1)
    task = _serve()
    if task is not None:
        arguments, countdown = task
        listen_to_sqlite(countdown)
        listen_to_postgresql(countdown)
        run(arguments)


if __name__ == "__main__":
    main()
