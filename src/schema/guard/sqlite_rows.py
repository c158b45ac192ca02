"""Takes a SQLite table's checksums in one scan.

A function that the scan calls for each row collects 200 of them, which are then hashed column by column. Measured, that
is the cheapest way to bring each value of a table through Python once: fetching the rows takes as long by itself. The
order of the scan binds every value to its row.
"""

import gc
import marshal
from array import array
from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import Any

from src.schema.guard.rows import ColumnPrint, Range, TablePrint

_BLOCK = 200
# Each scan has a function of its own: SQLite does not let one be replaced while the migration reads something.
_FUNCTIONS = (f"schema_guard_row_{number}" for number in count())
_KINDS = {int: "integer", float: "real", str: "text", bytes: "blob"}


def print_sqlite_table(
    driver: Any,
    table: str,
    columns: Sequence[str],
    *,
    within: Range,
    rowid: str | None,
    key: Sequence[str] = (),
) -> TablePrint:
    """Scan a table by its `rowid` (under the name that no column has taken), or else by its primary key."""
    order = [rowid] if rowid else [*key]
    conditions = []
    if within.deleted is not None:
        conditions.append(f"({within.deleted}) IS NOT TRUE")
    if within.highest is not None:
        conditions.append(f"{rowid} <= {within.highest}")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    # NOT INDEXED: an index that covers all columns would be scanned in its own order.
    source = f"FROM main.{quoted(table)} NOT INDEXED{where}"
    expressions = [name if name == rowid else quoted(name) for name in (*order, *columns)]
    scan = _Scan(len(expressions), keep_rows=rowid is None)
    function = next(_FUNCTIONS)
    driver.create_function(function, -1, scan.add)
    query = f"SELECT count({function}({', '.join(expressions)})) {source}"
    if not _scanned(driver, query, scan) or _hidden_values(driver, expressions, source, scan):
        scan = _Scan(len(expressions), keep_rows=rowid is None)
        _fetch(driver, f"SELECT {', '.join(expressions)} {source}", scan)
    prints = scan.prints()
    highest = None
    if rowid and scan.rows:
        (highest,) = driver.execute(f"SELECT max({rowid}) {source}").fetchone()
    return TablePrint(
        rows=scan.rows,
        columns=dict(zip(columns, prints[len(order) :], strict=True)),
        identity=prints[0].digest if rowid else None,
        highest=highest,
        row_digests=scan.row_digests,
    )


def count_sqlite_rows(driver: Any, table: str) -> int:
    """Count the rows of a table whose module keeps them as it sees fit."""
    (number,) = driver.execute(f"SELECT count(*) FROM main.{quoted(table)}").fetchone()  # noqa: S608 - a name of the schema
    return int(number)


def quoted(name: str) -> str:
    """Write a name so that SQLite reads no keyword in it."""
    return '"' + name.replace('"', '""') + '"'


class _Scan:
    """What was seen of a table so far."""

    def __init__(self, width: int, *, keep_rows: bool) -> None:
        self.rows = 0
        self.row_digests: array[int] | None = array("q") if keep_rows else None
        self._block: list[tuple[Any, ...]] = []
        self._digests = [0] * width
        self._sizes = [0] * width
        self._kinds: list[Counter[type]] = [Counter() for _ in range(width)]

    def add(self, *row: Any) -> None:
        self._block.append(row)
        if len(self._block) == _BLOCK:
            self._flush()

    def finish(self) -> None:
        """Take in the last rows."""
        if self._block:
            self._flush()

    def present(self) -> list[int]:
        """Count the values that are not NULL, column by column."""
        return [self.rows - kinds[type(None)] for kinds in self._kinds]

    def prints(self) -> list[ColumnPrint]:
        """Sum up, column by column."""
        return [
            ColumnPrint(
                present=present,
                size=size,
                kinds={_KINDS[kind]: number for kind, number in kinds.items() if kind in _KINDS},
                digest=digest,
            )
            for present, digest, size, kinds in zip(
                self.present(), self._digests, self._sizes, self._kinds, strict=True
            )
        ]

    def _flush(self) -> None:
        self.rows += len(self._block)
        for number, values in enumerate(zip(*self._block, strict=True)):
            # marshal tells 1 from 1.0, "a" from b"a" and 0.0 from -0.0; its format 2 depends on nothing but the values.
            written = marshal.dumps(values, 2)
            self._sizes[number] += len(written)
            self._digests[number] = hash((self._digests[number], written))
            kinds = set(map(type, values))
            if len(kinds) == 1:
                self._kinds[number][kinds.pop()] += len(values)
            else:
                self._kinds[number].update(map(type, values))
        if self.row_digests is not None:
            self.row_digests.extend(hash(marshal.dumps(row, 2)) for row in self._block)
        self._block.clear()


def _scanned(driver: Any, query: str, scan: _Scan) -> bool:
    """Let the scan see every row; some drivers refuse text that is not UTF-8."""
    collecting = gc.isenabled()
    gc.disable()  # a fifth of the time: it would look through the block again and again
    try:
        driver.execute(query).fetchone()
    except driver.Error:
        return False
    finally:
        if collecting:
            gc.enable()
    scan.finish()
    return True


def _hidden_values(driver: Any, expressions: Sequence[str], source: str, scan: _Scan) -> bool:
    """Tell whether what a function was given for NULL is something else: some drivers give it so."""
    doubtful = {expressions[n]: seen for n, seen in enumerate(scan.present()) if seen < scan.rows}
    if not doubtful:
        return False
    counts = ", ".join(f"count({expression})" for expression in doubtful)
    found = driver.execute(f"SELECT {counts} {source}").fetchone()
    return list(found) != list(doubtful.values())


def _fetch(driver: Any, query: str, scan: _Scan) -> None:
    """Scan a table that holds text which is not UTF-8: a function is given NULL for it."""
    before = driver.text_factory
    driver.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    try:
        for row in driver.execute(query):
            scan.add(*row)
        scan.finish()
    finally:
        driver.text_factory = before
