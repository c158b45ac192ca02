"""What a program promises of its rows, by which damage is seen that no format and no constraint shows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Steady:
    """How a table's rows change: with every change all columns of `counted_by` do; without any, never.

    None is deleted unless they `may_go`. `but` names the columns that may change all the same.
    """

    counted_by: tuple[str, ...] = ()
    but: frozenset[str] = frozenset()
    may_go: bool = False


@dataclass(frozen=True)
class Total:
    """A column whose value follows from other rows; `query` gives the keys of the rows in which it does not."""

    table: str
    column: str
    query: str
