"""Whole lists as files for spreadsheets: written as the rows come, and in the audit log before the first one leaves."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from starlette.responses import Response, StreamingResponse

from src.db.cores import use_all_cores
from src.presentation.columns import Column, rows_of
from src.presentation.spreadsheets import csv_lines
from src.services import lists
from src.web.desk import Desk

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def export(
    desk: Desk,
    columns: Sequence[Column],
    everything: "Callable[[Session], Iterator[Any]]",
    *,
    record_type: str,
    filters: Mapping[str, Any],
) -> Response:
    """Send a whole list as CSV; call it in the transaction of a POST, which logs the export and is committed first."""
    everything(desk.session)  # no row is read yet: what is refused here must not be logged as an export
    lists.log_export(desk.session, desk.me, record_type, {**filters, "format": "csv"})
    headers = {"content-disposition": f'attachment; filename="{record_type}.csv"'}
    return StreamingResponse(_lines(desk, columns, everything), headers=headers, media_type="text/csv; charset=utf-8")


def _lines(desk: Desk, columns: Sequence[Column], everything: "Callable[[Session], Iterator[Any]]") -> Iterator[str]:
    use_all_cores()  # it takes long, and is no reading thread of ours that comes back
    with desk.site.exports.reading() as session:
        # Excel takes a file without this mark for another encoding, and spoils every accent.
        yield "\ufeff"
        yield from csv_lines(columns, rows_of(columns, everything(session)))
