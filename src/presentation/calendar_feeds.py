"""What lists show of calendar feeds, and how their addresses are written."""

from src.i18n import N_
from src.presentation.columns import Column

KINDS = {
    "mine": N_("my events"),
    "department": N_("all events my department sees"),
    "without_support": N_("events without a support contact"),
}

COLUMNS = (
    Column(key="id", heading=N_("No."), kind="number", importance=1),
    Column(key="username", heading=N_("Username"), importance=2),
    Column(key="name", heading=N_("Name"), importance=1),
    Column(key="kind", heading=N_("Events shown"), kind="choice", labels=KINDS, importance=1),
    Column(key="created_at", heading=N_("Since"), kind="moment", importance=3),
    Column(key="last_used_at", heading=N_("Last used"), kind="moment", importance=1),
    Column(key="revoked_at", heading=N_("Ended"), kind="moment", importance=1),
)


def path_of(secret: str) -> str:
    """Give where on our server a calendar finds a feed."""
    return f"/calendar/feeds/{secret}.ics"


def address_of(secret: str, *, server: str) -> str:
    """Give the whole address of a feed, as it is typed into a calendar; `server` is where the pages are."""
    return server.rstrip("/") + path_of(secret)
