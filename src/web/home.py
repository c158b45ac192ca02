"""The first page of the day: what each department has to look after."""

from starlette.responses import Response

from src.domain.permissions import Department
from src.services import clients, contracts, events
from src.services.contracts import ContractFilter
from src.services.events import EventFilter
from src.web.desk import Desk
from src.web.pages import Access, Pages

pages = Pages()

_ROWS = 6


@pages.get("/", Access.SIGNED_IN)
def show_home(desk: Desk) -> Response:
    """Show what waits for whoever is logged in."""
    match desk.me.department:
        case Department.SALES:
            return _of_sales(desk)
        case Department.SUPPORT:
            return _of_support(desk)
        case Department.MANAGEMENT:
            return _of_management(desk)


def _of_sales(desk: Desk) -> Response:
    unsigned, unpaid = ContractFilter(mine=True, unsigned=True), ContractFilter(mine=True, unpaid=True)
    mine = clients.ClientFilter(mine=True)
    return desk.page(
        "home/sales.html",
        clients=clients.list_clients(desk.session, desk.me, mine, sort="last-contact", limit=_ROWS),
        unsigned=contracts.list_contracts(desk.session, desk.me, unsigned, limit=_ROWS),
        unpaid=contracts.list_contracts(desk.session, desk.me, unpaid, limit=_ROWS),
        unsigned_totals=contracts.contract_totals(desk.session, desk.me, unsigned),
        unpaid_totals=contracts.contract_totals(desk.session, desk.me, unpaid),
        events=_events(desk, EventFilter(mine=True, upcoming=True)),
    )


def _of_support(desk: Desk) -> Response:
    return desk.page(
        "home/support.html",
        today=_events(desk, EventFilter(mine=True, today=True)),
        week=_events(desk, EventFilter(mine=True, week=True)),
        upcoming=_events(desk, EventFilter(mine=True, upcoming=True)),
    )


def _of_management(desk: Desk) -> Response:
    unsigned, unpaid = ContractFilter(unsigned=True), ContractFilter(unpaid=True)
    return desk.page(
        "home/management.html",
        without_support=_events(desk, EventFilter(without_support=True, upcoming=True)),
        unsigned_totals=contracts.contract_totals(desk.session, desk.me, unsigned),
        unpaid_totals=contracts.contract_totals(desk.session, desk.me, unpaid),
        unsigned=contracts.list_contracts(desk.session, desk.me, unsigned, limit=_ROWS),
    )


def _events(desk: Desk, filters: EventFilter) -> object:
    return events.list_events(desk.session, desk.me, filters, now=desk.now, zone=desk.zone, limit=_ROWS)
