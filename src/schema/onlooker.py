"""What a long change of the schema tells whoever is watching: how far the backup is, and what was done."""

from src.i18n import N_, _
from src.schema.answers import say
from src.schema.backup.backups import Backup

# Where a program that calls Alembic leaves its onlooker: among the attributes of the Config.
ONLOOKER = "onlooker"

NO_BACKUP = N_("No backup was made, as you asked for; there is no way back from what the migration loses.")


class Onlooker:
    """Hears of each part of a change; this one says nothing."""

    def backing_up(self, done: int, total: int) -> None:
        """So much of the backup is made."""

    def backed_up(self, backup: Backup) -> None:
        """The backup is made and good; the first revision is about to run."""

    def unprotected(self) -> None:
        """The revisions are about to run without a backup, because somebody wanted it so."""

    def committing(self) -> None:
        """From here on it may have happened."""


class PersonAtAlembic(Onlooker):
    """Somebody who typed `alembic upgrade`, or a program that called it, which hears nothing."""

    def __init__(self, restore_command: str) -> None:
        self.restore_command = restore_command

    def backed_up(self, backup: Backup) -> None:
        say(way_back(backup, self.restore_command))

    def unprotected(self) -> None:
        say(_(NO_BACKUP))


def way_back(backup: Backup, restore_command: str) -> str:
    """Say where a backup is and how to come back to it."""
    return _("Backup made: {file}. To come back to it: {command}").format(
        file=backup.file, command=f"{restore_command} {backup.file.name}"
    )
