"""Somebody else's project, protected by src.schema: backups first, and a ledger."""

from pathlib import Path

import pytest

from src.schema.backup.retention import Keep
from src.schema.backup_first import Precaution
from tests.schema.guard.foreign_project import ForeignProject

PEOPLE = (
    "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "INSERT INTO people VALUES (1, 'Zoé'), (2, 'Œuvrard'), (3, '李')",
)
ADD_A_COLUMN = "op.add_column('people', sa.Column('phone', sa.Text()))"
DROP_IT = """
op.accept_loss(table='people', column='phone', because='the test')
op.drop_column('people', 'phone')
"""


def made_in(folder: Path, url: str) -> ForeignProject:
    """A project whose first revision, `first`, is applied: three people. It makes no backups yet."""
    project = ForeignProject(folder, url)
    project.start_with(*PEOPLE)
    return project


def make_backups(project: ForeignProject, folder: Path, *, count: int = 3) -> None:
    """Have the project back up what there is to lose, into a folder."""
    project.config.attributes["precaution"] = Precaution(folder, Keep(count=count, days=90))


@pytest.fixture
def project(tmp_path: Path, database_url: str) -> ForeignProject:
    """A project with rows, once per engine."""
    return made_in(tmp_path, database_url)


@pytest.fixture
def sqlite_project(tmp_path: Path, sqlite_url: str) -> ForeignProject:
    """The same on SQLite."""
    return made_in(tmp_path, sqlite_url)


@pytest.fixture
def postgres_project(tmp_path: Path, postgres_url: str) -> ForeignProject:
    """The same on PostgreSQL."""
    return made_in(tmp_path, postgres_url)
