"""What clients buy: the list of contracts, their cards, and drawing one up or changing it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from src.domain.choices import parse_choice
from src.domain.permissions import Action, require
from src.domain.values import parse_id
from src.i18n import N_, _
from src.models.contract import Contract, ContractStatus
from src.presentation.contracts import COLUMNS, sum_columns
from src.services import clients, contract_lines, contracts, events, lists, payments
from src.web.desk import Desk
from src.web.exports import export
from src.web.forms import Field
from src.web.histories import history_of
from src.web.lists import ROWS, list_page, listing_of
from src.web.pages import Pages

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

pages = Pages()

PATH = "/contracts"
# On a card; whatever is more is a list of its own.
_SHOWN = 10
# If somebody asks for all lines and payments: more is for the command line.
_MOST = 1000
FILTERS = ("mine", "show", "client")
_STATES = ("unsigned", "unpaid", *ContractStatus)

TERMS = (
    Field(name="title", required=True),
    Field(name="total", kind="money", required=True, longest=40, hint=N_("Such as 1200.50.")),
)
_NAMES = [one.name for one in TERMS]


@pages.get(PATH, Action.CONTRACT_READ)
def list_contracts(desk: Desk) -> Response:
    """Show what was sold; what a list adds up to is worked out when somebody asks."""
    listing = listing_of(desk, PATH, filters=FILTERS, sort="-id")
    filters = _filter(desk)
    page = contracts.list_contracts(desk.session, desk.me, filters, sort=listing.sort, limit=ROWS, after=listing.after)
    sums = contracts.contract_totals(desk.session, desk.me, filters) if desk.asked("sums") else None
    named = sum_columns(sums.total, sums.paid, sums.due) if sums else []
    return list_page(desk, "contracts/list.html", listing.showing(page), sums=sums, named=named)


@pages.post(f"{PATH}/export", Action.EXPORT)
def export_contracts(desk: Desk) -> Response:
    """Download the list as it is narrowed down, all of it."""
    desk.form.require_only(())
    listing = listing_of(desk, PATH, filters=FILTERS, sort="-id")
    filters = _filter(desk)

    def everything(session: "Session") -> Iterator[Any]:
        return lists.stream(
            session, contracts.select_contracts(desk.me, filters), contracts.contract_order(listing.sort)
        )

    asked = {**listing.filters, "mine": filters.mine, "search": filters.search}
    return export(desk, COLUMNS, everything, record_type="contracts", filters=asked)


@pages.get(f"{PATH}/new", Action.CONTRACT_CREATE)
def choose_client(desk: Desk) -> Response:
    """Ask for which client a contract is drawn up."""
    listing = listing_of(desk, f"{PATH}/new", filters=(), sort="name")
    page = clients.list_clients(
        desk.session, desk.me, clients.ClientFilter(search=listing.search), limit=ROWS, after=listing.after
    )
    return desk.page("contracts/choose_client.html", listing=listing.showing(page))


@pages.get("/clients/{client_id:int}/contracts/new", Action.CONTRACT_CREATE)
def show_new_contract(desk: Desk, client_id: int) -> Response:
    """Ask what a client is to be offered."""
    client = clients.show_client(desk.session, desk.me, client_id)
    return desk.page(
        "step.html",
        heading=_("New contract for {name}").format(name=client.full_name),
        trail=(f"/clients/{client_id}", client.full_name),
        consequences=[_("It begins as a draft; payments and events are possible once it is signed.")],
        fields=TERMS,
        submit=_("Draw up"),
    )


@pages.post("/clients/{client_id:int}/contracts/new", Action.CONTRACT_CREATE, again=show_new_contract)
def create_contract(desk: Desk, client_id: int) -> Response:
    """Draw a contract up."""
    desk.form.require_only(_NAMES)
    made = contracts.create_contract(
        desk.session, desk.me, client_id=client_id, title=desk.form.get("title"), total=desk.form.get("total")
    )
    return desk.done(_("Contract drawn up."), to=f"{PATH}/{made.id}")


@pages.get(f"{PATH}/{{contract_id:int}}", Action.CONTRACT_READ)
def show_contract(desk: Desk, contract_id: int) -> Response:
    """Show a contract with what it is made up of, its money, its events and who changed what."""
    most = _MOST if desk.asked("all") else _SHOWN
    content = contract_lines.show_content(desk.session, desk.me, contract_id, most=most)
    received, number_received = payments.latest_payments(desk.session, desk.me, contract_id, most=most)
    return desk.page(
        "contracts/card.html",
        contract=content.contract,
        content=content,
        payments=received,
        number_of_payments=number_received,
        events=events.list_events(
            desk.session,
            desk.me,
            events.EventFilter(contract_id=contract_id),
            now=desk.now,
            zone=desk.zone,
            limit=_SHOWN,
        ),
        **history_of(desk, Contract, contract_id),
        Status=ContractStatus,
    )


@pages.get(f"{PATH}/{{contract_id:int}}/edit", Action.CONTRACT_UPDATE)
def show_edit_contract(desk: Desk, contract_id: int) -> Response:
    """Ask what is to change in an offer."""
    contract = contracts.show_contract(desk.session, desk.me, contract_id)
    require(desk.me, Action.CONTRACT_UPDATE, contract)
    return desk.page(
        "step.html",
        heading=_("Change {name}").format(name=contract.title),
        trail=(f"{PATH}/{contract_id}", contract.title),
        record=contract,
        fields=TERMS,
        submit=_("Save"),
    )


@pages.post(f"{PATH}/{{contract_id:int}}/edit", Action.CONTRACT_UPDATE, again=show_edit_contract)
def edit_contract(desk: Desk, contract_id: int) -> Response:
    """Change what an unsigned contract offers."""
    desk.form.require_only([*_NAMES, "version"])
    changed: dict[str, Any] = desk.form.changed(TERMS)
    contracts.update_contract(desk.session, desk.me, contract_id, **changed, version=desk.form.version())
    return desk.done(_("Contract saved."), to=f"{PATH}/{contract_id}")


def _filter(desk: Desk) -> contracts.ContractFilter:
    show, client = parse_choice(desk.asked("show"), ("", *_STATES), field=N_("status")), desk.asked("client")
    return contracts.ContractFilter(
        mine=bool(desk.asked("mine")),
        client_id=parse_id(client, field=N_("client")) if client else None,
        status=ContractStatus(show) if show in set(ContractStatus) else None,
        unsigned=show == "unsigned",
        unpaid=show == "unpaid",
        search=desk.asked("q"),
    )
