"""`epicevents event`: what the company delivers, where, when and in whose charge."""

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
from src.presentation.columns import row_of
from src.presentation.events import COLUMNS, RECORD, SORTS

DETAILS = (
    ("name", N_("Event"), "--name"),
    ("event_start", N_("Start"), "--start"),
    ("event_end", N_("End"), "--end"),
    ("time_zone", N_("Time zone"), "--time-zone"),
    ("location", N_("Location"), "--location"),
    ("attendees", N_("Attendees"), "--attendees"),
    ("notes", N_("Notes"), "--notes"),
    ("contact_name", N_("Client's contact"), "--contact-name"),
    ("contact_phone", N_("Contact's phone"), "--contact-phone"),
    ("contact_email", N_("Contact's e-mail"), "--contact-email"),
)

event_id = argument(
    "event_id", metavar=N_("EVENT"), type=Parsed(parse_id, field=N_("event")), help=N_("Number of the event.")
)


@group("event", help=N_("Events, their place, time and support contact."))
def event() -> None:
    """Hold the verbs for events."""


@event.command(
    "list",
    help=N_("List events, the earliest first."),
    examples=("epicevents event list --mine --upcoming", "epicevents event list --without-support"),
)
@option("--mine", is_flag=True, help=N_("Only events in your charge (support) or of your clients (sales)."))
@option("--upcoming", is_flag=True, help=N_("Only events that have not ended."))
@option("--past", is_flag=True, help=N_("Only events that have ended."))
@option("--today", is_flag=True, help=N_("Only events of today."))
@option("--week", is_flag=True, help=N_("Only events of this week, Monday to Sunday."))
@option("--without-support", is_flag=True, help=N_("Only events that nobody is in charge of."))
@option("--support", metavar=N_("PERSON"), help=N_("Only events in this person's charge (username or number)."))
@option("--client", type=Parsed(parse_id, field=N_("client")), metavar=N_("CLIENT"), help=N_("Only this client's."))
@option(
    "--contract",
    type=Parsed(parse_id, field=N_("contract")),
    metavar=N_("CONTRACT"),
    help=N_("Only those under this contract."),
)
@option(
    "--search",
    default="",
    metavar=N_("TEXT"),
    help=N_("Words or parts of words, in the name or place, or the client's name, company or e-mail."),
)
@paging_options(SORTS, default="start")
def list_events(
    *, support: str | None, client: int | None, contract: int | None, paging: Paging, **choices: Any
) -> None:
    """Show what is to be delivered."""
    from src.services import events, lists

    def wanted(desk: Desk) -> events.EventFilter:
        person = desk.number_of(support)
        return events.EventFilter(support_contact_id=person, client_id=client, contract_id=contract, **choices)

    def everything(desk: Desk) -> Iterator[Any]:
        statement = events.select_events(desk.actor, wanted(desk), now=desk.now, zone=desk.zone)
        return lists.stream(desk.session, statement, events.event_order(paging.sort))

    answer_list(
        COLUMNS,
        paging,
        record_type="events",
        filters={"support": support, "client": client, "contract": contract, **choices},
        empty=_("No event found."),
        page=lambda desk: events.list_events(
            desk.session,
            desk.actor,
            wanted(desk),
            now=desk.now,
            zone=desk.zone,
            sort=paging.sort,
            limit=paging.limit,
            after=paging.after,
        ),
        everything=everything,
    )


@event.command("show", help=N_("Show one event."), examples=("epicevents event show 3",))
@event_id
@output_options
def show_event(event_id: int) -> None:
    """Show an event."""
    from src.services import events

    with reading() as desk:
        found = events.show_event(desk.session, desk.actor, event_id)
    show_record(RECORD, row_of(RECORD, found), manner=desk.manner)


@event.command(
    "add",
    help=N_("Open an event under a signed contract."),
    examples=(
        "epicevents event add --contract 7 --name 'John Ouick Wedding' \\\n"
        "      --start '2023-06-04 13:00' --end '2023-06-05 02:00' --attendees 75",
    ),
)
@option(
    "--contract",
    type=Parsed(parse_id, field=N_("contract")),
    metavar=N_("CONTRACT"),
    ask=N_("Contract no."),
    help=N_("Number of the signed contract."),
)
@option("--name", metavar=N_("TEXT"), ask=N_("Event"), help=N_("Name of the event."))
@option("--start", "event_start", metavar=N_("MOMENT"), ask=N_("Start"), help=N_("As 2026-06-04 13:00, local time."))
@option("--end", "event_end", metavar=N_("MOMENT"), ask=N_("End"), help=N_("As 2026-06-05 02:00, local time."))
@option("--time-zone", metavar=N_("ZONE"), help=N_("Time zone of the place, such as Europe/Paris."))
@option("--location", default="", metavar=N_("TEXT"), help=N_("Where it takes place."))
@option("--attendees", default="0", metavar=N_("NUMBER"), help=N_("How many people are expected."))
@option("--notes", default="", metavar=N_("TEXT"), help=N_("What support must know."))
@option("--contact-name", default="", metavar=N_("TEXT"), help=N_("Whom to call, if not the client."))
@option("--contact-phone", default="", metavar=N_("PHONE"), help=N_("That person's phone."))
@option("--contact-email", default="", metavar=N_("E-MAIL"), help=N_("That person's e-mail."))
@json_option
def add_event(contract: int, **details: str | None) -> None:
    """Open an event."""
    from src.services import events

    with writing() as desk:
        opened = events.create_event(
            desk.session,
            desk.actor,
            contract,
            events.EventDetails(**details),
            region=desk.settings.phone_region,
            zone=desk.zone,
        )
        row = _shown(desk, opened.id)
    show_done(_("Event {id} opened: {name}.").format(id=opened.id, name=opened.name), RECORD, row)


@event.command(
    "edit",
    help=N_("Change an event's details."),
    examples=("epicevents event edit 3 --location '53 Rue du Château' --attendees 80", "epicevents event edit 3"),
)
@event_id
@edit_options(DETAILS)
@version_option
@json_option
def edit_event(event_id: int, version: int | None, **details: str | None) -> None:
    """Correct an event's details."""
    from src.services import double_bookings, events

    values, version = changed(
        DETAILS,
        details,
        version,
        lambda desk: events.show_event(desk.session, desk.actor, event_id),
        right=Action.EVENT_UPDATE,
        read=lambda desk, found, typed: events.EventDetails(**typed).parsed(
            region=desk.settings.phone_region, zone=found.zone
        ),
        present=_present,
    )
    with writing() as desk:
        saved = events.update_event(
            desk.session,
            desk.actor,
            event_id,
            events.EventDetails(**values),
            region=desk.settings.phone_region,
            version=version,
        )
        clashes = double_bookings.overlapping_events(desk.session, saved)
        row = _shown(desk, event_id)
    show_done(_with_clashes(_("Event {id} saved.").format(id=event_id), clashes), RECORD, row)


@event.command(
    "assign",
    help=N_("Put a member of support in charge of an event."),
    examples=("epicevents event assign 3 kate.hastroff",),
)
@event_id
@argument("support_contact", metavar=N_("PERSON"), help=N_("Username or number of the new support contact."))
@version_option
@json_option
def assign_support(event_id: int, support_contact: str, version: int | None) -> None:
    """Put somebody in charge."""
    from src.services import double_bookings, events, users

    with writing() as desk:
        person = users.find_user(desk.session, desk.actor, support_contact)
        saved = events.assign_support(desk.session, desk.actor, event_id, person.id, version=version)
        clashes = double_bookings.overlapping_events(desk.session, saved)
        row = _shown(desk, event_id)
    done = _("{name} is now in charge of event {id}.").format(id=event_id, name=person.full_name)
    show_done(_with_clashes(done, clashes), RECORD, row)


@event.command(
    "unassign", help=N_("Leave an event without a support contact."), examples=("epicevents event unassign 3",)
)
@event_id
@version_option
@json_option
def unassign_support(event_id: int, version: int | None) -> None:
    """Clear the support contact."""
    from src.services import events

    with writing() as desk:
        events.assign_support(desk.session, desk.actor, event_id, None, version=version)
        row = _shown(desk, event_id)
    show_done(_("Nobody is in charge of event {id} now.").format(id=event_id), RECORD, row)


@event.command("history", help=N_("Show who changed what on an event."), examples=("epicevents event history 3",))
@event_id
@history_options
def event_history(event_id: int, limit: int, after: str | None) -> None:
    """Show an event's history."""
    from src.models.event import Event

    answer_history(Event, event_id, limit=limit, after=after)


def _shown(desk: Desk, event_id: int) -> list[Any]:
    from src.services import events

    return row_of(RECORD, events.show_event(desk.session, desk.actor, event_id))


def _present(event: Any, name: str) -> str:
    value = getattr(event, name)
    if name in {"event_start", "event_end"}:
        return str(value.astimezone(event.zone).strftime("%Y-%m-%d %H:%M"))
    return "" if value is None else str(value)


def _with_clashes(sentence: str, clashes: list[Any]) -> str:
    if not clashes:
        return sentence
    names = ", ".join(f"{other.name} ({other.id})" for other in clashes)
    return f"{sentence} " + _("Beware: the same person has another event at that time: {names}.").format(names=names)
