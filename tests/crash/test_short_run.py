"""The short run of the crash trials: the same program that `make crash` runs in full."""

import os
import re
import subprocess
import sys

import pytest

from src.schema.revisions import known_revisions
from src.services import CRM
from tests.shared_server import PROJECT

LAST_LINE = re.compile(
    r"(?P<trials>\d+) trials in .* (?P<killed>\d+) writers killed, (?P<acknowledged>\d+) payments acknowledged, "
    r"\d+ saved and not yet said, (?P<faults>\d+) faults\."
)


STEPS = re.compile(
    r"(?P<engine>SQLite|PostgreSQL): (?P<steps>\d+) steps over (?P<rows>\d+) rows .* (?P<statements>\d+) statements "
    r"and (?P<instants>\d+) instants, (?P<old>\d+) as before and (?P<new>\d+) as after, .* (?P<faults>\d+) faults\."
)


def crash(*words: str, **environment: str) -> str:
    """Run a part of it with the seed 1; gives what it tells."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.crash", *words, "--seed", "1"],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    return ran.stdout


def kill_writers(*, trials: int, server: str = "") -> dict[str, int]:
    """Kill writers so many times; gives the figures of the line about them."""
    told = crash("writers", "--trials", str(trials), CRASH_DATABASE_URL=server)
    said = LAST_LINE.search(told)
    assert said is not None, told
    return {name: int(number) for name, number in said.groupdict().items()}


def test_sqlite_loses_nothing_when_writers_are_killed() -> None:
    toll = kill_writers(trials=60)
    assert (toll["trials"], toll["faults"]) == (60, 0)
    assert toll["killed"] >= 60
    assert toll["acknowledged"] > 60


def test_postgresql_loses_nothing_when_writers_are_killed(migrated_postgres_url: str) -> None:
    toll = kill_writers(trials=20, server=migrated_postgres_url)
    assert (toll["trials"], toll["faults"]) == (20, 0)
    assert toll["acknowledged"] > 20


@pytest.mark.long
def test_upgrades_and_downgrades_that_are_killed_are_whole_or_undone() -> None:
    """Every step of the history, killed around its COMMIT, at some other statements and at some instants.

    Without the backups before each, which take longest; those who make one are killed in schema/test_backup_first.py.

    On a server of their own where one can be started: what other tests make on theirs would count as left behind.
    """
    told = crash(
        "upgrades",
        "--no-backups",
        "--nth",
        "300",
        "--instants",
        "4",
        "--variants",
        "1",
        "--jobs",
        "1",
        CRASH_SERVER_URL=os.environ.get("TEST_POSTGRES_URL", ""),
    )
    tolls = {
        said["engine"]: {name: int(n) for name, n in said.groupdict().items() if name != "engine"}
        for said in STEPS.finditer(told)
    }
    steps = 2 * len(known_revisions(CRM.versions))
    for engine in ("SQLite", "PostgreSQL"):
        toll = tolls[engine]
        assert (toll["steps"], toll["faults"]) == (steps, 0)
        assert toll["statements"] + toll["instants"] == toll["old"] + toll["new"]
        assert toll["old"] >= 2 * steps  # before the COMMIT and earlier
        assert toll["new"] >= steps  # right after it
        assert toll["instants"] == 4
        assert toll["rows"] > 100
