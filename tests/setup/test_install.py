"""`make install` says what is missing, installs once, and never takes a half-done installation for a whole one."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]

# A Poetry that notes each call and, like the real one, fills the .venv that it finds.
POETRY = """#!/bin/sh
if [ "$1" = --version ]; then echo "Poetry (version {version})"; exit; fi
echo "$@" >> "{log}"
{then}
"""

# What Poetry writes for a package with one file, of four letters.
PACKAGE = """cd .venv/lib/python*/site-packages && mkdir -p half-1.dist-info && printf {content} > half.py &&
printf 'Metadata-Version: 2.1\\nName: half\\nVersion: 1\\n' > half-1.dist-info/METADATA &&
printf 'Poetry 2.5.1' > half-1.dist-info/INSTALLER &&
printf 'half.py,,4\\n' > half-1.dist-info/RECORD && cd - > /dev/null"""
WHOLE = PACKAGE.format(content="half")

NOTE_EVERY_PROCESS = """
import sys
def note(event, details):
    if event == "subprocess.Popen" or event.startswith(("os.exec", "os.posix_spawn", "os.spawn", "os.system")):
        with open({log!r}, "a") as log:
            log.write(" ".join(map(str, details[1] if isinstance(details[1], (list, tuple)) else details[:2])) + "\\n")
sys.addaudithook(note)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the installation is made of, in a folder with a space, and with its own small src."""
    folder = tmp_path / "the project"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "__init__.py").write_text("")
    for name in ("Makefile", "pyproject.toml", "poetry.lock"):
        shutil.copy(PROJECT / name, folder)
    (folder / "tools").mkdir()
    for name in ("__init__.py", "find_python.sh", "install.py", "poetry.py"):
        shutil.copy(PROJECT / "tools" / name, folder / "tools")
    return folder


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder that comes first in the PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


def add(programs: Path, name: str, script: str) -> None:
    (programs / name).write_text(script)
    (programs / name).chmod(0o755)


def add_poetry(programs: Path, *, version: str = "2.5.1", then: str = "") -> Path:
    log = programs.parent / "poetry.log"
    log.touch()
    add(programs, "poetry", POETRY.format(version=version, log=log, then=then))
    return log


def add_own_poetry(project: Path, then: str) -> None:
    """Give the project the Poetry that it would have installed into .tools."""
    programs = project / ".tools" / "poetry" / "bin"
    programs.mkdir(parents=True)
    add(programs, "python", "#!/bin/sh\n")
    add(programs, "poetry", f"#!/bin/sh\n{then}\n")
    stamp = "import sys; from tools.poetry import OWN, PACKAGES; print(*PACKAGES, sys.version, OWN, sep='\\n', end='')"
    # The Python that `make` finds, as the stamp names it.
    write = f'"$(sh tools/find_python.sh)" -c "{stamp}" > .tools/poetry/.installed'
    subprocess.run(["sh", "-c", write], cwd=project, check=True)


def make(target: str, *, project: Path, programs: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    command = ["make", "--no-print-directory", target]
    # No network, whatever is configured: a test that would install anything for real fails instead.
    env = {**os.environ, "PATH": path, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", **env}
    return subprocess.run(command, cwd=project, env=env, capture_output=True, encoding="utf-8", check=False)


def test_too_old_a_python_is_named(project: Path, programs: Path) -> None:
    old = '#!/bin/sh\nif [ "$1" = -V ]; then echo Python 3.9.18; else exit 1; fi\n'
    for name in ("python3", "python", *(f"python3.{minor}" for minor in range(11, 15))):
        add(programs, name, old)
    ran = make("install", project=project, programs=programs)
    assert ran.returncode != 0
    assert "needs Python 3.11 or newer, and this machine has Python 3.9.18." in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_python_that_was_named_and_does_not_work_is_refused(project: Path, programs: Path) -> None:
    ran = make("install", project=project, programs=programs, PYTHON="/nowhere/python")
    assert ran.returncode != 0
    assert "PYTHON is set to '/nowhere/python', which is not a working Python 3.11 or newer." in ran.stderr


def test_the_first_python_that_is_new_enough_serves(project: Path, programs: Path) -> None:
    add(programs, "python3", "#!/bin/sh\nexit 1\n")
    add(programs, "python3.14", "#!/bin/sh\necho /the/python3.14\n")
    found = subprocess.run(
        ["sh", "tools/find_python.sh"],
        cwd=project,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert found.stdout == "/the/python3.14\n"


def test_a_python_without_venv_says_which_package_it_lacks(project: Path, programs: Path) -> None:
    broken = project.parent / "site"
    broken.mkdir()
    (broken / "ensurepip.py").write_text("raise ImportError('as Debian ships it')\n")
    add_poetry(programs, version="1.8.0")  # too old to read the lock file, so the project's own is needed
    ran = make("install", project=project, programs=programs, PYTHONPATH=str(broken))
    assert ran.returncode != 0
    assert "apt install python3-venv" in ran.stderr
    assert not (project / ".venv" / ".installed").exists()


def test_the_second_run_of_every_command_starts_nothing_that_installs(project: Path, programs: Path) -> None:
    """Every process that Python starts is written down; the program and pytest are stand-ins that say their name."""
    watched = project.parent / "watched"
    watched.mkdir()
    started = project.parent / "started"
    (watched / "sitecustomize.py").write_text(NOTE_EVERY_PROCESS.format(log=str(started)))
    (watched / "pytest.py").write_text("print('pytest')")
    script = "printf '#!/bin/sh\\necho \"epicevents $*\"\\n' > .venv/bin/epicevents && chmod +x .venv/bin/epicevents"
    add_poetry(programs, then=script)
    assert make("install", project=project, programs=programs, PYTHONPATH=str(watched)).returncode == 0
    assert len(started.read_text().splitlines()) > 3  # the first run makes .venv and calls Poetry

    for target, last in {"install": [], "demo": ["epicevents demo start"], "test": ["pytest"]}.items():
        started.unlink()
        second = make(target, project=project, programs=programs, PYTHONPATH=str(watched))
        assert (second.returncode, second.stdout.splitlines()[-1:]) == (0, last), (target, second)
        [only] = started.read_text().splitlines()
        assert only.startswith(f"{project}/.venv/bin/python -c import compileall, sys;"), target


@pytest.mark.parametrize("name", ["pyproject.toml", "poetry.lock"])
def test_other_packages_are_installed(project: Path, programs: Path, name: str) -> None:
    log = add_poetry(programs)
    make("install", project=project, programs=programs)
    with (project / name).open("a") as file:
        file.write("# changed\n")
    assert make("install", project=project, programs=programs).returncode == 0
    assert log.read_text() == "install --no-interaction\n" * 2


def test_a_moved_project_is_installed_again(project: Path, programs: Path) -> None:
    log = add_poetry(programs)
    make("install", project=project, programs=programs)
    moved = project.rename(project.parent / "elsewhere")
    assert make("install", project=moved, programs=programs).returncode == 0
    assert log.read_text() == "install --no-interaction\n" * 2
    assert str(moved) in (moved / ".venv/bin/activate").read_text()


def test_an_installation_that_failed_is_not_taken_for_done(project: Path, programs: Path) -> None:
    add_poetry(programs, then="exit 1")
    add_own_poetry(project, then="exit 1")
    failed = make("install", project=project, programs=programs)
    assert failed.returncode != 0
    assert "The installation failed: Poetry could not install the locked packages" in failed.stderr
    assert not (project / ".venv/.installed").exists()
    log = add_poetry(programs)
    log.write_text("")
    assert make("install", project=project, programs=programs).returncode == 0
    assert log.read_text() == "install --no-interaction\n"


def test_where_the_machines_poetry_cannot_the_projects_own_installs(project: Path, programs: Path) -> None:
    add_poetry(programs, then="echo 'Package babel (2.18.0) not found'; exit 1")
    add_own_poetry(project, then="touch .venv/installed-by-our-own")
    ran = make("install", project=project, programs=programs)
    assert ran.returncode == 0, ran.stderr
    assert "It could not (see .tools/poetry-install.log)" in ran.stdout
    assert (project / ".tools/poetry-install.log").read_text() == "Package babel (2.18.0) not found\n"
    assert (project / ".venv/installed-by-our-own").exists()


@pytest.mark.parametrize("version", ["1.8.5", "2.0.1", "3.0.0"])
def test_a_poetry_that_may_not_read_the_lock_file_is_passed_over(project: Path, programs: Path, version: str) -> None:
    log = add_poetry(programs, version=version)
    add_own_poetry(project, then="touch .venv/installed-by-our-own")
    assert make("install", project=project, programs=programs).returncode == 0
    assert (project / ".venv/installed-by-our-own").exists()
    assert log.read_text() == ""


@pytest.mark.parametrize("signal", ["INT", "TERM", "KILL"])
def test_a_package_that_an_interruption_cut_off_is_installed_again(project: Path, programs: Path, signal: str) -> None:
    # The real signal, sent to the installation itself when Poetry has written half of a package.
    add_poetry(programs, then=f"{PACKAGE.format(content='ha')}; kill -{signal} $PPID; sleep 1; exit 1")
    interrupted = make("install", project=project, programs=programs)
    assert interrupted.returncode != 0
    assert not (project / ".venv/.installed").exists()
    assert "Traceback" not in interrupted.stderr

    add_poetry(programs, then=f"test -d .venv/lib/python*/site-packages/half-1.dist-info || {{ {WHOLE}; }}")
    again = make("install", project=project, programs=programs)
    assert again.returncode == 0
    assert "Some packages are incomplete; installing all of them again." in again.stdout
    assert next(project.glob(".venv/lib/*/site-packages/half.py")).read_text() == "half"


def test_packages_that_stay_incomplete_are_named(project: Path, programs: Path) -> None:
    add_poetry(programs, then=PACKAGE.format(content="ha"))
    ran = make("install", project=project, programs=programs)
    assert ran.returncode != 0
    assert "The installation failed: these packages are incomplete: half." in ran.stderr
    assert not (project / ".venv/.installed").exists()


def test_whole_packages_are_kept_when_an_installation_fails(project: Path, programs: Path) -> None:
    """A failed upgrade, without the network for example, leaves the program that was there in working order."""
    add_poetry(programs, then=WHOLE)
    make("install", project=project, programs=programs)
    (project / "poetry.lock").write_text("# changed\n")
    add_poetry(programs, then="exit 1")
    add_own_poetry(project, then="exit 1")
    assert make("install", project=project, programs=programs).returncode != 0
    add_poetry(programs)
    assert make("install", project=project, programs=programs).returncode == 0
    assert next(project.glob(".venv/lib/*/site-packages/half.py")).read_text() == "half"


def test_a_venv_that_the_user_made_is_kept(project: Path, programs: Path) -> None:
    add_poetry(programs)
    subprocess.run(["python3", "-m", "venv", "--without-pip", ".venv"], cwd=project, check=True)
    (project / ".venv/kept").touch()
    # As some tools install pip: without a file that its own list names.
    tool = next(project.glob(".venv/lib/*/site-packages")) / "pip-1.dist-info"
    tool.mkdir()
    (tool / "METADATA").write_text("Metadata-Version: 2.1\nName: pip\nVersion: 1\n")
    (tool / "RECORD").write_text("pip/absent.py,,1\n")
    assert make("install", project=project, programs=programs).returncode == 0
    assert (project / ".venv/kept").exists()


def test_two_shells_install_one_after_the_other(project: Path, programs: Path) -> None:
    log = add_poetry(programs, then="sleep 0.5")
    env = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    both = [
        subprocess.Popen(["make", "install"], cwd=project, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(2)
    ]
    assert [(shell.communicate(), shell.returncode)[1] for shell in both] == [0, 0]
    assert log.read_text() == "install --no-interaction\n"


def test_the_program_starts_in_a_folder_with_a_space(project: Path, programs: Path) -> None:
    python = project / ".venv/bin/python"
    script = f"#!{python}\nprint('started')\n"
    poetry_install = f"cat > .venv/bin/epicevents <<'END'\n{script}END\nchmod +x .venv/bin/epicevents"
    add_poetry(programs, then=poetry_install)
    assert make("install", project=project, programs=programs).returncode == 0
    started = subprocess.run([project / ".venv/bin/epicevents"], capture_output=True, encoding="utf-8", check=True)
    assert started.stdout == "started\n"


def test_nothing_is_installed_into_an_environment_that_is_active(project: Path, programs: Path) -> None:
    log = add_poetry(programs, then='echo "$VIRTUAL_ENV $POETRY_VIRTUALENVS_CREATE" >> ' + '"$(dirname "$0")/../seen"')
    other = {"VIRTUAL_ENV": "/another/project/.venv", "POETRY_VIRTUALENVS_CREATE": "false"}
    assert make("install", project=project, programs=programs, **other).returncode == 0
    assert (log.parent / "seen").read_text() == " true\n"
