"""A real terminal for a program under test: what a person sees and types, on a screen of a given width."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tests.program import HANG_SECONDS

PROJECT = Path(__file__).parent.parent.parent
SAMPLE = (sys.executable, "-m", "tests.cli.sample")

_STYLES = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Seen:
    """What became of a program at a terminal."""

    code: int
    text: str

    @property
    def plain(self) -> str:
        """What was on the screen, without colours."""
        return _STYLES.sub("", self.text).replace("\r\n", "\n")

    @property
    def lines(self) -> list[str]:
        """The lines on the screen, without colours and the spaces at their ends."""
        return [line.rstrip() for line in self.plain.splitlines()]


def at_terminal(
    *arguments: str,
    width: int = 80,
    answers: Sequence[tuple[str, str | Callable[[str], str]]] | None = None,
    env: Mapping[str, str] | None = None,
    command: tuple[str, ...] = SAMPLE,
) -> Seen:
    """Run the sample program at a terminal; each answer is typed once its question is on the screen.

    An answer "^C" presses Ctrl-C; one that depends on what the screen shows is a function of it.
    """
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    environment = {**os.environ, "TERM": "xterm", "LANG": "C.UTF-8", **(env or {})}
    with subprocess.Popen(
        [*command, *arguments],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=PROJECT,
        env=environment,
        start_new_session=True,
        preexec_fn=take_terminal,  # noqa: PLW1509 - pytest starts no other thread, and nothing else takes a terminal
    ) as process:
        os.close(follower)
        try:
            text = _converse(leader, list(answers or []))
            process.wait(HANG_SECONDS)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            os.close(leader)
    return Seen(process.returncode, text)


def at_terminal_warm(
    *arguments: str, width: int, answers: Sequence[tuple[str, str]], env: Mapping[str, str], folder: Path
) -> Seen:
    """Run `epicevents` itself at a terminal, forked from a process that has loaded it already."""
    from tests.cli import warm

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    forking = get_context("forkserver")
    forking.set_forkserver_preload([warm.__name__])
    ours, theirs = forking.Pipe(duplex=False)
    environment = {**os.environ, "TERM": "xterm", "LANG": "C.UTF-8", **env}
    details = (arguments, os.ttyname(follower), theirs, environment, str(folder))
    process = forking.Process(target=warm.run, args=details, daemon=True)
    process.start()
    theirs.close()
    try:
        ours.recv_bytes()
        os.close(follower)
        text = _converse(leader, list(answers))
        process.join(HANG_SECONDS)
    finally:
        process.kill()
        os.close(leader)
    assert process.exitcode is not None
    return Seen(process.exitcode, text)


def take_terminal() -> None:
    """Make the terminal on standard input this process's own."""
    # The terminal becomes the program's own, so that Ctrl-C and hidden prompts reach it as in a shell. A test run that
    # was started in the background would otherwise hand down that Ctrl-C is ignored.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _converse(leader: int, answers: list[tuple[str, str | Callable[[str], str]]]) -> str:
    seen, answered_up_to = b"", 0
    while True:
        ready, _writable, _broken = select.select([leader], [], [], HANG_SECONDS)
        if not ready:
            raise TimeoutError(f"the program says nothing more after {seen!r}")
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # how Linux tells that the program has ended
            chunk = b""
        if not chunk:
            return seen.decode("utf-8", "replace")
        seen += chunk
        if answers and answers[0][0].encode() in seen[answered_up_to:]:
            answered_up_to = len(seen)
            answer = answers.pop(0)[1]
            if callable(answer):
                answer = answer(seen.decode("utf-8", "replace"))
            with contextlib.suppress(OSError):
                os.write(leader, b"\x03" if answer == "^C" else answer.encode() + b"\n")
