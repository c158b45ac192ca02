"""A foreign project on an empty database, once per engine."""

from pathlib import Path

import pytest

from tests.schema.guard.foreign_project import ForeignProject


@pytest.fixture
def project(tmp_path: Path, database_url: str) -> ForeignProject:
    """A project that has no revision yet, on SQLite and on PostgreSQL."""
    return ForeignProject(tmp_path / "foreign", database_url)


@pytest.fixture
def sqlite_project(tmp_path: Path, sqlite_url: str) -> ForeignProject:
    """A project that has no revision yet, on SQLite."""
    return ForeignProject(tmp_path / "foreign", sqlite_url)


@pytest.fixture
def postgres_project(tmp_path: Path, postgres_url: str) -> ForeignProject:
    """A project that has no revision yet, on PostgreSQL."""
    return ForeignProject(tmp_path / "foreign", postgres_url)
