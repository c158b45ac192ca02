"""Lists and records on a terminal: a table as wide as the screen allows, or a block for each record where it is narrow.

A table first shortens long texts, then leaves out the least important columns and says which, and never becomes
columns of single letters: below that each record is a block of lines. Rich reads no markup in the texts.
"""

import sys
import textwrap
from collections.abc import Iterable, Sequence
from itertools import islice

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from src.cli.terminal import colour_wanted, terminal_width, visible
from src.i18n import _
from src.presentation.columns import Column, Manner, Row, for_people

_GAP = 2
# Narrower than this an essential text says nothing, and one that may be left out is better left out.
_NARROWEST_TEXT = 14
_NARROWEST_EXTRA_TEXT = 24
# Widths are measured on so many rows at a time; a page is at most 100.
_CHUNK = 200


def draw_list(columns: Sequence[Column], rows: Iterable[Row], manner: Manner) -> int:
    """Draw a list, a screenful of measured rows at a time; gives the number of rows."""
    console = _console()
    remaining, count = iter(rows), 0
    while chunk := list(islice(remaining, _CHUNK)):
        texts = [[visible(text) for text in for_people(columns, row, manner)] for row in chunk]
        _draw_chunk(console, columns, texts)
        count += len(chunk)
    return count


def draw_record(columns: Sequence[Column], row: Row, manner: Manner) -> None:
    """Draw one record: a line for each column, long texts wrapped beside their heading."""
    console = _console()
    texts = [visible(text, lines=True) for text in for_people(columns, row, manner)]
    _draw_block(console, [_(column.heading) for column in columns], texts)


def _console() -> Console:
    colour = colour_wanted(sys.stdout)
    return Console(
        file=sys.stdout,
        width=terminal_width(),
        height=24,  # nothing here depends on it; without it Rich would read COLUMNS, too, whatever is in it
        color_system="auto" if colour else None,
        no_color=not colour,
        markup=False,
        emoji=False,
        highlight=False,
    )


def _draw_chunk(console: Console, columns: Sequence[Column], rows: list[list[str]]) -> None:
    headings = [_(column.heading) for column in columns]
    natural = [
        max(cell_len(heading), *(cell_len(row[position]) for row in rows)) for position, heading in enumerate(headings)
    ]
    widths = fitting_widths(columns, natural, console.width)
    if widths is None:
        for row in rows:
            _draw_block(console, headings, row)
            console.print()
        return
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold", show_edge=False)
    for position, width in widths.items():
        column = columns[position]
        table.add_column(
            Text(_cut(headings[position], width)),
            width=width,
            no_wrap=not column.wraps,
            overflow="fold" if column.wraps else "ellipsis",
            justify="right" if column.is_number else "left",
        )
    for row in rows:
        table.add_row(
            *(
                Text(_wrapped(row[position], width) if columns[position].wraps else _cut(row[position], width))
                for position, width in widths.items()
            )
        )
    console.print(table)
    if hidden := [headings[position] for position in range(len(columns)) if position not in widths]:
        note = _("Not shown for lack of room: {columns}.").format(columns=", ".join(hidden))
        console.print(Text(note, style="dim"))


def fitting_widths(columns: Sequence[Column], natural: Sequence[int], room: int) -> dict[int, int] | None:
    """Choose the columns that fit on a screen and their widths; None where even the essential ones do not fit.

    Texts may be shortened, numbers, amounts and dates never: half an amount is a wrong amount.
    """
    least = [_least(column, width) for column, width in zip(columns, natural, strict=True)]
    kept = list(range(len(columns)))
    # From the least important, and among equals from the right.
    leaving = sorted(kept, key=lambda position: (columns[position].importance, position))
    while _total(least, kept) > room:
        last = leaving.pop()
        if columns[last].importance == 1 or not leaving:
            return None
        kept.remove(last)
    widths = {position: least[position] for position in kept}
    spare = room - _total(least, kept)
    # The room that is left goes to the shortened columns, a little to each in turn.
    while spare and (short := [position for position in kept if widths[position] < natural[position]]):
        for position in short[:spare]:
            widths[position] += 1
        spare -= min(spare, len(short))
    return widths


def _least(column: Column, natural: int) -> int:
    if column.kind not in {"text", "choice", "changes"}:
        return natural
    return min(natural, _NARROWEST_TEXT if column.importance == 1 else _NARROWEST_EXTRA_TEXT)


def _total(widths: Sequence[int], kept: Sequence[int]) -> int:
    return sum(widths[position] for position in kept) + _GAP * (len(kept) - 1)


def _draw_block(console: Console, headings: Sequence[str], texts: Sequence[str]) -> None:
    label_width = max(cell_len(heading) for heading in headings)
    if console.width - label_width - _GAP < _NARROWEST_TEXT:
        # No room beside the headings: the value goes under its heading.
        for heading, text in zip(headings, texts, strict=True):
            console.print(Text(heading, style="bold"))
            console.print(Text(text), soft_wrap=False)
        return
    block = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    block.add_column(width=label_width, no_wrap=True, style="bold")
    block.add_column(overflow="fold")
    room = console.width - label_width - _GAP
    for heading, text in zip(headings, texts, strict=True):
        block.add_row(Text(heading), Text(_wrapped(text, room)))
    console.print(block)


def _wrapped(text: str, width: int) -> str:
    # Rich would end a line at any kind of space, and French amounts have two that no line may end at (1 200,50 €).
    return "\n".join(
        shorter
        for line in text.split("\n")
        for shorter in textwrap.wrap(
            line, width, break_long_words=False, break_on_hyphens=False, expand_tabs=False, replace_whitespace=False
        )
        or [""]
    )


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"
