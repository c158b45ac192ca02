"""What differs from the last backup although nobody changed it: a disk did, or somebody past the program.

A record that counts its changes says itself whether it is still the one that was backed up. So every bit of it that
differs since is seen, whatever it means, in all that is older than the backup.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from src.domain.errors import Marked
from src.i18n import N_
from src.schema.backup.sqlite_files import opened
from src.schema.guard.sqlite_rows import quoted
from src.schema.promises import Steady
from src.schema.state import mode_without_trace
from src.schema.values.wrong import WrongValues

_CHANGED = Marked(
    N_("Values that differ from the last backup, though nobody changed the record: {rows}, the first in row {row}.")
)
_GONE = Marked(
    N_("Rows of the last backup that are missing, though none is ever deleted: {rows}, the first was row {row}.")
)


def unnoticed_changes(file: Path, backup: Path, steady: Mapping[str, Steady]) -> list[WrongValues] | None:
    """Compare a SQLite file with a good backup of it; None where the one does not continue the other.

    Raises CrmError for what SQLite refuses.
    """
    with opened(file, options=mode_without_trace(file)) as driver:
        driver.execute("PRAGMA query_only=ON").close()
        place = f"file:{quote(str(backup.absolute()))}?mode=ro&immutable=1"
        driver.execute("ATTACH ? AS kept", (place,)).close()
        driver.execute("BEGIN").close()
        if not _is_continued(driver):
            return None
        return [wrong for table, how in steady.items() for wrong in _in_table(driver, table, how)]


def _is_continued(driver: Any) -> bool:
    """Whether it has the backup's tables, and the numbers that it has given go on from the backup's.

    They never go back, except where an older backup was restored: what then has the same number is another record.
    """
    schema = "SELECT type, name, sql FROM {}.sqlite_master"
    if driver.execute(f"{schema.format('kept')} EXCEPT {schema.format('main')}").fetchone():
        return False
    if not driver.execute("SELECT 1 FROM kept.sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
        return True
    behind = (
        "SELECT 1 FROM kept.sqlite_sequence k LEFT JOIN main.sqlite_sequence m USING (name)"
        " WHERE coalesce(m.seq, 0) < k.seq"
    )
    return driver.execute(behind).fetchone() is None


def _in_table(driver: Any, table: str, how: Steady) -> Iterator[WrongValues]:
    columns = driver.execute("SELECT name, pk FROM pragma_table_info(?)", (table,)).fetchall()
    keys = [name for name, place in columns if place]
    if not keys:
        return
    same = " AND ".join(f"m.{quoted(name)} = k.{quoted(name)}" for name in keys)
    key = f"m.{quoted(keys[0])}"
    compared = [name for name, place in columns if not place and name not in how.but]
    # A text that only differs by what its own column takes for the same differs here.
    differs = [f"m.{quoted(name)} IS NOT k.{quoted(name)} COLLATE BINARY" for name in compared]
    counts = ", ".join(f"sum({differ}), min(CASE WHEN {differ} THEN {key} END)" for differ in differs)
    # One that still counts as before is enough: a bit may be flipped in the other.
    unchanged = " OR ".join(f"m.{quoted(name)} IS k.{quoted(name)}" for name in how.counted_by) or "true"
    place = quoted(table)
    found = driver.execute(
        f"SELECT {counts} FROM main.{place} m JOIN kept.{place} k ON {same} WHERE {unchanged}"  # noqa: S608 - names from the schema
    ).fetchone()
    for number, name in enumerate(compared):
        rows, first = found[2 * number], found[2 * number + 1]
        if rows:
            yield WrongValues(table, name, rows, first, _CHANGED)
    if not how.may_go:
        rows, row = driver.execute(
            f"SELECT count(*), min(k.{quoted(keys[0])}) FROM kept.{place} k"  # noqa: S608 - names from the schema
            f" WHERE NOT EXISTS (SELECT 1 FROM main.{place} m WHERE {same})"
        ).fetchone()
        if rows:
            yield WrongValues(table, "", rows, row, _GONE)
