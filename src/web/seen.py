"""Noting that somebody is still there: on the web, half an hour of rest ends a session."""

import threading
from datetime import datetime, timedelta

from src.db.session import Database
from src.domain.errors import CrmError
from src.domain.permissions import Actor
from src.services import auth
from src.web.journal import write_down

_ONCE_IN = timedelta(minutes=1)
_MOST_KEPT = 10_000

_noted: dict[int, datetime] = {}
_guard = threading.Lock()


def is_due(actor: Actor, *, now: datetime) -> bool:
    """Tell whether it is time to note that somebody is there: once a minute, whatever they read meanwhile."""
    return actor.session_id is not None and _is_due(actor.session_id, now)


def note_seen(database: Database, actor: Actor, *, now: datetime) -> None:
    """Note that a session was used; pages that only read must not wait for the write lock, so this comes after them.

    What keeps this from being noted (a full disk, another writer) does not keep anybody from reading.
    """
    try:
        with database.writing() as session:
            auth.touch(session, actor, now=now)
    except CrmError as refusal:
        write_down("session not noted as used", refusal=type(refusal).__name__)


def _is_due(session_id: int, now: datetime) -> bool:
    with _guard:
        last = _noted.get(session_id)
        if last is not None and timedelta(0) <= now - last < _ONCE_IN:
            return False
        if len(_noted) >= _MOST_KEPT:
            _noted.clear()
        _noted[session_id] = now
        return True
