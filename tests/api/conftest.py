"""Servers for the tests of the API: one a worker for each engine, which its tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.api.programs import MANY, Programs
from tests.cli.company import company, copied, copied_on_server, office_file, office_on_server
from tests.services.office import Office
from tests.web.servers import serving

__all__ = ["company", "office_file", "office_on_server"]


@pytest.fixture(scope="session")
def programs(office_file: tuple[Path, Office], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """The company on SQLite, served. Tests share it: each changes only what it has made itself.

    No worker notes anything meanwhile: webhooks that a test makes would change rows during another.
    """
    with (
        copied(office_file, tmp_path_factory.mktemp("asked")) as company,
        serving(company, "--no-worker", env=MANY) as running,
    ):
        yield Programs(running)


@pytest.fixture(scope="session")
def programs_on_postgres(office_on_server: tuple[str, Office], postgres_server: URL) -> Iterator[Programs]:
    """The company on PostgreSQL, served; shared likewise."""
    with (
        copied_on_server(office_on_server, postgres_server) as company,
        serving(company, "--no-worker", env=MANY) as running,
    ):
        yield Programs(running)


@pytest.fixture(params=["sqlite", "postgresql"])
def on_either(request: pytest.FixtureRequest) -> Programs:
    """The company served, once per engine."""
    name = {"sqlite": "programs", "postgresql": "programs_on_postgres"}[request.param]
    running: Programs = request.getfixturevalue(name)
    return running
