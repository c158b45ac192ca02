"""Noting which tokens are used: reading must not wait for the write lock each time."""

from datetime import datetime

from src.db.session import Database
from src.domain.errors import CrmError
from src.services import api_tokens


def note_used(database: Database, token_id: int, *, now: datetime) -> None:
    """Note that a token was used; what keeps this from being noted (a full disk) keeps nobody from reading."""
    try:
        with database.writing() as session:
            api_tokens.note_used(session, token_id, now=now)
    except CrmError:
        return
