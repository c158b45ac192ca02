"""How much a table holds, column by column, and a checksum in which each value is bound to its own row."""

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ColumnPrint:
    """What a column holds: values that are not NULL, their size, their number by storage type, and their checksum."""

    present: int
    size: int
    kinds: Mapping[str, int]
    digest: int


@dataclass(frozen=True)
class TablePrint:
    """What a table holds.

    `identity` is what tells a row from the others, `highest` the greatest where it is a number: what comes behind it is
    new. Where it is not, `row_digests` holds one checksum a row. `key` are the columns that the checksums are bound to.
    """

    rows: int
    columns: Mapping[str, ColumnPrint]
    identity: int | None = None
    highest: int | None = None
    row_digests: "array[int] | None" = None
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class Range:
    """Which rows are looked at: not those that a revision declared to delete, nor those behind `highest`."""

    deleted: str | None = None
    highest: int | None = None


def holds_all(after: "array[int]", before: "array[int]") -> bool:
    """Tell whether every row that was there still is, as it was."""
    return not Counter(before) - Counter(after)
