"""Shares the trials among processes, and hears from each how far it is."""

import multiprocessing
import time
from collections.abc import Callable, Iterable
from typing import Any


def share_out(work: Callable[..., None], shares: Iterable[tuple[Any, ...]], heard: Callable[[Any], None]) -> list[str]:
    """Let a process do each share of the work, and pass on what it reports; gives the faults of those that failed.

    `work` is called with the parts of its share and, last, with what it reports by.
    """
    forking = multiprocessing.get_context("fork")
    reports: Any = forking.SimpleQueue()  # without a thread: these processes copy themselves
    members = [forking.Process(target=work, args=(*share, reports.put)) for share in shares]
    for member in members:
        member.start()
    while any(member.is_alive() for member in members) or not reports.empty():
        if reports.empty():
            time.sleep(0.05)
            continue
        heard(reports.get())
    return [f"a process of the trials ended with {member.exitcode}" for member in members if member.exitcode]
