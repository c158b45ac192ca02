"""The part in which backups are given back again and again, whole ones and damaged ones."""

import argparse
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url

from src.schema.backup.create import create_backup
from src.schema.backup.restore import restore_backup
from tests.crash.copies import Copies, of_engines, server, work_folder
from tests.crash.telling import say, show, tell
from tests.schema.backup import flips
from tests.schema.backup.samples import change_everything, everything, fill


def run(wanted: argparse.Namespace) -> int:
    """Restore and damage backups as often as is asked for on each engine; gives the number of faults."""
    started, faults = time.monotonic(), []
    with work_folder() as folder, server() as address:
        for copies in of_engines(wanted.engine, folder, address):
            tell(f"{copies.name}: backups")
            same = restore_backups(copies, times=wanted.restores)
            say(f"{copies.name}: {same} of {wanted.restores} restores gave back the same to the last value\n")
            if same != wanted.restores:
                faults.append(f"{copies.name}: only {same} restores gave back the same")
            tally = damage_backups(copies, trials=wanted.damages, seed=wanted.seed)
            tell("")
            say(f"{copies.name}: {tally.found} of {tally.trials} damages found before anything was replaced\n")
            faults += [f"{copies.name}: {what} was not found" for what in tally.missed]
    show(faults)
    say(f"Backups: {time.monotonic() - started:.0f} s, {len(faults)} faults.\n")
    return len(faults)


def restore_backups(copies: Copies, *, times: int) -> int:
    """Change all of a small database and give its backup back; gives how often it was the same then."""
    url = copies.empty()
    fill(make_url(url))
    old, same = everything(make_url(url)), 0
    with tempfile.TemporaryDirectory() as folder:
        backup = create_backup(make_url(url), Path(folder), reason="a trial", now=datetime.now(UTC))
        for _time in range(times):
            change_everything(make_url(url))
            restore_backup(make_url(url), backup, now=datetime.now(UTC))
            same += everything(make_url(url)) == old
    copies.drop(url)
    return same


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
