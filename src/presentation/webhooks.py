"""What lists show of webhooks, and of what was sent to them."""

from src.i18n import N_
from src.presentation.columns import Column
from src.presentation.histories import DEEDS, RECORDS

SORTS = ("id", "name")
EVERY_RECORD, EVERY_ACTION = N_("every record"), N_("every action")
STATES = {"pending": N_("waiting"), "delivered": N_("delivered"), "dead": N_("given up")}
# What an attempt ended with.
ERRORS = {
    "timeout": N_("no answer in time"),
    "unknown_host": N_("there is no such host"),
    "unreachable": N_("nobody answers there"),
    "certificate": N_("its certificate is not valid"),
    "private_address": N_("it is inside a network of our own"),
    "not_http": N_("the answer is not HTTP"),
    "refused": N_("the receiver did not accept it"),
    "gone": N_("the receiver says that it is gone"),
    "paused": N_("the webhook was paused"),
    "unforeseen": N_("something unforeseen failed here; the log of the worker tells"),
}

COLUMNS = (
    Column(key="id", heading=N_("No."), kind="number", importance=1),
    Column(key="name", heading=N_("Name"), importance=1),
    Column(key="url", heading=N_("Address"), importance=1, wraps=True),
    Column(key="record_type", heading=N_("Record"), kind="choice", labels={**RECORDS, "": EVERY_RECORD}),
    Column(key="action", heading=N_("Action"), kind="choice", labels={**DEEDS, "": EVERY_ACTION}, wraps=True),
    Column(key="is_active", heading=N_("Active"), kind="bool", importance=1),
    Column(key="created_at", heading=N_("Since"), kind="moment", importance=3),
)
RECORD = (*COLUMNS, Column(key="version", heading=N_("Version"), kind="number", importance=3))
# It is said once, where it was made.
SECRET = Column(key="secret", heading=N_("Secret"))

DELIVERIES = (
    Column(key="id", heading=N_("No."), kind="number", importance=1),
    Column(key="state", heading=N_("State"), kind="choice", labels=STATES, importance=1),
    Column(key="action", heading=N_("Action"), kind="choice", labels=DEEDS, importance=1, wraps=True),
    Column(key="record_type", heading=N_("Record"), kind="choice", labels=RECORDS),
    Column(key="record_id", heading=N_("Record no."), kind="number"),
    Column(key="created_at", heading=N_("When"), kind="moment", importance=1),
    Column(key="attempts", heading=N_("Attempts"), kind="number"),
    Column(key="due_at", heading=N_("Next attempt"), kind="moment"),
    Column(key="delivered_at", heading=N_("Arrived"), kind="moment", importance=3),
    Column(key="last_status", heading=N_("Status"), kind="number", importance=3),
    Column(key="last_error", heading=N_("What went wrong"), kind="choice", importance=1, labels=ERRORS, wraps=True),
)
