"""The part in which many upgrade at once, somebody reads for long, and who holds the lock is killed or stopped."""

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from src.schema.lock import WAIT_SECONDS
from tests.crash.copies import Copies, PostgresqlCopies, of_engines, server, work_folder
from tests.crash.telling import say, show, tell
from tests.migrations.conftest import FIRST, execute
from tests.migrations.projects import add_revision, copy_project

LAST = "counted_3"
ROUNDS = 3
READS_FOR_SECONDS = 5.0
LONGEST_STALL_SECONDS = 0.3
# Starting Python and Alembic take a second, on a busy machine a few.
SOON_SECONDS = 15.0
BUSY = "another program has been writing to it for too long"
_COUNT = "op.execute(\"INSERT INTO runs VALUES ('{name}')\")"
_INDEX = (
    "how = 'CONCURRENTLY' if op.get_context().dialect.name == 'postgresql' else ''\n"
    "    with op.get_context().autocommit_block():\n"
    "        op.execute(f'CREATE INDEX {how} IF NOT EXISTS ix_counted ON clients (phone)')\n    "
)
_HOLD = "print('here', file=sys.stderr, flush=True)\n    time.sleep(600 if 'HOLD' in os.environ else 0)"


def run(wanted: argparse.Namespace) -> int:
    """Try everything on each engine; gives the number of faults."""
    started, faults = time.monotonic(), []
    with work_folder() as folder, server() as address:
        project = lay_project(folder / "project")
        for copies in of_engines(wanted.engine, folder, address):
            for trial in (eight_at_once, killed, stopped):
                tell(f"{copies.name}: {trial.__name__}")
                said, found = trial(copies, project)
                tell("")
                say(f"{copies.name}: {said}\n")
                faults += [f"{copies.name}: {fault}" for fault in found]
            if isinstance(copies, PostgresqlCopies):
                said, found = behind_a_reader(copies, project)
                say(f"{copies.name}: {said}\n")
                faults += found
    show(faults)
    say(f"Locks: {time.monotonic() - started:.0f} s, {len(faults)} faults.\n")
    return len(faults)


def eight_at_once(copies: Copies, project: Path) -> tuple[str, list[str]]:
    """Each revision runs once, also where one commits in the middle to build an index while others write."""
    faults = []
    for number in range(ROUNDS):
        with new_database(copies, project) as url:
            running = [start(project, url, "upgrade", LAST) for _ in range(8)]
            said = [process.communicate()[0] for process in running]
            codes = [process.returncode for process in running]
            if codes != [0] * 8:
                faults.append(f"round {number}: exit codes {codes}: {said}")
            runs = execute(url, "SELECT revision FROM runs ORDER BY revision")
            if runs != [("counted_1",), ("counted_2",), ("counted_3",)]:
                faults.append(f"round {number}: these ran: {runs}")
            if (indexes := _valid_indexes(url)) != 1:
                faults.append(f"round {number}: {indexes} indexes were made")
    return f"{ROUNDS} times eight upgrades at once", faults


def killed(copies: Copies, project: Path) -> tuple[str, list[str]]:
    """Who is killed while changing leaves no lock."""
    faults, longest = [], 0.0
    for _round in range(ROUNDS):
        with new_database(copies, project) as url, holding(project, url) as holder:
            holder.kill()
            holder.communicate()
            began = time.monotonic()
            after = start(project, url, "upgrade", LAST)
            said, _ = after.communicate()
            longest = max(longest, time.monotonic() - began)
            # A server may need a moment to see that nobody is there any more: nothing that a person would notice.
            if after.returncode != 0 or longest > SOON_SECONDS:
                faults.append(f"the upgrade after a kill ended with {after.returncode} in {longest:.1f} s: {said}")
    return f"{ROUNDS} killed in the middle, the next upgrade took {longest:.1f} s at the most", faults


def stopped(copies: Copies, project: Path) -> tuple[str, list[str]]:
    """Who stands still makes others wait, and then say why they cannot; nothing is lost when it goes on."""
    faults = []
    with new_database(copies, project) as url, holding(project, url) as holder:
        holder.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        other = start(project, url, "upgrade", LAST)
        said, _ = other.communicate()
        waited = time.monotonic() - began
        if other.returncode == 0 or BUSY not in said or not WAIT_SECONDS <= waited < 2 * WAIT_SECONDS:
            faults.append(f"behind a stopped one: exit code {other.returncode} after {waited:.0f} s: {said}")
        holder.send_signal(signal.SIGCONT)
        holder.kill()
        holder.communicate()
        after = start(project, url, "upgrade", LAST)
        said, _ = after.communicate()
        if after.returncode != 0:
            faults.append(f"after a stopped one: exit code {after.returncode}: {said}")
    return f"behind one that stands still the next gave up by name after {waited:.0f} s", faults


def behind_a_reader(copies: Copies, project: Path) -> tuple[str, list[str]]:
    """Behind a change that waits for somebody who reads for long, the application is served all the same."""
    with new_database(copies, project) as url:
        address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        ending = threading.Event()
        stalls: dict[str, list[float]] = {"SELECT count(*) FROM clients": [], "SELECT count(*) FROM users": []}
        asking = [
            threading.Thread(target=_ask, args=(address, query, times, ending)) for query, times in stalls.items()
        ]
        with psycopg.connect(address) as reader:
            reader.execute("SELECT count(*) FROM clients")
            began = time.monotonic()
            changing = start(project, url, "upgrade", "altered")
            for thread in asking:
                thread.start()
            time.sleep(READS_FOR_SECONDS)
            waiting = changing.poll() is None
            reader.rollback()
        said, _ = changing.communicate()
        took = time.monotonic() - began
        ending.set()
        for thread in asking:
            thread.join()
    longest = max(max(times) for times in stalls.values())
    served = sum(len(times) for times in stalls.values())
    faults = [] if changing.returncode == 0 else [f"the change ended with {changing.returncode}: {said}"]
    if not waiting:
        faults.append("the change did not wait for the reader")
    if longest > LONGEST_STALL_SECONDS:
        faults.append(f"the application stood still for {longest:.2f} s")
    return (
        f"behind a reader of {READS_FOR_SECONDS:.0f} s the change took {took:.1f} s; {served} queries meanwhile, the "
        f"slowest {longest:.2f} s",
        faults,
    )


def lay_project(folder: Path) -> Path:
    """The project with three more revisions that write down that they ran, and one that needs a table for itself."""
    copy_project(folder)
    op = "import os\nimport sys\nimport time\n\nimport sqlalchemy as sa\nfrom alembic import op"
    made = "op.create_table('runs', sa.Column('revision', sa.String(20)))\n    "
    steps = {
        "counted_1": made + _COUNT.format(name="counted_1"),
        "counted_2": _INDEX + _COUNT.format(name="counted_2"),
        "counted_3": _COUNT.format(name="counted_3") + f"\n    {_HOLD}",
    }
    after = FIRST
    for name, upgrade in steps.items():
        add_revision(folder, name, after=after, imports=op, upgrade=upgrade)
        after = name
    add = "op.add_column('clients', sa.Column('extra', sa.Integer()))"
    add_revision(folder, "altered", after=FIRST, imports=op, upgrade=add)
    return folder


@contextmanager
def new_database(copies: Copies, project: Path) -> Iterator[str]:
    """A database at the project's own head, before the revisions that are tried here."""
    url = copies.empty()
    said, _ = (process := start(project, url, "upgrade", FIRST)).communicate()
    if process.returncode != 0:
        raise RuntimeError(said)
    yield url
    copies.drop(url)


@contextmanager
def holding(project: Path, url: str) -> Iterator["subprocess.Popen[str]"]:
    """Somebody who is in the middle of an upgrade, for as long as wanted."""
    with start(project, url, "upgrade", "counted_3", hold="1") as process:
        try:
            assert process.stdout is not None
            while (line := process.stdout.readline()).strip() != "here":
                if not line:
                    raise RuntimeError("the upgrade ended before its last revision")
            yield process
        finally:
            process.kill()


def start(project: Path, url: str, *command: str, hold: str = "") -> "subprocess.Popen[str]":
    """Start Alembic in a process of its own and do not wait."""
    backups = {"BACKUP_FOLDER": str(project.parent / "backups")}
    return subprocess.Popen(
        [sys.executable, "-m", "alembic", *command],
        cwd=project,
        env={**os.environ, **backups, "DATABASE_URL": url, **({"HOLD": hold} if hold else {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _ask(address: str, query: str, times: list[float], ending: threading.Event) -> None:
    with psycopg.connect(address, autocommit=True) as application:
        while not ending.is_set():
            began = time.monotonic()
            application.execute(query.encode())
            times.append(time.monotonic() - began)
            ending.wait(0.01)


def _valid_indexes(url: str) -> int:
    if url.startswith("sqlite"):
        return len(execute(url, "SELECT 1 FROM sqlite_master WHERE name = 'ix_counted'"))
    return len(execute(url, "SELECT 1 FROM pg_index WHERE indexrelid = 'ix_counted'::regclass AND indisvalid"))
