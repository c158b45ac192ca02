"""Many clients in one request: all of them are saved, or none, and each row that is wrong is named."""

from dataclasses import dataclass
from typing import Any

from src.api.answering import Made
from src.api.bodies import JSON, JSON_LINES, media_type, read_json
from src.api.clients import NEW, PATH
from src.api.desk import Desk
from src.api.errors import NotJson, RowsRefused
from src.api.fields import read_fields
from src.api.operations import Operations
from src.domain.errors import CrmError, InvalidInput, Marked
from src.domain.permissions import Action
from src.i18n import N_
from src.presentation.columns import Column
from src.services.client_bulk import MOST, add_clients
from src.services.clients import ClientDetails

operations = Operations()

LARGEST = 10_000_000
ADDED = (
    Column(key="count", heading=N_("Number"), kind="number"),
    Column(key="ids", heading=N_("Numbers"), kind="numbers"),
)


@operations.post(
    f"{PATH}/bulk",
    Action.CLIENT_CREATE,
    fields=NEW,
    rows=True,
    types=(JSON, JSON_LINES),
    largest=LARGEST,
    answers=ADDED,
    status=201,
)
def add_many_clients(desk: Desk) -> Made:
    """Add up to 10,000 clients at once, as a JSON array or as JSON Lines; all or none."""
    rows = _rows(desk)
    if len(rows) > MOST:  # before each of them is looked at: ten million bytes hold millions of empty ones
        raise InvalidInput(N_("{field}: at most {most} at once."), field=N_("rows"), most=MOST)
    read: list[ClientDetails] = []
    refused: list[tuple[int, CrmError]] = []
    for number, row in enumerate(rows):
        try:
            read.append(ClientDetails(**read_fields(NEW, row)))
        except CrmError as refusal:
            refused.append((number, refusal))
    if refused:
        raise RowsRefused(refused)
    ids, refused = add_clients(desk.session, desk.me, read, region=desk.settings.phone_region, now=desk.now)
    if refused:
        raise RowsRefused(refused)
    return Made(_Added(ids))


@dataclass(frozen=True)
class _Added:
    ids: list[int]

    @property
    def count(self) -> int:
        return len(self.ids)


def _rows(desk: Desk) -> list[dict[str, Any]]:
    body: bytes = desk.sent
    if media_type(desk.request) == JSON_LINES:
        found: Any = [read_json(line) for line in body.split(b"\n") if line.strip()]
    else:
        found = read_json(body)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise NotJson(reason=Marked(N_("it is not a list of objects")))
    return found
