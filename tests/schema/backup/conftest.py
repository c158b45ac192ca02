"""PostgreSQL's own programs for the server of the tests, and small databases to back up, on both engines."""

from pathlib import Path

import pytest
from sqlalchemy import URL, make_url

from tests.databases import maintenance
from tests.postgres_programs import programs_for
from tests.schema.backup.samples import fill


@pytest.fixture(scope="session")
def programs(postgres_server: URL) -> Path:
    """The folder of pg_dump, pg_restore and psql for the server of this test run."""
    with maintenance(postgres_server) as connection:
        return programs_for(connection.info.server_version // 10_000)


@pytest.fixture
def filled_url(database_url: str) -> URL:
    """A database of its own with rows that are hard to keep, once per engine."""
    url = make_url(database_url)
    fill(url)
    return url


@pytest.fixture
def sqlite_filled(sqlite_url: str) -> URL:
    """The same on SQLite."""
    url = make_url(sqlite_url)
    fill(url)
    return url


@pytest.fixture
def postgres_filled(postgres_url: str) -> URL:
    """The same on PostgreSQL."""
    url = make_url(postgres_url)
    fill(url)
    return url
