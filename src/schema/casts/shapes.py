"""What a value looks like, without the value: enough to write a converter, nothing that tells of a person."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from src.domain.errors import DataLossRefused
from src.i18n import N_

SHOWN = 5
_LONGEST = 40


def shape(value: object) -> str:
    """Write digits as 9, letters as A or a, and everything else that could tell something as ?."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes | memoryview):
        return f"blob of {len(value)} bytes"
    text = str(value)
    written = "".join(map(_sign, text[:_LONGEST])) + ("…" if len(text) > _LONGEST else "")
    return f'{_kind(value)} "{written}" ({len(text)})'


def refuse_conversion(
    table: str, column: str, new_type: str, count: int, rows: Iterable[tuple[Sequence[Any], object]]
) -> DataLossRefused:
    """Say which rows hold a value that would not survive, and how it looks."""
    listed = "\n".join(f"- {', '.join(map(_key, key))}: {shape(value)}" for key, value in rows)
    more = "\n- …" if count > SHOWN else ""
    return DataLossRefused(
        N_(
            "The migration was undone: {count} values of {table}.{column} would not be the same as {type}. The first,"
            " by their key and shape (9 digit, A a letter):\n{rows}\nGive alter_column a converter and its opposite,"
            ' convert="SQL", convert_back="SQL"; or accept that values change: accept_conversion="why".'
        ),
        count=count,
        table=table,
        column=column,
        type=new_type,
        rows=listed + more,
    )


def _key(value: object) -> str:
    # A key that is not a number may be a name or an address itself.
    return str(value) if isinstance(value, int) else shape(value)


def _kind(value: object) -> str:
    return {str: "text", int: "integer", float: "real"}.get(type(value), type(value).__name__)


def _sign(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return "9"
    if category.startswith("L"):
        return "A" if category in {"Lu", "Lt"} else "a"
    return character if character.isascii() and character.isprintable() else "?"
