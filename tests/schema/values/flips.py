"""Flips bits at random in the file of a company and counts how many are seen by `db verify`.

`python -m tests.schema.values.flips --trials 1000` runs the whole of it; the tests run a part.
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from src.db.driver import sqlite_module
from src.domain.errors import CrmError
from src.schema.verify import verify_database
from src.services import CRM
from src.services.demo.load import load_demo_company
from tests.databases import migrate
from tests.factories import NOW
from tests.real_databases import opened

# In which a bit changes nothing that anybody stored: empty pages, what was deleted, the order of an index.
NOTHING = "nothing that is stored"
_SHADOWS = ("_data", "_idx", "_docsize", "_config")


@dataclass
class Tally:
    """What became of the bits: so many of each kind, and so many of those seen; values that were missed by name."""

    flipped: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)


def make_company(folder: Path, *, clients: int) -> Path:
    """Make the file of a demo company, without a log beside it."""
    file = folder / "company.db"
    url = f"sqlite:///{file}"
    migrate(url)
    with opened(url) as database, database.writing() as session:
        load_demo_company(session, clients=clients, now=NOW)
    return file


def run(file: Path, *, trials: int, seed: int, full: bool = True, with_backup: bool = True) -> Tally:
    """Flip one bit of the file, as often as wanted, each time in a copy, and look whether it is seen."""
    chance, tally = random.Random(seed), Tally()  # noqa: S311 - which bits is no secret
    whole, before = file.read_bytes(), _everything(file)
    with tempfile.TemporaryDirectory() as folder:
        backup, copy = Path(folder) / "backup.sqlite", Path(folder) / "company.db"
        shutil.copyfile(file, backup)
        for _ in range(trials):
            bit = chance.randrange(len(whole) * 8)
            flipped = bytearray(whole)
            flipped[bit // 8] ^= 1 << bit % 8
            copy.write_bytes(flipped)
            kind, changed = _what_changed(before, _everything(copy))
            tally.flipped[kind] += 1
            if _is_seen(copy, backup if with_backup else None, full=full):
                tally.seen[kind] += 1
            elif kind != NOTHING:
                tally.missed.append(changed)
    return tally


def _is_seen(file: Path, backup: Path | None, *, full: bool) -> bool:
    url = make_url(f"sqlite:///{file}")
    try:
        found = verify_database(url, CRM, whole_file=full, tell=lambda _stage: None, backup=backup)
    except CrmError:
        return True
    return any([found.differences, found.references, found.damage, found.values, found.edited])


def _everything(file: Path) -> Mapping[str, list[Any]] | None:
    """Read all rows and what the tables are made of; None if that is not possible any more."""
    sqlite = sqlite_module()
    driver = sqlite.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
    driver.text_factory = bytes
    try:
        made = driver.execute("SELECT name, type, sql FROM sqlite_master ORDER BY name").fetchall()
        tables = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')"
        names = [name.decode() for (name,) in driver.execute(tables) if not name.startswith(b"sqlite_s")]
        rows = {name: driver.execute(f'SELECT * FROM "{name}" NOT INDEXED').fetchall() for name in names}
        return {"": made, **rows}
    except (sqlite.Error, UnicodeDecodeError, OverflowError):
        return None
    finally:
        driver.close()


def _what_changed(before: Mapping[str, list[Any]] | None, after: Mapping[str, list[Any]] | None) -> tuple[str, str]:
    if before is None or after is None:
        return "what cannot be read any more", ""
    tables = [table for table in {**before, **after} if before.get(table) != after.get(table)]
    if not tables:
        return NOTHING, ""
    if "" in tables:
        return "what the tables are made of", ""
    if tables[0].endswith(_SHADOWS):
        return "search index", tables[0]
    return "values", f"{tables[0]}: {next(_differences(before[tables[0]], after[tables[0]]), 'rows')}"


def _differences(before: list[Any], after: list[Any]) -> Iterator[str]:
    for old, new in zip(before, after, strict=False):
        if old != new:
            yield f"{[pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]}"


def main() -> int:
    """Count with each way to look; 0 if no flip in the values of a row that counts its changes was missed."""
    options = argparse.ArgumentParser(description=main.__doc__)
    options.add_argument("--trials", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = make_company(Path(folder), clients=60)
        for name, full, with_backup in (
            ("plain", False, False),
            ("--full, no backup", True, False),
            ("--full", True, True),
        ):
            tally = run(file, trials=chosen.trials, seed=chosen.seed, full=full, with_backup=with_backup)
            sys.stdout.write(f"{name}:\n")
            sys.stdout.writelines(f"  {kind}: {tally.seen[kind]} of {n}\n" for kind, n in tally.flipped.most_common())
    sys.stdout.writelines(f"missed with all: {what}\n" for what in tally.missed)
    return 1 if any(what.partition(":")[0] in CRM.steady for what in tally.missed) else 0


if __name__ == "__main__":
    sys.exit(main())
