"""Where a revision commits in the middle, whoever is killed there can begin again, and nothing is lost."""

import pytest

from src.domain.errors import DatabaseError, DataLossRefused
from tests.schema.guard.foreign_project import ForeignProject
from tests.schema.guard.test_harmless import library
from tests.schema.guard.test_losses import sql

HOW = {"sqlite": "", "postgresql": "CONCURRENTLY "}
FAIL = "raise RuntimeError('as if somebody had been killed here')"


def block(*statements: str) -> str:
    """A revision's autocommit block."""
    return "with op.get_context().autocommit_block():\n" + "\n".join(f"    op.execute({each!r})" for each in statements)


def index_of(project: ForeignProject, what: str = "ix_new ON books (title)", *, unique: bool = False) -> str:
    """Build an index while others write, where the engine can."""
    return f"CREATE {'UNIQUE ' if unique else ''}INDEX {HOW[project.dialect]}IF NOT EXISTS {what}"


def begun_and_given_up(project: ForeignProject, revision: str, upgrade: str) -> None:
    """Run a revision that fails at its end, then put the same revision there without the failure."""
    project.add(revision, f"{upgrade}\n{FAIL}")
    with pytest.raises(RuntimeError):
        project.upgrade()
    project.versions.joinpath(f"001_{revision}.py").unlink()
    project.add(revision, upgrade)


def test_a_revision_that_fails_behind_its_block_can_be_run_again(project: ForeignProject) -> None:
    library(project)
    begun_and_given_up(project, "block", f"{block(index_of(project))}\n{sql('CREATE TABLE later (id INTEGER)')}")
    project.upgrade()
    assert project.rows("SELECT version_num FROM alembic_version") == [("block",)]
    assert project.rows("SELECT * FROM later") == []


def test_on_sqlite_a_block_is_undone_with_everything_else(sqlite_project: ForeignProject) -> None:
    library(sqlite_project)
    before = sqlite_project.dump()
    begun_and_given_up(
        sqlite_project, "block", f"{sql('CREATE TABLE later (id INTEGER)')}\n{block(index_of(sqlite_project))}"
    )
    assert sqlite_project.dump() == before
    sqlite_project.upgrade()
    assert sqlite_project.rows("SELECT version_num FROM alembic_version") == [("block",)]


def test_a_block_comes_first_in_its_revision(postgres_project: ForeignProject) -> None:
    """What is before it is committed, and would be done twice."""
    library(postgres_project)
    before = postgres_project.dump()
    postgres_project.add("block", f"{sql('CREATE TABLE later (id INTEGER)')}\n{block(index_of(postgres_project))}")
    with pytest.raises(DataLossRefused, match="an autocommit block comes first in its revision"):
        postgres_project.upgrade()
    assert postgres_project.dump() == before


def test_the_revisions_before_a_block_are_verified_before_it_commits_them(postgres_project: ForeignProject) -> None:
    library(postgres_project)
    before = postgres_project.dump()
    postgres_project.add("loses", sql("DELETE FROM notes"))
    postgres_project.add("block", block(index_of(postgres_project)))
    with pytest.raises(DataLossRefused, match="notes: 3 of 3 rows are gone"):
        postgres_project.upgrade()
    assert postgres_project.dump() == before


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX CONCURRENTLY ix_new ON books (title)",
        "CREATE INDEX ix_new ON books (title)",
        "ALTER TYPE mood ADD VALUE 'calm'",
    ],
)
def test_what_cannot_be_done_twice_is_refused_in_a_block(postgres_project: ForeignProject, statement: str) -> None:
    library(postgres_project)
    postgres_project.add("block", block(statement))
    with pytest.raises(DataLossRefused, match="write IF NOT EXISTS or IF EXISTS"):
        postgres_project.upgrade()


@pytest.mark.parametrize(
    "statement", ["DELETE FROM notes", "DROP TABLE notes", "DROP INDEX CONCURRENTLY ix_authors_born"]
)
def test_nothing_goes_where_it_could_not_be_undone(postgres_project: ForeignProject, statement: str) -> None:
    library(postgres_project)
    before = postgres_project.dump()
    postgres_project.add("block", block(statement))
    with pytest.raises(DataLossRefused, match="in an autocommit block nothing can be undone"):
        postgres_project.upgrade()
    assert postgres_project.dump() == before


def test_nothing_goes_in_a_block_on_sqlite_either(sqlite_project: ForeignProject) -> None:
    library(sqlite_project)
    before = sqlite_project.dump()
    sqlite_project.add("block", block("DELETE FROM notes"))
    with pytest.raises(DataLossRefused, match="notes: 3 of 3 rows are gone"):
        sqlite_project.upgrade()
    assert sqlite_project.dump() == before


def test_an_index_that_was_left_half_made_is_made_again(postgres_project: ForeignProject) -> None:
    """IF NOT EXISTS alone would leave it there for ever, unusable."""
    library(postgres_project)
    postgres_project.rows("INSERT INTO notes VALUES ('one')")
    postgres_project.add("block", block(index_of(postgres_project, "ux_notes ON notes (body)", unique=True)))
    with pytest.raises(DatabaseError):
        postgres_project.upgrade()
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ux_notes'::regclass"
    assert postgres_project.rows(valid) == [(False,)]
    postgres_project.rows("DELETE FROM notes WHERE ctid = (SELECT max(ctid) FROM notes)")
    postgres_project.upgrade()
    assert postgres_project.rows(valid) == [(True,)]


def test_an_index_goes_in_a_block_where_it_is_declared(postgres_project: ForeignProject) -> None:
    library(postgres_project)
    declared = 'op.accept_drop(kind="index", table="authors", name="ix_authors_born", because="never used")'
    dropped = block("DROP INDEX CONCURRENTLY IF EXISTS ix_authors_born")
    begun_and_given_up(postgres_project, "drop", f"{declared}\n{dropped}")
    postgres_project.upgrade()
    assert postgres_project.rows("SELECT 1 FROM pg_indexes WHERE indexname = 'ix_authors_born'") == []
