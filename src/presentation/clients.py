"""What lists and cards show of the people who buy events."""

from src.i18n import N_
from src.presentation.columns import Column

COLUMNS = (
    Column(key="id", heading=N_("No."), kind="number", importance=1),
    Column(key="first_name", heading=N_("First name"), importance=1),
    Column(key="last_name", heading=N_("Last name"), importance=1),
    Column(key="company_name", heading=N_("Company"), importance=1),
    Column(key="email", heading=N_("E-mail"), importance=2),
    Column(key="phone", heading=N_("Phone"), importance=2),
    Column(key="sales_contact", heading=N_("Sales contact"), importance=2),
    Column(key="last_contact_at", heading=N_("Last contact"), kind="moment", importance=3),
    Column(key="created_at", heading=N_("First contact"), kind="moment", importance=3),
)

RECORD = (
    *COLUMNS[:6],
    Column(
        key="sales_contact", heading=N_("Sales contact"), of=lambda client: client.sales_contact.username, importance=2
    ),
    *COLUMNS[7:],
    Column(key="updated_at", heading=N_("Last change"), kind="moment", importance=3),
    Column(key="version", heading=N_("Version"), kind="number", importance=3),
)

SORTS = ("name", "company", "email", "last-contact", "created", "id")
