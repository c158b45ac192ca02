"""Where the tests keep their files: in memory, where there is room for them.

A run makes thousands of databases and drops each a moment later. On a disk the system takes several times the processor
for that (measured for a PostgreSQL database: 84 to 490 ms on a disk, 31 ms in memory), and everybody waits for it.
"""

import os
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - each run makes a private folder in it
_ROOM = 4 * 2**30  # what a whole run takes at its fullest is a fifth of this


def keep_files_in_memory() -> None:
    """Let this process, and all that it starts, make temporary files in memory, unless the user named a folder."""
    if "TMPDIR" not in os.environ and _has_room():
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None  # what was found out before


def _has_room() -> bool:
    try:
        found = os.statvfs(_MEMORY)
    except OSError:
        return False
    # Tests make small programs and start them.
    return found.f_bavail * found.f_frsize >= _ROOM and not found.f_flag & os.ST_NOEXEC and os.access(_MEMORY, os.W_OK)
