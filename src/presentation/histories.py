"""What histories and the audit log show of who did what."""

from collections.abc import Mapping

from src.domain.permissions import ACTION_LABELS
from src.i18n import N_
from src.presentation.columns import Column

# The program does some things by itself, for which nobody needs a right.
DEEDS: Mapping[str, str] = {
    **{action.value: label for action, label in ACTION_LABELS.items()},
    "demo.load": N_("load the demo company"),
    "demo.passwords": N_("give new demo passwords"),
    "webhook.receiver_gone": N_("pause a webhook whose receiver is gone"),
}

COLUMNS = (
    Column(key="id", heading=N_("No."), kind="number", importance=3),
    Column(key="created_at", heading=N_("When"), kind="moment", importance=1),
    Column(key="actor_username", heading=N_("Who"), importance=1),
    Column(key="action", heading=N_("What"), kind="choice", importance=1, wraps=True, labels=DEEDS),
    Column(key="changes", heading=N_("Changes"), kind="changes", importance=2),
    Column(key="reason", heading=N_("Reason"), importance=2, wraps=True),
    Column(key="interface", heading=N_("From"), importance=3),
)

RECORDS = {
    "users": N_("member of staff"),
    "clients": N_("client"),
    "contracts": N_("contract"),
    "events": N_("event"),
    "webhooks": N_("webhook"),
}

AUDIT = (
    *COLUMNS[:4],
    Column(key="record_type", heading=N_("Record"), kind="choice", labels=RECORDS, importance=2),
    Column(key="record_id", heading=N_("Record no."), kind="number", importance=2),
    *COLUMNS[4:],
)
