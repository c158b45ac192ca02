"""Kill writers, upgrades and whoever holds a lock, restore and damage backups, and count what was lost.

The exit code is 0 if nothing was, else 1.

`python -m tests.crash` runs all parts in full; `python -m tests.crash upgrades --nth 10 --instants 20` a little of one.
"""

import argparse
import importlib
import os
import sys
import tempfile
import time

from tests.crash.telling import say
from tests.quick_files import keep_files_in_memory

# Each is a module with run(); only those that are asked for are loaded: a small process is copied quickly.
PARTS = {
    "writers": "killed_writers",
    "upgrades": "killed_upgrades",
    "locks": "held_locks",
    "backups": "backups",
}
ENGINES = ("SQLite", "PostgreSQL")


def main() -> int:
    """Run the parts that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all if none is named")
    parser.add_argument("--trials", type=int, default=10_000, help="so many trials of killed writers")
    parser.add_argument("--engine", choices=ENGINES, help="upgrades and locks on this one only")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="so many of these at a time")
    parser.add_argument("--nth", type=int, default=1, help="kill upgrades at every nth statement")
    parser.add_argument("--instants", type=int, default=200, help="and at so many random instants, per engine")
    parser.add_argument("--variants", type=int, default=3, help="of so many awkward values of each column")
    parser.add_argument("--damages", type=int, default=1000, help="damage so many copies of a backup, per engine")
    parser.add_argument("--restores", type=int, default=100, help="restore a backup so often, per engine")
    parser.add_argument("--no-backups", dest="backups", action="store_false", help="change without a backup first")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same seed kills at the same moments")
    wanted = parser.parse_args()
    if unknown := set(wanted.parts) - set(PARTS):
        parser.error(f"{', '.join(sorted(unknown))}: not a part")
    keep_files_in_memory()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="epic-events-crash-backups-") as folder:
        os.environ["BACKUP_FOLDER"] = folder  # not among the backups of whoever runs this
        parts = [importlib.import_module(f"tests.crash.{PARTS[part]}") for part in wanted.parts or PARTS]
        faults = sum(part.run(wanted) for part in parts)
    say(f"In all {time.monotonic() - started:.0f} s, {faults} faults.\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
