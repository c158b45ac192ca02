"""What a database is made of, in a form in which two moments can be compared."""

from collections.abc import Mapping
from typing import NamedTuple

from src.i18n import N_

Definition = Mapping[str, str]


class Key(NamedTuple):
    """The name of a part of a schema: of which kind, on which table ("" if on none), called how."""

    kind: str
    table: str
    name: str


Objects = Mapping[Key, Definition]

# The words that people read and that `op.accept_drop(kind=…)` takes.
KINDS: Mapping[str, str] = {
    "autoincrement": N_("AUTOINCREMENT"),
    "check": N_("CHECK"),
    "column": N_("column"),
    "comment": N_("comment"),
    "domain": N_("domain"),
    "enum": N_("enumeration"),
    "exclusion": N_("exclusion constraint"),
    "extension": N_("extension"),
    "foreign key": N_("foreign key"),
    "function": N_("function"),
    "index": N_("index"),
    "policy": N_("policy"),
    "primary key": N_("primary key"),
    "privilege": N_("privilege"),
    "rule": N_("rule"),
    "sequence": N_("sequence"),
    "table": N_("table"),
    "table option": N_("table option"),
    "trigger": N_("trigger"),
    "type": N_("type"),
    "unique": N_("UNIQUE"),
    "view": N_("view"),
}
# The next number of a sequence may only grow.
SEQUENCE_VALUE = "value"
# The sides of a part that may change one by one.
ATTRIBUTES: Mapping[str, str] = {
    "type": N_("type"),
    "not null": N_("NOT NULL"),
    "default": N_("default"),
    "collate": N_("collation"),
    "generated": N_("generated value"),
    "identity": N_("identity"),
    SEQUENCE_VALUE: N_("next number"),
    "virtual": N_("module"),
    "partition": N_("partition"),
    "options": N_("options"),
    "owner": N_("owning column"),
}


def table_key(table: str) -> Key:
    """Name a table."""
    return Key("table", table, "")


def tables_in(objects: Objects) -> list[str]:
    """List the tables."""
    return sorted(key.table for key in objects if key.kind == "table")


def columns_of(objects: Objects, table: str) -> list[str]:
    """List a table's columns in their order."""
    return [key.name for key in objects if key.kind == "column" and key.table == table]
