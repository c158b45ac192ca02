"""Brings the company's database to the schema of this program, from inside the program."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from src.domain.errors import DatabaseError
from src.i18n import N_

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

ALEMBIC_INI = Path(__file__).absolute().parents[2] / "alembic.ini"


def upgrade_to_head(database_url: str) -> None:
    """Apply every pending migration to this database, creating a SQLite file that does not exist; all or nothing.

    `database_url` is the address as it was configured. Raises CrmError.
    """
    from alembic import command  # noqa: PLC0415 - 150 ms that only a program about to migrate should pay
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config(ALEMBIC_INI, cmd_opts=Namespace(x=[f"url={database_url}"]))
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseError(N_("The migration failed and was undone: {reason}"), reason=str(error)) from error


def revision_scripts() -> "ScriptDirectory":
    """Open the history of this program's migrations."""
    from alembic.config import Config  # noqa: PLC0415 - as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory.from_config(Config(ALEMBIC_INI))
