"""The part that kills those who record payments."""

import argparse
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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
    forking = multiprocessing.get_context("fork")
    tolls = forking.SimpleQueue()  # without a thread: these processes copy themselves
    shares = [trials // jobs + (1 if job < trials % jobs else 0) for job in range(jobs)]
    members = [
        forking.Process(target=run_on_sqlite, args=(template, share), kwargs={"seed": seed + job, "report": tolls.put})
        for job, share in enumerate(shares)
        if share
    ]
    for member in members:
        member.start()
    while any(member.is_alive() for member in members) or not tolls.empty():
        if tolls.empty():
            time.sleep(0.05)
            continue
        toll += tolls.get()
        tell(f"{toll.trials} of {trials} trials, {len(toll.faults)} faults ")
    toll.faults += [f"a process of the trials ended with {member.exitcode}" for member in members if member.exitcode]
    if not toll.faults:  # otherwise somebody wants to look at what is left
        shutil.rmtree(folder)
