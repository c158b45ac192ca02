"""One search through everything that a token may read."""

from src.api.answering import Made
from src.api.desk import Desk
from src.api.fields import Field
from src.api.operations import Operations
from src.i18n import N_
from src.presentation.clients import COLUMNS as CLIENTS
from src.presentation.columns import for_json, rows_of
from src.presentation.contracts import COLUMNS as CONTRACTS
from src.presentation.events import COLUMNS as EVENTS
from src.presentation.users import COLUMNS as USERS
from src.services import everywhere

operations = Operations()

FOUND = (("clients", CLIENTS), ("contracts", CONTRACTS), ("events", EVENTS), ("users", USERS))


@operations.get(
    "/search",
    None,
    words=(Field(name="q", required=True, says=N_("search"), about="Words or parts of words."),),
    found=FOUND,
)
def search(desk: Desk) -> Made:
    """Find the latest clients, contracts, events and colleagues that hold all the words."""
    found = everywhere.search_everywhere(desk.session, desk.me, desk.asked["q"], now=desk.now, zone=desk.zone)
    rows = {one.record_type: one.rows for one in found}
    return Made({name: [*map(for_json(columns), rows_of(columns, rows.get(name, ())))] for name, columns in FOUND})
