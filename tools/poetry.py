"""Run Poetry where plain Poetry may fail: `python -m tools.poetry lock`, with the package index that pip uses.

Poetry alone asks PyPI for one JSON document per version, which many mirrors do not serve ("Package … not found"). The
project's own Poetry, in .tools, has a plugin that reads the same pages as pip; where they are is taken from pip's own
settings at run time, so no file of the project names an index. Standard library only.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
TOOLS = PROJECT / ".tools"
OWN = TOOLS / "poetry"
PACKAGES = ["poetry==2.5.1", "poetry-plugin-pypi-mirror==0.6.5"]

# Poetry must work on this project's .venv whatever environment the caller is in and whatever they configured.
OUR_SETTINGS = {"POETRY_VIRTUALENVS_CREATE": "true", "POETRY_VIRTUALENVS_IN_PROJECT": "true"}
OTHER_ENVIRONMENTS = ("VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "PYTHONHOME")

# Asks pip itself, as its settings may come from the environment or from any of its files.
PIP_INDEX = """
from pip._internal.commands import create_command
options, _ = create_command("install").parse_args([])
print("" if options.no_index else options.index_url)
"""


class InstallError(Exception):
    """The installation cannot go on; the message says what to do."""


def poetry_of_this_machine() -> Path | None:
    """The Poetry on the PATH, if it can read the lock file."""
    found = shutil.which("poetry")
    if found is None or Path(found).is_relative_to(VENV):
        return None
    with contextlib.suppress(OSError):
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.search(r"version (\d+)\.(\d+)", said)
        if version and (2, 1) <= (int(version[1]), int(version[2])) < (3, 0):
            return Path(found)
    return None


def own_poetry() -> Path:
    """The project's own Poetry, installed into .tools the first time."""
    stamp = OWN / ".installed"
    wanted = "\n".join([*PACKAGES, sys.version, str(OWN)])
    poetry = OWN / "bin/poetry"
    if stamp.is_file() and stamp.read_text() == wanted:
        return poetry
    if OWN.exists():
        shutil.rmtree(OWN)
    print("Installing Poetry into .tools …", flush=True)
    if subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode:
        raise InstallError(f"{sys.executable} has no venv module; on Debian or Ubuntu: apt install python3-venv")
    run_step([sys.executable, "-m", "venv", OWN])
    run_step([OWN / "bin/python", "-m", "pip", "install", "--quiet", *PACKAGES])
    stamp.write_text(wanted)
    return poetry


def run_poetry(poetry: Path, arguments: list[str], *, log: int | None = None) -> int:
    """Run one Poetry command on this project and return its exit code."""
    environment = {name: value for name, value in os.environ.items() if name not in OTHER_ENVIRONMENTS} | OUR_SETTINGS
    if poetry.is_relative_to(OWN) and (index := pip_index()):
        environment.setdefault("POETRY_PYPI_MIRROR_URL", index)
    command = [str(poetry), *arguments]
    return subprocess.run(command, cwd=PROJECT, env=environment, stdout=log, stderr=log, check=False).returncode


def pip_index() -> str:
    """The package index that pip uses on this machine, if it is one that Poetry can read."""
    asked = subprocess.run([OWN / "bin/python", "-c", PIP_INDEX], capture_output=True, text=True, check=False)
    index = asked.stdout.strip()
    return index if index.startswith(("http://", "https://")) else ""


def run_step(command: list[str | Path]) -> None:
    """Run one step of the installation in sight of the user."""
    ended = subprocess.run(command, cwd=PROJECT, check=False).returncode
    if ended != 0:
        raise InstallError(f"`{' '.join(map(str, command))}` ended with exit code {ended}.")


if __name__ == "__main__":
    try:
        sys.exit(run_poetry(own_poetry(), sys.argv[1:]))
    except InstallError as refusal:
        sys.exit(str(refusal))
