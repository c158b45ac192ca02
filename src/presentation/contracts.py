"""What lists show of what was sold."""

from dataclasses import replace
from decimal import Decimal

from src.i18n import N_
from src.presentation.columns import Column
from src.presentation.fields import STATUSES

ID = Column(key="id", heading=N_("No."), kind="number", importance=1)
TITLE = Column(key="title", heading=N_("Title"), importance=1)
MONEY = (
    Column(key="status", heading=N_("Status"), kind="choice", labels=STATUSES, importance=1),
    Column(key="total", heading=N_("Total"), kind="money", importance=2),
    Column(key="paid", heading=N_("Paid"), kind="money", importance=2),
    Column(key="due", heading=N_("Due"), kind="money", importance=1),
    Column(key="signed_at", heading=N_("Signed"), kind="moment", importance=3),
    Column(key="created_at", heading=N_("Created"), kind="moment", importance=3),
)

COLUMNS = (
    ID,
    TITLE,
    Column(key="client_id", heading=N_("Client no."), kind="number", importance=3),
    Column(key="client", heading=N_("Client"), of=lambda row: f"{row.client_first_name} {row.client_last_name}"),
    Column(key="company_name", heading=N_("Company"), importance=3),
    Column(key="sales_contact", heading=N_("Sales contact"), importance=3),
    *MONEY,
)

RECORD = (
    ID,
    TITLE,
    Column(key="client_id", heading=N_("Client no."), kind="number"),
    Column(key="client", heading=N_("Client"), of=lambda contract: contract.client.full_name),
    Column(key="company_name", heading=N_("Company"), of=lambda contract: contract.client.company_name),
    Column(
        key="sales_contact", heading=N_("Sales contact"), of=lambda contract: contract.client.sales_contact.username
    ),
    *MONEY,
    Column(key="updated_at", heading=N_("Last change"), kind="moment"),
    Column(key="version", heading=N_("Version"), kind="number"),
)

SORTS = ("id", "title", "total", "created")


def sum_columns(total: Decimal, paid: Decimal, due: Decimal) -> list[Column]:
    """Name what contracts add up to: where the list holds cancelled ones, nothing of them is in what is due."""
    sums = [column for column in MONEY if column.key in {"total", "paid", "due"}]
    if due != total - paid:
        sums[-1] = replace(sums[-1], heading=N_("Due (without cancelled)"))
    return sums
