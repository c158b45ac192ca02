"""Kills `alembic upgrade` and `downgrade` at every statement of every revision, and at random instants.

After each kill the database must be as before the step or as after it, to the last row. The same command again must
bring it to where the step leads, without waiting for anybody, and leave beside it what an undisturbed run leaves.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.crash.copies import Copies
from tests.crash.killed_alembic import KILLED, Ended, KilledAlembic
from tests.schema.fingerprints import Fingerprint
from tests.schema.hostile_rows import fill_with_hostile_rows

WAITING = "Another program is changing the database"
BASE = "base"


@dataclass(frozen=True)
class Step:
    """A revision that comes, or goes."""

    command: str
    start: str
    to: str

    def __str__(self) -> str:
        return f"{self.command} from {self.start} to {self.to}"


@dataclass
class Toll:
    """What came of killing upgrades on one engine."""

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


@dataclass(frozen=True)
class Extent:
    """How often steps are killed: at every `nth` statement, always around the COMMIT, and at random instants."""

    nth: int = 1
    instants: int = 200
    variants: int = 3


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
    copies: Copies, alembic: KilledAlembic, *, extent: Extent, seed: int, told: Callable[[str], object]
) -> Toll:
    """Kill every step of the history, up and down; stops at the first step in which something is wrong."""
    toll = Toll()
    revisions = history(alembic.project)
    steps = 2 * len(revisions)
    ground = copies.empty()
    for number, (before, revision) in enumerate(revisions):
        up, down = Step("upgrade", before, revision), Step("downgrade", revision, before)
        trials = _Trials(copies, alembic, toll, told, ground, up)
        filled = trials.run(extent, _share(extent.instants, 2 * number, steps), seed=f"{seed} {up}")
        toll.rows = sum(fill_with_hostile_rows(filled, variants=extent.variants, seed=seed + number).values())
        copies.drop(ground)
        ground = filled
        trials = _Trials(copies, alembic, toll, told, ground, down)
        copies.drop(trials.run(extent, _share(extent.instants, 2 * number + 1, steps), seed=f"{seed} {down}"))
        if toll.faults:
            break
    copies.drop(ground)
    return toll


def _share(instants: int, number: int, steps: int) -> int:
    """Give how many of all instants fall to one step, spread evenly over the history."""
    return instants * (number + 1) // steps - instants * number // steps


@dataclass(frozen=True)
class _Trials:
    """One step, killed again and again, each time on a new copy of the same database."""

    copies: Copies
    alembic: KilledAlembic
    toll: Toll
    told: Callable[[str], object]
    ground: str
    step: Step

    def run(self, extent: Extent, instants: int, *, seed: str) -> str:
        """Run the step undisturbed, then kill it everywhere; gives the database that nothing disturbed."""
        chance = random.Random(seed)  # noqa: S311 - chance, no secret
        self.toll.steps += 1
        old, undisturbed = self.copies.look(self.ground), self.copies.copy(self.ground)
        whole = self._alembic(undisturbed)
        if whole.code != 0:
            self.toll.faults.append(
                f"{self.copies.name}: {self.step} undisturbed ended with {whole.code}: {whole.said}"
            )
        new, beside = self.copies.look(undisturbed), self.copies.beside(undisturbed)
        # The last count is behind the COMMIT, the one before it in front of it.
        spread = range((extent.nth + 1) // 2, whole.statements - 1, extent.nth)
        numbers = [*(spread or [whole.statements // 2]), whole.statements - 1, whole.statements]
        moments: list[tuple[int | None, float | None]] = [(number, None) for number in numbers]
        moments += [(None, chance.uniform(0, whole.seconds)) for _ in range(instants)]
        for before, after in moments:
            self.told(f"{self.copies.name}: {self.step}: {self.toll.kills} kills, {len(self.toll.faults)} faults")
            self._kill(before, after, old, new, beside)
            if self.toll.faults:
                break
        return undisturbed

    def _alembic(self, url: str, *, before: int | None = None, after: float | None = None) -> Ended:
        return self.alembic(self.step.command, self.step.to, url=url, before=before, after=after)

    def _kill(
        self, before: int | None, after: float | None, old: Fingerprint, new: Fingerprint, beside: list[str]
    ) -> None:
        copy = self.copies.copy(self.ground)
        ended = self._alembic(copy, before=before, after=after)
        self.copies.wait_for_the_dead(copy)
        faults = list(self._faults(copy, ended, old, new, beside, at_statement=before is not None))
        self.toll.boundaries += before is not None
        self.toll.instants += after is not None
        where = f"killed at statement {ended.statements} ({ended.last})"
        self.toll.faults += [f"{self.copies.name}: {self.step}, {where}, in {copy}: {fault}" for fault in faults]
        if not faults:  # otherwise somebody wants to look at it
            self.copies.drop(copy)

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
        again = self._alembic(copy)
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
