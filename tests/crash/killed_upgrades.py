"""The part that kills upgrades and downgrades, on both engines."""

import argparse
import multiprocessing
import time
from pathlib import Path
from typing import Any

from tests.crash.copies import Copies, PostgresqlCopies, SqliteCopies, server, work_folder
from tests.crash.killed_alembic import killed_alembic
from tests.crash.telling import say, show, tell
from tests.crash.upgrades import WITHOUT_BACKUP, Extent, Toll, kill_upgrades


def run(wanted: argparse.Namespace) -> int:
    """Kill every step of the history; gives the number of faults."""
    faults = 0
    with work_folder() as folder, server() as address:
        for copies in (SqliteCopies(folder), PostgresqlCopies(address)):
            toll = _share_out(copies, folder, wanted)
            show(toll.faults)
            say(
                f"{copies.name}: {toll.steps} steps over {toll.rows} rows in {toll.seconds:.0f} s "
                f"(seed {wanted.seed}): killed at {toll.boundaries} statements and {toll.instants} instants, "
                f"{toll.old} as before and {toll.new} as after, the next try took {toll.longest_retry:.1f} s at the "
                f"most, {len(toll.faults)} faults.\n"
            )
            faults += len(toll.faults)
    return faults


def _share_out(copies: Copies, folder: Path, wanted: argparse.Namespace) -> Toll:
    """Let several processes do their share of the kills, and show how far they are."""
    forking = multiprocessing.get_context("fork")
    tolls: Any = forking.SimpleQueue()
    members = [
        forking.Process(target=_kill_share, args=(copies, folder / f"backups-{job}", wanted, job, tolls))
        for job in range(wanted.jobs)
    ]
    for member in members:
        member.start()
    latest = {job: Toll() for job in range(wanted.jobs)}
    while any(member.is_alive() for member in members) or not tolls.empty():
        if tolls.empty():
            time.sleep(0.05)
            continue
        job, toll = tolls.get()
        latest[job] = toll
        kills, steps = (sum(getattr(toll, of) for toll in latest.values()) for of in ("kills", "steps"))
        tell(f"{copies.name}: {kills} kills in {steps} steps of {wanted.jobs} processes")
    whole = Toll()
    for toll in latest.values():
        whole.add(toll)
    whole.faults += [f"a process of the trials ended with {each.exitcode}" for each in members if each.exitcode]
    return whole


def _kill_share(copies: Copies, folder: Path, wanted: argparse.Namespace, job: int, tolls: Any) -> None:
    extent = Extent(wanted.nth, wanted.instants, wanted.variants, job=job, jobs=wanted.jobs)
    with killed_alembic(folder, () if wanted.backups else WITHOUT_BACKUP) as alembic:
        toll = kill_upgrades(copies, alembic, extent=extent, seed=wanted.seed, told=lambda toll: tolls.put((job, toll)))
    tolls.put((job, toll))
