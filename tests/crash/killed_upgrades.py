"""The part that kills upgrades and downgrades, on both engines."""

import argparse
import time

from tests.crash.copies import PostgresqlCopies, SqliteCopies, server, work_folder
from tests.crash.killed_alembic import killed_alembic
from tests.crash.telling import say, show, tell
from tests.crash.upgrades import Extent, kill_upgrades


def run(wanted: argparse.Namespace) -> int:
    """Kill every step of the history; gives the number of faults."""
    faults = 0
    options = () if wanted.backups else ("-x", "backup=no")
    with work_folder() as folder, server() as address, killed_alembic(options=options) as alembic:
        for copies in (SqliteCopies(folder), PostgresqlCopies(address)):
            started = time.monotonic()
            extent = Extent(wanted.nth, wanted.instants)
            toll = kill_upgrades(copies, alembic, extent=extent, seed=wanted.seed, told=tell)
            show(toll.faults)
            say(
                f"{copies.name}: {toll.steps} steps over {toll.rows} rows in {time.monotonic() - started:.0f} s "
                f"(seed {wanted.seed}): killed at {toll.boundaries} statements and {toll.instants} instants, "
                f"{toll.old} as before and {toll.new} as after, the next try took {toll.longest_retry:.1f} s at the "
                f"most, {len(toll.faults)} faults.\n"
            )
            faults += len(toll.faults)
    return faults
