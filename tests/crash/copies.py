"""Databases that can be copied, broken and looked at: files in folders of their own, or databases of one server."""

import hashlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from tests.databases import create_database, maintenance, text_of, use_programs_of
from tests.postgres import private_server
from tests.schema.fingerprints import Fingerprint, faults_of_sqlite, fingerprint_of

# A PostgreSQL server on which databases may be made; without it a private one is started. It may hold a password.
SERVER = "CRASH_SERVER_URL"
_PREFIX = "epic_events_crash_"


class Copies(Protocol):
    """What a trial asks of an engine."""

    name: str

    def empty(self) -> str:
        """Give the address of a database that holds nothing; a file does not even exist."""

    def copy(self, url: str) -> str:
        """Give the address of a new database that holds the same."""

    def look(self, url: str) -> Fingerprint:
        """Give what must be the same before and after a change that was undone."""

    def wait_for_the_dead(self, url: str) -> None:
        """Let a server finish what a killed client had asked for."""

    def faults(self, url: str) -> list[str]:
        """Give what the engine itself finds wrong."""

    def beside(self, url: str) -> list[str]:
        """Name what there is beside the database."""

    def drop(self, url: str) -> None:
        """Remove the database and what is beside it."""


class SqliteCopies:
    """SQLite files, each in a folder of its own."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._looks: dict[str, tuple[Fingerprint, list[str]]] = {}

    def empty(self) -> str:
        """Name a file in a new folder."""
        return f"sqlite:///{Path(tempfile.mkdtemp(dir=self.folder)) / 'company.db'}"

    def copy(self, url: str) -> str:
        """Copy the file, which nobody has open."""
        new, file = self.empty(), _file(url)
        if file.exists():
            shutil.copyfile(file, _file(new))
        return new

    def look(self, url: str) -> Fingerprint:
        """Give everything."""
        return self._look(url)[0]

    def wait_for_the_dead(self, url: str) -> None:
        """Nobody works on for a process that was killed."""

    def faults(self, url: str) -> list[str]:
        """Check the pages and the references."""
        return self._look(url)[1]

    def beside(self, url: str) -> list[str]:
        """Name the files in the folder."""
        return sorted(path.name for path in _file(url).parent.iterdir())

    def drop(self, url: str) -> None:
        """Remove the folder."""
        shutil.rmtree(_file(url).parent)

    def _look(self, url: str) -> tuple[Fingerprint, list[str]]:
        """Look at what is there, or remember: most kills leave the same bytes, down to what is beside the file."""
        file, bytes_ = _file(url), hashlib.sha256()
        for path in sorted(path for path in file.parent.glob(f"{file.name}*") if not path.name.endswith("-shm")):
            bytes_.update(f"{path.name} {path.stat().st_size} ".encode() + path.read_bytes())
        digest = bytes_.hexdigest()
        if digest not in self._looks:
            self._looks[digest] = fingerprint_of(url), faults_of_sqlite(file) if file.exists() else []
        return self._looks[digest]


class PostgresqlCopies:
    """Databases on one server."""

    name = "PostgreSQL"

    def __init__(self, server: URL) -> None:
        self.server = server

    def empty(self) -> str:
        """Create a database."""
        return self._new("template1")

    def copy(self, url: str) -> str:
        """Create a database from another, which nobody has open."""
        return self._new(make_url(url).database or "")

    def look(self, url: str) -> Fingerprint:
        """Give everything but the next numbers of sequences: PostgreSQL gives none twice, whatever is undone."""
        return fingerprint_of(url).without_numbers()

    def wait_for_the_dead(self, url: str) -> None:
        """Wait until nobody but us is connected."""
        address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with psycopg.connect(address, autocommit=True) as connection:
            while connection.execute(others).fetchone() != (0,):
                time.sleep(0.005)

    def faults(self, url: str) -> list[str]:
        """A lock that nobody holds any more."""
        address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        here = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        with psycopg.connect(address, autocommit=True) as connection:
            locks = connection.execute(
                f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND {here}"
            ).fetchone()
        return [] if locks == (0,) else [f"{locks} advisory locks are left"]

    def beside(self, url: str) -> list[str]:
        """Name the databases of the server that no trial made, here or in another process.

        Not those in which a killed backup tried itself out: the next backup drops them.
        """
        names = "SELECT datname FROM pg_database WHERE datname !~ %s ORDER BY 1"
        with maintenance(self.server) as connection:
            return [str(name) for (name,) in connection.execute(names, (f"^(backup_trial_|{_PREFIX})",))]

    def drop(self, url: str) -> None:
        """Drop the database."""
        name = make_url(url).database or ""
        with maintenance(self.server) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _new(self, template: str) -> str:
        name = f"{_PREFIX}{secrets.token_hex(6)}"
        create_database(self.server, name, template=template)
        return text_of(self.server.set(database=name))


def of_engines(named: str | None, folder: Path, server: URL) -> list[Copies]:
    """Give the engine that was named, or both."""
    both: list[Copies] = [SqliteCopies(folder), PostgresqlCopies(server)]
    return [copies for copies in both if named in {None, copies.name}]


def _file(url: str) -> Path:
    return Path(make_url(url).database or "")


@contextmanager
def server() -> Iterator[URL]:
    """The PostgreSQL server that was named, or one of our own."""
    if chosen := os.environ.get(SERVER):
        named = make_url(chosen).set(drivername="postgresql+psycopg")
        use_programs_of(named)
        yield named
        return
    with private_server() as url:
        use_programs_of(url)
        yield url


@contextmanager
def work_folder() -> Iterator[Path]:
    """A folder for files; what was not dropped, because something is wrong with it, stays."""
    folder = Path(tempfile.mkdtemp(prefix="epic-events-crash-"))
    yield folder
    with suppress(OSError):
        folder.rmdir()
