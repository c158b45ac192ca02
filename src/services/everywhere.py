"""One search over everything that somebody may read: clients, contracts, events and colleagues."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

from src.domain.errors import InvalidInput
from src.domain.permissions import Action, Actor, granted
from src.i18n import N_
from src.services import clients, contracts, events, users
from src.services.lists import Order, read_page
from src.services.search import LETTERS, Words, words_of

# A search counts as far as people do; whoever wants all of it goes on in the list.
MOST = 20
_LATEST_FIRST = "-id"

TOO_SHORT = N_("{field}: write at least {letters} letters or digits in a row.")


@dataclass(frozen=True)
class Found:
    """What one kind of record has to show for a search: the latest ones; `has_more` where there are others."""

    record_type: str
    rows: Sequence[Row[Any]]
    has_more: bool


def search_everywhere(
    session: Session, actor: Actor, term: str, *, now: datetime, zone: ZoneInfo, limit: int = MOST
) -> list[Found]:
    """Find what holds every word that was typed, among all that this person may read; kinds without any are left out.

    It takes one question a kind, each answered by an index: a search of letters that half of all records hold is not.

    Raises:
        InvalidInput: no word is long enough, or it cannot be read.
    """
    read_words(term)
    found = []
    for record_type, statement, order in _lists(actor, term, now, zone):
        page = read_page(session, statement, order(_LATEST_FIRST), limit=limit, after=None)
        if page.items:
            found.append(Found(record_type, page.items, page.next is not None))
    return found


def read_words(term: str) -> Words:
    """Read what was typed into a search of everything.

    Raises:
        InvalidInput.
    """
    words = words_of(term)
    if words is None or not words.sought:
        raise InvalidInput(TOO_SHORT, field=N_("search"), letters=LETTERS)
    return words


def _lists(
    actor: Actor, term: str, now: datetime, zone: ZoneInfo
) -> Iterator[tuple[str, Select[Any], Callable[[str], Order]]]:
    for record_type, right in _RIGHTS.items():
        if not granted(actor, right):
            continue
        match record_type:
            case "clients":
                found = clients.select_clients(actor, clients.ClientFilter(search=term))
                yield record_type, found, clients.client_order
            case "contracts":
                found = contracts.select_contracts(actor, contracts.ContractFilter(search=term))
                yield record_type, found, contracts.contract_order
            case "events":
                found = events.select_events(actor, events.EventFilter(search=term), now=now, zone=zone)
                yield record_type, found, events.event_order
            case "users":
                yield record_type, users.select_users(actor, users.UserFilter(search=term)), users.user_order


# In the order in which they are shown. What is only in the audit log is found by nobody.
_RIGHTS: Mapping[str, Action] = {
    "clients": Action.CLIENT_READ,
    "contracts": Action.CONTRACT_READ,
    "events": Action.EVENT_READ,
    "users": Action.USER_READ,
}
