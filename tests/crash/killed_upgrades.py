"""The part that kills upgrades and downgrades, on each engine."""

import argparse
from collections.abc import Callable
from pathlib import Path

from tests.crash.copies import Copies, of_engines, server, work_folder
from tests.crash.killed_alembic import killed_alembic
from tests.crash.shares import share_out
from tests.crash.telling import say, show, tell
from tests.crash.upgrades import WITHOUT_BACKUP, Extent, Toll, kill_upgrades


def run(wanted: argparse.Namespace) -> int:
    """Kill every step of the history; gives the number of faults."""
    faults = 0
    with work_folder() as folder, server() as address:
        for copies in of_engines(wanted.engine, folder, address):
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
    latest = {job: Toll() for job in range(wanted.jobs)}

    def heard(told: tuple[int, Toll]) -> None:
        job, toll = told
        latest[job] = toll
        kills, steps = (sum(getattr(toll, of) for toll in latest.values()) for of in ("kills", "steps"))
        tell(f"{copies.name}: {kills} kills in {steps} steps of {wanted.jobs} processes")

    failed = share_out(_kill_share, ((copies, folder / f"backups-{job}", wanted, job) for job in latest), heard)
    whole = Toll(faults=failed)
    for toll in latest.values():
        whole.add(toll)
    return whole


def _kill_share(
    copies: Copies, folder: Path, wanted: argparse.Namespace, job: int, report: Callable[[tuple[int, Toll]], None]
) -> None:
    extent = Extent(wanted.nth, wanted.instants, wanted.variants, job=job, jobs=wanted.jobs)
    with killed_alembic(folder, () if wanted.backups else WITHOUT_BACKUP) as alembic:
        toll = kill_upgrades(copies, alembic, extent=extent, seed=wanted.seed, told=lambda toll: report((job, toll)))
    report((job, toll))
