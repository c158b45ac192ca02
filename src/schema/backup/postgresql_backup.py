"""Dumps a PostgreSQL database as it is at one moment, and tries the dump out."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError

from src.db.driver import why_refused
from src.db.refusals import translate
from src.db.url import place_of
from src.domain.errors import BackupDamaged, BackupFailed, Marked
from src.i18n import N_
from src.schema.backup.content import Advance, Content, in_stages
from src.schema.backup.folder import require_room
from src.schema.backup.postgresql_check import read_dump
from src.schema.backup.postgresql_content import RELATIONS, SETTINGS, read_postgresql_content
from src.schema.backup.postgresql_programs import find_programs, login_of
from src.schema.backup.postgresql_restore import is_equal_when_restored
from src.schema.backup.postgresql_spare import may_create_databases
from src.schema.state import open_to_look

_SIZE = f"SELECT coalesce(sum(pg_table_size(c.oid)), 0) {RELATIONS} AND c.relkind IN ('r', 'm', 'S')"
_FOR_THE_MANIFEST = 1_000_000
# Above this a trial would cost more than it is worth before each upgrade; it is then only unpacked.
_TRIED_BELOW = 100_000_000


def dump_postgresql(url: URL, part: Path, *, programs: Path | None, advance: Advance) -> tuple[Content, bool, str]:
    """Dump a database into a file; gives what was in it, whether a trial restore gave the same, and the server.

    Raises BackupFailed, NoRoom, or what is wrong with the database.
    """
    reading, dumping, trying = in_stages(advance, 2, 2, 3)
    try:
        with _one_moment(url) as connection:
            snapshot = str(_one(connection, "SELECT pg_export_snapshot()"))
            version = int(_one(connection, "SELECT current_setting('server_version_num')"))
            size = int(_one(connection, _SIZE))
            folder = find_programs(server=version // 10_000, programs=programs)
            require_room(part.parent, size + _FOR_THE_MANIFEST)
            content = read_postgresql_content(lambda query: _json(connection, query), reading)
            write_dump(url, part, snapshot=snapshot, programs=folder, size=size, advance=dumping)
    except DBAPIError as error:
        raise translate(error, place=place_of(url)) from None
    try:
        read_dump(part, programs=folder)
        tried = size < _TRIED_BELOW and may_create_databases(url)
        sound = not tried or is_equal_when_restored(url, part, content, programs=folder)
    except BackupDamaged:
        sound = False
    if not sound:
        reason = Marked(N_("the copy is not equal to the database; try again"))
        raise BackupFailed(folder=str(part.parent), reason=reason)
    trying(1)
    return content, tried, f"PostgreSQL {version // 10_000}.{version % 10_000}"


def holds_still(url: URL, content: Content) -> bool:
    """Tell whether a database holds what it held when a backup of it was made."""
    with _one_moment(url) as connection:
        return read_postgresql_content(lambda query: _json(connection, query), lambda _share: None) == content


@contextmanager
def _one_moment(url: URL) -> Iterator[Connection]:
    engine = open_to_look(url).execution_options(isolation_level="REPEATABLE READ")
    try:
        with engine.connect() as connection:
            for setting in SETTINGS:
                connection.exec_driver_sql(setting)
            yield connection
    finally:
        engine.dispose()


def write_dump(
    url: URL, part: Path, *, programs: Path, size: int, advance: Advance, snapshot: str | None = None
) -> None:
    """Let pg_dump write a database, as it is in a snapshot or now, into a file. Raises BackupFailed."""
    login = login_of(url)
    command = [str(programs / "pg_dump"), "--format=custom", f"--file={part}"]
    command += [f"--snapshot={snapshot}"] if snapshot else []
    command += ["--no-password", "--lock-wait-timeout=60000", f"--dbname={login.address}"]
    with subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
        command, env=login.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as dumping:
        try:
            while True:
                try:
                    _, said = dumping.communicate(timeout=0.25)
                    break
                except subprocess.TimeoutExpired:
                    advance(min(0.95, part.stat().st_size / max(1, size)))
        finally:
            dumping.kill()
    if dumping.returncode != 0:
        # Its own words may be in any language, and name the user: the kind of failure is enough.
        text = said.decode("utf-8", "replace")
        reason = N_("the disk is full") if "No space left" in text else why_refused(text)
        raise BackupFailed(folder=str(part.parent), reason=Marked(reason))


def _one(connection: Connection, query: str) -> Any:
    return connection.exec_driver_sql(query).scalar_one()


def _json(connection: Connection, query: str) -> list[Any]:
    return list(connection.exec_driver_sql(query.replace("%", "%%")).scalars())
