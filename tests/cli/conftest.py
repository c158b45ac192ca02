"""Ways to run the sample program off a terminal, for the tests of the command line's own parts."""

import os
import subprocess
from collections.abc import Mapping
from typing import Protocol

import pytest

from tests.cli.company import (
    company,
    company_on_both,
    company_on_postgres,
    office_file,
    office_on_server,
    quiet_company,
    quiet_company_on_postgres,
)
from tests.cli.terminals import PROJECT, SAMPLE
from tests.program import HANG_SECONDS

__all__ = [
    "company",
    "company_on_both",
    "company_on_postgres",
    "office_file",
    "office_on_server",
    "quiet_company",
    "quiet_company_on_postgres",
]


class Sample(Protocol):
    """Runs the sample program and returns its exit code, output and error output."""

    def __call__(
        self,
        *arguments: str,
        input: str | None = None,  # noqa: A002 - the word of subprocess.run
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture
def sample() -> Sample:
    """The sample program in a process of its own, without a terminal."""

    def run(
        *arguments: str,
        input: str | None = None,  # noqa: A002 - the word of subprocess.run
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*SAMPLE, *arguments],
            cwd=PROJECT,
            env={**os.environ, **(env or {})},
            input=(input or "").encode(),
            capture_output=True,
            timeout=HANG_SECONDS,
            check=False,
        )
        # Decoded by hand: text mode would hide the line ends, which are part of CSV.
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
