"""The calendar: what the company delivers, by month, week or day."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.responses import Response

from src.domain.choices import parse_choice
from src.domain.permissions import Action, Department
from src.domain.values import parse_date, parse_id
from src.i18n import N_
from src.presentation.days import WEEKDAYS
from src.services import calendar, lists, users
from src.services.events import EventFilter
from src.web.calendar_days import VIEW_NAMES, VIEWS, clock_there, days_of, shown_on, view_of
from src.web.desk import Desk
from src.web.lists import Listing, listing_of
from src.web.pages import Pages

pages = Pages()

PATH = "/calendar"
_WHOSE = ("", "mine", "nobody")


@dataclass(frozen=True)
class _Asked:
    """What the address of the calendar asks for."""

    listing: Listing
    view: str
    day: date
    filters: EventFilter


@pages.get(PATH, Action.EVENT_READ)
def show_calendar(desk: Desk) -> Response:
    """Show the events of a month, a week, a fortnight or a day, each on every day it touches."""
    people = users.list_users(
        desk.session, desk.me, users.UserFilter(department=Department.SUPPORT), limit=lists.MAX_LIMIT
    ).items
    asked = _asked(desk, people)
    view = view_of(asked.view, asked.day)
    start, end = view.bounds(desk.zone)
    stretch = calendar.events_between(desk.session, desk.me, asked.filters, start=start, end=end)
    days = days_of(view, stretch.events, desk.zone)
    return desk.page(
        "calendar/calendar.html",
        listing=asked.listing,
        view=view,
        days=days,
        rows=calendar.rows_of_events(desk.session, desk.me, shown_on(days), now=desk.now, zone=desk.zone),
        is_whole=stretch.is_whole,
        most_read=calendar.MOST_READ,
        people=people,
        today=desk.now.astimezone(desk.zone).date(),
        zone=desk.zone,
        clock_there=clock_there,
        view_names=VIEW_NAMES,
        weekdays=WEEKDAYS,
    )


def _asked(desk: Desk, people: Any) -> _Asked:
    listing = listing_of(desk, PATH, filters=("view", "date", "whose", "support", "client"), sort="")
    asked = listing.filters
    view = asked["view"] or "month"
    for name, choices, word in ((view, VIEWS, N_("view")), (asked["whose"], _WHOSE, N_("whose"))):
        parse_choice(name, choices, field=word)
    day = parse_date(asked["date"], field=N_("day")) if asked["date"] else desk.now.astimezone(desk.zone).date()
    return _Asked(listing, view, day, _filter(desk, asked, people))


def _filter(desk: Desk, asked: Any, people: Any) -> EventFilter:
    support, client = asked["support"], asked["client"]
    # Mostly one of those in the list that was read already.
    known = {person.username: person.id for person in people}
    return EventFilter(
        mine=asked["whose"] == "mine",
        without_support=asked["whose"] == "nobody",
        support_contact_id=(known.get(support) or users.find_user(desk.session, desk.me, support).id)
        if support
        else None,
        client_id=parse_id(client, field=N_("client")) if client else None,
    )
