"""Values that nobody can have put where they are."""

from dataclasses import dataclass

from src.domain.errors import Marked
from src.i18n import _


@dataclass(frozen=True)
class WrongValues:
    """In so many rows something is wrong; `row` is the key of the first of them, where rows have one.

    `sentence` is marked for translation and names both.
    """

    table: str
    column: str
    rows: int
    row: object
    sentence: Marked

    def __str__(self) -> str:
        return _(self.sentence).format(rows=self.rows, row="?" if self.row is None else self.row)
