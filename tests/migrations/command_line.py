"""Runs Alembic's command line as a shell does, each time in a process of its own.

Starting Python and importing SQLAlchemy take a second, and there are hundreds of runs: a warmed-up process forks itself
for each. What runs is the real `alembic` entry point, from the reading of its arguments to the exit code.

`python -m tests.migrations.command_line PROJECT` answers one JSON request a line.
"""

import ctypes
import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

import alembic.config

PROJECT = Path(__file__).resolve().parents[2]
NEEDED = (
    *("alembic.autogenerate", "sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite.pysqlite"),
    *("src.config", "src.models", "src.schema.environment", "src.services"),
)


class Answer(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Everything a person sees."""
        return self.out + self.err


class CommandLine:
    """Alembic's command line, ready to be used in one project folder."""

    def __init__(self, process: "subprocess.Popen[str]", project: Path) -> None:
        self.process = process
        self.project = project

    def in_project(self, project: Path) -> "CommandLine":
        """Use another copy's configuration and revisions.

        The code stays that of the first copy, so that .env and relative SQLite files are still looked for there.
        """
        return CommandLine(self.process, project)

    def __call__(
        self,
        *arguments: str,
        url: str | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        traceback: bool = False,
    ) -> Answer:
        """Run `alembic ARGUMENTS…`, by default in the project's folder, with DATABASE_URL only if `url` is given.

        A traceback fails the test unless it was asked for.
        """
        [answer] = self._ask(1, arguments, url=url, cwd=cwd, env=env)
        assert traceback or "Traceback (most recent call last)" not in answer.text, answer.text
        return answer

    def at_once(self, times: int, *arguments: str, url: str) -> list[Answer]:
        """Run `alembic ARGUMENTS…` so many times at the same moment."""
        return self._ask(times, arguments, url=url, cwd=None, env=None)

    def _ask(
        self, times: int, arguments: Sequence[str], *, url: str | None, cwd: Path | None, env: Mapping[str, str] | None
    ) -> list[Answer]:
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {} if url is None else {"DATABASE_URL": url}
        environment |= dict(env or {})
        request = {"arguments": arguments, "cwd": str(cwd or self.project), "env": environment, "times": times}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return [Answer(**answer) for answer in json.loads(self.process.stdout.readline())]


@contextmanager
def command_line(project: Path) -> Iterator[CommandLine]:
    """Keep a warmed-up Alembic for a project folder."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.migrations.command_line", str(project)],
        cwd=PROJECT,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield CommandLine(process, project)
        assert process.stdin is not None
        process.stdin.close()


def without_roots_right_to_open_everything() -> None:
    """Give up CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH for what is started next; others do not have them anyway."""
    libc = ctypes.CDLL(None)
    for capability in (1, 2):
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def warm_up(*, project: str) -> None:
    """Load what every run needs, so that the processes forked from here need not."""
    # The project under test, not the folder of these tests: a copy has a `src` of its own.
    sys.path[0] = project
    for module in NEEDED:
        importlib.import_module(module)
    # Asking for it maps every table, which takes as long as all the rest of a run.
    assert importlib.import_module("src.models").Base
    # A forked process that collects would copy the pages of all that was loaded, for the little that it leaves.
    gc.disable()
    gc.freeze()


def serve(requests: IO[str], answers: IO[str]) -> Sequence[str] | None:
    """Answer requests; in the process that is to run one, return its arguments instead."""
    for line in requests:
        request = json.loads(line)
        with ExitStack() as files:
            running = []
            for _ in range(request["times"]):
                out, err = (files.enter_context(tempfile.TemporaryFile("w+")) for _ in range(2))
                child = os.fork()
                if child == 0:
                    settle(request["cwd"], request["env"], out=out, err=err)
                    arguments: list[str] = request["arguments"]
                    return arguments
                running.append((child, out, err))
            answers.write(json.dumps([_answer_of(*one) for one in running]) + "\n")
            answers.flush()
    return None


def settle(folder: str, environment: Mapping[str, str], *, out: IO[Any], err: IO[Any]) -> None:
    """Make a forked process one that a shell started there, with nothing to read."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)


def _answer_of(child: int, out: IO[str], err: IO[str]) -> dict[str, object]:
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    for file in (out, err):
        file.seek(0)
    return {"code": code, "out": out.read(), "err": err.read()}


def main() -> None:
    """Warm up, serve, and in each forked process run Alembic."""
    warm_up(project=sys.argv[1])
    with os.fdopen(os.dup(1), "w") as answers:
        arguments = serve(sys.stdin, answers)
    if arguments is not None:
        run(arguments)


def run(arguments: Sequence[str]) -> NoReturn:
    """Run Alembic and end as its script would, without taking Python down piece by piece (0.3 s)."""
    code: str | int | None = 1
    try:
        alembic.config.main(argv=arguments, prog="alembic")
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 - what Python does with what nobody caught
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    main()
