"""The project's own Poetry asks the index that pip is configured for, found out at run time."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose own Poetry is installed, and only tells which index it was given."""
    folder = tmp_path_factory.mktemp("project")
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


def test_the_index_in_pips_settings_is_used(project: Path, tmp_path: Path) -> None:
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nindex-url = https://packages.invalid/root\n")
    assert lock(project, settings) == "lock https://packages.invalid/root\n"


def test_the_index_in_pips_environment_comes_first(project: Path, tmp_path: Path) -> None:
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nindex-url = https://packages.invalid/root\n")
    assert lock(project, settings, PIP_INDEX_URL="https://other.invalid/root") == "lock https://other.invalid/root\n"


def test_a_mirror_that_the_user_chose_for_poetry_is_kept(project: Path, tmp_path: Path) -> None:
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nindex-url = https://packages.invalid/root\n")
    chosen = lock(project, settings, POETRY_PYPI_MIRROR_URL="https://chosen.invalid/root")
    assert chosen == "lock https://chosen.invalid/root\n"


@pytest.mark.parametrize("setting", ["no-index = true", "index-url = file:///a/folder"])
def test_an_index_that_poetry_cannot_read_is_not_passed_on(project: Path, tmp_path: Path, setting: str) -> None:
    settings = tmp_path / "pip.conf"
    settings.write_text(f"[global]\n{setting}\n")
    assert lock(project, settings) == "lock no mirror\n"
