"""What a search finds among events: by their name and place, and by the client who pays."""

from typing import Any

from sqlalchemy import Select, select

from src.models.client import Client
from src.models.contract import Contract
from src.models.event import Event
from src.services import clients
from src.services.search import Words, holds, in_all, may_hold, starting_with


def found_events(words: Words) -> list[Any]:
    """Give the conditions of the events that, with their clients, hold every word."""
    candidates = [
        [
            select(Event.id).where(may_hold([word], Event.name_key, Event.location_key)),
            _of(clients.may_be_found([word])),
        ]
        for word in words.sought
    ] or [
        [
            *starting_with(words.every[0], (Event.id, Event.name_key), (Event.id, Event.location_key)),
            *(_of(found) for found in clients.beginning_with(words.every[0])),
        ]
    ]
    of_client = (
        select(clients.TEXT)
        .join(Contract, Contract.client_id == Client.id)
        .where(Contract.id == Event.contract_id)
        .correlate(Event)
        .scalar_subquery()
    )
    return [
        in_all(Event.id, candidates),
        *holds(words, Event.name_key + " " + Event.location_key + " " + of_client),
    ]


def _of(clients_found: Select[Any]) -> Select[Any]:
    contracts = select(Contract.id).where(Contract.client_id.in_(clients_found))
    return select(Event.id).where(Event.contract_id.in_(contracts))
