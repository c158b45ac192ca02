"""A private folder for the copy of a database: gone at the end, and by the next rehearsal if this one is killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from src.domain.errors import NoRoom

_PREFIX = "alembic-plan-"
_MEGABYTE = 1_000_000


@contextmanager
def private_folder(need: int, *, beside: Path | None) -> Iterator[Path]:
    """Make a folder that only its owner may read, where `need` bytes are free: temporary ones come first.

    `beside` is the last place to be tried. Raises NoRoom with both figures.
    """
    places = [*dict.fromkeys([Path(tempfile.gettempdir()), Path("/var/tmp")]), *([beside] if beside else [])]  # noqa: S108 - a new private folder in it
    usable = [place for place in places if os.access(place, os.W_OK)]
    for place in usable:
        _remove_leftovers(place)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_with_room(usable or places, need)))
    # The system frees the lock however this process ends.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def _with_room(places: Sequence[Path], need: int) -> Path:
    free = {place: shutil.disk_usage(place).free for place in places if place.exists()}
    for place, room in free.items():
        if room >= need:
            return place
    most = max(free, key=lambda place: free[place])
    raise NoRoom(folder=str(most), need=-(-need // _MEGABYTE), have=free[most] // _MEGABYTE)


def _remove_leftovers(place: Path) -> None:
    for folder in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                # Nothing is in a folder before it is locked, so an empty one may belong to somebody about to lock it.
                if any(folder.iterdir()):
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder)
            finally:
                os.close(descriptor)
