"""Who did what to one record."""

from src.api.answering import Listed
from src.api.desk import Desk
from src.api.pages import part_of
from src.models.base import Record
from src.services import audit


def history_of(desk: Desk, model: type[Record], record_id: int) -> Listed:
    """List a record's history, newest first."""
    page = audit.record_history(desk.session, desk.me, model, record_id, **part_of(desk))
    return Listed(page.items, page.next)
