"""The part that kills those who record payments."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.crash.shares import share_out
from tests.crash.telling import say, show, tell
from tests.crash.trials import Toll, run_on_sqlite, run_trials

PROJECT = Path(__file__).resolve().parents[2]
# On a PostgreSQL server: a database that is migrated, empty, and may be filled. In the environment, as it may hold a
# password.
DATABASE = "CRASH_DATABASE_URL"


def run(wanted: argparse.Namespace) -> int:
    """Run so many trials; gives the number of faults."""
    started = time.monotonic()
    toll = Toll()
    if url := os.environ.get(DATABASE):
        toll += run_trials(url, range(wanted.trials), seed=wanted.seed, pooled=True)
    else:
        _run_jobs(toll, wanted.trials, jobs=wanted.jobs, seed=wanted.seed)
    seconds = time.monotonic() - started
    if toll.trials != wanted.trials and not toll.faults:
        toll.faults.append(f"only {toll.trials} of {wanted.trials} trials were run")
    show(toll.faults)
    say(
        f"{toll.trials} trials in {seconds:.0f} s ({toll.trials / seconds:.0f} a second, seed {wanted.seed}): "
        f"{toll.writers} writers killed, {toll.acknowledged} payments acknowledged, "
        f"{toll.unsaid} saved and not yet said, {len(toll.faults)} faults.\n"
    )
    return len(toll.faults)


def _run_jobs(toll: Toll, trials: int, *, jobs: int, seed: int) -> None:
    """Share the trials among processes, each with databases of its own, and show how far they are."""
    folder = Path(tempfile.mkdtemp(prefix="epic-events-crash-"))
    template = folder / "template.db"
    # By a process of its own: the smaller this one is, the quicker it is copied.
    migrating = [sys.executable, "-m", "alembic", "-x", f"url=sqlite:///{template}", "upgrade", "head"]
    subprocess.run(migrating, cwd=PROJECT, check=True, capture_output=True)

    def heard(part: Toll) -> None:
        nonlocal toll
        toll += part
        tell(f"{toll.trials} of {trials} trials, {len(toll.faults)} faults ")

    shares = [trials // jobs + (1 if job < trials % jobs else 0) for job in range(jobs)]
    work = [(template, share, seed + job) for job, share in enumerate(shares) if share]
    toll.faults += share_out(run_on_sqlite, work, heard)
    if not toll.faults:  # otherwise somebody wants to look at what is left
        shutil.rmtree(folder)
