"""What lists show of the keys that people gave to programs."""

from src.i18n import N_
from src.presentation.columns import Column

COLUMNS = (
    Column(key="id", heading=N_("No."), kind="number", importance=1),
    Column(key="username", heading=N_("Username"), importance=2),
    Column(key="name", heading=N_("Name"), importance=1),
    Column(key="scopes", heading=N_("Rights"), importance=1, wraps=True),
    Column(key="created_at", heading=N_("Since"), kind="moment", importance=3),
    Column(key="last_used_at", heading=N_("Last used"), kind="moment", importance=2),
    Column(key="expires_at", heading=N_("Ends"), kind="moment", importance=1),
    Column(key="revoked_at", heading=N_("Ended"), kind="moment", importance=1),
)
