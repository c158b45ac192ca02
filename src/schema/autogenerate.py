"""How the tables of a database are compared with the models, and how a difference is written into a new revision."""

from functools import cache
from typing import Any, Literal

from alembic import context
from alembic.autogenerate import render
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Dialect, make_url
from sqlalchemy.types import TypeDecorator, TypeEngine

from src.schema.own_tables import is_layer_table

# Named CHECKs are compared only by this plugin; types and server defaults by Alembic itself.
PLUGINS = ("alembic.autogenerate.*", "alembic.ext.checkconstraint_byname")


def is_compared(name: str | None, kind: str, _parents: object) -> bool:
    """Tell whether what has this name is compared with the models: what the layer keeps for itself is not."""
    return kind != "table" or name is None or not is_layer_table(name)


def is_of_this_engine(item: Any, _name: str | None, kind: str, reflected: bool, _other: object) -> bool:  # noqa: FBT001 - Alembic's signature
    """Leave out SQLite's full-text indexes, which look like tables, and what the models have for the other engine."""
    dialect = context.get_context().dialect
    if kind == "table" and reflected and dialect.name == "sqlite":
        return item.name not in _kept_by_modules()
    if kind == "index" and not reflected and item._ddl_if is not None:  # what ddl_if() said has no public name
        return bool(item._ddl_if.dialect == dialect.name)
    return True


def _kept_by_modules() -> frozenset[str]:
    """Name the virtual tables of a SQLite database, and those in which their modules keep what they know."""
    rows = context.get_bind().exec_driver_sql(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('virtual', 'shadow')"
    )
    return frozenset(name for (name,) in rows)


def plain_type(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """Write the application's own column types as plain SQL types, so that a revision never imports the application.

    A revision is history: it must create the same columns after the application's types have changed or gone.
    """
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    # Alembic has no public function for this, and it must not write the variants of the types it is given here.
    on_sqlite, on_postgresql = (
        render._repr_type(_plain(item, dialect), context, _skip_variants=True) for dialect in _dialects()
    )
    return on_sqlite if on_sqlite == on_postgresql else f"{on_sqlite}.with_variant({on_postgresql}, 'postgresql')"


def _plain(type_: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    """Follow a type of ours down to SQLAlchemy's own for this engine."""
    while True:
        variants = type_._variant_mapping  # SQLAlchemy gives no public access to what with_variant() said
        if dialect.name in variants:
            type_ = variants[dialect.name]
        elif isinstance(type_, TypeDecorator):
            type_ = type_.load_dialect_impl(dialect)
        else:
            break
    for known in type(type_).__mro__:
        # A dialect's private stand-in (_PGString) is written as the public type it stands in for.
        if not known.__name__.startswith("_"):
            return type_ if known is type(type_) else type_.adapt(known)
    return type_


@cache
def _dialects() -> list[Dialect]:
    return [make_url(url).get_dialect()() for url in ("sqlite://", "postgresql+psycopg://")]
