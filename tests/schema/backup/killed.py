"""Makes and restores backups in processes that are killed: a warm process forks itself for each.

`python -m tests.schema.backup.killed` answers one JSON request a line. A fork kills itself when its progress reaches
`stop` thousandths, or is killed after `seconds`. `… killed once` does one request and ends.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, make_url

from src.schema.backup.backups import open_backup
from src.schema.backup.create import create_backup
from src.schema.backup.restore import restore_backup
from tests.shared_server import PROJECT

COMMAND = [sys.executable, "-m", "tests.schema.backup.killed"]


class Killer:
    """Starts backups and restores, and kills them."""

    def __init__(self, process: "subprocess.Popen[str]", programs: Path | None) -> None:
        self.process, self.programs = process, programs

    def __call__(
        self, verb: str, url: URL, path: Path, *, stop: int | None = None, seconds: float | None = None
    ) -> int:
        """Do it; gives how it ended, -9 for killed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(request(verb, url, path, stop=stop, seconds=seconds, programs=self.programs))
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def killer(programs: Path | None = None) -> Iterator[Killer]:
    """Warm a process up."""
    with subprocess.Popen(COMMAND, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Killer(process, programs)
        process.communicate()


def request(
    verb: str,
    url: URL,
    path: Path,
    *,
    stop: int | None = None,
    seconds: float | None = None,
    programs: Path | None = None,
) -> str:
    """A line that asks for a backup or a restore."""
    address = url.render_as_string(hide_password=False)
    return json.dumps([verb, address, str(path), stop, seconds, str(programs) if programs else None]) + "\n"


def do(verb: str, address: str, path: str, stop: int | None, programs: str | None) -> None:
    """Make or restore a backup, and be killed on the way if asked for."""

    def progress(done: int, _total: int) -> None:
        if stop is not None and done >= stop:
            os.kill(os.getpid(), signal.SIGKILL)

    url, now, folder = make_url(address), datetime.now(UTC), Path(programs) if programs else None
    if verb == "create":
        create_backup(url, Path(path), reason="a test", now=now, programs=folder, progress=progress)
    else:
        restore_backup(url, open_backup(Path(path)), now=now, programs=folder, progress=progress)


def main() -> None:
    """Answer requests until there are no more."""
    for line in sys.stdin:
        verb, address, path, stop, seconds, programs = json.loads(line)
        if sys.argv[1:] == ["once"]:
            do(verb, address, path, stop, programs)
            return
        child = os.fork()
        if child == 0:
            try:
                do(verb, address, path, stop, programs)
                os._exit(0)
            finally:
                os._exit(1)  # a fork must not go on reading the requests
        if seconds is not None:
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
