"""Noting which tokens are used, once a minute: reading must not wait for the write lock each time."""

import threading
from datetime import datetime, timedelta

from src.db.session import Database
from src.domain.errors import CrmError
from src.services import api_tokens

_ONCE_IN = timedelta(minutes=1)
_MOST_KEPT = 10_000

_noted: dict[int, datetime] = {}
_guard = threading.Lock()


def is_due(token_id: int, *, now: datetime) -> bool:
    """Tell whether a token was last noted a minute ago or more, as far as this process knows."""
    with _guard:
        last = _noted.get(token_id)
        if last is not None and timedelta(0) <= now - last < _ONCE_IN:
            return False
        if len(_noted) >= _MOST_KEPT:
            _noted.clear()
        _noted[token_id] = now
        return True


def note_used(database: Database, token_id: int, *, now: datetime) -> None:
    """Note that a token was used; what keeps this from being noted (a full disk) keeps nobody from reading."""
    try:
        with database.writing() as session:
            api_tokens.note_used(session, token_id, now=now)
    except CrmError:
        return
