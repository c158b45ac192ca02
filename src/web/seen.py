"""Noting that somebody is still there: on the web, half an hour of rest ends a session."""

from datetime import datetime

from src.db.session import Database
from src.domain.errors import CrmError
from src.domain.permissions import Actor
from src.services import auth
from src.services.last_noted import LastNoted
from src.web.journal import write_down

_sessions = LastNoted()


def is_due(actor: Actor, *, now: datetime) -> bool:
    """Tell whether it is time to note that somebody is there: once a minute, whatever they read meanwhile."""
    return actor.session_id is not None and _sessions.is_due(actor.session_id, now=now)


def note_seen(database: Database, actor: Actor, *, now: datetime) -> None:
    """Note that a session was used; pages that only read must not wait for the write lock, so this comes after them.

    What keeps this from being noted (a full disk, another writer) does not keep anybody from reading.
    """
    try:
        with database.writing() as session:
            auth.touch(session, actor, now=now)
    except CrmError as refusal:
        write_down("session not noted as used", refusal=type(refusal).__name__)
