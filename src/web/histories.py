"""What a card shows of its record's history: who changed what, lately."""

from typing import Any

from src.models.base import Record
from src.services import audit
from src.web.desk import Desk

_SHOWN = 10


def history_of(desk: Desk, model: type[Record], record_id: int) -> dict[str, Any]:
    """Fetch the latest entries and the names of the people in them, as the cards' template takes them."""
    history = audit.record_history(desk.session, desk.me, model, record_id, limit=_SHOWN)
    return {"history": history, "people": audit.people_named(model, history)}
