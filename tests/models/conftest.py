"""The databases these tests stand on."""

from collections.abc import Iterator

import pytest

from tests.models.records import Stocked, stock
from tests.real_databases import database, postgres_database, shared_by_a_worker, sqlite_database, standing

__all__ = ["database", "postgres_database", "sqlite_database", "standing"]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stocked(request: pytest.FixtureRequest) -> Iterator[Stocked]:
    """One record of each kind, made once on each engine: whatever is done to them is refused, or undone."""
    with shared_by_a_worker(request, request.param) as database:
        yield stock(database)
