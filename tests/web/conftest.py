"""Servers for the tests of the pages: one a worker for each engine, which its tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.cli.company import Company, company, copied, copied_on_server, office_file, office_on_server
from tests.real_databases import database
from tests.services.office import Office
from tests.web.browsers import chromium
from tests.web.servers import Server, serving

__all__ = ["chromium", "company", "database", "office_file", "office_on_server"]


@pytest.fixture(scope="session")
def server(office_file: tuple[Path, Office], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The company on SQLite, in a browser. Tests share it: each changes only what it has made itself."""
    with copied(office_file, tmp_path_factory.mktemp("served")) as company, serving(company) as running:
        yield running


@pytest.fixture(scope="session")
def server_on_postgres(office_on_server: tuple[str, Office], postgres_server: URL) -> Iterator[Server]:
    """The company on PostgreSQL, in a browser; shared likewise."""
    with copied_on_server(office_on_server, postgres_server) as company, serving(company) as running:
        yield running


@pytest.fixture
def own_server(company: Company) -> Iterator[Server]:
    """A server on a company that this test may change as it likes."""
    with serving(company) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def either_server(request: pytest.FixtureRequest) -> Server:
    """The company in a browser, once per engine."""
    name = {"sqlite": "server", "postgresql": "server_on_postgres"}[request.param]
    running: Server = request.getfixturevalue(name)
    return running
