"""Which cores the threads of a server may use: those that take turns anyway stay together on one.

Of all threads of a process one works at a time. On several cores they hand Python's lock from core to core, which takes
up to a third of the processor (decision 80). Linux only; elsewhere all threads stay where the system puts them.
"""

import os
import random
import socket
import sys
from contextlib import suppress

# A name that one process of this machine can have at a time, and that is free again when it ends, however it ends.
_NAME = "\0epicevents-core-{}"
_held: list[socket.socket] = []
_own: set[int] = set()
_all: set[int] = set()


def keep_to_one_core() -> None:
    """Keep this thread, and those that it starts, on a core that no other server process of this machine keeps to.

    Where none is free, it goes where the system puts it, as before.
    """
    if sys.platform != "linux" or _own:
        return
    _all.update(os.sched_getaffinity(0))
    # By chance, as processes in other containers do not see which names are taken.
    for core in random.sample(sorted(_all), len(_all)):
        if _take(core):
            _own.add(core)
            use_own_core()
            break


def use_own_core(thread: int = 0) -> None:
    """Bring a thread, this one if none is named, back to the core that this process keeps to."""
    _use(thread, _own)


def use_all_cores(thread: int = 0) -> None:
    """Let a thread go anywhere: what computes outside of Python's lock must not stop the others."""
    if _own:
        _use(thread, _all)


def _take(core: int) -> bool:
    """Take a core, unless somebody has it."""
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        name.bind(_NAME.format(core))
    except OSError:
        name.close()
        return False
    _held.append(name)
    return True


def _use(thread: int, cores: set[int]) -> None:
    if sys.platform == "linux" and cores:
        # Some sandboxes do not let a program choose: it is slower then, and that is all.
        with suppress(OSError):
            os.sched_setaffinity(thread, cores)
