"""Add the lines of contracts, which add up to their total

Revision ID: 0003_lines
Revises: 0002_search
Create Date: 2026-11-24

Contracts that have no lines keep the total that somebody typed. On the way back the lines are set aside; on the way up
again they return, and where a total was changed meanwhile, one line more says by how much.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003_lines"
down_revision: str | None = "0002_search"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

RECORD_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_NET_IS_ROUNDED = (
    "net = (quantity * unit_price + CASE WHEN unit_price < 0 THEN -500 ELSE 500 END) / 1000"
    " AND net BETWEEN -999999999999 AND 999999999999"
)
_VAT_IS_ROUNDED = "vat = (net * vat_rate + CASE WHEN net < 0 THEN -5000 ELSE 5000 END) / 10000"

# Each trigger that refuses: its name, its table, when, and what it refuses.
_RULES = (
    (
        "tr_contracts_total_is_sum",
        "contracts",
        "BEFORE UPDATE OF total",
        "NEW.total <> (SELECT COALESCE(SUM(net + vat), NEW.total) FROM contract_lines WHERE contract_id = NEW.id)",
    ),
    (
        "tr_contract_lines_stay",
        "contract_lines",
        "BEFORE UPDATE OF contract_id",
        "OLD.contract_id <> NEW.contract_id",
    ),
)
_OCCASIONS = (("added", "INSERT", "NEW"), ("changed", "UPDATE", "NEW"), ("removed", "DELETE", "OLD"))
_TRIGGERS = (
    *((name, table) for name, table, _occasion, _broken in _RULES),
    *((f"tr_contract_lines_{name}", "contract_lines") for name, _occasion, _row in _OCCASIONS),
)


def _add_up(row: str) -> str:
    return (
        "UPDATE contracts SET total = (SELECT COALESCE(SUM(net + vat), contracts.total) FROM contract_lines"  # noqa: S608 - a word of ours
        f" WHERE contract_id = {row}.contract_id) WHERE id = {row}.contract_id"
    )


def _on_sqlite() -> list[str]:
    return [
        f"CREATE TRIGGER {name} {occasion} ON {table} FOR EACH ROW WHEN {broken}"
        f" BEGIN SELECT RAISE(ABORT, '{name}'); END"
        for name, table, occasion, broken in _RULES
    ] + [
        f"CREATE TRIGGER tr_contract_lines_{name} AFTER {occasion} ON contract_lines FOR EACH ROW"
        f" BEGIN {_add_up(row)}; END"
        for name, occasion, row in _OCCASIONS
    ]


def _on_postgresql() -> list[str]:
    statements = []
    for name, table, occasion, broken in _RULES:
        statements += [
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {broken} THEN RAISE EXCEPTION"
            f" USING ERRCODE = '23514', MESSAGE = '{name}', CONSTRAINT = '{name}'; END IF; RETURN NEW; END $$",
            f"CREATE TRIGGER {name} {occasion} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
        ]
    for name, occasion, row in _OCCASIONS:
        trigger = f"tr_contract_lines_{name}"
        statements += [
            f"CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            # First the lock: the sum must see what whoever had it before has saved.
            f" PERFORM 1 FROM contracts WHERE id = {row}.contract_id FOR NO KEY UPDATE;"
            f" {_add_up(row)}; RETURN NULL; END $$",
            f"CREATE TRIGGER {trigger} AFTER {occasion} ON contract_lines FOR EACH ROW EXECUTE FUNCTION {trigger}()",
        ]
    return statements


def upgrade() -> None:
    """Create the table, or bring it back, then its triggers."""
    if _is_aside():
        op.bring_back_table("contract_lines")
        _settle()
    else:
        op.create_table(
            "contract_lines",
            sa.Column("id", RECORD_ID, nullable=False),
            sa.Column("contract_id", RECORD_ID, nullable=False),
            sa.Column("description", sa.String(200), nullable=False),
            sa.Column("quantity", sa.BigInteger(), nullable=False),
            sa.Column("unit_price", sa.BigInteger(), nullable=False),
            sa.Column("vat_rate", sa.BigInteger(), nullable=False),
            sa.Column("net", sa.BigInteger(), nullable=False),
            sa.Column("vat", sa.BigInteger(), nullable=False),
            sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.CheckConstraint("quantity BETWEEN 1 AND 1000000000", name=op.f("ck_contract_lines_quantity_in_bounds")),
            sa.CheckConstraint(
                "unit_price BETWEEN -999999999 AND 999999999", name=op.f("ck_contract_lines_unit_price_in_bounds")
            ),
            sa.CheckConstraint("vat_rate BETWEEN 0 AND 10000", name=op.f("ck_contract_lines_vat_rate_in_bounds")),
            sa.CheckConstraint(_NET_IS_ROUNDED, name=op.f("ck_contract_lines_net_is_rounded")),
            sa.CheckConstraint(_VAT_IS_ROUNDED, name=op.f("ck_contract_lines_vat_is_rounded")),
            sa.ForeignKeyConstraint(
                ["contract_id"],
                ["contracts.id"],
                name=op.f("fk_contract_lines_contract_id_contracts"),
                ondelete="RESTRICT",
            ),
            sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_lines")),
            sqlite_autoincrement=True,
        )
        op.create_index("ix_contract_lines_contract_id", "contract_lines", ["contract_id", "id"])
    for statement in _on_sqlite() if op.get_context().dialect.name == "sqlite" else _on_postgresql():
        op.execute(statement)


def downgrade() -> None:
    """Set the lines aside; the totals stay."""
    because = "the program that is gone back to knows no lines"
    postgresql = op.get_context().dialect.name == "postgresql"
    for trigger, table in _TRIGGERS:
        op.accept_drop(kind="trigger", table=table, name=trigger, because=because)
        if postgresql:
            op.execute(f"DROP TRIGGER {trigger} ON {table}")
            op.accept_drop(kind="function", name=trigger, because=because)
            op.execute(f"DROP FUNCTION {trigger}()")
        else:
            op.execute(f"DROP TRIGGER {trigger}")
    if not op.get_context().as_sql and op.get_bind().scalar(sa.text("SELECT count(*) FROM contract_lines")):
        op.set_aside_table("contract_lines")
    else:
        op.accept_loss(table="contract_lines", because=because)
        op.drop_table("contract_lines")


def _is_aside() -> bool:
    if op.get_context().as_sql or not sa.inspect(op.get_bind()).has_table("schema_aside"):
        return False
    aside = sa.text("SELECT count(*) FROM schema_aside WHERE name = 'schema_aside_contract_lines'")
    return bool(op.get_bind().scalar(aside))


def _settle() -> None:
    """Where a total was changed while the lines were aside, say in a line of its own by how much."""
    if op.get_context().dialect.name in {"sqlite", "postgresql"}:
        op.execute(
            "INSERT INTO contract_lines (contract_id, description, quantity, unit_price, vat_rate, net, vat,"
            " created_at, updated_at, version)"
            " SELECT c.id, 'Changement du total', 1000, c.total - s.summed, 0, c.total - s.summed, 0,"
            " c.updated_at, c.updated_at, 1"
            " FROM contracts c JOIN (SELECT contract_id, SUM(net + vat) AS summed FROM contract_lines"
            " GROUP BY contract_id) s ON s.contract_id = c.id WHERE c.total <> s.summed"
        )
