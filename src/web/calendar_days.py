"""The days of a calendar's view, and what stands on each: events on every day they touch, days as long as they are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from src.domain.values import MAX_YEAR, MIN_YEAR
from src.i18n import N_, _
from src.presentation.days import day_in_words, days_in_words, month_in_words
from src.services.calendar import Standing, bounds_of_day

_WEEK = timedelta(days=7)
_AGENDA = timedelta(days=14)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class View:
    """Some days in a row: from `first` up to `last`; of a month the whole weeks. `most` events are shown on a day."""

    name: str
    day: date
    first: date
    last: date
    most: int

    @property
    def heading(self) -> str:
        """What is shown, in words."""
        match self.name:
            case "month":
                return month_in_words(self.day)
            case "day":
                return day_in_words(self.day)
            case _:
                return days_in_words(self.first, self.last)

    @property
    def earlier(self) -> date | None:
        """The day that the view before this one is about; none where the calendar begins."""
        return _within(self.day.replace(day=1) - _DAY if self.name == "month" else self.first - self._step)

    @property
    def later(self) -> date | None:
        """The day that the view after this one is about."""
        return _within((self.day.replace(day=1) + timedelta(days=31)) if self.name == "month" else self.last + _DAY)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Tell from when to when the view goes."""
        return bounds_of_day(self.first, zone)[0], bounds_of_day(self.last, zone)[1]

    @property
    def _step(self) -> timedelta:
        return self.last - self.first + _DAY


# How many events of one day each view shows; a month is for the overview, a day shows what there is.
VIEWS = {"month": 4, "week": 15, "agenda": 15, "day": 250}


def view_of(name: str, day: date) -> View:
    """Give the days of a view that is about `day`; weeks begin on Monday, as in France."""
    most = VIEWS[name]
    match name:
        case "month":
            first = day.replace(day=1)
            last = (first + timedelta(days=31)).replace(day=1) - _DAY
            return View(name, day, _monday(first), _monday(last) + _WEEK - _DAY, most)
        case "week":
            return View(name, day, _monday(day), _monday(day) + _WEEK - _DAY, most)
        case "agenda":
            return View(name, day, day, day + _AGENDA - _DAY, most)
        case _:
            return View(name, day, day, day, most)


@dataclass
class Day:
    """One day of a view: from when to when it lasts, what stands on it, and how much more there is."""

    date: date
    start: datetime
    end: datetime
    is_outside: bool = False
    standing: list[Standing] = field(default_factory=list)
    more: int = 0

    @property
    def hours(self) -> int:
        """How many hours the day has: 23 or 25 when the clocks change."""
        return round((self.end - self.start) / timedelta(hours=1))

    @property
    def words(self) -> str:
        """The day in words."""
        return day_in_words(self.date)

    def keep(self, most: int) -> None:
        """Keep so many events; those that only run on from the day before are left out first."""
        self.more = max(0, len(self.standing) - most)
        if self.more:
            kept = sorted(self.standing, key=lambda event: event.event_start < self.start)[:most]
            self.standing = sorted(kept, key=lambda event: (event.event_start, event.id))

    def clock(self, event: Any, zone: ZoneInfo) -> str:
        """Write the hours that an event takes of this day."""
        begins = f"{event.event_start.astimezone(zone):%H:%M}" if event.event_start >= self.start else ""
        ends = f"{event.event_end.astimezone(zone):%H:%M}" if event.event_end <= self.end else ""
        if begins and ends:
            return f"{begins}–{ends}"
        if begins:
            return _("from {time}").format(time=begins)
        return _("until {time}").format(time=ends) if ends else _("all day")


def days_of(view: View, events: Sequence[Standing], zone: ZoneInfo) -> list[Day]:
    """Put every event on each day that it touches; one that ends at midnight does not touch the next."""
    days = [
        Day(day, *bounds_of_day(day, zone), is_outside=view.name == "month" and day.month != view.day.month)
        for day in _each_day(view.first, view.last)
    ]
    for event in events:
        first = max(event.event_start.astimezone(zone).date(), view.first)
        last = min((event.event_end - timedelta.resolution).astimezone(zone).date(), view.last)
        for day in days[(first - view.first).days : (last - view.first).days + 1]:
            day.standing.append(event)
    for day in days:
        day.keep(view.most)
    return days


def shown_on(days: Iterable[Day]) -> list[Standing]:
    """Give each event that is shown on some day, once."""
    return list({event.id: event for day in days for event in day.standing}.values())


def clock_there(event: Any, home: ZoneInfo) -> str:
    """Name the clock of a place that is elsewhere, with the event's hours there if they are others than here.

    A zone is named by its city, as a day of a month is too narrow for more; the event's card has its whole name.
    """
    if event.time_zone == home.key:
        return ""
    here, there = (
        "–".join(f"{moment.astimezone(zone):%H:%M}" for moment in (event.event_start, event.event_end))
        for zone in (home, ZoneInfo(event.time_zone))
    )
    city = str(event.time_zone).rpartition("/")[2].replace("_", " ")
    return city if here == there else f"{there} {city}"


VIEW_NAMES = {"month": N_("Month"), "week": N_("Week"), "agenda": N_("Agenda")}


def _each_day(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _within(day: date) -> date | None:
    return day if MIN_YEAR <= day.year <= MAX_YEAR else None
