"""Days in words: `Tuesday 24 November 2026`, in French `mardi 24 novembre 2026`."""

from datetime import date

from src.i18n import N_, _

WEEKDAYS = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"))
MONTHS = (
    *(N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July")),
    *(N_("August"), N_("September"), N_("October"), N_("November"), N_("December")),
)

SHORT_MONTHS = (
    *(N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun"), N_("Jul")),
    *(N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec")),
)


def day_in_words(day: date) -> str:
    """Write a day with the names of its weekday and month."""
    return f"{_(WEEKDAYS[day.weekday()])} {day.day} {_(MONTHS[day.month - 1])} {day.year}"


def month_in_words(day: date) -> str:
    """Write the month of a day: `November 2026`."""
    return f"{_(MONTHS[day.month - 1])} {day.year}"


def short_month(day: date) -> str:
    """Write the month of a day where there is no room: `Nov`, in French `nov.`."""
    return _(SHORT_MONTHS[day.month - 1])


def days_in_words(first: date, last: date) -> str:
    """Write a stretch of days: `28 December 2026 – 3 January 2027`, or shorter within a year or a month."""
    begin = f"{first.day}"
    if (first.year, first.month) != (last.year, last.month):
        begin += f" {_(MONTHS[first.month - 1])}"
    if first.year != last.year:
        begin += f" {first.year}"
    return f"{begin} – {last.day} {month_in_words(last)}"
