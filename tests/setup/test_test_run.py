"""A test run shares one PostgreSQL server, leaves nothing behind however it ends, and spares the user's own files."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]

USES_POSTGRESQL = """
import os, pathlib, signal
import pytest
from sqlalchemy import make_url

@pytest.mark.parametrize("number", range(4))
def test_it(postgres_url, number, worker_id="none"):
    port = make_url(postgres_url).port
    with open({seen!r}, "a") as seen:
        seen.write(f"{{port}} {{os.environ.get('PYTEST_XDIST_WORKER')}}\\n")
    {then}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of its own, with the same ground under its tests."""
    folder = tmp_path / "project"
    (folder / "tests").mkdir(parents=True)
    (folder / "src").mkdir()
    for name in ("__init__.py", "i18n.py"):
        shutil.copy(PROJECT / "src" / name, folder / "src")
    for path in (PROJECT / "tests").glob("*.py"):
        shutil.copy(path, folder / "tests")
    return folder


def run_tests(project: Path, *options: str, code: str, **env: str) -> "subprocess.CompletedProcess[str]":
    (project / "tests" / "test_nested.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "tests/test_nested.py"]
    temporary = project / "tmp"
    temporary.mkdir()
    temporary.chmod(0o711)  # the server's user must pass through it
    nested = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TEST_POSTGRES_"))}
    nested |= {"TMPDIR": str(temporary), **env}
    return subprocess.run(command, cwd=project, env=nested, capture_output=True, encoding="utf-8", check=False)


def answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def wait_until(over: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not over():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def ports(seen: Path) -> set[int]:
    return {int(line.split()[0]) for line in seen.read_text().splitlines()}


def test_all_workers_share_one_server_which_ends_with_the_run(project: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    ran = run_tests(project, "-n", "2", code=USES_POSTGRESQL.format(seen=str(seen), then="pass"))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert {line.split()[1] for line in seen.read_text().splitlines()} == {"gw0", "gw1"}
    assert len(ports(seen)) == 1
    assert not answers(ports(seen).pop())


@pytest.mark.parametrize("signal", ["SIGINT", "SIGKILL"])
def test_the_server_ends_with_a_run_that_is_interrupted(project: Path, tmp_path: Path, signal: str) -> None:
    seen = tmp_path / "seen"
    interrupt = f"os.kill(os.getpid(), signal.{signal})"
    ran = run_tests(project, code=USES_POSTGRESQL.format(seen=str(seen), then=interrupt))
    assert ran.returncode != 0
    assert len(ports(seen)) == 1
    wait_until(lambda: not answers(ports(seen).pop()))
    wait_until(lambda: list((project / "tmp").glob("epic-events-*")) == [])


def test_without_postgresql_the_tests_fail_with_a_sentence(project: Path, tmp_path: Path) -> None:
    code = USES_POSTGRESQL.format(seen=str(tmp_path / "seen"), then="pass")
    ran = run_tests(project, code=code, TEST_POSTGRES_BIN="/nowhere")
    assert ran.returncode == 1
    assert "TEST_POSTGRES_BIN names /nowhere, which has no working postgres." in ran.stdout
    assert "4 errors" in ran.stdout
    assert "skipped" not in ran.stdout


def test_another_server_can_be_named(project: Path, tmp_path: Path, postgres_server: object) -> None:
    from sqlalchemy import URL

    assert isinstance(postgres_server, URL)
    seen = tmp_path / "seen"
    named = postgres_server.set(drivername="postgresql").render_as_string(hide_password=False)
    ran = run_tests(project, code=USES_POSTGRESQL.format(seen=str(seen), then="pass"), TEST_POSTGRES_URL=named)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ports(seen) == {postgres_server.port}


@pytest.mark.parametrize(("name", "options"), [(".env", ("-n", "1")), ("epic_events_crm.db", ())])
def test_a_test_that_touches_the_users_files_fails_the_run(project: Path, name: str, options: tuple[str, ...]) -> None:
    (project / ".env").write_text("EPICEVENTS_CURRENCY=USD\n")
    code = f"def test_it(): open({str(project / name)!r}, 'a').write('#')\n"
    ran = run_tests(project, *options, code=code)
    assert ran.returncode == 1
    assert f"FAILED: {name} was created or changed while the tests ran." in ran.stdout


def test_the_users_environment_does_not_reach_the_tests_nor_do_they_reach_the_users_files(project: Path) -> None:
    (project / ".env").write_text("EPICEVENTS_CURRENCY=USD\n")
    (project / "epic_events_crm.db").write_bytes(b"the company's data")
    code = """
import os, time
def test_it():
    assert os.environ["DATABASE_URL"].startswith("sqlite:////a-test-must-name-its-database/")
    found = {name for name in os.environ if name.startswith(("EPICEVENTS_", "PG")) or name in ("LC_ALL", "NO_COLOR")}
    assert found == set()
    assert (os.environ["LANG"], time.tzname) == ("C.UTF-8", ("CET", "CEST"))
    assert os.environ["HOME"] != "/home/marie"
"""
    users = {"DATABASE_URL": "postgresql://db.invalid/crm", "EPICEVENTS_LANG": "fr", "PGPASSWORD": "secret"}
    users |= {"LC_ALL": "fr_FR.UTF-8", "NO_COLOR": "1", "TZ": "America/New_York", "HOME": "/home/marie"}
    ran = run_tests(project, code=code, **users)
    assert ran.returncode == 0, ran.stdout
