"""One PostgreSQL server for a whole test run, shared by its worker processes and started when the first one needs it.

A keeper process of its own runs the server and ends it when the test run is over, however it ended: well, by Ctrl-C,
by kill -9, by a closed terminal. Who lives is told by file locks, which the system frees whatever happens.
"""

import contextlib
import fcntl
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url

from tests.postgres import PostgresUnavailableError, private_server

PROJECT = Path(__file__).resolve().parent.parent
RUN_FOLDER = pytest.StashKey[Path]()
_keepers: list["subprocess.Popen[bytes]"] = []  # kept so that nothing complains about a process left running


@contextlib.contextmanager
def run_folder() -> Iterator[Path]:
    """A folder for what one test run shares; at the end its server is stopped and nothing of it is left."""
    folder = Path(tempfile.mkdtemp(prefix="epic-events-tests-"))
    try:
        with locked(folder / "owner"):
            yield folder
        with contextlib.suppress(FileNotFoundError), locked(folder / "keeper"):
            pass  # free as soon as the keeper, if there is one, has stopped the server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def shared_server(folder: Path) -> URL:
    """The server of this test run; the first caller starts it, the others wait for it."""
    answer, refusal, log_file = folder / "url", folder / "refusal", folder / "keeper.log"
    with locked(folder / "starting"):
        if not answer.exists() and not refusal.exists():
            with log_file.open("w") as log:
                keeper = subprocess.Popen(
                    [sys.executable, "-m", "tests.shared_server", str(folder)],
                    cwd=PROJECT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C is for the test run, which then lets the keeper go
                )
            _keepers.append(keeper)
            while not answer.exists() and not refusal.exists() and keeper.poll() is None:
                time.sleep(0.05)
    if answer.exists():
        return make_url(answer.read_text(encoding="utf-8"))
    raise PostgresUnavailableError((refusal if refusal.exists() else log_file).read_text(encoding="utf-8"))


def keep(folder: Path) -> None:
    """Run the server for as long as the test run lives."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with locked(folder / "keeper"):
        try:
            with private_server() as url:
                publish(folder / "url", url.render_as_string(hide_password=False))
                with locked(folder / "owner"):
                    pass
        except PostgresUnavailableError as refusal:
            publish(folder / "refusal", str(refusal))
        else:
            shutil.rmtree(folder, ignore_errors=True)  # nobody else does if the test run was killed


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that ends with this process at the latest."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def publish(path: Path, text: str) -> None:
    """Let the waiting workers see a file only when it is complete."""
    draft = path.with_suffix(".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
