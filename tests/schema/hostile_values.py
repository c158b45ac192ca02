"""Values of each type that are hard to keep: the longest, the farthest, the emptiest, and writing of every kind."""

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import types
from sqlalchemy.types import TypeEngine

_TEXTS = (
    "",
    "Ångström-Ésope ß œ ĳ",
    "e\u0301\u0323 a\u0308\u0304",  # accents that are signs of their own
    "\u202eמרחבא مرحبا\u202c",  # from right to left
    "\U0001f469\u200d\U0001f680 \U00020bb7\U0010fffd",  # outside the basic plane
    "\ufeff\u200b\u00a0\u2028",  # nothing to see
    "'; DROP TABLE x; -- %s {0} \\N \\x00 \"",
    "line\r\n\ttab\x1b\x7f",
)
_LONGEST = ("x", "\U0001f600", "e\u0301")
_UNBOUNDED = 3000
# No company's day is before the year 1 or after 9999, and no type of ours holds one.
_DATES = ("0001-01-01", "9999-12-31", "2024-02-29", "1582-10-10")
_CLOCKS = ("00:00:00.000000", "23:59:59.999999", "01:30:00.000001")
_INTEGER_BITS = ((types.SmallInteger, 16), (types.BigInteger, 64))


def plain_values(kind: TypeEngine[Any], dialect: str) -> list[Any]:
    """Values that nearly every rule of a company lets pass."""
    if isinstance(kind, types.Boolean):
        return [True, False]
    if isinstance(kind, types.Integer):
        return [0, 1, 2, 100, 100_000]
    if isinstance(kind, types.Numeric):
        return [1, 0, 7]
    if isinstance(kind, types.DateTime):
        return [_moment(f"{day} 10:00:00.000000", kind, dialect) for day in ("2024-05-01", "2024-05-02", "2025-01-01")]
    if isinstance(kind, types.Date):
        return ["2024-05-01", "2025-01-01"]
    if isinstance(kind, types.Time):
        return ["10:00:00"]
    if isinstance(kind, types.LargeBinary):
        return [b"x"]
    if isinstance(kind, types.JSON):
        return ["{}"]
    if isinstance(kind, types.Uuid):
        return ["00000000-0000-4000-8000-000000000001"]
    if isinstance(kind, types.Enum):
        return list(kind.enums)
    return ["a", "b", "word"]


def hostile_values(kind: TypeEngine[Any], dialect: str) -> list[Any]:
    """Values that a type must hold, and that few programs keep."""
    if isinstance(kind, types.Boolean | types.Enum | types.Uuid):
        return plain_values(kind, dialect)
    if isinstance(kind, types.Integer):
        bits = next((bits for type_, bits in _INTEGER_BITS if isinstance(kind, type_)), 32)
        widths = {bits, 64} if dialect == "sqlite" else {bits}
        return [-1, *(edge for width in widths for edge in (2 ** (width - 1) - 1, -(2 ** (width - 1))))]
    if isinstance(kind, types.Float):
        endless = ["NaN", "Infinity"] if dialect == "postgresql" else []
        return [0.1, -0.0, 1.7976931348623157e308, 5e-324, *endless]
    if isinstance(kind, types.Numeric):
        digits, places = kind.precision or 15, kind.scale or 0
        most = f"{'9' * (digits - places)}.{'9' * places}" if places else "9" * digits
        return [most, f"-{most}", "0"]
    if isinstance(kind, types.DateTime):
        return [_moment(f"{day} {clock}", kind, dialect) for day in _DATES for clock in _CLOCKS]
    if isinstance(kind, types.Date):
        return list(_DATES)
    if isinstance(kind, types.Time):
        return list(_CLOCKS)
    if isinstance(kind, types.LargeBinary):
        return [b"", b"\0\xff\r\n", bytes(range(256)) * 40]
    if isinstance(kind, types.JSON):
        return ["null", '"\\u2028\\ud83d\\ude00"', '{"a": [1.10, -0.0, 1e300], "": "é\u0301"}']
    length = getattr(kind, "length", None) or _UNBOUNDED
    nul = ["a\0b"] if dialect == "sqlite" else []
    return [*(text[:length] for text in _TEXTS), *((sign * length)[:length] for sign in _LONGEST), *nul]


def literals_in(conditions: Iterable[str]) -> list[Any]:
    """The values that the conditions of a column name."""
    texts = [text.replace("''", "'") for condition in conditions for text in re.findall(r"'((?:[^']|'')*)'", condition)]
    return list(dict.fromkeys(texts))


def _moment(text: str, kind: TypeEngine[Any], dialect: str) -> str:
    return f"{text}+00" if dialect == "postgresql" and getattr(kind, "timezone", False) else text
