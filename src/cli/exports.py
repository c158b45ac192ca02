"""Lists for spreadsheets and programs, written as the rows come: 100,000 rows need no more memory than ten."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from src.cli.terminal import visible
from src.presentation.columns import Column, Row, for_json, for_programs
from src.presentation.spreadsheets import batches, csv_lines

# Inside a JSON text, what a terminal would obey or cannot encode; everything below U+0020 json escapes itself.
_JSON_ESCAPES = {
    code: f"\\u{code:04x}"
    for code in [
        *range(0x7F, 0xA0),
        0x061C,
        0x200E,
        0x200F,
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
    ]
}


def write_csv(columns: Sequence[Column], rows: Iterable[Row]) -> None:
    """Write a list as CSV (RFC 4180, UTF-8): a header with the stable English keys, then a line for each row."""
    _exact_output()
    for lines in csv_lines(columns, rows):
        sys.stdout.write(lines)


def write_tabs(columns: Sequence[Column], rows: Iterable[Row]) -> None:
    """Write a list as tab-separated lines for other programs: a header, then a line for each row."""
    sys.stdout.write("\t".join(column.key for column in columns) + "\n")
    for batch in batches(rows):
        sys.stdout.write("".join("\t".join(map(visible, for_programs(columns, row))) + "\n" for row in batch))


def write_json_list(
    columns: Sequence[Column], rows: Iterable[Row], *, next_cursor: str | None, totals: Mapping[str, Any]
) -> None:
    """Write a list as one JSON document: {"items": […], "next": cursor of the next page or null, "totals": {…}}."""
    _exact_output()
    as_object = for_json(columns)
    separator = "\n"
    sys.stdout.write('{"items": [')
    for batch in batches(rows):
        sys.stdout.write(separator + ",\n".join(json_text(as_object(row)) for row in batch))
        separator = ",\n"
    sys.stdout.write(f'\n], "next": {json_text(next_cursor)}, "totals": {json_text(totals)}}}\n')


def write_json(value: Any) -> None:
    """Write one JSON document."""
    _exact_output()
    sys.stdout.write(json_text(value) + "\n")


def json_text(value: Any) -> str:
    """Give a JSON text with readable letters, in which nothing can command a terminal."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isascii() and "\x7f" not in text else text.translate(_JSON_ESCAPES)


def _exact_output() -> None:
    # The formats are UTF-8 with their own line ends, whatever the terminal or the system would like.
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", newline="", errors="backslashreplace")
