"""Brings a database to another schema from inside the program, as `alembic upgrade` and `downgrade` do."""

from argparse import Namespace
from typing import TYPE_CHECKING

from src.domain.errors import DatabaseError, NotFound
from src.i18n import N_
from src.schema.revision_text import require_python

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alembic.script import ScriptDirectory

    from src.schema.onlooker import Onlooker
    from src.schema.revisions import Project


def upgrade_to_head(project: "Project", database_url: str) -> None:
    """Apply every pending migration to this database, creating a SQLite file that does not exist; all or nothing.

    `database_url` is the address as it was configured. Raises CrmError.
    """
    upgrade(project, database_url, "head")


def upgrade(
    project: "Project", database_url: str, revision: str, *, onlooker: "Onlooker | None" = None, backup: bool = True
) -> None:
    """Apply the pending migrations up to a revision; without `backup` none is made first. Raises CrmError."""
    _run("upgrade", project, database_url, revision, onlooker, backup=backup)


def downgrade(
    project: "Project", database_url: str, revision: str, *, onlooker: "Onlooker | None" = None, backup: bool = True
) -> None:
    """Undo the migrations that came after a revision; without `backup` none is made first. Raises CrmError."""
    _run("downgrade", project, database_url, revision, onlooker, backup=backup)


def _run(
    name: str, project: "Project", database_url: str, revision: str, onlooker: "Onlooker | None", *, backup: bool
) -> None:
    from alembic import command  # noqa: PLC0415 - Alembic takes 150 ms: only who migrates pays
    from alembic.config import Config  # noqa: PLC0415 - Alembic takes 150 ms: only who migrates pays
    from alembic.script.revision import RevisionError  # noqa: PLC0415 - Alembic takes 150 ms: only who migrates pays
    from alembic.util import CommandError  # noqa: PLC0415 - Alembic takes 150 ms: only who migrates pays

    options = [f"url={database_url}", *([] if backup else ["backup=no"])]
    config = Config(project.ini, cmd_opts=Namespace(x=options))
    config.attributes["onlooker"] = onlooker
    try:
        (command.upgrade if name == "upgrade" else command.downgrade)(config, revision)
    except CommandError as error:
        if isinstance(error.__cause__, RevisionError):
            raise NotFound(N_("There is no revision {name} to go to from here."), name=revision) from None
        raise DatabaseError(N_("The migration failed and was undone: {reason}"), reason=str(error)) from error


def revision_scripts(project: "Project") -> "ScriptDirectory":
    """Open the history of a program's migrations. Raises DatabaseError where it is not whole."""
    from alembic.config import Config  # noqa: PLC0415 - Alembic takes 150 ms: only who migrates pays
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - Alembic takes 150 ms: only who migrates pays

    require_python(project.versions)
    return ScriptDirectory.from_config(Config(project.ini))


def parents_in(scripts: "ScriptDirectory") -> "Mapping[str, tuple[str, ...]]":
    """Name each revision of a history with those that it follows."""
    from alembic.util import to_tuple  # noqa: PLC0415 - Alembic takes 150 ms: only who migrates pays

    return {script.revision: to_tuple(script.down_revision, ()) for script in scripts.walk_revisions()}
