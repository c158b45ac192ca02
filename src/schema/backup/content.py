"""What a database holds, small enough to be kept beside a backup and compared: equal means that nothing is lost.

Unlike the guard's prints this is no help in saying *what* is lost; it answers only whether two databases are the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Told how far a long work is, as a share from 0 to 1. It may raise: the work is then given up and leaves nothing.
Advance = Callable[[float], None]


@dataclass(frozen=True)
class TableContent:
    """A table's rows: how many, and one checksum of all of them."""

    rows: int
    digest: str


@dataclass(frozen=True)
class Content:
    """A database at one moment: the checksum of all it is made of, its rows, and its schema revisions."""

    definition: str
    tables: Mapping[str, TableContent]
    revisions: tuple[str, ...]


def in_stages(advance: Advance, *weights: float) -> tuple[Advance, ...]:
    """Split one progress into several that follow each other."""
    total = sum(weights)
    return tuple(
        _stage(advance, start=sum(weights[:index]) / total, width=weight / total)
        for index, weight in enumerate(weights)
    )


def _stage(advance: Advance, *, start: float, width: float) -> Advance:
    return lambda share: advance(min(1.0, start + width * share))
