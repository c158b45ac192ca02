"""The people who buy events."""

from typing import Any

from src.api.answering import Listed, Made
from src.api.desk import Desk
from src.api.fields import Field, requiring
from src.api.histories import history_of
from src.api.operations import Operations
from src.api.pages import part_of
from src.domain.permissions import Action
from src.i18n import N_
from src.models.client import Client
from src.presentation.clients import COLUMNS, RECORD, SORTS
from src.presentation.histories import COLUMNS as HISTORY
from src.services import clients

operations = Operations()

PATH = "/clients"
ONE = PATH + "/{client_id:int}"

DETAILS = (
    Field(name="first_name"),
    Field(name="last_name"),
    Field(name="email"),
    Field(name="phone", about="With its country code if it is not from here."),
    Field(name="company_name"),
)
NEW = requiring(DETAILS, {"first_name", "last_name", "email"})
FILTERS = (
    Field(name="search", about="Words or parts of words, in the name, company or e-mail."),
    Field(name="mine", kind="bool", about="Only those in the charge of the token's holder."),
    Field(name="sales_contact_id", kind="number", about="Only those in this person's charge."),
)


@operations.list(PATH, Action.CLIENT_READ, answers=COLUMNS, sorts=SORTS, words=FILTERS)
def list_clients(desk: Desk) -> Listed:
    """List clients."""
    filters = clients.ClientFilter(
        mine=desk.asked.get("mine", False),
        sales_contact_id=desk.asked.get("sales_contact_id"),
        search=desk.asked.get("search", ""),
    )
    page = clients.list_clients(desk.session, desk.me, filters, **part_of(desk, sort="name"))
    return Listed(page.items, page.next, lambda: clients.select_clients(desk.me, filters))


@operations.post(PATH, Action.CLIENT_CREATE, fields=NEW, answers=RECORD, status=201)
def add_client(desk: Desk) -> Made:
    """Add a client; the token's holder becomes the sales contact."""
    details = clients.ClientDetails(**desk.sent)
    added = clients.add_client(desk.session, desk.me, details, region=desk.settings.phone_region, now=desk.now)
    return Made(_shown(desk, added.id), location=f"{PATH}/{added.id}")


@operations.get(ONE, Action.CLIENT_READ, answers=RECORD)
def show_client(desk: Desk, client_id: int) -> Any:
    """Show a client."""
    return _shown(desk, client_id)


@operations.patch(ONE, Action.CLIENT_UPDATE, fields=DETAILS, answers=RECORD, shown=show_client)
def update_client(desk: Desk, client_id: int) -> Any:
    """Correct a client's card; only the fields that are sent change."""
    clients.update_client(
        desk.session,
        desk.me,
        client_id,
        clients.ClientDetails(**desk.sent),
        region=desk.settings.phone_region,
        version=desk.version,
    )
    return _shown(desk, client_id)


@operations.post(
    f"{ONE}/contacts",
    Action.CLIENT_LOG_CONTACT,
    fields=(Field(name="at", kind="moment", says=N_("moment"), about="When; now if it is not sent."),),
    answers=RECORD,
)
def log_contact(desk: Desk, client_id: int) -> Any:
    """Note that somebody spoke with a client."""
    clients.log_contact(desk.session, desk.me, client_id, at=desk.moment("at", field=N_("moment")), now=desk.now)
    return _shown(desk, client_id)


@operations.post(
    f"{ONE}/reassign",
    Action.CLIENT_REASSIGN,
    fields=(Field(name="sales_contact_id", kind="number", required=True),),
    answers=RECORD,
)
def reassign_client(desk: Desk, client_id: int) -> Any:
    """Give a client to another sales contact."""
    clients.reassign_client(desk.session, desk.me, client_id, desk.sent["sales_contact_id"], version=desk.version)
    return _shown(desk, client_id)


@operations.history(f"{ONE}/history", Action.AUDIT_READ_HISTORY, answers=HISTORY)
def show_client_history(desk: Desk, client_id: int) -> Listed:
    """List who changed what on a client, newest first."""
    return history_of(desk, Client, client_id)


def _shown(desk: Desk, client_id: int) -> Client:
    return clients.show_client(desk.session, desk.me, client_id)
