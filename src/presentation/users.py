"""What the staff directory shows of the people who work here: nothing of how they log in."""

from src.i18n import N_
from src.presentation.columns import Column
from src.presentation.fields import DEPARTMENTS

COLUMNS = (
    Column(key="id", heading=N_("No."), kind="number", importance=2),
    Column(key="username", heading=N_("Username"), importance=1),
    Column(key="first_name", heading=N_("First name"), importance=1),
    Column(key="last_name", heading=N_("Last name"), importance=1),
    Column(key="department", heading=N_("Department"), kind="choice", labels=DEPARTMENTS, importance=1),
    Column(key="email", heading=N_("E-mail"), importance=2),
    Column(key="phone", heading=N_("Phone"), importance=3),
    Column(key="is_active", heading=N_("Active"), kind="bool", importance=3),
)
RECORD = (
    *COLUMNS,
    Column(key="created_at", heading=N_("Created"), kind="moment"),
    Column(key="updated_at", heading=N_("Last change"), kind="moment"),
    Column(key="version", heading=N_("Version"), kind="number"),
)

SORTS = ("name", "username", "created", "id")
