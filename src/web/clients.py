"""The people who buy events: their list and their cards."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from src.domain.permissions import Action, Department, require
from src.i18n import N_, _, format_moment
from src.models.client import Client
from src.presentation.clients import COLUMNS
from src.services import clients, events, lists, money, users
from src.web.desk import Desk, Visit
from src.web.exports import export
from src.web.forms import MOMENT, Field
from src.web.histories import history_of
from src.web.lists import ROWS, list_page, listing_of
from src.web.pages import Pages

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

pages = Pages()

PATH = "/clients"
FILTERS = ("mine", "sales_contact")
# On a card; whatever is more is a list of its own.
_SHOWN = 10

FIELDS = (
    Field(name="first_name", required=True, longest=100),
    Field(name="last_name", required=True, longest=100),
    Field(name="email", kind="email", required=True, longest=254),
    Field(name="phone", kind="tel", hint=N_("With its country code if it is not from here, such as +32.")),
    Field(name="company_name"),
)
_NAMES = [one.name for one in FIELDS]


@pages.get(PATH, Action.CLIENT_READ)
def list_clients(desk: Desk) -> Response:
    """Show whom the company sells to."""
    listing = listing_of(desk, PATH, filters=FILTERS, sort="name")
    page = clients.list_clients(
        desk.session, desk.me, _filter(desk, desk), sort=listing.sort, limit=ROWS, after=listing.after
    )
    return list_page(desk, "clients/list.html", listing.showing(page))


@pages.post(f"{PATH}/export", Action.EXPORT)
def export_clients(desk: Desk) -> Response:
    """Download the list as it is narrowed down, all of it."""
    desk.form.require_only(())
    listing = listing_of(desk, PATH, filters=FILTERS, sort="name")
    filters = _filter(desk, desk)

    def everything(session: "Session") -> Iterator[Any]:
        return lists.stream(session, clients.select_clients(desk.me, filters), clients.client_order(listing.sort))

    asked = {"mine": filters.mine, "sales_contact": listing.filters["sales_contact"], "search": filters.search}
    return export(desk, COLUMNS, everything, record_type="clients", filters=asked)


@pages.get(f"{PATH}/new", Action.CLIENT_CREATE)
def show_new_client(desk: Desk) -> Response:
    """Ask for the details of a person met today."""
    return desk.page(
        "step.html",
        heading=_("New client"),
        trail=(PATH, _("Clients")),
        note=_("You become the sales contact."),
        fields=FIELDS,
        submit=_("Add client"),
    )


@pages.post(f"{PATH}/new", Action.CLIENT_CREATE, again=show_new_client)
def add_client(desk: Desk) -> Response:
    """Add a person met today."""
    desk.form.require_only(_NAMES)
    details = clients.ClientDetails(**{name: desk.form.get(name) for name in _NAMES})
    added = clients.add_client(desk.session, desk.me, details, region=desk.settings.phone_region, now=desk.now)
    return desk.done(_("Client added: {name}.").format(name=added.full_name), to=f"{PATH}/{added.id}")


@pages.get(f"{PATH}/{{client_id:int}}", Action.CLIENT_READ)
def show_client(desk: Desk, client_id: int) -> Response:
    """Show a client's card, with what was sold to them, what they owe, and who changed what."""
    client = clients.show_client(desk.session, desk.me, client_id)
    sold, waiting = money.contracts_with_money(desk.session, desk.me, client_id, limit=_SHOWN)
    return desk.page(
        "clients/card.html",
        client=client,
        contracts=sold,
        waiting=waiting,
        events=events.list_events(
            desk.session,
            desk.me,
            events.EventFilter(client_id=client_id),
            now=desk.now,
            zone=desk.zone,
            sort="-start",
            limit=_SHOWN,
        ),
        **history_of(desk, Client, client_id),
    )


@pages.get(f"{PATH}/{{client_id:int}}/edit", Action.CLIENT_UPDATE)
def show_edit_client(desk: Desk, client_id: int) -> Response:
    """Ask what is to be corrected on a client's card."""
    client = clients.show_client(desk.session, desk.me, client_id)
    require(desk.me, Action.CLIENT_UPDATE, client)
    return desk.page(
        "step.html",
        heading=_("Change {name}").format(name=client.full_name),
        trail=(f"{PATH}/{client_id}", client.full_name),
        record=client,
        fields=FIELDS,
        submit=_("Save"),
    )


@pages.post(f"{PATH}/{{client_id:int}}/edit", Action.CLIENT_UPDATE, again=show_edit_client)
def edit_client(desk: Desk, client_id: int) -> Response:
    """Correct a client's card: what was changed in the form, and nothing else."""
    desk.form.require_only([*_NAMES, "version"])
    clients.update_client(
        desk.session,
        desk.me,
        client_id,
        clients.ClientDetails(**desk.form.changed(FIELDS)),
        region=desk.settings.phone_region,
        version=desk.form.version(),
    )
    return desk.done(_("Client saved."), to=f"{PATH}/{client_id}")


@pages.get(f"{PATH}/{{client_id:int}}/contact", Action.CLIENT_LOG_CONTACT)
def show_log_contact(desk: Desk, client_id: int) -> Response:
    """Ask when somebody spoke with a client."""
    client = clients.show_client(desk.session, desk.me, client_id)
    require(desk.me, Action.CLIENT_LOG_CONTACT, client)
    last = format_moment(client.last_contact_at, desk.zone)
    return desk.page(
        "step.html",
        heading=_("Contact with {name}").format(name=client.full_name),
        trail=(f"{PATH}/{client_id}", client.full_name),
        note=_("Last contact so far: {moment}").format(moment=last),
        fields=(MOMENT,),
        submit=_("Note the contact"),
    )


@pages.post(f"{PATH}/{{client_id:int}}/contact", Action.CLIENT_LOG_CONTACT, again=show_log_contact)
def log_contact(desk: Desk, client_id: int) -> Response:
    """Note that somebody spoke with a client."""
    desk.form.require_only((MOMENT.name,))
    clients.log_contact(desk.session, desk.me, client_id, at=desk.moment_typed(), now=desk.now)
    return desk.done(_("Contact noted."), to=f"{PATH}/{client_id}")


@pages.get(f"{PATH}/{{client_id:int}}/reassign", Action.CLIENT_REASSIGN)
def show_reassign_client(desk: Desk, client_id: int) -> Response:
    """Ask who takes a client over."""
    client = clients.show_client(desk.session, desk.me, client_id)
    return desk.page("clients/reassign.html", client=client, people=_sellers(desk))


@pages.post(f"{PATH}/{{client_id:int}}/reassign", Action.CLIENT_REASSIGN, again=show_reassign_client)
def reassign_client(desk: Desk, client_id: int) -> Response:
    """Put another member of sales in charge of a client."""
    desk.form.require_only(("sales_contact", "version"))
    person = users.find_user(desk.session, desk.me, desk.form.get("sales_contact"))
    clients.reassign_client(desk.session, desk.me, client_id, person.id, version=desk.form.version())
    return desk.done(_("Client now in the charge of {name}.").format(name=person.full_name), to=f"{PATH}/{client_id}")


def _filter(desk: Desk, visit: Visit) -> clients.ClientFilter:
    contact = visit.asked("sales_contact").strip()
    return clients.ClientFilter(
        mine=bool(visit.asked("mine")),
        sales_contact_id=users.find_user(desk.session, desk.me, contact).id if contact else None,
        search=visit.asked("q"),
    )


def _sellers(desk: Desk) -> Any:
    active = users.UserFilter(department=Department.SALES, active=True)
    return users.list_users(desk.session, desk.me, active, limit=lists.MAX_LIMIT).items
