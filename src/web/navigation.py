"""The way around: the pages that each department works with, in the order of its day."""

from collections.abc import Sequence
from dataclasses import dataclass

from src.domain.permissions import Action, Actor, Department, granted
from src.i18n import N_


@dataclass(frozen=True)
class Place:
    """One entry: where it leads, what it is called, and the right without which it is not shown.

    `key` goes there after a `g`. What is `rare` is in the menu on a telephone, whose bar has room for five.
    """

    path: str
    heading: str
    icon: str
    right: Action | None = None
    key: str = ""
    rare: bool = False


HOME = Place("/", N_("Home"), "house", key="h")
CLIENTS = Place("/clients", N_("Clients"), "users", Action.CLIENT_READ, key="c")
CONTRACTS = Place("/contracts", N_("Contracts"), "file-text", Action.CONTRACT_READ, key="o")
AUDIT = Place("/audit", N_("Audit log"), "scroll-text", Action.AUDIT_READ_ALL, key="a", rare=True)
WEBHOOKS = Place("/webhooks", N_("Webhooks"), "webhook", Action.WEBHOOK_READ, key="w", rare=True)
EVENTS = Place("/events", N_("Events"), "party-popper", Action.EVENT_READ, key="e")
CALENDAR = Place("/calendar", N_("Calendar"), "calendar-days", Action.EVENT_READ, key="d")
STAFF = Place("/staff", N_("Staff"), "contact-round", Action.USER_READ, key="s", rare=True)

_OF_DEPARTMENT: dict[Department, tuple[Place, ...]] = {
    Department.SALES: (HOME, CLIENTS, CONTRACTS, EVENTS, CALENDAR, STAFF),
    Department.SUPPORT: (HOME, EVENTS, CALENDAR, CLIENTS, CONTRACTS, STAFF),
    Department.MANAGEMENT: (HOME, EVENTS, CALENDAR, CONTRACTS, CLIENTS, STAFF, AUDIT, WEBHOOKS),
}


def entries(actor: Actor | None, path: str) -> Sequence[tuple[Place, bool]]:
    """Give what whoever is logged in may open, each with whether they are there now."""
    if actor is None:
        return ()
    places = [place for place in _OF_DEPARTMENT[actor.department] if place.right is None or granted(actor, place.right)]
    return [(place, _leads_to(place.path, path)) for place in places]


def _leads_to(place: str, path: str) -> bool:
    return path == place if place == "/" else path == place or path.startswith(f"{place}/")
