"""One search through clients, contracts and events."""

from typing import Any

from src.api.answering import Made
from src.api.desk import Desk
from src.api.fields import Field
from src.api.operations import Operations
from src.domain.permissions import Action, granted
from src.presentation.clients import COLUMNS as CLIENTS
from src.presentation.columns import Column, for_json, row_of
from src.presentation.contracts import COLUMNS as CONTRACTS
from src.presentation.events import COLUMNS as EVENTS
from src.services import clients, contracts, events
from src.services.lists import Page

operations = Operations()

FOUND = (("clients", CLIENTS), ("contracts", CONTRACTS), ("events", EVENTS))
_SHOWN = 10


@operations.get(
    "/search",
    None,
    words=(Field(name="q", required=True, about="Words or parts of words."),),
    found=FOUND,
)
def search(desk: Desk) -> Made:
    """Find clients, contracts and events that hold all the words; ten of each, of what the token may read."""
    text, session, me = desk.asked["q"], desk.session, desk.me
    found: dict[str, Any] = {"clients": [], "contracts": [], "events": []}
    if granted(me, Action.CLIENT_READ):
        page = clients.list_clients(session, me, clients.ClientFilter(search=text), limit=_SHOWN)
        found["clients"] = _written(CLIENTS, page)
    if granted(me, Action.CONTRACT_READ):
        page = contracts.list_contracts(session, me, contracts.ContractFilter(search=text), limit=_SHOWN)
        found["contracts"] = _written(CONTRACTS, page)
    if granted(me, Action.EVENT_READ):
        filters = events.EventFilter(search=text)
        page = events.list_events(session, me, filters, now=desk.now, zone=desk.zone, limit=_SHOWN)
        found["events"] = _written(EVENTS, page)
    return Made(found)


def _written(columns: tuple[Column, ...], page: Page) -> list[dict[str, Any]]:
    write = for_json(columns)
    return [write(row_of(columns, row)) for row in page.items]
