"""What the company delivers, where, when and in whose charge."""

from typing import Any

from src.api.answering import Listed, Made
from src.api.desk import Desk
from src.api.fields import Field, requiring
from src.api.histories import history_of
from src.api.operations import Operations
from src.api.pages import part_of
from src.domain.permissions import Action
from src.i18n import N_
from src.models.event import Event
from src.presentation.events import COLUMNS, RECORD, SORTS
from src.presentation.histories import COLUMNS as HISTORY
from src.services import events

operations = Operations()

PATH = "/events"
ONE = PATH + "/{event_id:int}"

DETAILS = (
    Field(name="name", says=N_("name")),
    Field(name="event_start", kind="moment", says=N_("start"), about="With an offset, or as the clock at the place."),
    Field(name="event_end", kind="moment", says=N_("end"), about="Likewise."),
    Field(name="time_zone", about="Of the place, such as Europe/Paris; this installation's if it is not sent."),
    Field(name="location"),
    Field(name="attendees", kind="decimal"),
    Field(name="notes"),
    Field(name="contact_name", says=N_("contact name"), about="Whom to call on the day, if not the client."),
    Field(name="contact_phone", says=N_("contact phone")),
    Field(name="contact_email", says=N_("contact e-mail")),
)
NEW = (
    Field(name="contract_id", kind="number", required=True),
    *requiring(DETAILS, {"name", "event_start", "event_end"}),
)
_PERIODS = ("upcoming", "past", "today", "week")
FILTERS = (
    Field(name="search", about="Words or parts of words, in the name or place, or the client's name, company, e-mail."),
    Field(name="mine", kind="bool", about="Only those in the holder's charge (support) or of their clients (sales)."),
    Field(name="period", kind="choice", choices=_PERIODS, says=N_("period")),
    Field(name="without_support", kind="bool", about="Only those that nobody is in charge of."),
    Field(name="support_contact_id", kind="number"),
    Field(name="client_id", kind="number"),
    Field(name="contract_id", kind="number"),
)


@operations.list(PATH, Action.EVENT_READ, answers=COLUMNS, sorts=SORTS, words=FILTERS)
def list_events(desk: Desk) -> Listed:
    """List events."""
    period = desk.asked.get("period")
    filters = events.EventFilter(
        mine=desk.asked.get("mine", False),
        **({period: True} if period else {}),
        without_support=desk.asked.get("without_support", False),
        support_contact_id=desk.asked.get("support_contact_id"),
        client_id=desk.asked.get("client_id"),
        contract_id=desk.asked.get("contract_id"),
        search=desk.asked.get("search", ""),
    )
    when: dict[str, Any] = {"now": desk.now, "zone": desk.zone}
    page = events.list_events(desk.session, desk.me, filters, **when, **part_of(desk, sort="start"))
    return Listed(page.items, page.next, lambda: events.select_events(desk.me, filters, **when))


@operations.post(PATH, Action.EVENT_CREATE, fields=NEW, answers=RECORD, status=201)
def create_event(desk: Desk) -> Made:
    """Open an event for a client whose contract is signed."""
    contract_id = desk.sent["contract_id"]
    made = events.create_event(
        desk.session, desk.me, contract_id, _details(desk), region=desk.settings.phone_region, zone=desk.zone
    )
    return Made(_shown(desk, made.id), location=f"{PATH}/{made.id}")


@operations.get(ONE, Action.EVENT_READ, answers=RECORD)
def show_event(desk: Desk, event_id: int) -> Any:
    """Show an event."""
    return _shown(desk, event_id)


@operations.patch(ONE, Action.EVENT_UPDATE, fields=DETAILS, answers=RECORD, shown=show_event)
def update_event(desk: Desk, event_id: int) -> Any:
    """Correct an event's details; only the fields that are sent change."""
    events.update_event(
        desk.session, desk.me, event_id, _details(desk), region=desk.settings.phone_region, version=desk.version
    )
    return _shown(desk, event_id)


@operations.post(
    f"{ONE}/assign",
    Action.EVENT_ASSIGN_SUPPORT,
    fields=(Field(name="support_contact_id", kind="number", required=True),),
    answers=RECORD,
)
def assign_support(desk: Desk, event_id: int) -> Any:
    """Put a member of support in charge of an event."""
    events.assign_support(desk.session, desk.me, event_id, desk.sent["support_contact_id"], version=desk.version)
    return _shown(desk, event_id)


@operations.post(f"{ONE}/unassign", Action.EVENT_ASSIGN_SUPPORT, answers=RECORD)
def clear_support(desk: Desk, event_id: int) -> Any:
    """Put nobody in charge of an event."""
    events.assign_support(desk.session, desk.me, event_id, None, version=desk.version)
    return _shown(desk, event_id)


@operations.history(f"{ONE}/history", Action.AUDIT_READ_HISTORY, answers=HISTORY)
def show_event_history(desk: Desk, event_id: int) -> Listed:
    """List who changed what on an event, newest first."""
    return history_of(desk, Event, event_id)


def _details(desk: Desk) -> events.EventDetails:
    return events.EventDetails(**{name: value for name, value in desk.sent.items() if name != "contract_id"})


def _shown(desk: Desk, event_id: int) -> Event:
    return events.show_event(desk.session, desk.me, event_id)
