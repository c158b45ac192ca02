"""`epicevents client`: the people who buy events."""

from collections.abc import Iterator
from typing import Any

from src.cli.commands import argument, group, option
from src.cli.context import Desk, reading, writing
from src.cli.editing import changed, edit_options, version_option
from src.cli.histories import answer_history, history_options
from src.cli.paging import Paging, answer_list, paging_options
from src.cli.prompts import Parsed
from src.cli.render import json_option, output_options, show_done, show_record
from src.domain.permissions import Action
from src.domain.values import parse_id
from src.i18n import N_, _
from src.presentation.clients import COLUMNS, RECORD, SORTS
from src.presentation.columns import row_of

client_id = argument(
    "client_id", metavar=N_("CLIENT"), type=Parsed(parse_id, field=N_("client")), help=N_("Number of the client.")
)
DETAILS = (
    ("first_name", N_("First name"), "--first-name"),
    ("last_name", N_("Last name"), "--last-name"),
    ("email", N_("E-mail"), "--email"),
    ("phone", N_("Phone"), "--phone"),
    ("company_name", N_("Company"), "--company"),
)


@group("client", help=N_("Clients and their sales contacts."))
def client() -> None:
    """Hold the verbs for clients."""


@client.command(
    "list",
    help=N_("List clients."),
    examples=("epicevents client list --mine", "epicevents client list --search durand --sort -last-contact"),
)
@option("--mine", is_flag=True, help=N_("Only clients you are the sales contact of."))
@option("--sales-contact", metavar=N_("PERSON"), help=N_("Only clients of this member of staff (username or number)."))
@option("--search", default="", metavar=N_("TEXT"), help=N_("Words or parts of words, in a name, company or e-mail."))
@paging_options(SORTS, default="name")
def list_clients(*, mine: bool, sales_contact: str | None, search: str, paging: Paging) -> None:
    """Show whom the company sells to."""
    from src.services import clients, lists

    def wanted(desk: Desk) -> clients.ClientFilter:
        contact = desk.number_of(sales_contact)
        return clients.ClientFilter(mine=mine, sales_contact_id=contact, search=search)

    def everything(desk: Desk) -> Iterator[Any]:
        return lists.stream(
            desk.session, clients.select_clients(desk.actor, wanted(desk)), clients.client_order(paging.sort)
        )

    answer_list(
        COLUMNS,
        paging,
        record_type="clients",
        filters={"mine": mine, "sales_contact": sales_contact, "search": search},
        empty=_("No client found. Add one with: epicevents client add"),
        page=lambda desk: clients.list_clients(
            desk.session, desk.actor, wanted(desk), sort=paging.sort, limit=paging.limit, after=paging.after
        ),
        everything=everything,
    )


@client.command("show", help=N_("Show one client."), examples=("epicevents client show 42",))
@client_id
@output_options
def show_client(client_id: int) -> None:
    """Show a client's card."""
    from src.services import clients

    with reading() as desk:
        found = clients.show_client(desk.session, desk.actor, client_id)
    show_record(RECORD, row_of(RECORD, found), manner=desk.manner)


@client.command(
    "add",
    help=N_("Add a client; you become the sales contact."),
    examples=("epicevents client add --first-name Kevin --last-name Casey --email kevin@startup.io",),
)
@option("--first-name", metavar=N_("TEXT"), ask=N_("First name"), help=N_("First name."))
@option("--last-name", metavar=N_("TEXT"), ask=N_("Last name"), help=N_("Last name."))
@option("--email", metavar=N_("E-MAIL"), ask=N_("E-mail"), help=N_("E-mail address; no other client has it."))
@option("--phone", metavar=N_("PHONE"), default="", help=N_("Phone number."))
@option("--company", "company_name", metavar=N_("TEXT"), default="", help=N_("Company."))
@json_option
def add_client(**details: str) -> None:
    """Add a person met today."""
    from src.services import clients

    with writing() as desk:
        added = clients.add_client(
            desk.session,
            desk.actor,
            clients.ClientDetails(**details),
            region=desk.settings.phone_region,
            now=desk.now,
        )
        shown = clients.show_client(desk.session, desk.actor, added.id)
    show_done(_("Client {id} added: {name}.").format(id=added.id, name=added.full_name), RECORD, row_of(RECORD, shown))


@client.command(
    "edit",
    help=N_("Change a client's details."),
    examples=("epicevents client edit 42 --phone '01 23 45 67 89'", "epicevents client edit 42"),
)
@client_id
@edit_options(DETAILS)
@version_option
@json_option
def edit_client(client_id: int, version: int | None, **details: str | None) -> None:
    """Correct a client's card."""
    from src.services import clients

    values, version = changed(
        DETAILS,
        details,
        version,
        lambda desk: clients.show_client(desk.session, desk.actor, client_id),
        right=Action.CLIENT_UPDATE,
        read=lambda desk, _client, typed: clients.ClientDetails(**typed).parsed(region=desk.settings.phone_region),
    )
    with writing() as desk:
        clients.update_client(
            desk.session,
            desk.actor,
            client_id,
            clients.ClientDetails(**values),
            region=desk.settings.phone_region,
            version=version,
        )
        shown = clients.show_client(desk.session, desk.actor, client_id)
    show_done(_("Client {id} saved.").format(id=client_id), RECORD, row_of(RECORD, shown))


@client.command(
    "contacted",
    help=N_("Note that you spoke with a client, now or at another time."),
    examples=("epicevents client contacted 42", "epicevents client contacted 42 --at '2026-11-20 15:30'"),
)
@client_id
@option("--at", metavar=N_("MOMENT"), help=N_("When, if not now."))
@json_option
def log_contact(client_id: int, at: str | None) -> None:
    """Note a contact."""
    from src.services import clients

    with writing() as desk:
        moment = desk.moment(at, field=N_("moment")) if at is not None else desk.now
        clients.log_contact(desk.session, desk.actor, client_id, at=moment, now=desk.now)
        shown = clients.show_client(desk.session, desk.actor, client_id)
    show_done(_("Contact with client {id} noted.").format(id=client_id), RECORD, row_of(RECORD, shown))


@client.command(
    "reassign",
    help=N_("Give a client to another sales contact."),
    examples=("epicevents client reassign 42 bill.boquet",),
)
@client_id
@argument("sales_contact", metavar=N_("PERSON"), help=N_("Username or number of the new sales contact."))
@version_option
@json_option
def reassign_client(client_id: int, sales_contact: str, version: int | None) -> None:
    """Put another member of sales in charge."""
    from src.services import clients, users

    with writing() as desk:
        person = users.find_user(desk.session, desk.actor, sales_contact)
        clients.reassign_client(desk.session, desk.actor, client_id, person.id, version=version)
        shown = clients.show_client(desk.session, desk.actor, client_id)
    show_done(
        _("Client {id} now belongs to {name}.").format(id=client_id, name=person.full_name),
        RECORD,
        row_of(RECORD, shown),
    )


@client.command("history", help=N_("Show who changed what on a client."), examples=("epicevents client history 42",))
@client_id
@history_options
def client_history(client_id: int, limit: int, after: str | None) -> None:
    """Show a client's history."""
    from src.models.client import Client

    answer_history(Client, client_id, limit=limit, after=after)
