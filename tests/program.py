"""Fixture that runs the real program in a process of its own, as a user's shell does."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest

# A program that hangs ends its test instead of the whole run; nothing is measured by it.
HANG_SECONDS = 120


class Program(Protocol):
    """Runs `epicevents ARGS…` and returns its exit code, output and error output."""

    def __call__(
        self,
        *args: str,
        input: str | None = None,  # noqa: A002 - the word of subprocess.run
        env: Mapping[str, str] | None = None,
        database: str | None = None,
        cwd: Path | None = None,
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program as installed, started in a folder that is not the project's, on the database that the test names."""

    def run(
        *args: str,
        input: str | None = None,  # noqa: A002 - the word of subprocess.run
        env: Mapping[str, str] | None = None,
        database: str | None = None,
        cwd: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **(env or {})}
        if database is not None:
            environment["DATABASE_URL"] = database
        standard_input = {"stdin": subprocess.DEVNULL} if input is None else {"input": input}
        return subprocess.run(
            [sys.executable, "-m", "src", *args],
            cwd=cwd or tmp_path,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=HANG_SECONDS,
            check=False,
            **standard_input,
        )

    return run
