"""Puts a dump in the place of all that a PostgreSQL database holds, in one transaction.

The server drops the old objects, takes the dump, computes the checksums of what is there now, and only if they are
those of the backup is told to commit. From before the present state is saved nobody else can write.
"""

import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from src.db.refusals import translate
from src.db.url import place_of
from src.domain.errors import BackupDamaged, Marked, NotRestored
from src.i18n import N_
from src.schema import lock
from src.schema.backup.backups import Backup
from src.schema.backup.content import Advance, Content, in_stages
from src.schema.backup.postgresql_check import list_dump
from src.schema.backup.postgresql_clearing import DROP_EVERYTHING, STOP_EVERYBODY, STOP_WRITERS
from src.schema.backup.postgresql_content import SETTINGS, read_postgresql_content
from src.schema.backup.postgresql_programs import find_programs, login_of
from src.schema.backup.postgresql_session import Transaction, transaction
from src.schema.backup.postgresql_spare import TRIAL, spare_database

_NOT_OURS = re.compile(r"^\d+; \d+ \d+ (?:SCHEMA - public|COMMENT - (?:SCHEMA public|EXTENSION))\b")
_EXTENSION = re.compile(r"\d+; \d+ \d+ EXTENSION - (\S+)")


def restore_postgresql(
    url: URL, backup: Backup, *, programs: Path | None, save_present: Callable[[], None], advance: Advance
) -> None:
    """Replace all that is in the database; `save_present` is called once nobody else can write.

    Raises NotRestored, DatabaseBusy or DatabaseError; then the database is as it was.
    """
    loading, reading = in_stages(advance, 2, 1)
    try:
        with lock.open_to_change(url) as engine, engine.connect() as connection:
            version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
            connection.rollback()
            folder = find_programs(server=version // 10_000, programs=programs)
            with transaction(login_of(url), programs=folder) as work:
                work.ask(f"SET LOCAL lock_timeout = {lock.WAIT_SECONDS * 1000}")
                work.ask(STOP_WRITERS)
                save_present()
                parts = _parts_of(backup.file, programs=folder)
                work.ask(STOP_EVERYBODY.replace("{seconds}", str(lock.WAIT_SECONDS)))
                work.ask(DROP_EVERYTHING.replace("{extensions}", _array(_extensions_in(parts))))
                if _load(work, backup.file, parts, programs=folder, advance=loading) != backup.manifest.content:
                    reason = Marked(N_("what was read from it is not what was saved"))
                    raise NotRestored(name=backup.file.name, reason=reason)
                reading(1)
                work.commit()
    except DBAPIError as error:
        raise translate(error, place=place_of(url)) from None


def is_equal_when_restored(url: URL, dump: Path, content: Content, *, programs: Path) -> bool:
    """Try a dump out in a database of its own, which is then dropped: whether the same is in it."""
    with spare_database(url, TRIAL) as trial, transaction(login_of(trial), programs=programs) as work:
        parts = _parts_of(dump, programs=programs)
        return _load(work, dump, parts, programs=programs, advance=lambda _share: None) == content


def fill_from_dump(url: URL, dump: Path, *, programs: Path) -> None:
    """Put all that is in a dump into an empty database. Raises DatabaseError or BackupDamaged."""
    with transaction(login_of(url), programs=programs) as work:
        if not _fill(work, dump, _parts_of(dump, programs=programs), programs=programs):
            raise BackupDamaged(name=dump.name, reason=Marked(N_("pg_restore cannot read it")))
        work.commit()


def _load(work: Transaction, dump: Path, parts: Sequence[str], *, programs: Path, advance: Advance) -> Content | None:
    if not _fill(work, dump, parts, programs=programs):
        return None
    for setting in SETTINGS:
        work.ask(setting)
    return read_postgresql_content(work.ask, advance)


def _fill(work: Transaction, dump: Path, parts: Sequence[str], *, programs: Path) -> bool:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", errors="surrogateescape") as contents:
        # The schema public and the extensions may belong to somebody else, who alone may describe them.
        contents.writelines(f"{part}\n" for part in parts if not _NOT_OURS.search(part))
        contents.flush()
        return work.run_dump(dump, Path(contents.name), programs=programs)


def _parts_of(dump: Path, *, programs: Path) -> list[str]:
    return [line for line in list_dump(dump, programs=programs) if line and not line.startswith(";")]


def _extensions_in(parts: Sequence[str]) -> list[str]:
    return [match[1] for part in parts if (match := _EXTENSION.match(part))]


def _array(names: Sequence[str]) -> str:
    return f"ARRAY[{', '.join(_literal(name) for name in names)}]::text[]"


def _literal(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
