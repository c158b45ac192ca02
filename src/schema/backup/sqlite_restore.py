"""Puts a backup in the place of a SQLite database: whole or not at all, whoever is reading, whenever it is killed.

All pages are written into the database in one transaction of its own, so that SQLite's journal undoes a half restore
and readers see the old rows until the end. From before the present state is saved until the end nobody else can write.
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from src.db.driver import sqlite_module
from src.domain.errors import DatabaseBusy
from src.schema.backup.content import Advance
from src.schema.backup.folder import new_private_file, remove_if_left, require_room, sync
from src.schema.backup.sqlite_files import opened, size_of, untouched
from src.schema.lock import PAUSE_SECONDS, WAIT_SECONDS

_PAGES_A_STEP = 2000
_OK, _BUSY, _LOCKED = 0, 5, 6


def restore_sqlite(backup: Path, live: Path, *, save_present: Callable[[], None], advance: Advance) -> None:
    """Replace all that is in a sound database; `save_present` is called once nobody else can write.

    Raises DatabaseBusy after a minute, NoRoom or DiskFull; then the database is as it was.
    """
    with untouched(backup) as source, opened(live, seconds=PAUSE_SECONDS) as target:
        pages, page_size = _pragma(source, "page_count"), _pragma(source, "page_size")

        def prepare() -> None:
            save_present()
            _require_room(live, pages * page_size)

        wal = _pragma(target, "journal_mode") == "wal"
        if wal and pages >= 2 and _pragma(target, "page_size") == page_size:
            # Readers do not stand in the way of a writer, nor it in theirs. The first step must not be the last.
            step = min(_PAGES_A_STEP, pages // 2)
            _copy(source, target, step=step, once_locked=prepare, advance=advance)
            # Otherwise the log keeps the size of a whole database; where readers stand in the way, a later one does it.
            _pragma(target, "wal_checkpoint(TRUNCATE)")
            return
        if wal:
            # Only of a database that nobody else has open can the pages' size be changed, or all pages but one go.
            _patiently(lambda: _pragma(target, "journal_mode=DELETE"))
        _pragma(target, "locking_mode=EXCLUSIVE")
        _patiently(lambda: target.execute("BEGIN IMMEDIATE").close())
        # Others may read now but not write; in this mode the lock outlives the transaction.
        prepare()
        target.execute("ROLLBACK").close()
        _copy(source, target, step=_PAGES_A_STEP, once_locked=lambda: None, advance=advance)


def replace_file(backup: Path, live: Path, *, aside: Path, advance: Advance) -> bool:
    """Put a backup where there is no database, or one that is damaged: its files are kept under the name `aside`.

    Gives whether there was one. Raises OSError; then the database is as it was.
    """
    part = live.with_name(f".{live.name}-restore.part")
    remove_if_left(part)
    with new_private_file(part):
        require_room(live.parent, backup.stat().st_size)
        shutil.copyfile(backup, part)
        sync(part)
        was_there = live.exists()
        if was_there:
            _put_aside(live, aside)
        # A log that belongs to the damaged database would be taken for the restored one's.
        for suffix in ("-wal", "-journal"):
            left = live.with_name(live.name + suffix)
            if left.exists():
                left.rename(aside.with_name(aside.name + suffix))
        live.with_name(f"{live.name}-shm").unlink(missing_ok=True)
        part.rename(live)
        sync(live.parent)
    advance(1)
    return was_there


def _put_aside(live: Path, aside: Path) -> None:
    try:
        # A second name for the same file: there is no moment without a database.
        aside.hardlink_to(live)
    except OSError:
        live.rename(aside)


def _copy(source: Any, target: Any, *, step: int, once_locked: Callable[[], None], advance: Advance) -> None:
    end = time.monotonic() + WAIT_SECONDS
    locked = False

    def tell(status: int, remaining: int, total: int) -> None:
        nonlocal locked
        if status in {_BUSY, _LOCKED}:
            if not locked and time.monotonic() > end:
                raise DatabaseBusy
        elif status == _OK and not locked:
            locked = True
            once_locked()
        advance((total - remaining) / max(1, total))

    # Each step of the copy is in the same transaction; an exception in `tell` rolls it back.
    source.backup(target, pages=step, progress=tell, sleep=PAUSE_SECONDS)


def _patiently(attempt: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            attempt()
        except sqlite_module().OperationalError as error:
            if not getattr(error, "sqlite_errorname", "SQLITE_BUSY").startswith("SQLITE_BUSY"):
                raise
            if time.monotonic() > end:
                raise DatabaseBusy from None
        else:
            return
        time.sleep(PAUSE_SECONDS)


def _require_room(live: Path, size: int) -> None:
    with opened(live) as driver:
        present = size_of(driver)
    # Its log or journal, and what the database grows by.
    require_room(live.parent, max(size, present) + max(0, size - present))


def _pragma(driver: Any, name: str) -> Any:
    return driver.execute(f"PRAGMA main.{name}").fetchone()[0]
