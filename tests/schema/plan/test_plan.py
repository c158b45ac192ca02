"""A rehearsal tells what would happen, and neither the database nor anything beside it is changed by it."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from sqlalchemy import make_url

from src.domain.errors import DatabaseError, DataLossRefused, NoRoom, NotFound
from src.schema.plan.copy_folder import private_folder
from src.schema.plan.plan import Plan, make_plan
from tests.databases import maintenance, new_database, text_of
from tests.postgres import private_server
from tests.program import HANG_SECONDS
from tests.schema.guard.foreign_project import ForeignProject
from tests.shared_server import PROJECT

FIRST = (
    "CREATE TABLE books (id INTEGER PRIMARY KEY, title VARCHAR(50) NOT NULL, loans INTEGER)",
    "CREATE TABLE notes (body VARCHAR(50))",
    "INSERT INTO books VALUES (1, 'Émile', 0), (2, 'Zadig', 0), (3, 'Candide', 0)",
)

LENT = (
    "op.accept_change(table='books', columns=['loans'], because='all are lent')\n"
    "op.execute(sa.text('UPDATE books SET loans = 1'))"
)


def planned(project: ForeignProject, programs: Path, destination: str | None = None) -> Plan:
    """Rehearse."""
    return make_plan(
        make_url(project.url), project.project, destination, programs=programs, advance=lambda _share: None
    )


@pytest.fixture
def library(tmp_path: Path, database_url: str) -> ForeignProject:
    """A library with two steps to go."""
    project = ForeignProject(tmp_path / "foreign", database_url)
    project.start_with(*FIRST)
    project.add(
        "pages",
        "op.add_column('books', sa.Column('pages', sa.Integer()))\n"
        "op.execute(sa.text('UPDATE books SET pages = 100 WHERE id > 1'))\n"
        "for (title,) in op.get_bind().execute(sa.text('SELECT title FROM books')).fetchall():\n"
        "    op.execute(sa.text(f\"INSERT INTO notes VALUES ('{title}')\"))\n"
        "op.get_bind().execute(sa.text('INSERT INTO notes VALUES (:b)'), [{'b': 'Secret'}, {'b': 'Hidden'}])",
        "op.accept_loss(table='books', column='pages', because='undone')\n"
        "op.accept_deletion(table='notes', because='undone')\n"
        "op.execute(sa.text('DELETE FROM notes'))\nop.drop_column('books', 'pages')",
    )
    project.add("index", "op.create_index('ix_books_title', 'books', ['title'])", "op.drop_index('ix_books_title')")
    return project


def test_it_tells_statements_rows_seconds_and_room_for_each_revision(library: ForeignProject, programs: Path) -> None:
    before = library.dump()
    plan = planned(library, programs)
    assert (plan.at, plan.direction, plan.refusal) == (["first"], "upgrade", None)
    assert [run.revision for run in plan.runs] == ["pages", "index"]
    pages, index = plan.runs
    assert pages.rows == {"books": 2, "notes": 5}
    assert index.rows == {}
    assert min(pages.seconds, index.seconds) > 0
    assert list(pages.statements.items())[:3] == [
        ("ALTER TABLE books ADD COLUMN pages INTEGER", 1),
        ("UPDATE books SET pages = 100 WHERE id > 1", 1),
        ("INSERT INTO notes VALUES ('…')", 3),
    ]
    assert list(pages.statements.values())[3:] == [2]
    assert list(index.statements) == ["CREATE INDEX ix_books_title ON books (title)"]
    assert not [said for said in pages.statements if any(word in said for word in ("Zadig", "Secret", "Hidden"))]
    assert plan.needed > 0
    assert (plan.free is None) == (library.dialect == "postgresql")
    assert library.dump() == before


def test_the_way_back_is_rehearsed_too(library: ForeignProject, programs: Path) -> None:
    library.upgrade()
    plan = planned(library, programs, "first")
    assert (plan.direction, [run.revision for run in plan.runs]) == ("downgrade", ["index", "pages"])
    assert plan.runs[1].rows["notes"] == 5
    assert planned(library, programs).runs == ()
    with pytest.raises(NotFound, match="nowhere"):
        planned(library, programs, "nowhere")


def test_a_loss_that_the_guard_would_refuse_is_told(library: ForeignProject, programs: Path) -> None:
    library.add("lossy", "op.execute(sa.text('DELETE FROM books WHERE id = 2'))")
    before = library.dump()
    plan = planned(library, programs)
    assert isinstance(plan.refusal, DataLossRefused)
    assert "books" in str(plan.refusal)
    assert [run.revision for run in plan.runs] == ["pages", "index", "lossy"]
    assert library.dump() == before


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("op.drop_column('books', 'nothing')", "nothing"),
        ("raise ValueError('no such book')", "no such book"),
        ("raise SystemExit(0)", "SystemExit"),
    ],
)
def test_a_revision_that_would_fail_is_told(library: ForeignProject, programs: Path, step: str, told: str) -> None:
    library.add("broken", step)
    plan = planned(library, programs)
    assert isinstance(plan.refusal, DatabaseError)
    assert told in str(plan.refusal)
    assert plan.runs[-1].revision == "broken"


def test_rows_that_a_trigger_or_a_rebuild_writes_are_counted(sqlite_url: str, tmp_path: Path) -> None:
    project = ForeignProject(tmp_path / "foreign", sqlite_url)
    project.start_with(
        *FIRST, "CREATE TRIGGER log AFTER UPDATE ON books BEGIN INSERT INTO notes VALUES (NEW.title); END"
    )
    project.add("updated", LENT, "pass")
    project.add(
        "rebuilt",
        "op.execute(sa.text('CREATE TABLE more (body TEXT)'))\n"
        "op.execute(sa.text('INSERT INTO more SELECT title FROM books'))\n"
        "op.execute(sa.text('ALTER TABLE more RENAME TO titles'))",
    )
    plan = planned(project, tmp_path)
    assert [run.rows for run in plan.runs] == [{"books": 3, "": 3}, {"titles": 3}]


def test_a_log_that_a_killed_program_left_is_neither_written_back_nor_lost(sqlite_url: str, tmp_path: Path) -> None:
    """The copy has the rows that are only in the log."""
    project = ForeignProject(tmp_path / "foreign", sqlite_url)
    project.start_with(*FIRST)
    project.add("more", LENT)
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    script = (
        "import os, sys; from src.db.driver import sqlite_module\n"
        "c = sqlite_module().connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA journal_mode=WAL'); c.execute(\"INSERT INTO books VALUES (9, 'Micromégas', 0)\")\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(file)], cwd=PROJECT, check=False)
    names = ["empty.db", "empty.db-wal"]
    before = {name: file.with_name(name).read_bytes() for name in names}
    assert before["empty.db-wal"]
    plan = planned(project, tmp_path)
    assert [run.rows for run in plan.runs] == [{"books": 4}]
    assert {name: file.with_name(name).read_bytes() for name in names} == before
    assert sorted(path.name for path in file.parent.iterdir() if path.is_file()) == [
        "empty.db",
        "empty.db-shm",
        names[1],
    ]


def test_a_copy_that_would_not_fit_is_not_begun(tmp_path: Path) -> None:
    with pytest.raises(NoRoom, match="MB are needed"), private_folder(1 << 60, beside=tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_rehearsal_leaves_is_removed_by_the_next(
    library: ForeignProject, tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    library.add("slow", "print('rehearsing', flush=True)\n__import__('time').sleep(600)")
    before = copies(library, temporary)
    with subprocess.Popen(
        [sys.executable, "-c", PLAN_IN_A_PROCESS, library.url, str(library.versions.parent), str(programs)],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        text=True,
    ) as rehearsing:
        try:
            assert rehearsing.stdout is not None
            assert rehearsing.stdout.readline() == "rehearsing\n"
            left = copies(library, temporary) - before
            assert left
            (library.versions / "003_slow.py").unlink()
            monkeypatch.setattr(tempfile, "tempdir", str(temporary))
            planned(library, programs)
            assert copies(library, temporary) & left  # it is still at work
        finally:
            rehearsing.kill()
    planned(library, programs)
    # Other tests may rehearse on the same server: theirs go by themselves.
    until = time.monotonic() + HANG_SECONDS
    while copies(library, temporary) & left and time.monotonic() < until and library.dialect == "postgresql":
        time.sleep(0.1)
    assert not copies(library, temporary) & left


def copies(project: ForeignProject, temporary: Path) -> set[str]:
    """The copies that there are."""
    if project.dialect == "sqlite":
        return {path.name for path in temporary.iterdir()}
    return {name for (name,) in project.rows("SELECT datname FROM pg_database WHERE datname LIKE 'schema_plan_%'")}


PLAN_IN_A_PROCESS = """
import sys
from pathlib import Path
from sqlalchemy import make_url
from src.schema.plan.plan import make_plan
from tests.schema.guard.foreign_project import project_in
url, folder, programs = sys.argv[1:]
make_plan(make_url(url), project_in(Path(folder).parent), None, programs=Path(programs), advance=lambda share: None)
"""


def test_who_may_not_create_a_database_is_told_what_to_ask_for(tmp_path: Path, programs: Path) -> None:
    with private_server() as server, new_database(server) as url:
        with maintenance(server.set(username="postgres")) as administrator:
            administrator.execute("ALTER ROLE crm NOCREATEDB")
        project = ForeignProject(tmp_path / "foreign", text_of(url))
        project.start_with(*FIRST)
        project.add("more", LENT)
        with pytest.raises(DatabaseError, match="ALTER ROLE crm CREATEDB"):
            planned(project, programs)
        with maintenance(server.set(username="postgres")) as administrator:
            administrator.execute("ALTER ROLE crm CREATEDB")
        assert [run.rows for run in planned(project, programs).runs] == [{"books": 3}]
