"""Install what the project needs, once: the locked packages into .venv, and Poetry into .tools if it is missing.

Standard library only: this runs before anything is installed. A second run finds its stamp and ends at once.
"""

import contextlib
import fcntl
import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

from tools.poetry import PROJECT, TOOLS, VENV, InstallError, own_poetry, poetry_of_this_machine, run_poetry, run_step

STAMP = VENV / ".installed"
LOG = TOOLS / "poetry-install.log"
INSTALL = ["install", "--no-interaction"]

# Prints the packages of which Poetry has not written every file whole. (A pip that another tool put there may differ.)
CUT_OFF = """
import sysconfig
from importlib.metadata import distributions

def is_whole(file):
    path = file.locate()
    return file.suffix == ".pyc" or path.is_file() and file.size in (None, path.stat().st_size)

for package in distributions(path=[sysconfig.get_path("purelib")]):
    by_poetry = (package.read_text("INSTALLER") or "").startswith("Poetry")
    if not package.files or by_poetry and not all(map(is_whole, package.files)):
        print(package.metadata["Name"])
"""


def main() -> int:
    """Install whatever is not installed yet."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with only_one_at_a_time():
            install()
    except KeyboardInterrupt:
        print("\nInterrupted: the same command starts the installation again.", file=sys.stderr)
        return 130
    except (InstallError, OSError) as error:
        print(f"The installation failed: {error}", file=sys.stderr)
        return 1
    return 0


def install() -> None:
    """Bring .venv to what poetry.lock says, unless its stamp says that it is there already."""
    if STAMP.is_file() and STAMP.read_text() == fingerprint():
        return
    STAMP.unlink(missing_ok=True)
    if not venv_works():
        make_venv()
    install_locked_packages()
    if ask_venv(CUT_OFF):
        # An installation that was killed, or a full disk, left a package that looks installed and is not.
        print("Some packages are incomplete; installing all of them again.", flush=True)
        make_venv()
        install_locked_packages()
    if incomplete := ask_venv(CUT_OFF).split():
        raise InstallError(f"these packages are incomplete: {', '.join(incomplete)}.")
    mend_own_command()
    compile_packages()
    complete = STAMP.with_suffix(".new")
    complete.write_text(fingerprint())
    complete.replace(STAMP)
    print("Installed. Next: make demo, make test, or make help.")


@contextlib.contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Let a second shell wait for the installation that the first one is doing."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another installation of this project to end …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fingerprint() -> str:
    """What an installation depends on: the pinned packages, the Python, and the folder (scripts name it)."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "poetry.lock"):
        digest.update((PROJECT / name).read_bytes())
    digest.update(compile_own_code().encode())
    digest.update(os.fsencode(PROJECT))
    return digest.hexdigest()


def compile_own_code() -> str:
    """Compile src, which PYTHONDONTWRITEBYTECODE may forbid Python to do by itself, and tell the Python's version."""
    source = str(PROJECT / "src")
    return ask_venv(f"import compileall, sys; compileall.compile_dir({source!r}, quiet=2); print(sys.version)")


def compile_packages() -> None:
    """Compile the installed packages: without it every start of the program takes three times as long."""
    # What cannot be compiled is a template that some package ships; quiet=2 passes over it.
    ask_venv("import compileall, sysconfig; compileall.compile_dir(sysconfig.get_path('purelib'), quiet=2, workers=0)")


def mend_own_command() -> None:
    """Let .venv/bin/epicevents start in a folder whose name has spaces; Poetry sees to that in other packages only."""
    command, python = VENV / "bin/epicevents", str(VENV / "bin/python")
    words = command.read_text(encoding="utf-8") if command.is_file() else ""
    if " " in python and words.startswith(f"#!{python}\n"):
        # The shell reads the second line as a command that never returns, Python reads it as a text.
        start = f"#!/bin/sh\n'''exec' {shlex.quote(python)} \"$0\" \"$@\"\n' '''\n"
        command.write_text(words.replace(f"#!{python}\n", start, 1), encoding="utf-8")


def venv_works() -> bool:
    """Whether .venv runs, with the Python version that its packages are for, in the folder it was made in."""
    found = ask_venv("import os, sys, sysconfig; print(os.path.isdir(sysconfig.get_path('purelib')), sys.prefix)")
    activate = VENV / "bin/activate"
    moved = activate.is_file() and str(VENV) not in activate.read_text()
    return found.strip() == f"True {VENV}" and not moved


def ask_venv(code: str) -> str:
    """What a few lines of Python print in .venv; nothing where it cannot run."""
    with contextlib.suppress(OSError):
        return subprocess.run([VENV / "bin/python", "-c", code], capture_output=True, text=True, check=False).stdout
    return ""


def make_venv() -> None:
    """Make an empty .venv, in place of a missing, broken or half-filled one."""
    if VENV.is_symlink():
        raise InstallError(f"{VENV} is a symbolic link: remove it, as packages belong in this folder only.")
    if VENV.exists():
        shutil.rmtree(VENV)
    run_step([sys.executable, "-m", "venv", "--without-pip", VENV])


def install_locked_packages() -> None:
    """Install what poetry.lock names, with the machine's Poetry if there is one that can, else with the project's."""
    if (poetry := poetry_of_this_machine()) is not None:
        print(f"Installing the locked packages into .venv with {poetry} …", flush=True)
        with LOG.open("w") as log:
            if run_poetry(poetry, INSTALL, log=log.fileno()) == 0:
                return
        print(f"It could not (see {LOG.relative_to(PROJECT)}); the project's own Poetry tries next.", flush=True)
    poetry = own_poetry()
    print("Installing the locked packages into .venv …", flush=True)
    if run_poetry(poetry, INSTALL) != 0:
        raise InstallError("Poetry could not install the locked packages; its own words are above.")


if __name__ == "__main__":
    sys.exit(main())
