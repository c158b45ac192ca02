"""Which SQLite is used, and when it may keep a write-ahead log."""

import subprocess
import sys
from importlib.util import find_spec

import psycopg
import pytest

from src.db import driver
from src.db.driver import sqlite_module, sqlite_version, wal_is_safe, why_refused


def test_the_wheel_is_used_where_it_is_installed() -> None:
    expected = "pysqlite3.dbapi2" if find_spec("pysqlite3") else "sqlite3.dbapi2"
    assert sqlite_module().__name__ == expected
    assert sqlite_module().connect(":memory:").execute("SELECT sqlite_version()").fetchone() == (
        ".".join(map(str, sqlite_version())),
    )


def test_python_s_own_is_used_where_the_wheel_is_missing() -> None:
    code = (
        "import sys; sys.modules['pysqlite3'] = None;"
        "from src.db.driver import sqlite_module; print(sqlite_module().__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "sqlite3.dbapi2\n"


def test_a_write_ahead_log_is_kept_only_where_it_cannot_lose_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    safe = {}
    for version in ((3, 40, 1), (3, 51, 2), (3, 51, 3), (3, 53, 0), (4, 0, 0)):
        monkeypatch.setattr(driver, "sqlite_version", lambda version=version: version)
        safe[version] = wal_is_safe()
    assert [version for version, is_safe in safe.items() if is_safe] == [(3, 51, 3), (3, 53, 0), (4, 0, 0)]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("host=127.0.0.1 port=1 user=x dbname=x", "no server listens at this address"),
        ("host=no-such-machine.invalid user=x dbname=x", "no machine has this name"),
        ("host=/no/such/folder user=x dbname=x", "no server listens at this address"),
        ("host=127.0.0.1 sslmode=bogus", "the address has an option that PostgreSQL does not know"),
        ("host=127.0.0.1 colour=blue", "the address has an option that PostgreSQL does not know"),
    ],
)
def test_a_failure_to_connect_is_put_into_words(address: str, reason: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        psycopg.connect(address)
    assert why_refused(refused.value) == reason


def test_a_refused_log_in_and_a_missing_database_are_put_into_words(postgres_url: str) -> None:
    address = postgres_url.replace("+psycopg", "")
    for wrong, reason in (
        (f"{address}_not", "the server has no database of this name"),
        (f"{address}?sslmode=require", "the server offers no encrypted connection"),
    ):
        with pytest.raises(psycopg.Error) as refused:
            psycopg.connect(wrong)
        assert why_refused(refused.value) == reason
