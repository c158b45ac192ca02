"""`epicevents serve`: refuses a database it cannot work on, answers with several processes, stops well."""

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.company import Company
from tests.program import Program
from tests.web.servers import PROJECT, serving

LOADED = """
import sys
from src.__main__ import main
sys.argv[1:] = {arguments!r}
main()
print("LOADED", *sys.modules)
"""


def test_without_a_database_nothing_is_served(program: Program, tmp_path: Path) -> None:
    done = program("serve", "--port", "0", database=f"sqlite:///{tmp_path / 'none.db'}")
    assert done.returncode == 10
    assert "Create it with: epicevents init" in done.stderr
    assert "http://" not in done.stderr


@pytest.mark.parametrize(("revision", "code"), [(None, 11), ("ffffffffffff", 13)])
def test_on_a_database_of_another_version_nothing_is_served(
    program: Program, migrated_sqlite_url: str, revision: str | None, code: int
) -> None:
    with sqlite3.connect(migrated_sqlite_url.removeprefix("sqlite:///")) as connection:
        if revision is None:
            connection.execute("DELETE FROM alembic_version")
        else:
            connection.execute("UPDATE alembic_version SET version_num = ?", [revision])
    connection.close()
    done = program("serve", "--port", "0", database=migrated_sqlite_url)
    assert (done.returncode, "http://" in done.stderr) == (code, False)


def test_a_port_that_is_taken_is_said(company: Company, program: Program) -> None:
    with serving(company) as running:
        done = program("serve", "--port", running.url.rpartition(":")[2], database=company.url)
    assert done.returncode == 7
    assert done.stderr.endswith("listens on " + running.url.rpartition(":")[2] + " already.\n")


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_several_processes_answer_and_all_end_with_the_first(company: Company, stop: signal.Signals) -> None:
    with serving(company, "--workers", "2") as running:
        seller = running.at_work("sales")
        answers = [seller.get("/clients").status_code for _time in range(8)]
        running.process.send_signal(stop)
        assert running.process.wait(60) in {0, -stop}
    assert answers == [200] * 8
    assert [entry for entry in running.log if entry["level"] not in {"info", "warning"}] == []


def test_a_command_loads_nothing_of_the_pages(company: Company) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(arguments=["client", "list", "--json"])],
        cwd=PROJECT,
        env={"DATABASE_URL": company.url, "EPICEVENTS_TOKEN": company.office.people["sales"].token, "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {module.partition(".")[0] for module in done.stdout.rpartition("LOADED ")[2].split()}
    assert '"items"' in done.stdout
    assert (
        loaded & {"fastapi", "starlette", "uvicorn", "jinja2", "pydantic", "lucide", "anyio", "opentelemetry"} == set()
    )
