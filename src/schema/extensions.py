"""Operations for revisions that need an extension of PostgreSQL; on SQLite they do nothing.

op.create_extension("pg_trgm")                            installed unless it is there already
op.drop_extension("pg_trgm", because="nothing uses it")   stays where something else uses it, or it is not ours
"""

from alembic.operations import MigrateOperation, Operations
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from src.domain.errors import DatabaseError
from src.i18n import N_
from src.schema.guard.declarations import Declare

_NOT_ALLOWED = "42501"
# What a server says that has no such extension to install; it depends on its version.
_NOT_THERE = frozenset({"0A000", "58P01"})
_REFUSALS = {
    _NOT_ALLOWED: N_(
        "The database needs PostgreSQL's extension {name}, which this user may not install. Nothing was changed."
        " Let the server's administrator run in this database: CREATE EXTENSION {name}"
    ),
    **dict.fromkeys(
        _NOT_THERE,
        N_(
            "The database needs PostgreSQL's extension {name}, which its server does not have. Nothing was changed."
            " Let the server's administrator install PostgreSQL's additional modules (postgresql-contrib)."
        ),
    ),
}


@Operations.register_operation("create_extension")
@Operations.register_operation("drop_extension")
class Extension(MigrateOperation):
    """An extension that comes or goes; `because` is empty for one that comes."""

    def __init__(self, name: str, *, because: str = "") -> None:
        self.name = name
        self.because = because

    @classmethod
    def create_extension(cls, operations: Operations, name: str) -> None:
        """Install an extension unless it is there."""
        operations.invoke(cls(name))

    @classmethod
    def drop_extension(cls, operations: Operations, name: str, *, because: str) -> None:
        """Take an extension out if it belongs to whoever runs this, and nothing else in the database uses it."""
        operations.invoke(cls(name, because=because))


@Operations.implementation_for(Extension)
def _apply(operations: Operations, operation: Extension) -> None:
    context = operations.get_context()
    if context.dialect.name != "postgresql":
        return
    if operation.because:
        if not context.as_sql:
            _drop(operations, operation)
            return
        operations.execute(_drop_quietly(operation.name))
        return
    try:
        operations.execute(f'CREATE EXTENSION IF NOT EXISTS "{operation.name}"')
    except DBAPIError as error:
        refusal = _REFUSALS.get(getattr(error.orig, "sqlstate", None) or "")
        if refusal is None:
            raise
        raise DatabaseError(refusal, name=operation.name) from None


def _drop(operations: Operations, operation: Extension) -> None:
    bind = operations.get_bind()
    there = text("SELECT count(*) FROM pg_extension WHERE extname = :name").bindparams(name=operation.name)
    before = bind.scalar(there)
    operations.execute(_drop_quietly(operation.name))
    if before != bind.scalar(there):
        Declare.accept_drop(operations, kind="extension", name=operation.name, because=operation.because)


def _drop_quietly(name: str) -> str:
    return (
        f'DO $$ BEGIN DROP EXTENSION IF EXISTS "{name}";'
        " EXCEPTION WHEN insufficient_privilege OR dependent_objects_still_exist THEN NULL; END $$"
    )
