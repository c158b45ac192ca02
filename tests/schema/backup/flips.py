"""Damages backups at random and counts how many damages are found before anything is replaced.

`python -m tests.schema.backup.flips --trials 1000` runs the whole of it; the tests run a part.
"""

import argparse
import random
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL

from src.domain.errors import BackupDamaged
from src.schema.backup.backups import Backup, list_backups, open_backup
from src.schema.backup.create import create_backup
from src.schema.backup.folder import manifest_of
from src.schema.backup.restore import restore_backup
from tests.schema.backup.samples import everything, execute, fill

NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass
class Tally:
    """What became of the damages."""

    trials: int = 0
    found: int = 0
    missed: list[str] = field(default_factory=list)


def damage(file: Path, chance: random.Random) -> str:
    """Flip one bit of a file, or cut it short; tells which."""
    data = bytearray(file.read_bytes())
    if chance.random() < 0.5:
        bit = chance.randrange(len(data) * 8)
        data[bit // 8] ^= 1 << bit % 8
        what = f"bit {bit} of {file.suffix}"
    else:
        length = chance.randrange(len(data))
        del data[length:]
        what = f"{file.suffix} cut to {length}"
    file.write_bytes(data)
    return what


def run(url: URL, backup: Backup, *, trials: int, seed: int, programs: Path | None = None) -> Tally:
    """Damage copies of a backup and try to restore each into the database, which must not change."""
    chance, tally = random.Random(seed), Tally()  # noqa: S311 - which bits is no secret
    before = everything(url)
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(trials):
            file = Path(folder) / backup.file.name
            shutil.copyfile(backup.file, file)
            shutil.copyfile(manifest_of(backup.file), manifest_of(file))
            what = damage(chance.choice([file, manifest_of(file)]), chance)
            tally.trials += 1
            try:
                restore_backup(url, open_backup(file), now=NOW, programs=programs)
            except BackupDamaged:
                tally.found += 1
            else:
                tally.missed.append(what)
    if everything(url) != before:
        tally.missed.append("the database has changed")
    return tally


def main() -> int:
    """Run as many trials as are asked for on a SQLite database; 0 if all damages were found."""
    options = argparse.ArgumentParser(description=main.__doc__)
    options.add_argument("--trials", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = URL.create("sqlite", database=f"{folder}/sample.db")
        fill(url)
        backup = create_backup(url, Path(folder) / "backups", reason="a trial", now=NOW)
        execute(url, "CREATE TABLE later (x)")
        tally = run(url, backup, trials=chosen.trials, seed=chosen.seed)
        backups = len(list_backups(Path(folder) / "backups"))
    sys.stdout.write(f"{tally.found} of {tally.trials} damages found before anything was replaced; {backups} backup\n")
    sys.stdout.writelines(f"missed: {what}\n" for what in tally.missed)
    return 1 if tally.missed or tally.found != tally.trials else 0


if __name__ == "__main__":
    sys.exit(main())
