"""The short run of the crash trials: the same program that `make crash` runs for ten thousand."""

import os
import re
import subprocess
import sys

from tests.shared_server import PROJECT

LAST_LINE = re.compile(
    r"(?P<trials>\d+) trials in .* (?P<killed>\d+) writers killed, (?P<acknowledged>\d+) payments acknowledged, "
    r"\d+ saved and not yet said, (?P<faults>\d+) faults\."
)


def crash(*, trials: int, server: str = "") -> dict[str, int]:
    """Run so many trials; gives the figures of the last line."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.crash", "--trials", str(trials), "--seed", "1"],
        cwd=PROJECT,
        env=os.environ | {"CRASH_DATABASE_URL": server},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    said = LAST_LINE.search(ran.stdout)
    assert said is not None, ran.stdout
    return {name: int(number) for name, number in said.groupdict().items()}


def test_sqlite_loses_nothing_when_writers_are_killed() -> None:
    toll = crash(trials=60)
    assert (toll["trials"], toll["faults"]) == (60, 0)
    assert toll["killed"] >= 60
    assert toll["acknowledged"] > 60


def test_postgresql_loses_nothing_when_writers_are_killed(migrated_postgres_url: str) -> None:
    toll = crash(trials=20, server=migrated_postgres_url)
    assert (toll["trials"], toll["faults"]) == (20, 0)
    assert toll["acknowledged"] > 20
