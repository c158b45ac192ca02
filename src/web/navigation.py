"""The way around: the pages that each department works with, in the order of its day."""

from collections.abc import Sequence
from dataclasses import dataclass

from src.domain.permissions import Action, Actor, Department, granted
from src.i18n import N_


@dataclass(frozen=True)
class Place:
    """One entry: where it leads, what it is called, and the right without which it is not shown."""

    path: str
    heading: str
    icon: str
    right: Action | None = None


HOME = Place("/", N_("Home"), "house")
CLIENTS = Place("/clients", N_("Clients"), "users", Action.CLIENT_READ)
CONTRACTS = Place("/contracts", N_("Contracts"), "file-text", Action.CONTRACT_READ)
AUDIT = Place("/audit", N_("Audit log"), "scroll-text", Action.AUDIT_READ_ALL)
EVENTS = Place("/events", N_("Events"), "calendar-days", Action.EVENT_READ)

_OF_DEPARTMENT: dict[Department, tuple[Place, ...]] = {
    Department.SALES: (HOME, CLIENTS, CONTRACTS, EVENTS),
    Department.SUPPORT: (HOME, EVENTS, CLIENTS, CONTRACTS),
    Department.MANAGEMENT: (HOME, EVENTS, CONTRACTS, CLIENTS, AUDIT),
}


def entries(actor: Actor | None, path: str) -> Sequence[tuple[Place, bool]]:
    """Give what whoever is logged in may open, each with whether they are there now."""
    if actor is None:
        return ()
    places = [place for place in _OF_DEPARTMENT[actor.department] if place.right is None or granted(actor, place.right)]
    return [(place, _leads_to(place.path, path)) for place in places]


def _leads_to(place: str, path: str) -> bool:
    return path == place if place == "/" else path == place or path.startswith(f"{place}/")
