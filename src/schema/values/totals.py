"""Whether what is kept of other rows, so that it need not be counted again, is what they give."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from src.domain.errors import Marked
from src.i18n import N_
from src.schema.promises import Total
from src.schema.values.wrong import WrongValues

_WRONG = Marked(N_("Values that are not what the other tables give: {rows}, the first in row {row}."))


def wrong_totals(connection: Connection, totals: Sequence[Total]) -> Iterator[WrongValues]:
    """Count again, on both engines."""
    for total in totals:
        rows = list(connection.exec_driver_sql(total.query).scalars())
        if rows:
            yield WrongValues(total.table, total.column, len(rows), min(rows), _WRONG)
