"""A verified backup before rows are put at risk, of exactly what the change then finds."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from src.db.driver import sqlite_module
from src.domain.errors import BackupFailed
from src.schema.backup.backups import Backup, check_backup, list_backups
from src.schema.backup.restore import restore_backup
from src.schema.onlooker import ONLOOKER, Onlooker
from tests.schema.backup.test_backup_and_restore import NOW
from tests.schema.conftest import ADD_A_COLUMN, DROP_IT, make_backups
from tests.schema.guard.foreign_project import ForeignProject
from tests.schema.test_ledger import steps_of
from tests.shared_server import PROJECT

# Somebody else who upgrades the same database meanwhile.
COLLEAGUE = """
import sys
from pathlib import Path
from alembic import command
from alembic.config import Config
from src.schema.backup.retention import Keep
from src.schema.backup_first import Precaution
steps, url, backups = sys.argv[1:]
config = Config(attributes={"url": url, "options": {}, "precaution": Precaution(Path(backups), Keep())})
config.set_main_option("script_location", steps)
command.upgrade(config, "head")
"""
TRY = "\nfrom alembic import context\ncontext.config.attributes['on_try']()\n"


class Listening(Onlooker):
    """Does something at one moment of a change, and remembers the backups."""

    def __init__(self, moment: str = "", act: Callable[[], object] = lambda: None) -> None:
        self.moment, self.act = moment, act
        self.made: list[Backup] = []
        self.heard: list[str] = []

    def backing_up(self, done: int, total: int) -> None:
        self.hear("begun" if done < total / 2 else "nearly done")

    def backed_up(self, backup: Backup) -> None:
        self.made.append(backup)
        self.hear("backed up")

    def unprotected(self) -> None:
        self.hear("unprotected")

    def committing(self) -> None:
        self.hear("committing")

    def hear(self, moment: str) -> None:
        first = moment not in self.heard
        self.heard.append(moment)
        if first and moment == self.moment:
            self.act()


def listening(project: ForeignProject, moment: str = "", act: Callable[[], object] = lambda: None) -> Listening:
    """Have somebody listen to the project's next commands."""
    onlooker = Listening(moment, act)
    project.config.attributes[ONLOOKER] = onlooker
    return onlooker


def test_what_the_change_finds_is_in_a_good_backup_that_brings_it_back(project: ForeignProject, tmp_path: Path) -> None:
    make_backups(project, tmp_path / "backups")
    project.add("second", ADD_A_COLUMN, DROP_IT)
    heard = listening(project)
    project.upgrade()
    project.rows("UPDATE people SET phone = '123', name = 'changed'")
    project.downgrade("first")

    up, down = heard.made
    assert [(one.manifest.reason, one.manifest.content.revisions) for one in heard.made] == [
        ("before an upgrade", ("first",)),
        ("before a downgrade", ("second",)),
    ]
    assert [step.backup for step in steps_of(project)] == [None, up.file.name, down.file.name]
    for one in heard.made:
        check_backup(one)
    assert up.manifest.program == "somebody's program 2.0"
    restore_backup(make_url(project.url), up, now=NOW)
    assert project.rows("SELECT name FROM people ORDER BY id") == [("Zoé",), ("Œuvrard",), ("李",)]
    restore_backup(make_url(project.url), down, now=NOW)
    assert project.rows("SELECT name, phone FROM people WHERE id = 1") == [("changed", "123")]


def test_where_there_is_nothing_to_lose_or_to_do_none_is_made(project: ForeignProject, tmp_path: Path) -> None:
    make_backups(project, tmp_path / "backups")
    project.upgrade()
    project.rows("DELETE FROM people")
    project.add("second", "pass")
    project.upgrade()
    project.config.attributes["options"] = {"stamp": "anyway"}
    command.stamp(project.config, "first")

    assert not (tmp_path / "backups").exists()


def test_an_expert_may_go_on_without(sqlite_project: ForeignProject, tmp_path: Path) -> None:
    make_backups(sqlite_project, tmp_path / "backups")
    sqlite_project.add("second", "pass")
    sqlite_project.config.attributes["options"] = {"backup": "no"}
    heard = listening(sqlite_project)
    sqlite_project.upgrade()

    assert heard.heard == ["unprotected", "committing"]
    assert not (tmp_path / "backups").exists()
    assert [step.backup for step in steps_of(sqlite_project)] == [None, None]


def test_nobody_writes_between_the_backup_and_the_change_and_everybody_reads(
    project: ForeignProject, tmp_path: Path
) -> None:
    make_backups(project, tmp_path / "backups")
    project.add("second", "op.execute('CREATE TABLE other (id INTEGER)')")
    seen: list[object] = []

    def work() -> None:
        sqlite = project.dialect == "sqlite"
        patience = {"timeout": 0} if sqlite else {"options": "-c lock_timeout=1s"}
        # Two SQLite libraries in one process would not see each other's locks.
        module = sqlite_module() if sqlite else None
        engine = create_engine(project.url, module=module, poolclass=NullPool, connect_args=patience)
        with engine.connect() as connection:
            seen.append(connection.exec_driver_sql("SELECT count(*) FROM people").scalar_one())
        with pytest.raises(OperationalError), engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO people VALUES (4, 'acknowledged')")
        seen.append("refused")

    heard = listening(project, "backed up", work)
    project.upgrade()

    assert seen == [3, "refused"]
    assert heard.made[0].manifest.content.tables["people"].rows == 3


def test_a_backup_that_fails_stops_everything(project: ForeignProject, tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("somebody's notes")
    make_backups(project, tmp_path / "backups")
    project.add("second", "op.execute('CREATE TABLE other (id INTEGER)')")
    before = project.dump()

    with pytest.raises(BackupFailed, match=r"So nothing was changed.* -x backup=no upgrade head"):
        project.upgrade()

    assert project.dump() == before


def test_without_the_programs_of_postgresql_it_is_said_what_to_install(
    postgres_project: ForeignProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_backups(postgres_project, tmp_path / "backups")
    postgres_project.add("second", "pass")
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))  # a machine without /usr/lib/postgresql
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BackupFailed, match=r"pg_dump.*Install them.*nothing was changed.*backup=no"):
        postgres_project.upgrade()


def test_only_so_many_are_kept(sqlite_project: ForeignProject, tmp_path: Path) -> None:
    make_backups(sqlite_project, tmp_path / "backups", count=2)
    for number in range(4):
        sqlite_project.add(f"more_{number}", "pass")
        sqlite_project.upgrade()

    assert [one.manifest.content.revisions for one in list_backups(tmp_path / "backups")] == [("more_2",), ("more_1",)]


MOMENTS = ("begun", "nearly done", "backed up", "committing")


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_at_any_moment_leaves_the_old_state(project: ForeignProject, tmp_path: Path, moment: str) -> None:
    make_backups(project, tmp_path / "backups")
    project.add("second", "op.execute('CREATE TABLE other (id INTEGER)')")

    def interrupt() -> None:
        raise KeyboardInterrupt

    listening(project, moment, interrupt)
    with pytest.raises(KeyboardInterrupt):
        project.upgrade()

    assert [step.revision for step in steps_of(project)] == ["first"]
    whole = [*(tmp_path / "backups").iterdir()]
    assert len(whole) == (0 if moment in MOMENTS[:2] else 2)
    listening(project)
    project.upgrade()
    assert [step.revision for step in steps_of(project)] == ["first", "second"]


def in_another_process(work: Callable[[], object]) -> int:
    """Run something in a forked process; gives its exit code, or minus the signal that killed it."""
    child = os.fork()
    if child == 0:
        code = 1
        with suppress(BaseException):
            work()
            code = 0
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_moment_it_leaves_the_old_state_and_a_retry_cleans_up(
    sqlite_project: ForeignProject, tmp_path: Path, moment: str
) -> None:
    make_backups(sqlite_project, tmp_path / "backups")
    sqlite_project.add("second", "op.execute('CREATE TABLE other (id INTEGER)')")
    listening(sqlite_project, moment, lambda: os.kill(os.getpid(), signal.SIGKILL))

    assert in_another_process(sqlite_project.upgrade) == -signal.SIGKILL

    assert [step.revision for step in steps_of(sqlite_project)] == ["first"]
    assert sqlite_project.rows("PRAGMA integrity_check") == [("ok",)]
    heard = listening(sqlite_project)
    sqlite_project.upgrade()
    assert [step.revision for step in steps_of(sqlite_project)] == ["first", "second"]
    assert heard.made[0] in list_backups(tmp_path / "backups")
    assert [path.name for path in (tmp_path / "backups").iterdir() if path.name.startswith(".")] == []


def test_of_two_at_once_one_makes_a_backup_and_the_other_finds_nothing_to_do(
    project: ForeignProject, tmp_path: Path
) -> None:
    make_backups(project, tmp_path / "backups")
    project.add("second", ADD_A_COLUMN)
    others: list[subprocess.Popen[bytes]] = []
    arguments = [str(project.versions.parent), project.url, str(tmp_path / "backups")]
    listening(
        project,
        "begun",
        lambda: others.append(subprocess.Popen([sys.executable, "-c", COLLEAGUE, *arguments], cwd=PROJECT)),
    )
    project.upgrade()

    assert [other.wait() for other in others] == [0]
    assert len(list_backups(tmp_path / "backups")) == 1
    assert [step.revision for step in steps_of(project)] == ["first", "second"]


def upgrade_behind(
    reader: "psycopg.Connection[tuple[Any, ...]]",
    project: ForeignProject,
    folder: Path,
    on_first_try: Callable[[], object] = lambda: None,
) -> Listening:
    """Upgrade while somebody reads the table that the revision changes, until the second try."""
    reader.execute("SELECT * FROM people")
    acts = [on_first_try, reader.rollback]

    def act_on_try() -> None:
        acts.pop(0)()

    make_backups(project, folder)
    project.config.attributes["on_try"] = act_on_try
    project.add("second", TRY + ADD_A_COLUMN)
    heard = listening(project)
    project.upgrade()
    assert acts == []
    return heard


def connected(project: ForeignProject, **options: Any) -> "psycopg.Connection[tuple[Any, ...]]":
    """Somebody who works in the project's database."""
    address = make_url(project.url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, **options)


def test_a_second_try_uses_the_backup_again_if_nothing_was_written(
    postgres_project: ForeignProject, tmp_path: Path
) -> None:
    with connected(postgres_project) as reader:
        heard = upgrade_behind(reader, postgres_project, tmp_path / "backups")

    assert len(heard.made) == 1


def test_a_second_try_makes_another_if_somebody_wrote_meanwhile(
    postgres_project: ForeignProject, tmp_path: Path
) -> None:
    with connected(postgres_project) as reader, connected(postgres_project, autocommit=True) as colleague:
        writer = threading.Thread(target=colleague.execute, args=("INSERT INTO people VALUES (4, 'acknowledged')",))

        def write() -> None:
            writer.start()
            while not postgres_project.rows("SELECT 1 FROM pg_locks WHERE NOT granted"):
                pass  # until it waits for the migration to give way

        heard = upgrade_behind(reader, postgres_project, tmp_path / "backups", write)
        writer.join()

    assert len(heard.made) == 2
    assert [one.manifest.content.tables["people"].rows for one in list_backups(tmp_path / "backups")] == [4]
