"""What the company delivers: the list of events, their sheets, and who is in charge of them."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

from src.domain.choices import parse_choice
from src.domain.permissions import Action, Department, require
from src.domain.values import MAX_NOTES, parse_id
from src.i18n import N_, _
from src.models.event import Event
from src.presentation.events import COLUMNS
from src.services import contracts, double_bookings, events, lists, users
from src.web.desk import Desk
from src.web.exports import export
from src.web.forms import Field
from src.web.histories import history_of
from src.web.lists import ROWS, list_page, listing_of
from src.web.pages import Pages

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

pages = Pages()

PATH = "/events"
_SHOWN = 10
FILTERS = ("mine", "show", "support", "client", "contract")
_SHOW = ("upcoming", "today", "week", "past", "without_support", "all")
_NOBODY = "nobody"

FIELDS = (
    Field(name="name", required=True, heading=N_("Event"), says=N_("name"), wide=True),
    Field(name="event_start", kind="moment", required=True, says=N_("start"), longest=40),
    Field(name="event_end", kind="moment", required=True, says=N_("end"), longest=40),
    Field(name="location", wide=True),
    Field(name="time_zone", required=True, longest=64, hint=N_("Of the place, such as Europe/Paris.")),
    Field(name="attendees", kind="number", longest=12),
    Field(name="contact_name", says=N_("contact name"), hint=N_("Whom to call on the day, if not the client.")),
    Field(name="contact_phone", kind="tel", says=N_("contact phone"), longest=40),
    Field(name="contact_email", kind="email", says=N_("contact e-mail"), longest=254),
    Field(name="notes", kind="long", longest=MAX_NOTES),
)
_NAMES = [one.name for one in FIELDS]


@pages.get(PATH, Action.EVENT_READ)
def list_events(desk: Desk) -> Response:
    """Show what is coming, or what was."""
    listing = listing_of(desk, PATH, filters=FILTERS, sort="start")
    page = events.list_events(
        desk.session,
        desk.me,
        _filter(desk),
        now=desk.now,
        zone=desk.zone,
        sort=listing.sort,
        limit=ROWS,
        after=listing.after,
    )
    return list_page(desk, "events/list.html", listing.showing(page))


@pages.post(f"{PATH}/export", Action.EXPORT)
def export_events(desk: Desk) -> Response:
    """Download the list as it is narrowed down, all of it."""
    desk.form.require_only(())
    listing = listing_of(desk, PATH, filters=FILTERS, sort="start")
    filters = _filter(desk)

    def everything(session: "Session") -> Iterator[Any]:
        found = events.select_events(desk.me, filters, now=desk.now, zone=desk.zone)
        return lists.stream(session, found, events.event_order(listing.sort))

    asked = {**listing.filters, "mine": filters.mine, "search": filters.search}
    return export(desk, COLUMNS, everything, record_type="events", filters=asked)


@pages.get("/contracts/{contract_id:int}/events/new", Action.EVENT_CREATE)
def show_new_event(desk: Desk, contract_id: int) -> Response:
    """Ask for the details of an event."""
    contract = contracts.show_contract(desk.session, desk.me, contract_id)
    require(desk.me, Action.EVENT_CREATE, contract)
    return desk.page(
        "step.html",
        heading=_("New event for {title}").format(title=contract.title),
        trail=(f"/contracts/{contract_id}", contract.title),
        before={"time_zone": desk.settings.time_zone, "attendees": "0"},
        fields=FIELDS,
        submit=_("Open the event"),
    )


@pages.post("/contracts/{contract_id:int}/events/new", Action.EVENT_CREATE, again=show_new_event)
def create_event(desk: Desk, contract_id: int) -> Response:
    """Open an event for a client whose contract is signed."""
    desk.form.require_only(_NAMES)
    typed = {name: desk.form.get(name) for name in _NAMES}
    details = events.EventDetails(**typed | {"attendees": typed["attendees"].strip() or "0"})
    made = events.create_event(
        desk.session, desk.me, contract_id, details, region=desk.settings.phone_region, zone=desk.zone
    )
    return desk.done(_("Event opened."), to=f"{PATH}/{made.id}")


@pages.get(f"{PATH}/{{event_id:int}}", Action.EVENT_READ)
def show_event(desk: Desk, event_id: int) -> Response:
    """Show an event as its sheet: where, when, for whom, whom to call."""
    event = events.show_event(desk.session, desk.me, event_id)
    return desk.page(
        "events/card.html",
        event=event,
        overlapping=double_bookings.overlapping_events(desk.session, event),
        manner=desk.manner_in(event.time_zone),
        **history_of(desk, Event, event_id),
    )


@pages.get(f"{PATH}/{{event_id:int}}/edit", Action.EVENT_UPDATE)
def show_edit_event(desk: Desk, event_id: int) -> Response:
    """Ask what is to be corrected on an event's sheet."""
    event = events.show_event(desk.session, desk.me, event_id)
    require(desk.me, Action.EVENT_UPDATE, event)
    return desk.page(
        "events/edit.html",
        event=event,
        around=double_bookings.events_around(desk.session, event),
        manner=desk.manner_in(event.time_zone),
        heading=_("Change {name}").format(name=event.name),
        trail=(f"{PATH}/{event_id}", event.name),
        record=event,
        before={name: _clock(getattr(event, name), event.zone) for name in ("event_start", "event_end")},
        fields=FIELDS,
        submit=_("Save"),
    )


@pages.post(f"{PATH}/{{event_id:int}}/edit", Action.EVENT_UPDATE, again=show_edit_event)
def edit_event(desk: Desk, event_id: int) -> Response:
    """Correct an event's sheet: what was changed in the form, and nothing else."""
    desk.form.require_only([*_NAMES, "version"])
    event = events.update_event(
        desk.session,
        desk.me,
        event_id,
        events.EventDetails(**desk.form.changed(FIELDS)),
        region=desk.settings.phone_region,
        version=desk.form.version(),
    )
    return desk.done(" ".join([_("Event saved."), *_clash(desk, event)]), to=f"{PATH}/{event_id}")


@pages.get(f"{PATH}/{{event_id:int}}/assign", Action.EVENT_ASSIGN_SUPPORT)
def show_assign_support(desk: Desk, event_id: int) -> Response:
    """Ask who is in charge; whoever is elsewhere at that time is marked."""
    event = events.show_event(desk.session, desk.me, event_id)
    active = users.UserFilter(department=Department.SUPPORT, active=True)
    return desk.page(
        "events/assign.html",
        event=event,
        people=users.list_users(desk.session, desk.me, active, limit=lists.MAX_LIMIT).items,
        busy=double_bookings.support_at_that_time(desk.session, desk.me, event),
        nobody=_NOBODY,
    )


@pages.post(f"{PATH}/{{event_id:int}}/assign", Action.EVENT_ASSIGN_SUPPORT, again=show_assign_support)
def assign_support(desk: Desk, event_id: int) -> Response:
    """Put a member of support in charge, or nobody."""
    desk.form.require_only(("support_contact", "version"))
    chosen = desk.form.get("support_contact")
    person = None if chosen == _NOBODY else users.find_user(desk.session, desk.me, chosen)
    number = person.id if person else None
    event = events.assign_support(desk.session, desk.me, event_id, number, version=desk.form.version())
    if person is None:
        return desk.done(_("Nobody is in charge of this event now."), to=f"{PATH}/{event_id}")
    said = _("{name} is in charge of this event.").format(name=person.full_name)
    return desk.done(" ".join([said, *_clash(desk, event)]), to=f"{PATH}/{event_id}")


def _filter(desk: Desk) -> events.EventFilter:
    show = parse_choice(desk.asked("show") or "upcoming", _SHOW, field=N_("period"))
    support, client, contract = desk.asked("support"), desk.asked("client"), desk.asked("contract")
    # A client's or contract's events are all of them, unless something else is asked for.
    is_all = show == "all" or (bool(client or contract) and not desk.asked("show"))
    return events.EventFilter(
        mine=bool(desk.asked("mine")),
        upcoming=show in {"upcoming", "without_support"} and not is_all,
        today=show == "today",
        week=show == "week",
        past=show == "past",
        without_support=show == "without_support",
        support_contact_id=users.find_user(desk.session, desk.me, support).id if support else None,
        client_id=parse_id(client, field=N_("client")) if client else None,
        contract_id=parse_id(contract, field=N_("contract")) if contract else None,
        search=desk.asked("q"),
    )


def _clash(desk: Desk, event: Event) -> list[str]:
    """Say where else the support contact is at the same time, if they are."""
    others = [other.name for other in double_bookings.overlapping_events(desk.session, event)]
    return [_("Attention, at the same time also: {events}").format(events=", ".join(others))] if others else []


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    """Write a moment as the clock at the place shows it and as a picker takes it; a repeated hour says which it is."""
    there = moment.astimezone(zone)
    is_repeated = there.replace(fold=0).utcoffset() != there.replace(fold=1).utcoffset()
    return there.isoformat(timespec="minutes") if is_repeated else f"{there:%Y-%m-%dT%H:%M}"
