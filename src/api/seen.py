"""Noting which keys are used: reading must not wait for the write lock each time."""

from datetime import datetime

from src.db.session import Database
from src.domain.errors import CrmError
from src.services import keys


def note_used(database: Database, kind: type[keys.Key], key_id: int, *, now: datetime) -> None:
    """Note that a key was used; what keeps this from being noted (a full disk) keeps nobody from reading."""
    try:
        with database.writing() as session:
            keys.note_used(session, kind, key_id, now=now)
    except CrmError:
        return
