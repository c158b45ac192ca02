"""Runs Alembic's command line in processes that are killed: before a statement, right after a COMMIT, at any instant.

A warm process forks itself for each run, which spares it the start; what runs is the real `alembic` entry point, from
the reading of its arguments to its exit code. `python -m tests.crash.killed_alembic PROJECT` answers one JSON request a
line.
"""

import json
import mmap
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.migrations.command_line import run, settle, warm_up
from tests.shared_server import PROJECT

KILLED = -signal.SIGKILL
_LONGEST = 200


class Ended(NamedTuple):
    """How a run ended: exit code (-9 for killed), what it said, the number of statements, the last one, seconds."""

    code: int
    said: str
    statements: int
    last: str
    seconds: float


class KilledAlembic:
    """Alembic in one project folder, ready to be run and killed."""

    def __init__(self, process: "subprocess.Popen[str]", project: Path, options: Sequence[str]) -> None:
        self.process, self.project, self.options = process, project, options

    def __call__(
        self,
        *arguments: str,
        url: str,
        env: Mapping[str, str] | None = None,
        before: int | None = None,
        after: float | None = None,
    ) -> Ended:
        """Run `alembic ARGUMENTS…`, killed `before` the statement of that number, or `after` so many seconds."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        environment = {**os.environ, **(env or {}), "DATABASE_URL": url}
        request = [[*self.options, *arguments], str(self.project), environment, before, after]
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return Ended(*json.loads(self.process.stdout.readline()))


@contextmanager
def killed_alembic(project: Path = PROJECT, options: Sequence[str] = ()) -> Iterator[KilledAlembic]:
    """Keep a warmed-up Alembic for a project folder; every run is given the options."""
    command = [sys.executable, "-m", "tests.crash.killed_alembic", str(project)]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield KilledAlembic(process, project, options)
        process.communicate()


class Countdown:
    """Counts what reaches the database in memory that survives the process, and kills it at one count."""

    def __init__(self, memory: mmap.mmap, stop: int | None) -> None:
        self.memory, self.stop, self.number = memory, stop, 0

    def step(self, statement: object) -> None:
        """A statement begins, or something else at which the process may be killed."""
        self.number += 1
        text = str(statement).encode()[:_LONGEST].ljust(_LONGEST)
        self.memory[: 8 + _LONGEST] = struct.pack("q", self.number) + text
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
        memory = mmap.mmap(-1, mmap.PAGESIZE)
        with tempfile.TemporaryFile() as said:
            began = time.monotonic()
            child = os.fork()
            if child == 0:
                settle(folder, environment, out=said, err=said)
                return arguments, Countdown(memory, before)
            if after is not None:
                time.sleep(after)
                os.kill(child, signal.SIGKILL)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            seconds = time.monotonic() - began
            said.seek(0)
            text = said.read().decode(errors="replace")
        (number,) = struct.unpack("q", memory[:8])
        last = memory[8 : 8 + _LONGEST].decode(errors="replace").strip("\0 ")
        answer = json.dumps([code, text, number, last, seconds])
        os.write(_ANSWERS, f"{answer}\n".encode())
    return None


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
