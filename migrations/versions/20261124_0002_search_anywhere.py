"""Find clients, contracts and events by what is anywhere in their texts

Revision ID: 0002_search
Revises: 0001_initial
Create Date: 2026-11-24

Every three letters in a row of the folded columns are indexed. SQLite: a full-text index beside each table, which holds
the trigrams alone and is kept in step by triggers. PostgreSQL: an index of the extension pg_trgm.
"""

from collections.abc import Mapping, Sequence

from alembic import op

revision: str = "0002_search"
down_revision: str | None = "0001_initial"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SEARCHED: Mapping[str, tuple[str, ...]] = {
    "clients": ("first_name_key", "company_key", "email_key"),
    "contracts": ("title_key",),
    "events": ("name_key", "location_key"),
}
# From 3.42 on SQLite can overwrite what is deleted from a full-text index: nothing of it stays in the file.
_CAN_FORGET = "CAST(substr(sqlite_version(), 3) AS REAL) >= 42"
_OCCASIONS = ("added", "changed", "removed")


def _statements(table: str, columns: Sequence[str]) -> list[str]:
    search = f"search_{table}"
    added, changed, removed = (f"tr_{table}_search_{occasion}" for occasion in _OCCASIONS)
    named = ", ".join(columns)
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("NEW", "OLD"))
    add = f"INSERT INTO {search} (rowid, {named}) VALUES (NEW.id, {new})"  # noqa: S608 - names of ours
    remove = f"INSERT INTO {search} ({search}, rowid, {named}) VALUES ('delete', OLD.id, {old})"  # noqa: S608 - as above
    differs = " OR ".join(f"OLD.{column} <> NEW.{column}" for column in ("id", *columns))
    return [
        f"CREATE VIRTUAL TABLE {search} USING fts5({named}, content='{table}', content_rowid='id',"
        " tokenize='trigram case_sensitive 1', detail='none', columnsize=0)",
        f"CREATE TRIGGER {added} AFTER INSERT ON {table} FOR EACH ROW BEGIN {add}; END",
        f"CREATE TRIGGER {changed} AFTER UPDATE OF id, {named} ON {table} FOR EACH ROW WHEN {differs}"
        f" BEGIN {remove}; {add}; END",
        f"CREATE TRIGGER {removed} AFTER DELETE ON {table} FOR EACH ROW BEGIN {remove}; END",
        f"INSERT INTO {search} ({search}) VALUES ('rebuild')",  # noqa: S608 - names of ours
        f"INSERT INTO {search} ({search}, rank) SELECT 'secure-delete', 1 WHERE {_CAN_FORGET}",
    ]


def upgrade() -> None:
    """Index what is there, and keep the index in step from now on."""
    if op.get_context().dialect.name == "postgresql":
        op.create_extension("pg_trgm")
        for table, columns in _SEARCHED.items():
            op.create_index(  # lint: index-not-concurrent: the whole upgrade is one transaction, all or nothing
                f"ix_{table}_search",
                table,
                list(columns),
                postgresql_using="gin",
                postgresql_ops=dict.fromkeys(columns, "gin_trgm_ops"),
            )
        return
    for table, columns in _SEARCHED.items():
        for statement in _statements(table, columns):
            op.execute(statement)


def downgrade() -> None:
    """Drop the indexes: they hold nothing that the tables do not hold."""
    because = "it holds nothing that its table does not hold"
    if op.get_context().dialect.name == "postgresql":
        for table in _SEARCHED:
            op.drop_index(f"ix_{table}_search", table)
        op.drop_extension("pg_trgm", because="nothing else uses it")
        return
    for table in _SEARCHED:
        for occasion in _OCCASIONS:
            trigger = f"tr_{table}_search_{occasion}"
            op.accept_drop(kind="trigger", table=table, name=trigger, because=because)
            op.execute(f"DROP TRIGGER {trigger}")
        op.accept_loss(table=f"search_{table}", because=because)
        op.execute(f"DROP TABLE search_{table}")
