"""What these tests stand on: databases and companies of their own, and receivers that really listen."""

from collections.abc import Iterator

import pytest

from tests.cli.company import company, office_file
from tests.program import program
from tests.real_databases import database
from tests.worker.receivers import Receiver, receiving

__all__ = ["company", "database", "office_file", "program"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program that takes what it is sent."""
    with receiving() as listening:
        yield listening
