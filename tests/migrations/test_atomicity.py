"""A migration happens whole or not at all, and takes nobody's rows with it."""

import re
from pathlib import Path

import pytest

from tests.migrations.command_line import CommandLine
from tests.migrations.conftest import FIRST, execute, version_of
from tests.migrations.projects import add_revision, copy_project

OP = "import sqlalchemy as sa\nfrom alembic import op"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project to add revisions to."""
    return copy_project(tmp_path / "copy")


@pytest.fixture
def alembic(warm: CommandLine, copy: Path) -> CommandLine:
    """Alembic in that copy."""
    return warm.in_project(copy)


def test_a_failing_migration_leaves_no_trace(copy: Path, alembic: CommandLine, migrated_url: str) -> None:
    """Not even of the revisions before it in the same command."""
    add_revision(copy, "good", after=FIRST, imports=OP, upgrade="op.execute('CREATE TABLE good (id INTEGER)')")
    bad = "op.execute('CREATE TABLE bad (id INTEGER)')\n    op.execute('INSERT INTO nowhere VALUES (1)')"
    add_revision(copy, "bad", after="good", imports=OP, upgrade=bad)
    answer = alembic("upgrade", "head", url=migrated_url)
    assert answer.code == 255
    assert answer.out.startswith("FAILED: The migration failed and was undone: ")
    assert "nowhere" in answer.out
    assert version_of(migrated_url) == FIRST
    assert tables(migrated_url) & {"good", "bad"} == set()
    add_revision(copy, "bad", after="good", imports=OP, upgrade="op.execute('CREATE TABLE bad (id INTEGER)')")
    assert alembic("upgrade", "head", url=migrated_url).code == 0
    assert tables(migrated_url) >= {"good", "bad"}


def test_a_migration_that_ends_the_program_is_a_failing_one(
    copy: Path, alembic: CommandLine, migrated_url: str
) -> None:
    leaves = "op.execute('CREATE TABLE bad (id INTEGER)')\n    raise SystemExit(0)"
    add_revision(copy, "leaves", after=FIRST, imports=OP, upgrade=leaves)
    for how in ((), ("--sql",)):
        answer = alembic("upgrade", "head", *how, url=migrated_url)
        assert answer.code == 255
        assert answer.out.endswith("FAILED: The migration failed and was undone: SystemExit\n")
    assert (version_of(migrated_url), "bad" in tables(migrated_url)) == (FIRST, False)


def test_a_revision_that_is_no_python_is_named_before_anything_is_done(
    copy: Path, alembic: CommandLine, migrated_url: str
) -> None:
    add_revision(copy, "half", after=FIRST, imports=OP, upgrade="op.execute('DROP TABLE users'")
    before = tables(migrated_url)
    for command in (("upgrade", "head"), ("downgrade", "base"), ("current",)):
        answer = alembic(*command, url=migrated_url)
        assert answer.code == 255, answer
        assert re.fullmatch(
            r"FAILED: The migration file \S*half\S*\.py is no Python in line \d+\. Nothing was changed\.\n", answer.out
        )
    assert (version_of(migrated_url), tables(migrated_url)) == (FIRST, before)


def test_a_failing_migration_shows_no_value_of_a_row(copy: Path, alembic: CommandLine, migrated_url: str) -> None:
    twice = (
        "op.execute('CREATE TABLE people (email VARCHAR(50) CONSTRAINT uq_people_email UNIQUE)')\n"
        "    op.execute(\"INSERT INTO people VALUES ('marker-person@startup.io'), ('marker-person@startup.io')\")"
    )
    add_revision(copy, "twice", after=FIRST, imports=OP, upgrade=twice)
    answer = alembic("upgrade", "head", url=migrated_url)
    assert answer.code == 255
    assert answer.out.startswith("FAILED: The migration failed and was undone: ")
    assert "people" in answer.out
    assert "marker-person" not in answer.text


FAMILY = (
    "op.execute('CREATE TABLE parents (id INTEGER PRIMARY KEY, name VARCHAR(5))')\n"
    "    op.execute('CREATE TABLE children (id INTEGER PRIMARY KEY,"
    " parent INTEGER REFERENCES parents (id) ON DELETE CASCADE)')\n"
    "    op.execute(\"INSERT INTO parents VALUES (1, 'x')\")\n"
    "    op.execute('INSERT INTO children VALUES (1, 1)')"
)


def test_rebuilding_a_table_keeps_the_rows_that_refer_to_it(copy: Path, alembic: CommandLine, sqlite_url: str) -> None:
    """With foreign keys on, SQLite would delete the children of every row of the table that is dropped."""
    rebuild = (
        "with op.batch_alter_table('parents', recreate='always') as table:\n"
        "        table.alter_column('name', type_=sa.String(50))"
    )
    add_revision(copy, "family", after=FIRST, imports=OP, upgrade=FAMILY)
    add_revision(copy, "rebuilt", after="family", imports=OP, upgrade=rebuild)
    assert alembic("upgrade", "head", url=sqlite_url).code == 0
    assert execute(sqlite_url, "SELECT parent FROM children") == [(1,)]
    assert execute(sqlite_url, "SELECT \"table\" FROM pragma_foreign_key_list('children')") == [("parents",)]
    assert "VARCHAR(50)" in str(execute(sqlite_url, "SELECT sql FROM sqlite_master WHERE name = 'parents'"))


def test_a_migration_that_breaks_a_reference_is_undone(copy: Path, alembic: CommandLine, sqlite_url: str) -> None:
    add_revision(copy, "family", after=FIRST, imports=OP, upgrade=FAMILY)
    assert alembic("upgrade", "head", url=sqlite_url).code == 0
    add_revision(copy, "orphan", after="family", imports=OP, upgrade="op.execute('UPDATE children SET parent = 99')")
    answer = alembic("upgrade", "head", url=sqlite_url)
    assert answer.code == 255
    assert answer.out == (
        "FAILED: The migration was undone: 1 rows would refer to rows that do not exist (in children).\n"
    )
    assert execute(sqlite_url, "SELECT parent FROM children") == [(1,)]
    assert version_of(sqlite_url) == "family"


def tables(url: str) -> set[object]:
    """The tables in a database."""
    catalogue = "sqlite_master" if url.startswith("sqlite") else "pg_tables"
    name = "name" if url.startswith("sqlite") else "tablename"
    return {row[0] for row in execute(url, f"SELECT {name} FROM {catalogue}")}
