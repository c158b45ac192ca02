"""What a search of everything shows of each kind of record: one line, whatever it is."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from src.i18n import N_
from src.presentation.columns import Column, Row
from src.presentation.histories import RECORDS

# The command that lists all of a kind.
LISTS = {"clients": "client list", "contracts": "contract list", "events": "event list", "users": "user list"}

COLUMNS = (
    Column(key="kind", heading=N_("Kind"), kind="choice", labels=RECORDS, importance=1),
    Column(key="id", heading=N_("No."), kind="number", importance=1),
    Column(key="name", heading=N_("Name"), importance=1),
    Column(key="details", heading=N_("Particulars"), importance=2),
)


@dataclass(frozen=True)
class Written:
    """How a kind of record is written in one line: its name, and what a search may have found it by besides."""

    name: Callable[[Any], str]
    details: Callable[[Any], Iterable[str]]


def _client_of(row: Any) -> tuple[str, ...]:
    return f"{row.client_first_name} {row.client_last_name}", row.company_name


WRITTEN: Mapping[str, Written] = {
    "clients": Written(lambda row: f"{row.first_name} {row.last_name}", lambda row: (row.company_name, row.email)),
    "contracts": Written(lambda row: row.title, _client_of),
    "events": Written(lambda row: row.name, lambda row: (row.location, *_client_of(row))),
    "users": Written(lambda row: f"{row.first_name} {row.last_name}", lambda row: (row.username, row.email)),
}


def rows_found(found: Iterable[Any]) -> Iterator[Row]:
    """Write what was found of every kind, in the order of `COLUMNS`."""
    for one in found:
        written = WRITTEN[one.record_type]
        for row in one.rows:
            yield one.record_type, row.id, written.name(row), details_of(one.record_type, row)


def details_of(record_type: str, row: Any) -> str:
    """Write what a line says besides the name."""
    return " · ".join(text for text in WRITTEN[record_type].details(row) if text)
