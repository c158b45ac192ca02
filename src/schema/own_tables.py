"""The tables that this layer keeps in a database for itself; no model describes them, nobody should be told of them."""

LEDGER = "schema_ledger"
# What contract steps took away and may bring back: this table says what is where, `schema_aside_…` hold the values.
ASIDE = "schema_aside"


def is_layer_table(name: str) -> bool:
    """Tell whether a table is the layer's own: autogenerate, `alembic check` and the search for drift pass it over."""
    return name in {LEDGER, ASIDE} or name.startswith(f"{ASIDE}_")
