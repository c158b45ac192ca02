"""Trial after trial: start one or two writers, kill them at random, open the database again, look for losses."""

import gc
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from sqlalchemy import make_url

from src.db.session import Database
from tests import factories
from tests.crash.ledger import Ledger
from tests.crash.writer import Work, Writer, record

# After so many payments a writer works on for a moment, and is killed in the middle of whatever it does then; without
# any payment, while it opens the database. A payment takes a few milliseconds.
PAYMENTS = (0, 0, 1, 1, 1, 2, 4)
LONGEST_MOMENT = 0.006
# A database serves so many trials; then it is large enough that looking through it takes longer than writing.
TRIALS_PER_DATABASE = 50
FIRST = "the first"


@dataclass
class Toll:
    """What came of some trials."""

    trials: int = 0
    writers: int = 0
    acknowledged: int = 0
    unsaid: int = 0
    faults: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Toll") -> "Toll":
        self.trials += other.trials
        self.writers += other.writers
        self.acknowledged += other.acknowledged
        self.unsaid += other.unsaid
        self.faults += other.faults
        return self


def run_on_sqlite(template: Path, trials: int, seed: int, report: Callable[[Toll], None]) -> None:
    """Run trials on copies of a migrated SQLite file; a copy in which something is wrong stays."""
    for first in range(0, trials, TRIALS_PER_DATABASE):
        file = template.with_name(f"seed-{seed}-from-trial-{first}.db")
        shutil.copyfile(template, file)
        # Half of them like a server, which keeps its connection; half like commands, which close it (and with it the
        # write-ahead log) after every payment.
        pooled = first // TRIALS_PER_DATABASE % 2 == 0
        numbers = range(first, min(trials, first + TRIALS_PER_DATABASE))
        toll = run_trials(f"sqlite:///{file}", numbers, seed=seed, pooled=pooled)
        report(toll)
        if toll.faults:
            return
        for left in file.parent.glob(f"{file.name}*"):
            left.unlink()


def run_trials(url: str, numbers: range, *, seed: int, pooled: bool) -> Toll:
    """Run trials on one database until something is wrong."""
    toll = Toll()
    with new_work(url, pooled=pooled) as work:
        ledger = Ledger(work, already={FIRST})
        for number in numbers:
            chance = random.Random(f"{seed} {number}")  # noqa: S311 - chance, no secret
            faults = run_trial(work, ledger, toll, number, chance)
            if faults:
                toll.faults = [f"{work.database.place}, trial {number} of seed {seed}: {fault}" for fault in faults]
                break
        toll.unsaid = len(ledger.stored - ledger.acknowledged)
    return toll


def run_trial(work: Work, ledger: Ledger, toll: Toll, number: int, chance: random.Random) -> list[str]:
    """Let one or two writers write, kill each, and give what is wrong afterwards."""
    writers = [
        Writer(work, name=f"trial {number} writer {one}", seed=chance.randrange(2**32))
        for one in range(chance.choice((1, 1, 2)))
    ]
    acknowledged: set[str] = set()
    faults = []
    for writer in writers:
        writer.live(payments=chance.choice(PAYMENTS), then=chance.uniform(0, LONGEST_MOMENT))
        said, was_at_work = writer.kill()
        acknowledged |= said
        if not was_at_work:
            faults.append(f"{writer.name} ended by itself")
    toll.trials += 1
    toll.writers += len(writers)
    toll.acknowledged += len(acknowledged)
    return faults + ledger.faults_after(acknowledged, writers=len(writers))


@contextmanager
def new_work(url: str, *, pooled: bool) -> Iterator[Work]:
    """A contract large enough for all payments, in a migrated and empty database."""
    database = Database(make_url(url), pooled=pooled)
    try:
        with database.writing() as session:
            team = factories.team(session)
            sold = factories.contract(session, factories.client(session, team.sales), total="9999999999.99")
        work = Work(database, sold.id, team.management.id)
        record(work, key=FIRST, amount=Decimal(1))  # what is learnt here every writer knows from the start
        database.close()  # a copy of this process must not inherit an open connection
        gc.freeze()  # nor spend its first milliseconds on copying pages that the collector has touched
        yield work
    finally:
        database.close()
