"""Copies of a database to rehearse on; the database itself stays as it is, to the byte."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL

from src.schema.backup.content import Advance, in_stages
from src.schema.backup.folder import told_in_words
from src.schema.backup.postgresql_backup import write_dump
from src.schema.backup.postgresql_programs import find_programs
from src.schema.backup.postgresql_restore import fill_from_dump
from src.schema.backup.postgresql_spare import REHEARSAL, connected, spare_database
from src.schema.backup.sqlite_backup import copy_pages
from src.schema.backup.sqlite_files import file_of, opened, size_of
from src.schema.plan.copy_folder import private_folder
from src.schema.state import mode_without_trace

# Of the file's size: the copy, and what a rebuild of its largest table was measured to take besides.
_ROOM = 4
_AT_LEAST = 10_000_000


@contextmanager
def copy_of(url: URL, *, programs: Path | None, advance: Advance) -> Iterator[tuple[URL, Path | None]]:
    """Copy a database as it is at one moment; gives the copy's address and, on SQLite, the folder that is its own.

    Raises NoRoom, DatabaseError where this user may not create a database, or what is wrong with the database.
    """
    if url.get_backend_name() == "sqlite":
        with _sqlite_copy(file_of(url), advance) as copy:
            yield url.set(database=str(copy)), copy.parent
        return
    with _postgresql_copy(url, programs=programs, advance=advance) as copied:
        yield copied, None


@contextmanager
def _sqlite_copy(file: Path, advance: Advance) -> Iterator[Path]:
    with opened(file, options=mode_without_trace(file)) as driver:
        need = _ROOM * size_of(driver) + _AT_LEAST
    with private_folder(need, beside=file.parent) as folder:
        copy = folder / "copy.db"
        with told_in_words(folder), opened(file, options=mode_without_trace(file)) as driver:
            copy.touch(mode=0o600)
            driver.execute("PRAGMA query_only=ON").close()
            driver.execute("BEGIN").close()
            copy_pages(driver, copy, advance)
        yield copy


@contextmanager
def _postgresql_copy(url: URL, *, programs: Path | None, advance: Advance) -> Iterator[URL]:
    dumping, filling = in_stages(advance, 1, 1)
    with connected(url) as connection:
        folder = find_programs(server=connection.info.server_version // 10_000, programs=programs)
        (size,) = connection.execute("SELECT pg_database_size(current_database())").fetchone() or (0,)
    with spare_database(url, REHEARSAL) as copy:
        with private_folder(size + _AT_LEAST, beside=None) as place, told_in_words(place):
            dump = place / "copy.dump"
            dump.touch(mode=0o600)
            write_dump(url, dump, programs=folder, size=size, advance=dumping)
            fill_from_dump(copy, dump, programs=folder)
        filling(1)
        yield copy
