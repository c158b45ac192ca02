"""Eight people upgrade at once, and somebody else is using the database meanwhile."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from src.domain.errors import DatabaseBusy
from src.schema import lock
from src.schema.revisions import read_history
from src.services import CRM
from tests.databases import migrate
from tests.migrations.command_line import CommandLine
from tests.migrations.conftest import FIRST, execute, path_of, version_of
from tests.migrations.projects import add_revision, copy_project

LAST = "counted_3"


@pytest.fixture
def counting_project(tmp_path: Path) -> Path:
    """The project with three more revisions that each write down that they ran."""
    folder = copy_project(tmp_path / "counting")
    for number in range(1, 4):
        add_revision(
            folder,
            f"counted_{number}",
            after=FIRST if number == 1 else f"counted_{number - 1}",
            imports="from alembic import op",
            upgrade=("op.execute('CREATE TABLE runs (revision VARCHAR(20))')\n    " if number == 1 else "")
            + f"op.execute(\"INSERT INTO runs VALUES ('counted_{number}')\")",
            downgrade="op.execute('DROP TABLE runs')" if number == 1 else "pass",
        )
    return folder


BLOCK = (
    "how = 'CONCURRENTLY' if op.get_context().dialect.name == 'postgresql' else ''\n"
    "    with op.get_context().autocommit_block():\n"
    "        op.execute(f'CREATE INDEX {how} IF NOT EXISTS ix_counted ON clients (phone)')\n"
    "    op.execute(\"INSERT INTO runs VALUES ('counted_2')\")"
)


def start(project: Path, url: str, *command: str) -> "subprocess.Popen[str]":
    """Start Alembic in a process of its own and do not wait."""
    return subprocess.Popen(
        [sys.executable, "-m", "alembic", *command],
        cwd=project,
        stdin=subprocess.PIPE,
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_eight_upgrades_at_once_all_succeed_and_apply_each_revision_once(
    counting_project: Path, database_url: str
) -> None:
    """Also where one commits in the middle, to build an index while others write."""
    add_revision(counting_project, "counted_2", after="counted_1", imports="from alembic import op", upgrade=BLOCK)
    running = [start(counting_project, database_url, "upgrade", "head") for _ in range(8)]
    answers = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0] * 8, answers
    assert execute(database_url, "SELECT revision FROM runs ORDER BY revision") == [
        ("counted_1",),
        ("counted_2",),
        (LAST,),
    ]
    assert version_of(database_url) == LAST
    ran = [err.count("Running upgrade") for _, err in answers]
    assert sorted(ran) == [0] * 7 + [len(read_history(CRM.versions).parents) + 3]


def test_an_upgrade_waits_for_a_writer_on_sqlite(alembic: CommandLine, migrated_sqlite_url: str) -> None:
    engine = create_engine(migrated_sqlite_url, poolclass=NullPool)
    with engine.connect() as writer:
        writer.exec_driver_sql("BEGIN IMMEDIATE")
        process = start(alembic.project, migrated_sqlite_url, "upgrade", "head")
        assert process.stderr is not None
        wait_for(process, "Another program is changing the database; waiting for it.")
        assert process.poll() is None
        writer.rollback()
    with process:
        process.communicate()
    assert process.returncode == 0
    assert alembic("current", url=migrated_sqlite_url).out.endswith(" (head)\n")


def test_looking_does_not_wait_for_a_writer(alembic: CommandLine, migrated_url: str) -> None:
    engine = create_engine(migrated_url, poolclass=NullPool)
    with engine.connect() as writer:
        if writer.dialect.name == "sqlite":
            writer.exec_driver_sql("BEGIN IMMEDIATE")
        writer.exec_driver_sql("UPDATE alembic_version SET version_num = 'not committed'")
        assert alembic("current", url=migrated_url).out == f"{FIRST}\n"
        writer.rollback()


def test_a_change_gives_way_to_those_who_use_a_table_on_postgresql(
    alembic: CommandLine, migrated_postgres_url: str
) -> None:
    """Somebody reads for long; whoever comes after the waiting migration is still served."""
    address = make_url(migrated_postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as reader, psycopg.connect(address, autocommit=True) as newcomer:
        reader.execute("SELECT count(*) FROM users")
        process = start(alembic.project, migrated_postgres_url, "downgrade", "base")
        wait_for(process, "Running downgrade")
        wait_for(process, "Running downgrade")  # again: the first try gave way
        newcomer.execute("SET statement_timeout = '20s'")
        assert newcomer.execute("SELECT count(*) FROM users").fetchone() == (0,)
        assert process.poll() is None
        reader.rollback()
        with process:
            process.communicate()
    assert process.returncode == 0
    assert version_of(migrated_postgres_url) is None


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_whoever_is_stopped_while_changing_leaves_no_trace_and_no_lock(
    alembic: CommandLine, counting_project: Path, database_url: str, how: signal.Signals
) -> None:
    add_revision(
        counting_project,
        "slow",
        after=LAST,
        imports="import sys\nimport time\n\nfrom alembic import op",
        upgrade="op.execute(\"INSERT INTO runs VALUES ('slow')\")\n    print('slow now', file=sys.stderr, flush=True)\n"
        "    time.sleep(60)",
    )
    process = start(counting_project, database_url, "upgrade", "head")
    wait_for(process, "slow now")
    process.send_signal(how)
    with process:
        out, err = process.communicate()
    if how is signal.SIGINT:
        assert process.returncode == 130, err + out
        assert "Traceback" not in err + out
        assert "Interrupted: what was not finished is undone." in err
    assert version_of(database_url) is None
    assert alembic.in_project(counting_project)("upgrade", LAST, url=database_url).code == 0
    assert len(execute(database_url, "SELECT revision FROM runs")) == 3


def test_behind_one_that_stands_still_an_upgrade_gives_up_by_name(
    counting_project: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the one that stood still finishes when it goes on, as if nothing had been."""
    upgrade = "print('slow now', file=sys.stderr, flush=True)\n    sys.stdin.readline()"
    add_revision(counting_project, "slow", after=LAST, imports="import sys", upgrade=upgrade)
    process = start(counting_project, database_url, "upgrade", "head")
    wait_for(process, "slow now")
    process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(lock, "WAIT_SECONDS", 1)
    with pytest.raises(DatabaseBusy):
        migrate(database_url)
    process.send_signal(signal.SIGCONT)
    with process:
        process.communicate("go on\n")
    assert process.returncode == 0
    assert version_of(database_url) == "slow"


def test_ctrl_c_ends_the_wait_for_a_writer(alembic: CommandLine, migrated_sqlite_url: str) -> None:
    engine = create_engine(migrated_sqlite_url, poolclass=NullPool)
    with engine.connect() as writer:
        writer.exec_driver_sql("BEGIN IMMEDIATE")
        process = start(alembic.project, migrated_sqlite_url, "upgrade", "head")
        wait_for(process, "waiting for it")
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        with process:
            _, err = process.communicate()
        assert process.returncode == 130, err
        assert "Traceback" not in err
        assert time.monotonic() - began < 30  # not the minute that it would have waited
    assert path_of(migrated_sqlite_url).exists()


def wait_for(process: "subprocess.Popen[str]", words: str) -> None:
    """Read what a process says until it has said some words."""
    assert process.stderr is not None
    heard = []
    for line in process.stderr:
        heard.append(line)
        if words in line:
            return
    raise AssertionError(f"it ended without saying {words!r}: {heard}")
