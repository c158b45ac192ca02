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
