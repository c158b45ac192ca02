"""Kills `alembic upgrade` and `downgrade` at every statement of every revision, and at random instants.

After each kill the database must be as before the step or as after it, to the last row. The same command again must
bring it to where the step leads, without waiting for anybody, and leave beside it what an undisturbed run leaves.

Statements are counted in runs without a backup first, and those that make the backup in runs with one: once it is made,
what follows is the same. Several processes share the kills of each step, each with databases of its own.
"""

import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from alembic.config import Config
from alembic.script import ScriptDirectory

from src.schema.onlooker import NO_BACKUP
from tests.crash.copies import Copies
from tests.crash.killed_alembic import KILLED, Ended, KilledAlembic
from tests.schema.fingerprints import Fingerprint
from tests.schema.hostile_rows import fill_with_hostile_rows

WAITING = "Another program is changing the database"
BACKED_UP = "Backup made: "
WITHOUT_BACKUP = ("-x", "backup=no")
BASE = "base"


@dataclass(frozen=True)
class Step:
    """A revision that comes, or goes."""

    command: str
    start: str
    to: str

    def __str__(self) -> str:
        return f"{self.command} from {self.start} to {self.to}"


class Moment(NamedTuple):
    """When a run with some options is killed: before the statement of a number, or after so many seconds."""

    options: Sequence[str]
    before: int | None = None
    after: float | None = None


@dataclass
class Toll:
    """What came of killing upgrades on one engine."""

    seconds: float = 0.0
    steps: int = 0
    boundaries: int = 0
    instants: int = 0
    old: int = 0
    new: int = 0
    rows: int = 0
    longest_retry: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """How often somebody was killed."""
        return self.boundaries + self.instants

    def add(self, other: "Toll") -> None:
        """Count what another process did to the same steps and rows."""
        self.boundaries += other.boundaries
        self.instants += other.instants
        self.old += other.old
        self.new += other.new
        self.faults += other.faults
        self.seconds, self.steps = max(self.seconds, other.seconds), max(self.steps, other.steps)
        self.rows, self.longest_retry = max(self.rows, other.rows), max(self.longest_retry, other.longest_retry)


@dataclass(frozen=True)
class Extent:
    """How often steps are killed: at every `nth` statement, always around the COMMIT, and at random instants.

    Of these kills the process number `job` of so many `jobs` does its share.
    """

    nth: int = 1
    instants: int = 200
    variants: int = 3  # of each column's values in the rows that are in the way
    job: int = 0
    jobs: int = 1


def history(project: Path) -> list[tuple[str, str]]:
    """Every revision with the one it follows, the first one first, read from the scripts themselves."""
    scripts = ScriptDirectory.from_config(Config(project / "alembic.ini"))
    steps = []
    for script in reversed(list(scripts.walk_revisions())):
        after = script.down_revision
        if not isinstance(after, str | None):
            raise TypeError(f"{script.revision} follows several revisions: these trials know one line of them only")
        steps.append((after or BASE, script.revision))
    return steps


def kill_upgrades(
    copies: Copies, alembic: KilledAlembic, *, extent: Extent, seed: int, told: Callable[[Toll], object]
) -> Toll:
    """Kill every step of the history, up and down; stops at the first step in which something is wrong.

    After each step, `told` is given what came of the kills so far.
    """
    began, toll = time.monotonic(), Toll()
    revisions = history(alembic.project)
    steps = 2 * len(revisions)
    ground = copies.empty()
    for number, (before, revision) in enumerate(revisions):
        up, down = Step("upgrade", before, revision), Step("downgrade", revision, before)
        trials = _Trials(copies, alembic, toll, ground, up)
        filled = trials.run(extent, _share(extent.instants, 2 * number, steps), seed=f"{seed} {up}")
        told(toll)
        toll.rows = sum(fill_with_hostile_rows(filled, variants=extent.variants, seed=seed + number).values())
        copies.drop(ground)
        ground = filled
        trials = _Trials(copies, alembic, toll, ground, down)
        copies.drop(trials.run(extent, _share(extent.instants, 2 * number + 1, steps), seed=f"{seed} {down}"))
        told(toll)
        if toll.faults:
            break
    copies.drop(ground)
    toll.seconds = time.monotonic() - began
    return toll


def _share(instants: int, number: int, steps: int) -> int:
    """Give how many of all instants fall to one step, spread evenly over the history."""
    return instants * (number + 1) // steps - instants * number // steps


def _of_the_backup(whole: Sequence[str], change: Sequence[str], nth: int) -> range:
    """Number the statements of a run that only the making of its backup needs, every nth of them."""
    before = next((number for number, each in enumerate(zip(whole, change, strict=False)) if len({*each}) == 2), 0)
    return range(before + (nth + 1) // 2, before + len(whole) - len(change) + 1, nth)


@dataclass(frozen=True)
class _Trials:
    """One step, killed again and again, each time on a new copy of the same database."""

    copies: Copies
    alembic: KilledAlembic
    toll: Toll
    ground: str
    step: Step

    def run(self, extent: Extent, instants: int, *, seed: str) -> str:
        """Run the step undisturbed, then kill it everywhere; gives the database that nothing disturbed."""
        chance = random.Random(seed)  # noqa: S311 - chance, no secret
        self.toll.steps += 1
        old, undisturbed = self.copies.look(self.ground), self.copies.copy(self.ground)
        whole = self._undisturbed(undisturbed)
        new, beside = self.copies.look(undisturbed), self.copies.beside(undisturbed)
        change = whole.statements
        if not self.alembic.options:  # else there was none
            bare = self.copies.copy(self.ground)
            change = self._undisturbed(bare, *WITHOUT_BACKUP).statements
            self.copies.drop(bare)
        moments = [Moment((), before=number) for number in _of_the_backup(whole.statements, change, extent.nth)]
        # The last count is behind the COMMIT, the one before it in front of it.
        spread = range((extent.nth + 1) // 2, len(change) - 1, extent.nth)
        numbers = [*(spread or [len(change) // 2]), len(change) - 1, len(change)]
        moments += [Moment(WITHOUT_BACKUP, before=number) for number in numbers]
        moments += [Moment((), after=chance.uniform(0, whole.seconds)) for _ in range(instants)]
        for moment in moments[extent.job :: extent.jobs]:
            self._kill(moment, old, new, beside)
            if self.toll.faults:
                break
        return undisturbed

    def _undisturbed(self, url: str, *options: str) -> Ended:
        ended = self._alembic(url, *options)
        if ended.code != 0:
            self.toll.faults.append(
                f"{self.copies.name}: {self.step} undisturbed ended with {ended.code}: {ended.said}"
            )
        return ended

    def _alembic(self, url: str, *options: str, before: int | None = None, after: float | None = None) -> Ended:
        return self.alembic(*options, self.step.command, self.step.to, url=url, before=before, after=after)

    def _kill(self, moment: Moment, old: Fingerprint, new: Fingerprint, beside: list[str]) -> None:
        copy = self.copies.copy(self.ground)
        ended = self._alembic(copy, *moment.options, before=moment.before, after=moment.after)
        self.copies.wait_for_the_dead(copy)
        faults = list(self._faults(copy, ended, old, new, beside, at_statement=moment.before is not None))
        self.toll.boundaries += moment.before is not None
        self.toll.instants += moment.after is not None
        where = f"killed at statement {len(ended.statements)} ({['none', *ended.statements][-1]})"
        self.toll.faults += [f"{self.copies.name}: {self.step}, {where}, in {copy}: {fault}" for fault in faults]
        if not faults:  # otherwise somebody wants to look at it
            self.copies.drop(copy)
            shutil.rmtree(self.alembic.backups, ignore_errors=True)

    def _faults(
        self, copy: str, ended: Ended, old: Fingerprint, new: Fingerprint, beside: list[str], *, at_statement: bool
    ) -> Iterator[str]:
        if ended.code != KILLED and (at_statement or ended.code != 0):
            yield f"it ended with {ended.code}: {ended.said}"
        found = self.copies.look(copy)
        is_new = found == new
        self.toll.new += is_new
        self.toll.old += found == old and not is_new
        if found != old and not is_new:
            yield f"half of it is left: {found.differences(old)[:5]} and {found.differences(new)[:5]}"
        yield from self.copies.faults(copy)
        # What a killed backup left must not be in the way of the next one. Behind a finished one it is no matter: the
        # next would be of the same rows, as was just seen, and takes most of the time.
        behind_it = BACKED_UP in ended.said or str(NO_BACKUP) in ended.said
        again = self._alembic(copy, *(WITHOUT_BACKUP if behind_it else ()))
        self.toll.longest_retry = max(self.toll.longest_retry, again.seconds)
        # An empty database cannot be downgraded, and says so: then nothing was left to do.
        if again.code != 0 and not (is_new and self.step.to == BASE):
            yield f"the same command again ended with {again.code}: {again.said}"
        if WAITING in again.said:
            yield "the same command again had to wait for a lock"
        after = self.copies.look(copy)
        if after != new:
            yield f"the same command again led elsewhere: {after.differences(new)[:5]}"
        if (left := self.copies.beside(copy)) != beside:
            yield f"left beside the database: {left} instead of {beside}"
