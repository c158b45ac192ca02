"""What a list or a record shows: each column is declared once, and written for people, spreadsheets and programs.

For people a value speaks their language (`1 200,00 €`). For spreadsheets and programs it is exact and never changes
with the language: amounts `1200.00`, moments ISO 8601 in UTC with their offset, codes such as `SALES`, keys in English.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import Any, Literal
from zoneinfo import ZoneInfo

from src.i18n import N_, _, format_date, format_moment, format_money, format_number

Kind = Literal["text", "number", "decimal", "money", "date", "moment", "bool", "choice", "changes", "numbers"]
Row = Sequence[Any]

NOTHING = "–"

# A spreadsheet runs a text cell that begins like this as a formula, also with the wide forms of East Asian keyboards.
_FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a list, or one line of a record.

    `key` is its stable English name, `heading` its marked one. Importance 1 stays on the narrowest screen, 3 leaves
    first. `labels` gives the marked words of a choice; "changes" are {field: (before, after)}. `zone_key` names the
    column with the time zone of a moment. `of` takes the value out of a record where it is not the attribute `key`.
    A text that `wraps` is shown whole on several lines in a table, where others are cut with an ellipsis.
    """

    key: str
    heading: str
    kind: Kind = "text"
    importance: Literal[1, 2, 3] = 2
    labels: Mapping[str, str] = field(default_factory=dict)
    zone_key: str | None = None
    of: Callable[[Any], Any] | None = None
    wraps: bool = False

    @property
    def is_number(self) -> bool:
        """Whether the values line up on the right."""
        return self.kind in {"number", "decimal", "money"}


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How this installation writes values for people."""

    zone: tzinfo = UTC
    currency: str = "EUR"


def row_of(columns: Sequence[Column], record: Any) -> list[Any]:
    """Take a record's values, in the order of the columns."""
    return [column.of(record) if column.of else getattr(record, column.key) for column in columns]


def rows_of(columns: Sequence[Column], records: Iterable[Any]) -> Iterator[Row]:
    """Take each record's values as it comes, keeping none."""
    coming = iter(records)
    first = next(coming, None)
    return iter(()) if first is None else map(_taker(columns, first), chain((first,), coming))


def _taker(columns: Sequence[Column], first: Any) -> Callable[[Any], Row]:
    # The rows of a list know the places of their values: a third of the price of asking for each by its name.
    places: Mapping[str, int] = {key: place for place, key in enumerate(getattr(first, "_fields", ()))}
    if len(columns) > 1 and all(column.of is None and column.key in places for column in columns):
        return itemgetter(*(places[column.key] for column in columns))
    return partial(row_of, columns)


def for_people(columns: Sequence[Column], row: Row, manner: Manner) -> list[str]:
    """Write a row in the reader's language."""
    keys = {column.key: position for position, column in enumerate(columns)}
    texts = []
    for column, value in zip(columns, row, strict=True):
        zone = manner.zone
        shown_zone = ""
        if column.kind == "moment" and column.zone_key and (name := row[keys[column.zone_key]]):
            zone = ZoneInfo(str(name))
            # Said only where it differs: an event abroad.
            shown_zone = "" if str(name) == str(manner.zone) else f" ({name})"
        texts.append(_text(column, value, zone, manner.currency) + (shown_zone if value is not None else ""))
    return texts


def for_programs(columns: Sequence[Column], row: Row) -> list[str]:
    """Write a row as plain text that never changes with the language."""
    return [_PLAIN[column.kind](value) if value is not None else "" for column, value in zip(columns, row, strict=True)]


def for_spreadsheets(columns: Sequence[Column]) -> Callable[[Row], list[Any]]:
    """Give the function that writes a row for CSV: as for programs, and no text cell can run as a formula.

    A text that begins with = + - @, a tab or a line end gets an apostrophe before it (`'+33 1…`); numbers and amounts,
    also negative ones, are left alone: they cannot hold a formula.
    """
    writers = [_CELL[column.kind] for column in columns]
    return lambda row: [writer(value) if value is not None else "" for writer, value in zip(writers, row, strict=True)]


def for_json(columns: Sequence[Column]) -> Callable[[Row], dict[str, Any]]:
    """Give the function that writes a row as a JSON object: numbers and booleans as such, amounts as text."""
    keys = [column.key for column in columns]
    writers = [(place, _JSON[column.kind]) for place, column in enumerate(columns) if column.kind not in _AS_IT_IS]

    def write(row: Row) -> dict[str, Any]:
        values = list(row)
        for place, writer in writers:
            if values[place] is not None:
                values[place] = writer(values[place])
        return dict(zip(keys, values, strict=True))

    return write


def _text(column: Column, value: Any, zone: tzinfo, currency: str) -> str:
    if value is None or (value == "" and "" not in column.labels):
        return NOTHING
    match column.kind:
        case "money":
            return format_money(value, currency)
        case "decimal":
            return format_number(Decimal(value))
        case "date":
            return format_date(value)
        case "moment":
            return format_moment(value, zone)
        case "bool":
            return _(N_("yes")) if value else _(N_("no"))
        case "choice":
            return _(column.labels.get(str(value), str(value)))
        case "changes":
            return "; ".join(f"{name}: {_side(before)} → {_side(after)}" for name, (before, after) in value.items())
        case _:
            return str(value)


def _side(value: object) -> str:
    return NOTHING if value is None or value == "" else str(value)


def _changes(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _moment(value: datetime) -> str:
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat(timespec="seconds")


def _money(value: Decimal) -> str:
    return f"{value:.2f}"


def _truth(value: object) -> str:
    return "true" if value else "false"


def _day(value: date) -> str:
    return value.isoformat()


def _unarmed(value: Any) -> str:
    text = str(value)
    return f"'{text}" if text[:1] in _FORMULA_STARTS else text


_PLAIN: Mapping[Kind, Callable[[Any], str]] = {
    "text": str,
    "number": str,
    "decimal": str,
    "money": _money,
    "date": _day,
    "moment": _moment,
    "bool": _truth,
    "choice": str,
    "changes": _changes,
    "numbers": str,
}
_CELL: Mapping[Kind, Callable[[Any], Any]] = {**_PLAIN, "text": _unarmed}
_JSON: Mapping[Kind, Callable[[Any], Any]] = {**_PLAIN, "bool": bool, "numbers": list}
# What JSON has a way to write.
_AS_IT_IS: frozenset[Kind] = frozenset({"text", "number", "changes"})
