"""Calendar feeds: the secret addresses at which calendars find somebody's events."""

from src.api.answering import Listed, Made
from src.api.desk import Desk
from src.api.fields import Field
from src.api.operations import Operations
from src.domain.permissions import Action
from src.i18n import N_
from src.presentation.calendar_feeds import COLUMNS, KINDS, address_of
from src.services import calendar_feeds

operations = Operations()

PATH = "/calendar-feeds"
# Whoever knows it reads the events: it is said once.
SECRET = "address"  # noqa: S105 - the name of a field

NEW = (
    Field(name="name", required=True, about="What reads it; you will know it again by this."),
    Field(name="kind", kind="choice", required=True, says=N_("events shown"), choices=tuple(KINDS)),
)
RECORD = tuple(column for column in COLUMNS if column.key in {"id", "name", "kind"})


@operations.get(
    PATH,
    Action.OWN_CALENDAR_FEEDS,
    words=(Field(name="everybody", kind="bool", about="Those of all staff; for management."),),
    answers=COLUMNS,
    many=True,
)
def list_calendar_feeds(desk: Desk) -> Listed:
    """List one's own calendar feeds, or for management everybody's."""
    everybody = bool(desk.asked.get("everybody"))
    return Listed(calendar_feeds.list_feeds(desk.session, desk.me, everybody=everybody))


@operations.post(PATH, Action.OWN_CALENDAR_FEEDS, fields=NEW, answers=RECORD, status=201, secret=SECRET)
def create_calendar_feed(desk: Desk) -> Made:
    """Make a calendar feed; its address is in the answer, and nowhere else."""
    made = calendar_feeds.create_feed(
        desk.session, desk.me, kind=desk.sent["kind"], name=desk.sent["name"], now=desk.now
    )
    return Made(made, more={SECRET: address_of(made.secret, server=str(desk.request.base_url))})


@operations.delete(f"{PATH}/{{feed_id:int}}", Action.OWN_CALENDAR_FEEDS, status=204)
def revoke_calendar_feed(desk: Desk, feed_id: int) -> None:
    """End a calendar feed at once: one's own, or for management anybody's."""
    calendar_feeds.revoke_feed(desk.session, desk.me, feed_id, now=desk.now)
