"""How much room on the disk a work takes at its worst moment, looked at while it goes on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool

_SECONDS = 0.02
# How SQLite names the files that it sorts in; they have no name on the disk any more, only this process sees them.
_SORTING = "etilqs_"


class Peak:
    """The room that was taken before (`start`) and at the worst moment (`most`), in bytes."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.most = start

    def note(self, taken: int) -> None:
        """Remember the worst."""
        self.most = max(self.most, taken)


@contextmanager
def watching(measure: Callable[[], int]) -> Iterator[Peak]:
    """Look at the room taken again and again, in a thread of its own, until the work is done."""
    peak = Peak(measure())
    done = threading.Event()

    def look() -> None:
        while not done.wait(_SECONDS):
            peak.note(measure())

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield peak
    finally:
        done.set()
        looking.join()
        peak.note(measure())


def size_of_folder(folder: Path) -> int:
    """Add up the files in a folder, and those that SQLite sorts in for this process."""
    taken = 0
    for file in folder.iterdir():
        with suppress(OSError):
            taken += file.stat().st_size
    with suppress(OSError):  # only Linux shows them
        for descriptor in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                if _SORTING in str(descriptor.readlink()):
                    taken += descriptor.stat().st_size
    return taken


@contextmanager
def asking_the_server(url: URL) -> Iterator[Callable[[], int]]:
    """Give what asks a PostgreSQL server for the size of a database, tables that are not committed included."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", hide_parameters=True)
    with engine.connect() as connection:
        yield lambda: int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
