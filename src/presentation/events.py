"""What lists show of what the company delivers."""

from src.i18n import N_
from src.presentation.columns import Column

ID = Column(key="id", heading=N_("No."), kind="number", importance=1)
NAME = Column(key="name", heading=N_("Event"), importance=1)
WHEN = (
    Column(key="event_start", heading=N_("Start"), kind="moment", importance=1, zone_key="time_zone"),
    Column(key="event_end", heading=N_("End"), kind="moment", importance=2, zone_key="time_zone"),
    Column(key="time_zone", heading=N_("Time zone"), importance=3),
    Column(key="location", heading=N_("Location"), importance=2),
    Column(key="attendees", heading=N_("Attendees"), kind="number", importance=2),
)

COLUMNS = (
    ID,
    NAME,
    Column(key="contract_id", heading=N_("Contract no."), kind="number", importance=3),
    Column(key="client_id", heading=N_("Client no."), kind="number", importance=3),
    Column(key="client", heading=N_("Client"), of=lambda row: f"{row.client_first_name} {row.client_last_name}"),
    Column(key="company_name", heading=N_("Company"), importance=3),
    *WHEN,
    Column(key="support_contact", heading=N_("Support contact"), importance=1),
)

RECORD = (
    ID,
    NAME,
    Column(key="contract_id", heading=N_("Contract no."), kind="number"),
    Column(key="client_id", heading=N_("Client no."), kind="number", of=lambda event: event.contract.client_id),
    Column(key="client", heading=N_("Client"), of=lambda event: event.contract.client.full_name),
    Column(key="company_name", heading=N_("Company"), of=lambda event: event.contract.client.company_name),
    Column(
        key="sales_contact",
        heading=N_("Sales contact"),
        of=lambda event: event.contract.client.sales_contact.username,
    ),
    *WHEN,
    Column(
        key="support_contact",
        heading=N_("Support contact"),
        of=lambda event: event.support_contact.username if event.support_contact else None,
    ),
    # Whom to call on the day: the person named for it, otherwise the client.
    Column(
        key="contact_name",
        heading=N_("Client's contact"),
        of=lambda event: event.contact.name,
    ),
    Column(
        key="contact_phone",
        heading=N_("Contact's phone"),
        of=lambda event: event.contact.phone,
    ),
    Column(
        key="contact_email",
        heading=N_("Contact's e-mail"),
        of=lambda event: event.contact.email,
    ),
    Column(key="notes", heading=N_("Notes")),
    Column(key="created_at", heading=N_("Created"), kind="moment"),
    Column(key="updated_at", heading=N_("Last change"), kind="moment"),
    Column(key="version", heading=N_("Version"), kind="number"),
)

SORTS = ("start", "end", "name", "location", "id")
