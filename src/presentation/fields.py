"""How each field of a record is called and written: histories and conflicts say `Total: 1 200,00 €`."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from src.domain.permissions import DEPARTMENT_LABELS
from src.i18n import N_, _
from src.presentation.columns import Column, Manner, for_people
from src.presentation.histories import DEEDS, RECORDS

STATUSES = {"draft": N_("draft"), "sent": N_("sent"), "signed": N_("signed"), "cancelled": N_("cancelled")}
METHODS = {
    "transfer": N_("bank transfer"),
    "card": N_("card"),
    "cheque": N_("cheque"),
    "cash": N_("cash"),
    "other": N_("other"),
}
DEPARTMENTS = {department.value: label for department, label in DEPARTMENT_LABELS.items()}

FIELDS: Mapping[str, Column] = {
    column.key: column
    for column in (
        Column(key="username", heading=N_("Username")),
        Column(key="email", heading=N_("E-mail")),
        Column(key="password_hash", heading=N_("Password")),
        Column(key="totp_secret", heading=N_("Second factor")),
        Column(key="recovery_codes", heading=N_("Recovery codes")),
        Column(key="sessions_ended", heading=N_("Sessions ended"), kind="number"),
        Column(key="token_created", heading=N_("Token made")),
        Column(key="token_revoked", heading=N_("Token ended")),
        Column(key="feed_created", heading=N_("Calendar feed made")),
        Column(key="feed_ended", heading=N_("Calendar feed ended")),
        Column(key="first_name", heading=N_("First name")),
        Column(key="last_name", heading=N_("Last name")),
        Column(key="phone", heading=N_("Phone")),
        Column(key="department", heading=N_("Department"), kind="choice", labels=DEPARTMENTS),
        Column(key="is_active", heading=N_("Active"), kind="bool"),
        Column(key="must_change_password", heading=N_("Must choose a password"), kind="bool"),
        Column(key="company_name", heading=N_("Company")),
        Column(key="sales_contact_id", heading=N_("Sales contact"), kind="number"),
        Column(key="last_contact_at", heading=N_("Last contact"), kind="moment"),
        Column(key="client_id", heading=N_("Client no."), kind="number"),
        Column(key="contract_id", heading=N_("Contract no."), kind="number"),
        Column(key="title", heading=N_("Title")),
        Column(key="line", heading=N_("Line"), kind="number"),
        Column(key="description", heading=N_("Description")),
        Column(key="quantity", heading=N_("Quantity"), kind="decimal"),
        Column(key="unit_price", heading=N_("Unit price"), kind="money"),
        Column(key="vat_rate", heading=N_("VAT %"), kind="decimal"),
        Column(key="total", heading=N_("Total"), kind="money"),
        Column(key="paid", heading=N_("Paid"), kind="money"),
        Column(key="status", heading=N_("Status"), kind="choice", labels=STATUSES),
        Column(key="signed_at", heading=N_("Signed"), kind="moment"),
        Column(key="amount", heading=N_("Amount"), kind="money"),
        Column(key="received_on", heading=N_("Received on"), kind="date"),
        Column(key="method", heading=N_("Method"), kind="choice", labels=METHODS),
        Column(key="reference", heading=N_("Reference")),
        Column(key="reason", heading=N_("Reason")),
        Column(key="name", heading=N_("Name")),
        Column(key="event_start", heading=N_("Start"), kind="moment"),
        Column(key="event_end", heading=N_("End"), kind="moment"),
        Column(key="time_zone", heading=N_("Time zone")),
        Column(key="location", heading=N_("Location")),
        Column(key="attendees", heading=N_("Attendees"), kind="number"),
        Column(key="notes", heading=N_("Notes")),
        Column(key="support_contact_id", heading=N_("Support contact"), kind="number"),
        Column(key="contact_name", heading=N_("Client's contact")),
        Column(key="contact_phone", heading=N_("Contact's phone")),
        Column(key="contact_email", heading=N_("Contact's e-mail")),
        Column(key="format", heading=N_("Format")),
        Column(key="url", heading=N_("Address")),
        Column(key="secret", heading=N_("Secret")),
        Column(key="record_type", heading=N_("Record"), kind="choice", labels=RECORDS),
        Column(key="action", heading=N_("Action"), kind="choice", labels=DEEDS),
        Column(key="deliveries_replayed", heading=N_("Sent again"), kind="number"),
        # How much of each a demo company was loaded with.
        Column(key="staff", heading=N_("Members of staff"), kind="number"),
        Column(key="clients", heading=N_("Clients"), kind="number"),
        Column(key="contracts", heading=N_("Contracts"), kind="number"),
        Column(key="lines", heading=N_("Lines"), kind="number"),
        Column(key="payments", heading=N_("Payments"), kind="number"),
        Column(key="events", heading=N_("Events"), kind="number"),
        Column(key="seed", heading=N_("Seed"), kind="number"),
    )
}

# The fields that hold the number of a member of staff.
PEOPLE = frozenset({"sales_contact_id", "support_contact_id"})


def name_of_field(field: str) -> str:
    """Give the word for a field in the reader's language; one we have no word for keeps its own name."""
    return _(FIELDS[field].heading) if field in FIELDS else field


def value_of_field(field: str, value: Any, manner: Manner, people: Mapping[int, str] = MappingProxyType({})) -> str:
    """Write a field's value for people; the audit log keeps amounts and times as exact text.

    `people` are the usernames by number, where the log names a member of staff.
    """
    if field in PEOPLE and value in people:
        return people[value]
    column = FIELDS.get(field, Column(key=field, heading=field))
    return for_people([column], [_typed(column, value)], manner)[0]


def changes_in_words(
    changes: Mapping[str, tuple[Any, Any]], manner: Manner, people: Mapping[int, str] = MappingProxyType({})
) -> str:
    """Write what changed: each field before and after, or only after for what is new."""
    parts = []
    for field, (before, after) in changes.items():
        sides = [value_of_field(field, side, manner, people) for side in (before, after)]
        shown = sides[1] if before is None else " → ".join(sides)
        parts.append(_("{heading}: {value}").format(heading=name_of_field(field), value=shown))
    return "; ".join(parts)


def _typed(column: Column, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match column.kind:
        case "money" | "decimal":
            return Decimal(value)
        case "moment":
            return datetime.fromisoformat(value)
        case "date":
            return date.fromisoformat(value)
        case _:
            return value
