"""Tables of the layer are not the project's: nobody is asked to drop them, and with no others a database is empty."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, create_engine

from src.schema.autogenerate import is_compared
from src.schema.own_tables import ASIDE, LEDGER, is_layer_table
from src.schema.state import DatabaseState, state_from


def test_only_the_layers_own_names_are_its_own() -> None:
    assert [is_layer_table(name) for name in (LEDGER, ASIDE, f"{ASIDE}_clients__fax")] == [True, True, True]
    assert [is_layer_table(name) for name in ("clients", "schema_asides", "ledger", "")] == [False] * 4


def test_autogenerate_does_not_see_them() -> None:
    with create_engine("sqlite://").connect() as connection:
        for table in (LEDGER, ASIDE, f"{ASIDE}_clients__fax", "clients"):
            connection.exec_driver_sql(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY)")
        context = MigrationContext.configure(connection, opts={"include_name": is_compared})
        differences = compare_metadata(context, MetaData())
    assert [(kind, table.name) for kind, table in differences] == [("remove_table", "clients")]


def test_a_database_that_holds_only_them_is_empty() -> None:
    nothing: frozenset[str] = frozenset()
    only_ours = frozenset({LEDGER, ASIDE, f"{ASIDE}_faxes"})
    assert state_from(nothing, only_ours, parents={}, heads=nothing) is DatabaseState.EMPTY
    assert state_from(nothing, only_ours | {"x"}, parents={}, heads=nothing) is DatabaseState.UNVERSIONED
