"""How every Alembic command of this layer is configured."""

from typing import Any

from alembic import context
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData

import src.schema.alembic_parts  # noqa: F401 - revisions use them
from src.i18n import _
from src.schema import autogenerate
from src.schema.answers import command_name
from src.schema.aside.autogenerate import set_aside_what_is_dropped
from src.schema.guard.declarations import declare_what_becomes_weaker, declare_what_upgrade_added


def configure(metadata: MetaData, **how: Any) -> None:
    """Configure Alembic for the command that is running; `how` says on what."""
    context.configure(
        target_metadata=metadata,
        transactional_ddl=True,
        render_as_batch=True,
        compare_server_default=True,
        autogenerate_plugins=autogenerate.PLUGINS,
        render_item=autogenerate.plain_type,
        include_name=autogenerate.is_compared,
        include_object=autogenerate.is_of_this_engine,
        process_revision_directives=_finish_revision if command_name() == "revision" else None,
        **how,
    )


def _finish_revision(_context: MigrationContext, _revision: object, scripts: list[MigrationScript]) -> None:
    if all(operations.is_empty() for operations in scripts[0].upgrade_ops_list):
        scripts.clear()
        context.config.print_stdout(_("The database already agrees with the models: no revision was written."))
        return
    for upgrade, downgrade in zip(scripts[0].upgrade_ops_list, scripts[0].downgrade_ops_list, strict=True):
        set_aside_what_is_dropped(upgrade, downgrade)
        declare_what_upgrade_added(downgrade)
        declare_what_becomes_weaker(upgrade)
        declare_what_becomes_weaker(downgrade)
