"""The project's own Poetry asks the index that pip is configured for, found out at run time."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose own Poetry is installed, and only tells which index it was given."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "tools").mkdir()
    for name in ("__init__.py", "poetry.py"):
        shutil.copy(PROJECT / "tools" / name, folder / "tools")
    own = folder / ".tools" / "poetry"
    subprocess.run([sys.executable, "-m", "venv", own], check=True)  # with the pip that Python brings
    (own / "bin" / "poetry").write_text('#!/bin/sh\necho "$1 ${POETRY_PYPI_MIRROR_URL-no mirror}"\n')
    (own / "bin" / "poetry").chmod(0o755)
    stamp = "import sys; from tools.poetry import OWN, PACKAGES; print(*PACKAGES, sys.version, OWN, sep='\\n', end='')"
    written = subprocess.run(
        [sys.executable, "-c", stamp], cwd=folder, capture_output=True, encoding="utf-8", check=True
    ).stdout
    (own / ".installed").write_text(written)
    return folder


def lock(project: Path, settings: Path, **env: str) -> str:
    """Run `python -m tools.poetry lock` where pip has these settings and no others."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "POETRY_"))}
    env = {**clean, "PIP_CONFIG_FILE": str(settings), **env}
    command = [sys.executable, "-m", "tools.poetry", "lock"]
    return subprocess.run(command, cwd=project, env=env, capture_output=True, encoding="utf-8", check=True).stdout


# What pip's file of settings says, what the environment says, and what Poetry is then given.
INDEX = "index-url = https://packages.invalid/root"
CASES = {
    "the index in pip's settings": (INDEX, {}, "https://packages.invalid/root"),
    "the environment comes first": (
        INDEX,
        {"PIP_INDEX_URL": "https://other.invalid/root"},
        "https://other.invalid/root",
    ),
    "a mirror that the user chose for Poetry is kept": (
        INDEX,
        {"POETRY_PYPI_MIRROR_URL": "https://chosen.invalid/root"},
        "https://chosen.invalid/root",
    ),
    "no index": ("no-index = true", {}, "no mirror"),
    "an index that Poetry cannot read": ("index-url = file:///a/folder", {}, "no mirror"),
}


def test_poetry_is_given_the_index_that_pip_asks(project: Path, tmp_path: Path) -> None:
    settings = tmp_path / "pip.conf"
    given = {}
    for case, (setting, env, _index) in CASES.items():
        settings.write_text(f"[global]\n{setting}\n")
        given[case] = lock(project, settings, **env)
    assert given == {case: f"lock {index}\n" for case, (_setting, _env, index) in CASES.items()}
