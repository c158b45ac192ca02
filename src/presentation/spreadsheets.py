"""Lists for spreadsheets, written as the rows come: 100,000 rows need no more memory than ten."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from src.presentation.columns import Column, Row, for_spreadsheets

# Rows written at once: one system call for each row would cost more than the rows.
_BATCH = 500


def csv_lines(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[str]:
    """Write a list as CSV (RFC 4180): a header with the stable English keys, then a line for each row."""
    yield _lines([[column.key for column in columns]])
    cells = for_spreadsheets(columns)
    for batch in batches(rows):
        yield _lines(map(cells, batch))


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Take rows as they come, some hundred at a time."""
    remaining = iter(rows)
    while batch := list(islice(remaining, _BATCH)):
        yield batch


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()
