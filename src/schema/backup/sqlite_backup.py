"""Copies a SQLite database while people work in it, and shows that the copy is equal to it.

The copy is made by SQLite's online backup from a read transaction, which sees one moment from beginning to end; that is
also why it need not start again when somebody writes. Measured: without the transaction, pages=500 under a live writer
starts again for ever.
"""

from pathlib import Path
from typing import Any

from src.db.driver import sqlite_module
from src.domain.errors import BackupFailed, DiskFull, Marked, NotADatabase
from src.i18n import N_
from src.schema.backup.content import Advance, Content, in_stages
from src.schema.backup.folder import require_room
from src.schema.backup.sqlite_content import read_sqlite_content
from src.schema.backup.sqlite_files import in_words, is_sound, opened, reading, size_of, untouched

# Ctrl-C and a progress bar wait for one step: 8 MB.
_PAGES_A_STEP = 2000
_FOR_THE_MANIFEST = 1_000_000


def copy_sqlite(source: Path, part: Path, advance: Advance) -> Content:
    """Copy a database into an empty file and compare the two; gives what was in it at that moment.

    Raises NotADatabase if the database itself is damaged, NoRoom, DiskFull or BackupFailed.
    """
    reading_source, copying, checking, reading_copy = in_stages(advance, 3, 1, 1, 3)
    with reading(source) as driver:
        require_room(part.parent, size_of(driver) + _FOR_THE_MANIFEST)
        content = read_sqlite_content(driver, reading_source)
        copy_pages(driver, part, copying)
    with untouched(part) as copy:
        if not is_sound(copy):
            raise NotADatabase(place=str(source))
        checking(1)
        if read_sqlite_content(copy, reading_copy) != content:
            raise BackupFailed(
                folder=str(part.parent), reason=Marked(N_("the copy is not equal to the database; try again"))
            )
    return content


def copy_pages(driver: Any, part: Path, advance: Advance) -> None:
    """Copy what an open transaction sees into an empty file, page by page. Raises DiskFull or BackupFailed."""

    def tell(_status: int, remaining: int, total: int) -> None:
        advance((total - remaining) / max(1, total))

    with opened(part) as copy:
        # Nobody needs a half copy back, and the whole one is synced before it gets its name.
        for pragma in ("journal_mode=OFF", "synchronous=OFF"):
            copy.execute(f"PRAGMA {pragma}").close()
        try:
            driver.backup(copy, pages=_PAGES_A_STEP, progress=tell)
        except sqlite_module().Error as error:
            refusal = in_words(error, part)
            if isinstance(refusal, DiskFull | NotADatabase):
                raise refusal from None
            reason = Marked(N_("the disk or network failed"))
            raise BackupFailed(folder=str(part.parent), reason=reason) from None
