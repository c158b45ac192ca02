"""`epicevents db`: the database itself, for whoever keeps the installation running; nobody has to be logged in.

One file per cluster of verbs; each is loaded only when it is used. A new verb goes into
VERBS, from the daily to the rare.
"""

import click

from src.cli.commands import Group, load
from src.i18n import N_

# Verb -> where its click command is; the files import neither SQLAlchemy nor Alembic at their top.
VERBS = {
    "status": "src.cli.db.status:status",
    "plan": "src.cli.db.planning:plan",
    "upgrade": "src.cli.db.changing:upgrade",
    "downgrade": "src.cli.db.changing:downgrade",
    "backup": "src.cli.db.saving:backup",
    "backups": "src.cli.db.saving:backups",
    "restore": "src.cli.db.saving:restore",
    "verify": "src.cli.db.checking:verify",
    "adopt": "src.cli.db.checking:adopt",
    "history": "src.cli.db.looking:history",
    "lint": "src.cli.db.looking:lint",
}


class Verbs(Group):
    """The verbs for the database, each loaded when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = VERBS.get(cmd_name)
        return load(place) if place else None


@click.group("db", cls=Verbs, help=N_("The database: its state, upgrades, backups and history."))
def db() -> None:
    """Hold the verbs for the database."""
