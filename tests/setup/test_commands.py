"""The commands that the README promises exist, and name no place outside the project."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
MADE = {".git", ".venv", ".tools", ".hypothesis", "__pycache__", "backups", "build", "dist"}


def test_make_alone_lists_the_commands() -> None:
    listed = subprocess.run(["make", "-s"], cwd=PROJECT, capture_output=True, encoding="utf-8", check=True).stdout
    assert re.findall(r"^  make ([a-z]+) ", listed, flags=re.MULTILINE) == [
        *(
            "help",
            "install",
            "demo",
            "test",
            "check",
            "format",
            "bench",
            "crash",
            "fuzz",
            "screenshots",
            "lock",
            "clean",
        ),
    ]


@pytest.mark.parametrize("target", ["demo", "test", "check", "format", "bench", "crash", "fuzz"])
def test_every_command_installs_first(target: str) -> None:
    planned = subprocess.run(["make", "-n", target], cwd=PROJECT, capture_output=True, encoding="utf-8", check=True)
    assert "tools.install" in planned.stdout.splitlines()[0]


def test_a_lock_file_is_renewed_where_nothing_can_be_installed_before_it_is() -> None:
    planned = subprocess.run(["make", "-n", "lock"], cwd=PROJECT, capture_output=True, encoding="utf-8", check=True)
    assert "tools.poetry lock" in planned.stdout
    assert "tools.install" not in planned.stdout


def test_the_ci_script_is_valid_bash_and_calls_the_two_commands() -> None:
    script = PROJECT / ".ci" / "run"
    subprocess.run(["bash", "-n", str(script)], check=True)
    text = script.read_text()
    assert "make check" in text
    assert "make test" in text


def test_no_file_names_a_package_index() -> None:
    """Where packages come from is a matter of the machine: no file may send a newcomer somewhere else."""
    index = re.compile(r"https?://\S*/simple\b|\[\[tool\.poetry\.source|^\s*-?-?(extra-)?index-url", flags=re.MULTILINE)
    naming = [
        str(path.relative_to(PROJECT))
        for path in files_of_the_project(PROJECT)
        if path != Path(__file__) and index.search(path.read_bytes().decode("utf-8", errors="replace"))
    ]
    assert naming == []


def files_of_the_project(folder: Path) -> Iterator[Path]:
    """The files that are written by hand, and the lock file: nothing that was installed, cached or made by a run."""
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in MADE and not path.name.endswith("_cache"):
                yield from files_of_the_project(path)
        elif path.is_file() and not path.name.startswith(("epic_events_crm.db", ".env")):
            yield path
