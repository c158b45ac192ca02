"""How a value of SQLite is brought into another declared type, and when it is still the same value afterwards.

SQLite refuses nothing: CAST makes 0 of 'abc' and 2024 of '2024-01-02', and a column keeps what it cannot convert.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from src.domain.errors import DataLossRefused
from src.i18n import N_
from src.schema.casts.shapes import SHOWN, refuse_conversion
from src.schema.guard.column_types import holds_at_least

OPTIONS = ("convert", "convert_back", "accept_conversion")

_LARGEST = "9223372036854775808.0"
_EXACT = "9007199254740992"  # beyond it, not every whole number is a REAL
_MINUS_ZERO = "({v} = 0 AND CAST({v} AS TEXT) LIKE '-%')"
_DAY = "(typeof({v}) = 'text' AND length({v}) = 10 AND date({v}) IS {v})"
_MOMENT = (
    "(typeof({v}) = 'text' AND datetime(substr({v}, 1, 19)) IS substr({v}, 1, 19) AND (length({v}) = 19"
    " OR (length({v}) BETWEEN 21 AND 26 AND substr({v}, 20, 1) = '.' AND substr({v}, 21) NOT GLOB '*[^0-9]*')))"
)
_MIDNIGHT = "({v} IN (substr({v}, 1, 10) || ' 00:00:00', substr({v}, 1, 10) || ' 00:00:00.000000'))"
_TIME = (
    "(typeof({v}) = 'text' AND time(substr({v}, 1, 8)) IS substr({v}, 1, 8) AND (length({v}) = 8"
    " OR (length({v}) BETWEEN 10 AND 15 AND substr({v}, 9, 1) = '.' AND substr({v}, 10) NOT GLOB '*[^0-9]*')))"
)
_WHOLE = (
    "CASE typeof({v}) WHEN 'integer' THEN TRUE WHEN 'text' THEN CAST(CAST({v} AS INTEGER) AS TEXT) = {v}"
    f" WHEN 'real' THEN {{v}} >= -{_LARGEST} AND {{v}} < {_LARGEST} AND CAST(CAST({{v}} AS INTEGER) AS REAL) = {{v}}"
    f" AND NOT {_MINUS_ZERO} ELSE FALSE END"
)
_REAL = (
    "CASE typeof({v}) WHEN 'real' THEN TRUE"
    f" WHEN 'integer' THEN {{v}} BETWEEN -{_EXACT} AND {_EXACT}"
    " WHEN 'text' THEN CAST(CAST({v} AS REAL) AS TEXT) = {v} OR (CAST(CAST({v} AS INTEGER) AS TEXT) = {v}"
    f" AND CAST({{v}} AS INTEGER) BETWEEN -{_EXACT} AND {_EXACT}) ELSE FALSE END"
)


@dataclass(frozen=True)
class _Target:
    """A family of types: which values it holds as they are, and what they are stored as."""

    holds: str
    value: str


@dataclass(frozen=True)
class Conversion:
    """What becomes of a column's values; `expression` may name every column of the table."""

    column: str
    new_type: str
    expression: str
    doubtful: str | None
    because: str

    def require_lossless(self, connection: Connection, table: str, key: list[str]) -> None:
        """Look at every value before anything changes. Raises DataLossRefused."""
        if self.doubtful is None:
            return
        source = self.doubtful.replace("{table}", _quoted(table))
        names = ", ".join(f"o.{name}" for name in key) or "NULL"
        count = connection.exec_driver_sql(f"SELECT count(*) FROM {source}").scalar() or 0
        if count:
            # CAST: text that is not UTF-8 has a shape too.
            query = f"SELECT o.{_quoted(self.column)}, {names} FROM {source} LIMIT {SHOWN}"
            rows = [(row[1:], row[0]) for row in connection.exec_driver_sql(query)]
            raise refuse_conversion(table, self.column, self.new_type, count, rows)


def conversion_from(column: str, old: str, new: str, options: Mapping[str, Any]) -> Conversion | None:
    """Decide how a column's values are brought into a new type; None if it holds all that the old one did."""
    convert, back, because = (str(options.get(name) or "") for name in OPTIONS)
    if not convert and not because and (old.upper() == new.upper() or _holds_all(new, old)):
        return None
    own = f"o.{_quoted(column)}"
    target = _target(new)
    raw = f"({convert})" if convert else own
    expression = target.value.format(v=raw)
    reason = because or "every value was converted and came back the same"
    if because:
        return Conversion(column, new, expression, None, because)
    fits = f"({raw} IS NULL OR ({target.holds.format(v=raw)}))"
    if not convert:
        return Conversion(column, new, expression, f"main.{{table}} AS o WHERE NOT {fits}", reason)
    if not back:
        raise DataLossRefused(
            N_(
                "The migration was undone: {column} has a converter, so say how to come back (convert_back=…), or that"
                " values change (accept_conversion=…)."
            ),
            column=column,
        )
    # The opposite reads the new value under the column's name, beside the other columns as they are.
    came_back = f"(SELECT {back} FROM (SELECT o.schema_new AS {_quoted(column)}))"
    same = f"{came_back} IS o.schema_old AND typeof({came_back}) = typeof(o.schema_old)"
    inner = (
        f"(SELECT o.*, {own} AS schema_old, {expression} AS schema_new, {fits} AS schema_fits FROM main.{{table}} AS o)"
    )
    return Conversion(column, new, expression, f"{inner} AS o WHERE NOT (schema_fits AND {same})", reason)


def _target(declared: str) -> _Target:
    upper = declared.upper()
    sizes = [int(size) for size in re.findall(r"\d+", upper)]
    for words, target in _TARGETS:
        if any(word in upper for word in words):
            return target(sizes)
    return _numeric(sizes) if upper else _Target("TRUE", "{v}")


def _text(sizes: list[int]) -> _Target:
    fits = (
        "CASE typeof({v}) WHEN 'real' THEN CAST(CAST({v} AS TEXT) AS REAL) = {v} WHEN 'blob' THEN FALSE ELSE TRUE END"
    )
    if sizes:
        # length() stops at a NUL.
        written = "CAST({v} AS TEXT)"
        fits += f" AND length({written}) <= {sizes[0]} AND (instr({written}, char(0)) = 0"
        fits += f" OR length(CAST({written} AS BLOB)) <= {sizes[0]})"
    return _Target(fits, "CAST({v} AS TEXT)")


def _numeric(sizes: list[int]) -> _Target:
    same = "CAST(CAST({v} AS NUMERIC) AS TEXT) = {v}"
    limits = ""
    if sizes:
        digits, scale = sizes[0], sizes[1] if len(sizes) > 1 else 0
        same += f" OR printf('%.{scale}f', CAST({{v}} AS NUMERIC)) = {{v}}"
        limits = f" AND abs(CAST({{v}} AS NUMERIC) + 0.0) < 1e{digits - scale}"
        limits += f" AND round(CAST({{v}} AS NUMERIC), {scale}) = CAST({{v}} AS NUMERIC)"
    kinds = "CASE typeof({v}) WHEN 'text' THEN " + same + " WHEN 'blob' THEN FALSE ELSE TRUE END"
    return _Target(f"{kinds}{limits} AND NOT {_MINUS_ZERO}", "CAST({v} AS NUMERIC)")


_TARGETS: tuple[tuple[tuple[str, ...], Callable[[list[int]], _Target]], ...] = (
    (("BOOL",), lambda _: _Target("typeof({v}) <> 'real' AND CAST({v} AS TEXT) IN ('0', '1')", "CAST({v} AS INTEGER)")),
    (
        ("DATETIME", "TIMESTAMP"),
        lambda _: _Target(f"{_DAY} OR {_MOMENT}", f"CASE WHEN {_DAY} THEN {{v}} || ' 00:00:00.000000' ELSE {{v}} END"),
    ),
    (
        ("DATE",),
        lambda _: _Target(
            f"{_DAY} OR ({_MOMENT} AND {_MIDNIGHT})", f"CASE WHEN {_MOMENT} THEN substr({{v}}, 1, 10) ELSE {{v}} END"
        ),
    ),
    (("TIME",), lambda _: _Target(_TIME, "{v}")),
    (("JSON",), lambda _: _Target("typeof({v}) = 'text' AND json_valid({v})", "{v}")),
    (("INT",), lambda _: _Target(_WHOLE, "CAST({v} AS INTEGER)")),
    (("CHAR", "CLOB", "TEXT"), _text),
    (("BLOB",), lambda _: _Target("typeof({v}) IN ('text', 'blob')", "CAST({v} AS BLOB)")),
    (("REAL", "FLOA", "DOUB"), lambda _: _Target(_REAL, "CAST({v} AS REAL)")),
)


def _holds_all(new: str, old: str) -> bool:
    """Tell whether a type is a wider one of the same family; DATE, BOOLEAN and JSON are families."""
    families = [
        next((words for words, _ in _TARGETS if any(word in t.upper() for word in words)), ()) for t in (new, old)
    ]
    return families[0] == families[1] and holds_at_least(new.lower(), old.lower(), dialect="sqlite")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
