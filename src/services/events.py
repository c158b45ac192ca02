"""What staff do with events: open one under a signed contract, put support in charge, keep place and times right."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, false, select, text
from sqlalchemy.orm import Session, aliased, joinedload

from src.domain.contact_details import parse_email, parse_phone
from src.domain.errors import InvalidInput, RuleBroken
from src.domain.permissions import Action, Actor, Department, require
from src.domain.values import MAX_NOTES, parse_count, parse_moment, parse_text, parse_zone
from src.i18n import N_
from src.models.client import Client
from src.models.contract import Contract, ContractStatus
from src.models.event import HAS_NO_SUPPORT, Event, events_of_clients_of, may_still_last
from src.models.user import User, full_name_of
from src.services.clients import active_member
from src.services.event_search import found_events
from src.services.lists import Order, Page, order_from, read_page, select_rows
from src.services.records import authorize, check_version, get_or_raise
from src.services.search import words_of


@dataclass(frozen=True, kw_only=True)
class EventDetails:
    """What is typed about an event; None leaves a field as it is. Times are clock times in `time_zone`."""

    name: str | None = None
    event_start: str | None = None
    event_end: str | None = None
    time_zone: str | None = None
    location: str | None = None
    attendees: str | int | None = None
    notes: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    contact_email: str | None = None

    def parsed(self, *, region: str, zone: ZoneInfo) -> dict[str, Any]:
        """Read every given field; `zone` is the place's when none is given.

        Raises:
            InvalidInput: naming the first field that cannot be read.
        """
        values: dict[str, Any] = {}
        if self.time_zone is not None:
            zone = parse_zone(self.time_zone)
            values["time_zone"] = zone.key
        if self.name is not None:
            values["name"] = parse_text(self.name, field=N_("name"))
        if self.event_start is not None:
            values["event_start"] = parse_moment(self.event_start, field=N_("start"), zone=zone)
        if self.event_end is not None:
            values["event_end"] = parse_moment(self.event_end, field=N_("end"), zone=zone)
        if self.location is not None:
            values["location"] = parse_text(self.location, field=N_("location"), required=False)
        if self.attendees is not None:
            values["attendees"] = parse_count(self.attendees, field=N_("attendees"))
        if self.notes is not None:
            values["notes"] = parse_text(
                self.notes, field=N_("notes"), longest=MAX_NOTES, required=False, multiline=True
            )
        if self.contact_name is not None:
            values["contact_name"] = parse_text(self.contact_name, field=N_("contact name"), required=False)
        if self.contact_phone is not None:
            values["contact_phone"] = parse_phone(self.contact_phone, region=region, field=N_("contact phone"))
        if self.contact_email is not None:
            typed = self.contact_email.strip()
            values["contact_email"] = parse_email(typed, field=N_("contact e-mail")) if typed else ""
        return values


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """Which events a list shows; `mine` means in support's charge, or sold by sales."""

    mine: bool = False
    upcoming: bool = False
    past: bool = False
    today: bool = False
    week: bool = False
    next_week: bool = False
    without_support: bool = False
    support_contact_id: int | None = None
    client_id: int | None = None
    contract_id: int | None = None
    search: str = ""


SORTS: Mapping[str, Any] = {
    "start": Event.event_start,
    "end": Event.event_end,
    "name": Event.name_key,
    "location": Event.location_key,
    "id": Event.id,
}


def create_event(
    session: Session, actor: Actor, contract_id: int, details: EventDetails, *, region: str, zone: ZoneInfo
) -> Event:
    """Open an event for a client whose contract is signed.

    Raises:
        NotFound, Forbidden, InvalidInput, RuleBroken: the contract is not signed.
    """
    contract = get_or_raise(session, Contract, contract_id, joinedload(Contract.client, innerjoin=True), lock=True)
    authorize(session, actor, Action.EVENT_CREATE, contract)
    if contract.status is not ContractStatus.SIGNED:
        raise RuleBroken(N_("An event can only be created under a signed contract."))
    values = {"time_zone": zone.key} | details.parsed(region=region, zone=zone)
    for field, word in (("name", N_("name")), ("event_start", N_("start")), ("event_end", N_("end"))):
        if field not in values:
            raise InvalidInput(N_("{field}: a value is required."), field=word)
    _check_order(values["event_start"], values["event_end"])
    event = Event(contract_id=contract.id, **values)
    session.add(event)
    session.flush()
    return event


def update_event(
    session: Session, actor: Actor, event_id: int, details: EventDetails, *, region: str, version: int | None = None
) -> Event:
    """Correct an event's details; `version` is the one the editor read.

    A new time zone without new times keeps the clock times: 13:00 stays 13:00 at the new place.

    Raises:
        NotFound, Forbidden, InvalidInput, Conflict: somebody else saved first.
    """
    event = get_or_raise(session, Event, event_id, lock=True)
    authorize(session, actor, Action.EVENT_UPDATE, event)
    values = details.parsed(region=region, zone=event.zone)
    if "time_zone" in values and values["time_zone"] != event.time_zone:
        zone = ZoneInfo(values["time_zone"])
        for field, word in (("event_start", N_("start")), ("event_end", N_("end"))):
            if field not in values:
                clock = getattr(event, field).astimezone(event.zone).replace(tzinfo=None)
                values[field] = parse_moment(clock.isoformat(sep=" "), field=word, zone=zone)
    check_version(session, event, version, values)
    _check_order(values.get("event_start", event.event_start), values.get("event_end", event.event_end))
    for field, value in values.items():
        setattr(event, field, value)
    session.flush()
    return event


def assign_support(
    session: Session, actor: Actor, event_id: int, support_contact_id: int | None, *, version: int | None = None
) -> Event:
    """Put a member of support in charge of an event, or nobody (None).

    Raises:
        NotFound, Forbidden, RuleBroken: the person is not an active member of support; Conflict.
    """
    event = get_or_raise(session, Event, event_id, lock=True)
    authorize(session, actor, Action.EVENT_ASSIGN_SUPPORT, event)
    check_version(session, event, version, {"support_contact_id": support_contact_id})
    if support_contact_id is not None:
        support_contact_id = active_member(session, support_contact_id, Department.SUPPORT).id
    event.support_contact_id = support_contact_id
    session.flush()
    return event


def show_event(session: Session, actor: Actor, event_id: int) -> Event:
    """Show one event with its contract, client and the people in charge.

    Raises:
        NotFound, Forbidden.
    """
    authorize(session, actor, Action.EVENT_READ)
    return get_or_raise(
        session,
        Event,
        event_id,
        joinedload(Event.contract).joinedload(Contract.client).joinedload(Client.sales_contact),
        joinedload(Event.support_contact),
    )


def list_events(
    session: Session,
    actor: Actor,
    filters: EventFilter,
    *,
    now: datetime,
    zone: ZoneInfo,
    sort: str = "start",
    limit: int,
    after: str | None = None,
) -> Page:
    """List one page of events; `zone` tells when today begins.

    Raises:
        InvalidInput: unknown sort, limit or cursor.
    """
    statement = select_events(actor, filters, now=now, zone=zone)
    return read_page(session, statement, event_order(sort), limit=limit, after=after)


def event_order(sort: str) -> Order:
    """Read the sort of a list of events."""
    return order_from(sort, SORTS, Event.id)


def select_events(actor: Actor, filters: EventFilter, *, now: datetime, zone: ZoneInfo) -> Select[Any]:
    """Select the events of a list, as plain rows."""
    require(actor, Action.EVENT_READ)
    statement = _rows()
    for condition in (*_when(filters, now, zone), *which_events(actor, filters)):
        statement = statement.where(condition)
    return statement


@cache
def _rows() -> Select[Any]:
    support = aliased(User)
    return (
        select_rows(
            Event.id,
            Event.name,
            Event.contract_id,
            Contract.client_id,
            Client.first_name.label("client_first_name"),
            Client.last_name.label("client_last_name"),
            Client.company_name.label("company_name"),
            Event.event_start,
            Event.event_end,
            Event.time_zone,
            Event.location,
            Event.attendees,
            support.username.label("support_contact"),
            full_name_of(support).label("support_contact_name"),
        )
        .join(Contract, Event.contract_id == Contract.id)
        .join(Client, Contract.client_id == Client.id)
        .outerjoin(support, Event.support_contact_id == support.id)
    )


def which_events(actor: Actor, filters: EventFilter) -> Iterator[Any]:
    """Give the conditions of the events that a list or the calendar is about, whenever they are."""
    if filters.mine:
        yield _in_charge(actor)
    if filters.without_support:
        yield text(HAS_NO_SUPPORT)
    if filters.support_contact_id is not None:
        yield Event.support_contact_id == filters.support_contact_id
    if filters.client_id is not None:
        yield Event.contract_id.in_(select(Contract.id).where(Contract.client_id == filters.client_id))
    if filters.contract_id is not None:
        yield Event.contract_id == filters.contract_id
    if words := words_of(filters.search):
        yield from found_events(words)


def touching(start: datetime, end: datetime) -> Any:
    """Give the condition of the events that touch a stretch of time; one across midnight belongs to both days."""
    return (Event.event_start < end) & (Event.event_end > start) & may_still_last(start)


def _when(filters: EventFilter, now: datetime, zone: ZoneInfo) -> Iterator[Any]:
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    monday = midnight - timedelta(days=midnight.weekday())
    if filters.upcoming:
        yield (Event.event_end >= now) & may_still_last(now)
    if filters.past:
        # The second says nothing new, but it is in the index that sorts: without it all that is to come is read.
        yield (Event.event_end < now) & (Event.event_start < now)
    if filters.today:
        yield touching(midnight, midnight + timedelta(days=1))
    if filters.week:
        yield touching(monday, monday + timedelta(days=7))
    if filters.next_week:
        yield touching(monday + timedelta(days=7), monday + timedelta(days=14))


def _in_charge(actor: Actor) -> Any:
    if actor.department is Department.SUPPORT:
        return Event.is_owned_by(actor.user_id)
    if actor.department is Department.SALES:
        return events_of_clients_of(actor.user_id)
    return false()


def _check_order(start: datetime, end: datetime) -> None:
    if start >= end:
        raise InvalidInput(N_("{field}: an event must end after it starts."), field=N_("end"))
