"""PostgreSQL's own programs: which of those on this machine suit the server, and how they are started.

A password goes to them through their environment, never on a command line that everybody on the machine can read.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from src.domain.errors import DatabaseError
from src.i18n import N_

_NEEDED = ("pg_dump", "pg_restore", "psql")
_VERSION = re.compile(r"\) (\d+)")


class Login(NamedTuple):
    """How a program reaches the database: what may be seen, and its environment."""

    address: str
    environment: Mapping[str, str]


def login_of(url: URL) -> Login:
    """Say how PostgreSQL's programs reach this database."""
    _, settings = url.get_dialect()().create_connect_args(url)
    password = settings.pop("password", None)
    environment = {**os.environ, "PGCONNECT_TIMEOUT": "10", "LC_MESSAGES": "C", "PGCLIENTENCODING": "UTF8"}
    if password:
        environment["PGPASSWORD"] = password
    return Login(make_conninfo(**{"application_name": "database backup", **settings}), environment)


def find_programs(*, server: int, programs: Path | None) -> Path:
    """Find the folder of PostgreSQL's programs for a server of this major version (0: for any).

    Those of the same version are taken first: a newer one may write settings that an older server does not know.
    Raises DatabaseError, which says what to install.
    """
    found = {version: folder for folder in _folders(programs) if (version := _version(folder)) is not None}
    fitting = sorted(version for version in found if version >= server)
    if fitting:
        return found[fitting[0] if server else fitting[-1]]
    if found:
        raise DatabaseError(
            N_(
                "PostgreSQL's programs on this machine are of version {found}, the server is of version {needed}."
                " Install pg_dump, pg_restore and psql of version {needed}."
            ),
            found=max(found),
            needed=server,
        )
    raise DatabaseError(N_("Backups of PostgreSQL need its programs pg_dump, pg_restore and psql. Install them."))


def _folders(programs: Path | None) -> Iterator[Path]:
    if programs is not None:
        yield programs
        return
    # Debian keeps one folder a version; what is in the PATH there only chooses among them.
    yield from Path("/usr/lib/postgresql").glob("*/bin")
    if found := shutil.which("pg_dump"):
        yield Path(found).parent


def _version(folder: Path) -> int | None:
    if not all((folder / name).exists() for name in _NEEDED):
        return None
    with suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run(  # noqa: S603 - PostgreSQL's own program
            [folder / "pg_dump", "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
        ).stdout
        if match := _VERSION.search(said):
            return int(match[1])
    return None
