"""The audit log: who did what, for management."""

from starlette.responses import Response

from src.domain.choices import parse_choice
from src.domain.permissions import ACTION_LABELS, Action
from src.domain.values import parse_id
from src.i18n import N_
from src.presentation.histories import RECORDS
from src.services import audit, users
from src.web.desk import Desk
from src.web.lists import ROWS, list_page, listing_of
from src.web.pages import Pages

pages = Pages()

PATH = "/audit"
FILTERS = ("who", "action", "record", "number", "since", "until")
# Where the records have pages.
RECORD_PAGES = {
    "clients": "/clients",
    "contracts": "/contracts",
    "events": "/events",
    "users": "/staff",
    "webhooks": "/webhooks",
}


@pages.get(PATH, Action.AUDIT_READ_ALL)
def list_audit(desk: Desk) -> Response:
    """Show who did what to which record, newest first."""
    listing = listing_of(desk, PATH, filters=FILTERS, sort="-id")
    page = audit.list_audit(desk.session, desk.me, _filter(desk), sort=listing.sort, limit=ROWS, after=listing.after)
    return list_page(
        desk,
        "audit/list.html",
        listing.showing(page),
        actions={action.value: label for action, label in ACTION_LABELS.items()},
        records=RECORDS,
        people=audit.usernames(desk.session),
        pages_of_records=RECORD_PAGES,
    )


def _filter(desk: Desk) -> audit.AuditFilter:
    who, number = desk.asked("who").strip(), desk.asked("number").strip()
    record = parse_choice(desk.asked("record"), ("", *RECORDS), field=N_("record"))
    since, until = desk.asked("since"), desk.asked("until")
    return audit.AuditFilter(
        actor_id=users.find_user(desk.session, desk.me, who).id if who else None,
        action=desk.asked("action"),
        record_type=record,
        record_id=parse_id(number, field=N_("number")) if number else None,
        since=desk.start(since, field=N_("since")) if since else None,
        until=desk.start(until, field=N_("until")) if until else None,
    )
