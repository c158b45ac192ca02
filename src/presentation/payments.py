"""What lists show of the money for contracts."""

from src.i18n import N_
from src.presentation.columns import Column
from src.presentation.contracts import ID
from src.presentation.fields import METHODS

COLUMNS = (
    ID,
    Column(key="received_on", heading=N_("Received on"), kind="date", importance=1),
    Column(key="amount", heading=N_("Amount"), kind="money", importance=1),
    Column(key="method", heading=N_("Method"), kind="choice", labels=METHODS, importance=2),
    Column(key="reference", heading=N_("Reference"), importance=2),
    Column(key="reason", heading=N_("Reason"), importance=3),
    Column(key="recorded_by", heading=N_("Recorded by"), of=lambda payment: payment.recorded_by_username, importance=3),
)
