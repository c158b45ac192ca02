"""All that this layer adds to Alembic: who imports this may run revisions that use it."""

import src.schema.aside.operations
import src.schema.casts.postgresql
import src.schema.extensions
import src.schema.guard.declarations
import src.schema.rebuild.batch  # noqa: F401 - defining them is enough
