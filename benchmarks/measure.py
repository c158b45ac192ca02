"""Measures a command as the system sees it: processor time, time on the clock and peak memory of one child process.

The measuring process stays small and imports nothing heavy: Linux counts the memory of whoever starts a process into
that process's peak.
"""

import fcntl
import os
import pty
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_SCREEN = (40, 140)  # rows, columns
# ru_maxrss counts kilobytes on Linux and bytes on macOS.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Run:
    """One run of a command: seconds of processor (user and system) and on the clock, bytes of memory at the peak."""

    cpu: float
    wall: float
    memory: int


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command line to be measured; at a terminal of its own, or writing into a file (nowhere, if none is named)."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    terminal: bool = False
    output: Path = Path(os.devnull)


class CommandFailedError(Exception):
    """A command that is measured must work."""


def run(command: Command) -> Run:
    """Run a command once.

    Raises:
        CommandFailedError: it ended with another exit code than 0.
    """
    return _at_terminal(command) if command.terminal else _into_file(command)


def in_turns(commands: Sequence[Command], rounds: int, *, told: Callable[[str], object]) -> dict[str, Run]:
    """Run all commands by turns, so that a busy moment of the machine touches them alike; gives medians by name.

    One round more comes first and is not counted: it fills the caches of the system.
    """
    runs: dict[str, list[Run]] = {command.name: [] for command in commands}
    for number in range(rounds + 1):
        told(f"round {number} of {rounds}")
        for command in commands:
            done = run(command)
            if number:
                runs[command.name].append(done)
    return {name: _median(done) for name, done in runs.items()}


def _median(runs: Sequence[Run]) -> Run:
    return Run(
        cpu=median(run.cpu for run in runs),
        wall=median(run.wall for run in runs),
        memory=int(median(run.memory for run in runs)),
    )


def _into_file(command: Command) -> Run:
    with command.output.open("wb") as output, Path(os.devnull).open("r+b") as nothing:
        return _timed(command, {0: nothing.fileno(), 1: output.fileno(), 2: nothing.fileno()})


def _at_terminal(command: Command) -> Run:
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", *_SCREEN, 0, 0))
    # A terminal that nobody reads would stop the program.
    reader = threading.Thread(target=_drain, args=(leader,), daemon=True)
    reader.start()
    try:
        return _timed(command, {0: follower, 1: follower, 2: follower})
    finally:
        os.close(follower)
        reader.join(timeout=5)
        os.close(leader)


def _drain(leader: int) -> None:
    try:
        while os.read(leader, 1 << 16):
            pass
    except OSError:  # how Linux tells that the other side is closed
        return


def _timed(command: Command, streams: Mapping[int, int]) -> Run:
    duplicates = [(os.POSIX_SPAWN_DUP2, source, target) for target, source in streams.items()]
    program = command.arguments[0]
    os.chdir(command.folder)
    start = time.perf_counter()
    child = os.posix_spawnp(program, list(command.arguments), dict(command.environment), file_actions=duplicates)
    _pid, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        raise CommandFailedError(f"{command.name}: exit code {code}: {' '.join(command.arguments)}")
    return Run(cpu=usage.ru_utime + usage.ru_stime, wall=wall, memory=usage.ru_maxrss * _RSS_UNIT)
