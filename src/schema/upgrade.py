"""Brings the company's database to another schema from inside the program, as `alembic upgrade` and `downgrade` do."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from src.domain.errors import DatabaseError, NotFound
from src.i18n import N_

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

    from src.schema.onlooker import Onlooker

ALEMBIC_INI = Path(__file__).absolute().parents[2] / "alembic.ini"


def upgrade_to_head(database_url: str) -> None:
    """Apply every pending migration to this database, creating a SQLite file that does not exist; all or nothing.

    `database_url` is the address as it was configured. Raises CrmError.
    """
    upgrade(database_url, "head")


def upgrade(database_url: str, revision: str, *, onlooker: "Onlooker | None" = None, backup: bool = True) -> None:
    """Apply the pending migrations up to a revision; without `backup` none is made first. Raises CrmError."""
    _run("upgrade", database_url, revision, onlooker, backup=backup)


def downgrade(database_url: str, revision: str, *, onlooker: "Onlooker | None" = None, backup: bool = True) -> None:
    """Undo the migrations that came after a revision; without `backup` none is made first. Raises CrmError."""
    _run("downgrade", database_url, revision, onlooker, backup=backup)


def _run(name: str, database_url: str, revision: str, onlooker: "Onlooker | None", *, backup: bool) -> None:
    from alembic import command  # noqa: PLC0415 - 150 ms that only a program about to migrate should pay
    from alembic.config import Config  # noqa: PLC0415 - as above
    from alembic.script.revision import RevisionError  # noqa: PLC0415 - as above
    from alembic.util import CommandError  # noqa: PLC0415 - as above

    options = [f"url={database_url}", *([] if backup else ["backup=no"])]
    config = Config(ALEMBIC_INI, cmd_opts=Namespace(x=options))
    config.attributes["onlooker"] = onlooker
    try:
        (command.upgrade if name == "upgrade" else command.downgrade)(config, revision)
    except CommandError as error:
        if isinstance(error.__cause__, RevisionError):
            raise NotFound(N_("There is no revision {name} to go to from here."), name=revision) from None
        raise DatabaseError(N_("The migration failed and was undone: {reason}"), reason=str(error)) from error


def revision_scripts() -> "ScriptDirectory":
    """Open the history of this program's migrations."""
    from alembic.config import Config  # noqa: PLC0415 - as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    return ScriptDirectory.from_config(Config(ALEMBIC_INI))
