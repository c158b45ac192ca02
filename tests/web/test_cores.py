"""Each process of a server keeps to a core of its own, and what computes outside of Python's lock goes anywhere."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.company import Company
from tests.web.servers import Server, serving

ALL = os.sched_getaffinity(0) if sys.platform == "linux" else set()
pytestmark = pytest.mark.skipif(len(ALL) < 2, reason="there is one core only, or no program may choose")
# A process that keeps to a core, says to which, and what a thread may use that it starts, and one that goes anywhere.
KEEPING = """
import os, sys, threading
from src.db.cores import keep_to_one_core, use_all_cores
def show(before=lambda: None):
    before()
    print(*sorted(os.sched_getaffinity(0)), flush=True)
keep_to_one_core()
keep_to_one_core()
for before in (lambda: None, use_all_cores):
    thread = threading.Thread(target=show, args=[before])
    thread.start()
    thread.join()
show()
sys.stdin.read()
"""

# Four questions, one after the other: the cores that each may use in the end; the second takes long.
ASKING = """
import asyncio, os, time
from src.db.cores import keep_to_one_core
from src.db.threads import in_thread
def ask():
    return os.sched_getaffinity(0)
def ask_long():
    began = time.monotonic()
    while time.monotonic() < began + 0.1 or (len(ask()) == 1 and time.monotonic() < began + 60):
        time.sleep(0.01)
    return ask()
async def main():
    keep_to_one_core()
    for question in (ask, ask_long, ask, ask):
        print(*sorted(await in_thread(question)), flush=True)
asyncio.run(main())
"""


def keeping() -> "subprocess.Popen[str]":
    """Start such a process; it goes on until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", KEEPING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )


def told(process: "subprocess.Popen[str]") -> list[set[int]]:
    """Give the cores that its three lines name."""
    assert process.stdout is not None
    return [cores_in(process.stdout.readline()) for _line in range(3)]


def cores_in(line: str) -> set[int]:
    return {int(core) for core in line.split()}


def taken() -> set[int]:
    """Give the cores that somebody on this machine keeps to."""
    names = [line.rpartition(" ")[2] for line in Path("/proc/net/unix").read_text(encoding="utf-8").splitlines()]
    return {int(name.rpartition("-")[2]) for name in names if name.startswith("@epicevents-core-")}


def cores_of(pid: int) -> list[set[int]]:
    """Give the cores of each thread of a process, the one that takes requests in first."""
    threads = sorted(int(entry.name) for entry in Path(f"/proc/{pid}/task").iterdir())
    return [os.sched_getaffinity(thread) for thread in threads]


def processes_of(server: Server) -> list[int]:
    """Give the processes that answer."""
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()] or [pid]


def sooner_or_later(is_so: Callable[[], bool]) -> bool:
    """Try ten times: servers of other tests that run now take cores and free them."""
    return any(is_so() for _time in range(10))


def test_no_two_processes_keep_to_the_same_core_and_who_finds_none_goes_anywhere() -> None:
    running = [keeping() for _core in range(len(ALL) + 1)]
    try:
        found = [told(process) for process in running]
        # Each tried every core: if none had kept any, they would be free.
        assert sooner_or_later(lambda: bool(taken() & ALL))
    finally:
        for process in running:
            process.communicate()
    kept = [own for _reader, _writer, own in found if len(own) == 1 < len(ALL)]
    assert len(set.union(set(), *kept)) == len(kept)
    for reader, writer, own in found:
        assert (reader, writer) == (own, ALL)
        assert own == ALL or own in kept
    # One more than there are cores: where nobody else on this machine had one, each was kept by somebody.
    assert any(own == ALL for _reader, _writer, own in found)


def test_the_core_of_a_process_that_is_killed_is_free_again() -> None:
    def was_freed_if_there_was_one() -> bool:
        process = keeping()
        [_reader, _writer, own] = told(process)
        assert own == ALL or own <= taken()
        process.kill()
        process.communicate()
        return taken() >= ALL if own == ALL else not own <= taken()

    assert sooner_or_later(was_freed_if_there_was_one)


@pytest.mark.parametrize("count", [1, 2])
def test_what_takes_requests_in_and_what_reads_stay_on_one_core_and_a_log_in_does_not(
    company: Company, count: int
) -> None:
    def all_that_find_a_core_keep_one() -> bool:
        with serving(company, "--workers", str(count)) as running:
            processes, seller = processes_of(running), running.at_work("sales")

            def reads_on_one_core_and_logs_in_anywhere() -> bool:
                assert {seller.get(page).status_code for page in ("/clients", "/contracts")} == {200}
                return any(own in others and ALL in others for own, *others in map(cores_of, processes))

            # On a machine as busy as this one a question may take long, and is let go.
            is_so = sooner_or_later(reads_on_one_core_and_logs_in_anywhere)
            threads = [cores_of(pid) for pid in processes]
            assert len(threads) == count
            assert all(cores in (own, ALL) for own, *others in threads for cores in others)
            kept = [own for own, *_others in threads if len(own) == 1]
            assert len(set.union(set(), *kept)) == len(kept)
            return is_so and (len(kept) == count or taken() >= ALL)

    assert sooner_or_later(all_that_find_a_core_keep_one)


def test_a_question_that_takes_long_goes_on_beside_the_others_and_the_next_but_one_is_back() -> None:
    def goes_on_and_is_back() -> bool:
        done = subprocess.run([sys.executable, "-c", ASKING], capture_output=True, encoding="utf-8", check=True)
        first, *others = map(cores_in, done.stdout.splitlines())
        # On a busy machine a short question may take long, too, or the other thread may get it.
        return others == [ALL, ALL, first] and (len(first) == 1 or taken() >= ALL)

    assert sooner_or_later(goes_on_and_is_back)
