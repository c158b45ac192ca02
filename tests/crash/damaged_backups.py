"""The part in which a bit of a backup is flipped or its end is cut off, and somebody tries to restore it."""

import argparse
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url

from src.schema.backup.create import create_backup
from tests.crash.copies import Copies, of_engines, server, work_folder
from tests.crash.telling import say, show, tell
from tests.schema.backup import flips
from tests.schema.backup.samples import change_everything, fill


def run(wanted: argparse.Namespace) -> int:
    """Damage as many copies of a backup on each engine as are asked for; gives the number of faults."""
    started, faults = time.monotonic(), []
    with work_folder() as folder, server() as address:
        for copies in of_engines(wanted.engine, folder, address):
            tell(f"{copies.name}: damaged backups")
            tally = damage_backups(copies, trials=wanted.damages, seed=wanted.seed)
            tell("")
            say(f"{copies.name}: {tally.found} of {tally.trials} damages found before anything was replaced\n")
            faults += [f"{copies.name}: {what} was not found" for what in tally.missed]
    show(faults)
    say(f"Backups: {time.monotonic() - started:.0f} s, {len(faults)} faults.\n")
    return len(faults)


def damage_backups(copies: Copies, *, trials: int, seed: int) -> flips.Tally:
    """Back up a small database, change all of it, and let nothing but what was backed up replace it."""
    url = copies.empty()
    fill(make_url(url))
    with tempfile.TemporaryDirectory() as folder:
        backup = create_backup(make_url(url), Path(folder), reason="a trial", now=datetime.now(UTC))
        change_everything(make_url(url))
        tally = flips.run(make_url(url), backup, trials=trials, seed=seed)
    copies.drop(url)
    return tally
