"""Where requests of browsers and programs are worked on: a few threads that read, and others that write.

Whoever waits for the write lock, which may take a minute, keeps nobody from reading. There are no more threads than the
pool of the database has connections, so that none waits for one; and few, because of all the threads of a process one
works at a time, and the more of them want to, the more each is interrupted: at every row that SQLite gives (measured
with 16 browsers: 4 readers make a page in 14 % less time than 8, and 2 in a tenth less than 3 or 4; with 2, a long
question leaves one for all others).

Those that read are started by the thread that takes requests in, and stay on its core, if it keeps to one (decision
80), until a question takes long: that one is answered by the database, not by Python, and goes on beside the others.
Those that write go anywhere: what a password is compared with takes long to compute, likewise outside of Python.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import get_native_id
from typing import TypeVar

from src.db.cores import use_all_cores, use_own_core

_READERS = ThreadPoolExecutor(2, "reads")
_WRITERS = ThreadPoolExecutor(8, "writes", initializer=use_all_cores)
# A list takes a fifth of this, the sums of a first page or a search among many clients more.
_LONG_SECONDS = 0.03

Made = TypeVar("Made")


async def in_thread(make: Callable[..., Made], *facts: object, writes: bool = False) -> Made:
    """Make an answer in a thread, in the language of this request.

    Measured: Starlette's own way of doing this costs a quarter of a millisecond more.
    """
    loop, context = asyncio.get_running_loop(), copy_context()
    if writes:
        return await loop.run_in_executor(_WRITERS, context.run, make, *facts)
    reading = _Reading(loop)
    try:
        return await loop.run_in_executor(_READERS, context.run, reading.run, make, *facts)
    finally:
        reading.timer.cancel()


class _Reading:
    """One question, and the thread that has it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop, self.thread, self.began = loop, 0, 0.0
        self.timer = loop.call_later(_LONG_SECONDS, self._look)

    def run(self, make: Callable[..., Made], *facts: object) -> Made:
        self.began, self.thread = time.monotonic(), get_native_id()
        try:
            return make(*facts)
        finally:
            self.thread = 0
            # The next question is probably like this one.
            if time.monotonic() - self.began < _LONG_SECONDS:
                use_own_core()

    def _look(self) -> None:
        """Let the thread go if it has had its time; it may have begun just now, or not at all."""
        thread = self.thread  # it may end at any moment, and 0 would be this thread
        left = _LONG_SECONDS - (time.monotonic() - self.began if thread else 0)
        if left <= 0:
            use_all_cores(thread)
        else:
            self.timer = self.loop.call_later(left, self._look)
