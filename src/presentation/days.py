"""Days in words: `Tuesday 24 November 2026`, in French `mardi 24 novembre 2026`."""

from datetime import date

from src.i18n import N_, _

WEEKDAYS = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"))
MONTHS = (
    *(N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July")),
    *(N_("August"), N_("September"), N_("October"), N_("November"), N_("December")),
)


def day_in_words(day: date) -> str:
    """Write a day with the names of its weekday and month."""
    return f"{_(WEEKDAYS[day.weekday()])} {day.day} {_(MONTHS[day.month - 1])} {day.year}"
