"""Let programs work in somebody's name: tokens, answers given once, calendar feeds, and an outbox of changes

Revision ID: 0005_programs
Revises: 0004_preferences
Create Date: 2026-11-24

On the way back all of it goes: a program that knows no tokens answers no program, and whoever comes up again makes new
ones. Nothing of the company's records is in these tables.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005_programs"
down_revision: str | None = "0004_preferences"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

RECORD_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_TRIGGER = "tr_audit_entries_outbox"
_PUT_INTO_OUTBOX = (
    "INSERT INTO webhook_deliveries"
    " (subscription_id, audit_entry_id, attempts, due_at, last_error, created_at, updated_at, version)"
    " SELECT id, NEW.id, 0, NEW.created_at, '', NEW.created_at, NEW.created_at, 1 FROM webhook_subscriptions"
    " WHERE is_active AND (record_type = '' OR record_type = NEW.record_type)"
    " AND (action = '' OR action = NEW.action)"
)
_MAKE_TRIGGER = {
    "sqlite": (f"CREATE TRIGGER {_TRIGGER} AFTER INSERT ON audit_entries FOR EACH ROW BEGIN {_PUT_INTO_OUTBOX}; END",),
    "postgresql": (
        f"CREATE FUNCTION {_TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {_PUT_INTO_OUTBOX}; RETURN NULL; END $$",
        f"CREATE TRIGGER {_TRIGGER} AFTER INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION {_TRIGGER}()",
    ),
}


def upgrade() -> None:
    """Create the tables, then the trigger that fills the outbox."""
    _create_tokens()
    _create_calendar_feeds()
    _create_webhooks()
    for statement in _MAKE_TRIGGER[op.get_context().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Drop the trigger, then the tables."""
    because = "the program that is gone back to answers no programs"
    op.accept_drop(kind="trigger", table="audit_entries", name=_TRIGGER, because=because)
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {_TRIGGER} ON audit_entries")
        op.accept_drop(kind="function", name=_TRIGGER, because=because)
        op.execute(f"DROP FUNCTION {_TRIGGER}()")
    else:
        op.execute(f"DROP TRIGGER {_TRIGGER}")
    for table in ("webhook_deliveries", "webhook_subscriptions", "calendar_feeds", "idempotency_keys", "api_tokens"):
        op.accept_loss(table=table, because=because)
        op.drop_table(table)


def _create_tokens() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", RECORD_ID, nullable=False),
        sa.Column("user_id", RECORD_ID, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("scopes", sa.String(2000), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        *_written(),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id", "id"])
    op.create_table(
        "idempotency_keys",
        sa.Column("id", RECORD_ID, nullable=False),
        sa.Column("user_id", RECORD_ID, nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        *_written(),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_idempotency_keys_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_idempotency_keys_user_id_key", "idempotency_keys", ["user_id", "key"], unique=True)
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _create_calendar_feeds() -> None:
    op.create_table(
        "calendar_feeds",
        sa.Column("id", RECORD_ID, nullable=False),
        sa.Column("user_id", RECORD_ID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        *_written(),
        sa.CheckConstraint(
            "kind IN ('mine', 'department', 'without_support')", name=op.f("ck_calendar_feeds_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_calendar_feeds_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feeds_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_calendar_feeds_user_id", "calendar_feeds", ["user_id", "id"])


def _create_webhooks() -> None:
    op.create_table(
        "webhook_subscriptions",
        sa.Column("id", RECORD_ID, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("record_type", sa.String(20), nullable=False),
        sa.Column("action", sa.String(50), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_by", RECORD_ID, nullable=True),
        *_written(),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_webhook_subscriptions_created_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_subscriptions")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhook_subscriptions_created_by", "webhook_subscriptions", ["created_by"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", RECORD_ID, nullable=False),
        sa.Column("subscription_id", RECORD_ID, nullable=False),
        sa.Column("audit_entry_id", RECORD_ID, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.String(200), nullable=False),
        *_written(),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["webhook_subscriptions.id"],
            name=op.f("fk_webhook_deliveries_subscription_id_webhook_subscriptions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhook_deliveries_due_at", "webhook_deliveries", ["due_at", "id"])
    op.create_index("ix_webhook_deliveries_subscription_id", "webhook_deliveries", ["subscription_id", "id"])
    op.create_index("ix_webhook_deliveries_audit_entry_id", "webhook_deliveries", ["audit_entry_id"])


def _written() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
