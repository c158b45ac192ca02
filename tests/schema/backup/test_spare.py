"""A database of our own on the server is gone afterwards; what a killed program left goes with the next one."""

import subprocess
import sys

import pytest
from sqlalchemy import make_url

from src.domain.errors import DatabaseError
from src.schema.backup.postgresql_spare import REHEARSAL, TRIAL, spare_database
from tests.databases import maintenance, new_database, text_of
from tests.shared_server import PROJECT

HOLD_ONE = """
import sys, time
from sqlalchemy import make_url
from src.schema.backup.postgresql_spare import spare_database
with spare_database(make_url(sys.argv[1]), sys.argv[2]) as spare:
    print(spare.database, flush=True)
    time.sleep(600)
"""


def holding_one(url: str, kind: str) -> "subprocess.Popen[str]":
    """A program that has a spare database and does not end by itself."""
    command = [sys.executable, "-c", HOLD_ONE, url, kind]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def test_what_a_killed_program_left_goes_with_the_next_and_what_is_used_stays(postgres_url: str) -> None:
    url = make_url(postgres_url)
    # The one that lives on works beside another database of the same server.
    with new_database(url) as other, holding_one(text_of(other), REHEARSAL) as alive:
        assert alive.stdout is not None
        used = alive.stdout.readline().strip()
        with holding_one(postgres_url, TRIAL) as killed:
            assert killed.stdout is not None
            left = killed.stdout.readline().strip()
            killed.kill()
        assert {used, left} <= databases(postgres_url)
        with spare_database(url, TRIAL) as own:
            found = databases(postgres_url)
            assert (used in found, left in found, own.database in found) == (True, False, True)
        assert own.database not in databases(postgres_url)
        alive.kill()
    with spare_database(url, TRIAL):
        assert used not in databases(postgres_url)


def test_a_server_that_makes_none_is_a_named_refusal(postgres_url: str) -> None:
    url = make_url(postgres_url).update_query_dict({"options": "-c default_transaction_read_only=on"})
    with pytest.raises(DatabaseError, match=r"did not create one \(SQLSTATE 25006\). Ask its administrator"):
        spare_database(url, TRIAL).__enter__()


def databases(url: str) -> set[str]:
    """Every database of the server."""
    with maintenance(make_url(url)) as connection:
        return {str(name) for (name,) in connection.execute("SELECT datname FROM pg_database")}
