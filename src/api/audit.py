"""Who did what to which record, for management."""

from src.api.answering import Listed
from src.api.desk import Desk
from src.api.fields import Field
from src.api.operations import Operations
from src.api.pages import part_of
from src.domain.permissions import Action
from src.i18n import N_
from src.presentation.histories import AUDIT, RECORDS
from src.services import audit

operations = Operations()

FILTERS = (
    Field(name="actor_id", kind="number", about="Only what this member of staff did."),
    Field(name="action", kind="choice", choices=tuple(action.value for action in Action)),
    Field(name="record_type", kind="choice", choices=tuple(RECORDS)),
    Field(name="record_id", kind="number"),
    Field(name="since", kind="moment", says=N_("since"), about="From this day, or day and time, on."),
    Field(name="until", kind="moment", says=N_("until"), about="Before this day, or day and time."),
)


@operations.list("/audit-entries", Action.AUDIT_READ_ALL, answers=AUDIT, sorts=("id",), words=FILTERS)
def list_audit_entries(desk: Desk) -> Listed:
    """List the audit log, newest first."""
    filters = audit.AuditFilter(
        actor_id=desk.asked.get("actor_id"),
        action=desk.asked.get("action", ""),
        record_type=desk.asked.get("record_type", ""),
        record_id=desk.asked.get("record_id"),
        since=desk.start("since", field=N_("since")),
        until=desk.start("until", field=N_("until")),
    )
    page = audit.list_audit(desk.session, desk.me, filters, **part_of(desk, sort="-id"))
    return Listed(page.items, page.next, lambda: audit.select_audit(desk.me, filters))
