"""Create initial tables

Revision ID: 0001_initial
Revises:
Create Date: 2026-11-22

Every table of the CRM with its named constraints, indexes and triggers. Enumerations are text with a CHECK, so that no
type survives a downgrade on PostgreSQL. This file is history: it copies what the models said on that day and never
imports them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

revision: str = "0001_initial"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

RECORD_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _by_code_point(length: int) -> sa.String:
    # Sorted by code point on PostgreSQL as on SQLite, so that a search for a beginning is a range of the index.
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _folded() -> sa.String:
    return _by_code_point(420)


class _Rule(NamedTuple):
    """A trigger that refuses a change: `broken` is its condition on both engines, `lock` comes first on PostgreSQL."""

    name: str
    table: str
    occasion: str
    broken: str
    lock: str = ""


_IS_LAST_MANAGER = (
    "OLD.department = 'MANAGEMENT' AND OLD.is_active AND NOT EXISTS"
    " (SELECT 1 FROM users WHERE department = 'MANAGEMENT' AND is_active AND id <> OLD.id)"
)
_LOCK_MANAGERS = "PERFORM 1 FROM users WHERE department = 'MANAGEMENT' AND is_active ORDER BY id FOR UPDATE"
_IN_CHARGE = (
    "EXISTS (SELECT 1 FROM clients WHERE sales_contact_id = OLD.id)"
    " OR EXISTS (SELECT 1 FROM events WHERE support_contact_id = OLD.id)"
)
_LOCK_CONTRACT = "PERFORM 1 FROM contracts WHERE id = NEW.contract_id FOR NO KEY UPDATE"
_SHARE_CONTRACT = "PERFORM 1 FROM contracts WHERE id = NEW.contract_id FOR SHARE"
_UNSIGNED_CONTRACT = "NOT EXISTS (SELECT 1 FROM contracts WHERE id = NEW.contract_id AND status = 'signed')"
_CONTRACT_OF_PAYMENT = "(SELECT 1 FROM contracts WHERE id = NEW.contract_id AND"
_SALES_CONTACT = "NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.sales_contact_id AND department = 'SALES')"
_SUPPORT_CONTACT = (
    "NEW.support_contact_id IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.support_contact_id AND department = 'SUPPORT')"
)
_PAYMENT_COLUMNS = (
    "contract_id, amount, received_on, method, reference, reason, idempotency_key, recorded_by_username, created_at"
)

_RULES = (
    _Rule(
        "tr_users_last_manager_kept",
        "users",
        "BEFORE UPDATE OF department, is_active",
        f"{_IS_LAST_MANAGER} AND NOT (NEW.department = 'MANAGEMENT' AND NEW.is_active)",
        lock=_LOCK_MANAGERS,
    ),
    _Rule("tr_users_last_manager_not_deleted", "users", "BEFORE DELETE", _IS_LAST_MANAGER, lock=_LOCK_MANAGERS),
    _Rule(
        "tr_users_in_charge_keep_department",
        "users",
        "BEFORE UPDATE OF department",
        f"OLD.department <> NEW.department AND ({_IN_CHARGE})",
    ),
    _Rule(
        "tr_clients_sales_contact_given",
        "clients",
        "BEFORE INSERT",
        _SALES_CONTACT,
        lock="PERFORM 1 FROM users WHERE id = NEW.sales_contact_id FOR SHARE",
    ),
    _Rule(
        "tr_clients_sales_contact_changed",
        "clients",
        "BEFORE UPDATE OF sales_contact_id",
        _SALES_CONTACT,
        lock="PERFORM 1 FROM users WHERE id = NEW.sales_contact_id FOR SHARE",
    ),
    _Rule(
        "tr_contracts_status_order",
        "contracts",
        "BEFORE UPDATE OF status",
        "NOT (OLD.status = NEW.status OR OLD.status = 'draft'"
        " OR (OLD.status = 'sent' AND NEW.status IN ('signed', 'cancelled'))"
        " OR (OLD.status = 'signed' AND NEW.status = 'cancelled'))",
    ),
    _Rule(
        "tr_contracts_signed_at_kept",
        "contracts",
        "BEFORE UPDATE OF status, signed_at",
        "NEW.status = 'cancelled' AND ((OLD.signed_at IS NULL) <> (NEW.signed_at IS NULL))",
    ),
    _Rule(
        "tr_contracts_paid_is_sum",
        "contracts",
        "BEFORE UPDATE OF paid",
        "NEW.paid <> (SELECT COALESCE(SUM(amount), 0) FROM payments WHERE contract_id = NEW.id)",
    ),
    _Rule("tr_contracts_start_unpaid", "contracts", "BEFORE INSERT", "NEW.paid <> 0"),
    _Rule(
        "tr_payments_need_signed_contract",
        "payments",
        "BEFORE INSERT",
        f"NOT EXISTS {_CONTRACT_OF_PAYMENT} (status = 'signed' OR (status = 'cancelled' AND NEW.amount < 0)))",
        lock=_LOCK_CONTRACT,
    ),
    _Rule("tr_payments_never_edited", "payments", f"BEFORE UPDATE OF {_PAYMENT_COLUMNS}", "TRUE"),
    # Only cleared, when the account is deleted; recorded_by_username keeps the name.
    _Rule("tr_payments_recorder_kept", "payments", "BEFORE UPDATE OF recorded_by", "NEW.recorded_by IS NOT NULL"),
    _Rule("tr_payments_never_deleted", "payments", "BEFORE DELETE", "TRUE"),
    _Rule(
        "tr_events_need_signed_contract",
        "events",
        "BEFORE INSERT",
        _UNSIGNED_CONTRACT,
        lock=_SHARE_CONTRACT,
    ),
    _Rule(
        "tr_events_contract_changed",
        "events",
        "BEFORE UPDATE OF contract_id",
        f"OLD.contract_id <> NEW.contract_id AND {_UNSIGNED_CONTRACT}",
        lock=_SHARE_CONTRACT,
    ),
    _Rule(
        "tr_events_support_contact_given",
        "events",
        "BEFORE INSERT",
        _SUPPORT_CONTACT,
        lock="PERFORM 1 FROM users WHERE id = NEW.support_contact_id FOR SHARE",
    ),
    _Rule(
        "tr_events_support_contact_changed",
        "events",
        "BEFORE UPDATE OF support_contact_id",
        _SUPPORT_CONTACT,
        lock="PERFORM 1 FROM users WHERE id = NEW.support_contact_id FOR SHARE",
    ),
    _Rule("tr_audit_entries_never_edited", "audit_entries", "BEFORE UPDATE", "TRUE"),
    _Rule("tr_audit_entries_never_deleted", "audit_entries", "BEFORE DELETE", "TRUE"),
)

_ADD_UP_SQLITE = (
    "CREATE TRIGGER tr_payments_add_up AFTER INSERT ON payments FOR EACH ROW"
    " BEGIN UPDATE contracts SET paid = (SELECT SUM(amount) FROM payments WHERE contract_id = NEW.contract_id)"
    " WHERE id = NEW.contract_id; END",
)
# Row triggers do not see TRUNCATE; SQLite has none.
_NEVER_EMPTIED_POSTGRESQL = tuple(
    f"CREATE TRIGGER tr_{table}_never_emptied BEFORE TRUNCATE ON {table}"
    f" FOR EACH STATEMENT EXECUTE FUNCTION tr_{table}_never_deleted()"
    for table in ("payments", "audit_entries")
)
_ADD_UP_POSTGRESQL = (
    "CREATE FUNCTION tr_payments_add_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " UPDATE contracts SET paid = (SELECT SUM(amount) FROM payments WHERE contract_id = NEW.contract_id)"
    " WHERE id = NEW.contract_id; RETURN NULL; END $$",
    "CREATE TRIGGER tr_payments_add_up AFTER INSERT ON payments FOR EACH ROW EXECUTE FUNCTION tr_payments_add_up()",
)


def _trigger_statements(dialect: str) -> list[str]:
    statements = []
    for rule in _RULES:
        if dialect == "sqlite":
            statements.append(
                f"CREATE TRIGGER {rule.name} {rule.occasion} ON {rule.table} FOR EACH ROW WHEN {rule.broken}"
                f" BEGIN SELECT RAISE(ABORT, '{rule.name}'); END"
            )
            continue
        lock = f"{rule.lock}; " if rule.lock else ""
        row = "OLD" if rule.occasion == "BEFORE DELETE" else "NEW"
        statements.append(
            f"CREATE FUNCTION {rule.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {lock}"
            f"IF {rule.broken} THEN RAISE EXCEPTION"
            f" USING ERRCODE = '23514', MESSAGE = '{rule.name}', CONSTRAINT = '{rule.name}'; END IF;"
            f" RETURN {row}; END $$"
        )
        statements.append(
            f"CREATE TRIGGER {rule.name} {rule.occasion} ON {rule.table} FOR EACH ROW EXECUTE FUNCTION {rule.name}()"
        )
    if dialect == "sqlite":
        return statements + list(_ADD_UP_SQLITE)
    return statements + list(_ADD_UP_POSTGRESQL + _NEVER_EMPTIED_POSTGRESQL)


def upgrade() -> None:
    """Create all tables, then the triggers that guard them."""
    op.create_table(
        "audit_entries",
        sa.Column("id", RECORD_ID, nullable=False),
        sa.Column("actor_id", RECORD_ID, nullable=True),
        sa.Column("actor_username", sa.String(length=50), nullable=False),
        sa.Column("interface", sa.String(length=10), nullable=False),
        sa.Column("action", sa.String(length=50), nullable=False),
        sa.Column("record_type", sa.String(length=20), nullable=False),
        sa.Column("record_id", RECORD_ID, nullable=True),
        sa.Column("record_version", sa.Integer(), nullable=True),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_entries_action", "audit_entries", ["action", "id"], unique=False)
    op.create_index("ix_audit_entries_actor_id", "audit_entries", ["actor_id", "id"], unique=False)
    op.create_index("ix_audit_entries_created_at", "audit_entries", ["created_at", "id"], unique=False)
    op.create_index("ix_audit_entries_record", "audit_entries", ["record_type", "record_id", "id"], unique=False)
    op.create_index("ix_audit_entries_record_type", "audit_entries", ["record_type", "id"], unique=False)
    op.create_table(
        "login_attempts",
        sa.Column("id", RECORD_ID, nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempts")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_login_attempts_account", "login_attempts", ["account", "created_at"], unique=False)
    op.create_index("ix_login_attempts_address", "login_attempts", ["address", "created_at"], unique=False)
    op.create_index("ix_login_attempts_created_at", "login_attempts", ["created_at"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", RECORD_ID, nullable=False),
        sa.Column("username", _by_code_point(50), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("first_name", sa.String(100), nullable=False),
        sa.Column("last_name", sa.String(100), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("department", sa.String(20), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("totp_secret", sa.String(length=64), nullable=True),
        sa.Column("totp_last_step", RECORD_ID, nullable=True),
        sa.Column("first_name_key", _folded(), nullable=False),
        sa.Column("name_key", _folded(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("department IN ('SALES', 'SUPPORT', 'MANAGEMENT')", name=op.f("ck_users_department_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_users_department", "users", ["department", "id"], unique=False)
    op.create_index("ix_users_first_name_key", "users", ["first_name_key", "id"], unique=False)
    op.create_index("ix_users_name_key", "users", ["name_key", "id"], unique=False)
    op.create_table(
        "clients",
        sa.Column("id", RECORD_ID, nullable=False),
        sa.Column("first_name", sa.String(100), nullable=False),
        sa.Column("last_name", sa.String(100), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("company_name", sa.String(200), nullable=False),
        sa.Column("sales_contact_id", RECORD_ID, nullable=False),
        sa.Column("last_contact_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_name_key", _folded(), nullable=False),
        sa.Column("name_key", _folded(), nullable=False),
        sa.Column("company_key", _folded(), nullable=False),
        sa.Column("email_key", _folded(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sales_contact_id"], ["users.id"], name=op.f("fk_clients_sales_contact_id_users"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        sa.UniqueConstraint("email", name=op.f("uq_clients_email")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_clients_company_key", "clients", ["company_key", "id"], unique=False)
    op.create_index("ix_clients_created_at", "clients", ["created_at", "id"], unique=False)
    op.create_index("ix_clients_email_key", "clients", ["email_key", "id"], unique=False)
    op.create_index("ix_clients_first_name_key", "clients", ["first_name_key", "id"], unique=False)
    op.create_index("ix_clients_last_contact_at", "clients", ["last_contact_at", "id"], unique=False)
    op.create_index("ix_clients_name_key", "clients", ["name_key", "id"], unique=False)
    op.create_index("ix_clients_sales_contact_id", "clients", ["sales_contact_id", "name_key", "id"], unique=False)
    op.create_table(
        "recovery_codes",
        sa.Column("id", RECORD_ID, nullable=False),
        sa.Column("user_id", RECORD_ID, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", RECORD_ID, nullable=False),
        sa.Column("user_id", RECORD_ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("interface", sa.String(length=10), nullable=False),
        sa.Column("device", sa.String(200), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id", "id"], unique=False)
    op.create_table(
        "contracts",
        sa.Column("id", RECORD_ID, nullable=False),
        sa.Column("client_id", RECORD_ID, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("title_key", _folded(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status IN ('draft', 'sent') AND signed_at IS NULL) OR (status = 'signed' AND signed_at IS NOT NULL)"
            " OR status = 'cancelled'",
            name=op.f("ck_contracts_signed_at_matches_status"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'sent', 'signed', 'cancelled')", name=op.f("ck_contracts_status_known")
        ),
        sa.CheckConstraint("paid >= 0 AND paid <= total", name=op.f("ck_contracts_paid_within_total")),
        sa.CheckConstraint("total >= 0", name=op.f("ck_contracts_total_not_negative")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_contracts_client_id_clients"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contracts")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_contracts_client_id", "contracts", ["client_id", "id"], unique=False)
    op.create_index("ix_contracts_created_at", "contracts", ["created_at", "id"], unique=False)
    op.create_index("ix_contracts_status", "contracts", ["status", "id"], unique=False)
    op.create_index("ix_contracts_title_key", "contracts", ["title_key", "id"], unique=False)
    op.create_index("ix_contracts_total", "contracts", ["total", "id"], unique=False)
    op.create_index(
        "ix_contracts_unpaid",
        "contracts",
        ["id"],
        unique=False,
        sqlite_where=sa.text("status NOT IN ('draft', 'sent', 'cancelled') AND paid < total"),
        postgresql_where=sa.text("status NOT IN ('draft', 'sent', 'cancelled') AND paid < total"),
    )
    op.create_index(
        "ix_contracts_unsigned",
        "contracts",
        ["id"],
        unique=False,
        sqlite_where=sa.text("status NOT IN ('signed', 'cancelled')"),
        postgresql_where=sa.text("status NOT IN ('signed', 'cancelled')"),
    )
    op.create_table(
        "events",
        sa.Column("id", RECORD_ID, nullable=False),
        sa.Column("contract_id", RECORD_ID, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("event_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("location", sa.String(200), nullable=False),
        sa.Column("attendees", sa.Integer(), nullable=False),
        sa.Column("notes", sa.String(10000), nullable=False),
        sa.Column("support_contact_id", RECORD_ID, nullable=True),
        sa.Column("contact_name", sa.String(200), nullable=False),
        sa.Column("contact_phone", sa.String(40), nullable=False),
        sa.Column("contact_email", sa.String(254), nullable=False),
        sa.Column("name_key", _folded(), nullable=False),
        sa.Column("location_key", _folded(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("attendees >= 0", name=op.f("ck_events_attendees_not_negative")),
        sa.CheckConstraint("event_start < event_end", name=op.f("ck_events_starts_before_end")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_events_contract_id_contracts"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["support_contact_id"], ["users.id"], name=op.f("fk_events_support_contact_id_users"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_contract_id", "events", ["contract_id", "event_start", "id"], unique=False)
    op.create_index("ix_events_event_end", "events", ["event_end", "id"], unique=False)
    op.create_index("ix_events_event_start", "events", ["event_start", "id"], unique=False)
    op.create_index("ix_events_location_key", "events", ["location_key", "id"], unique=False)
    op.create_index("ix_events_name_key", "events", ["name_key", "id"], unique=False)
    op.create_index("ix_events_support_contact_id", "events", ["support_contact_id", "event_start", "id"], unique=False)
    op.create_index(
        "ix_events_without_support",
        "events",
        ["event_start", "id"],
        unique=False,
        sqlite_where=sa.text("support_contact_id IS NULL"),
        postgresql_where=sa.text("support_contact_id IS NULL"),
    )
    op.create_table(
        "payments",
        sa.Column("id", RECORD_ID, nullable=False),
        sa.Column("contract_id", RECORD_ID, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("reference", sa.String(100), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("idempotency_key", sa.String(length=100), nullable=False),
        sa.Column("recorded_by", RECORD_ID, nullable=True),
        sa.Column("recorded_by_username", sa.String(length=50), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "method IN ('transfer', 'card', 'cheque', 'cash', 'other')", name=op.f("ck_payments_method_known")
        ),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_payments_amount_not_zero")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_payments_contract_id_contracts"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["users.id"], name=op.f("fk_payments_recorded_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_payments_idempotency_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_payments_contract_id", "payments", ["contract_id", "id"], unique=False)
    op.create_index("ix_payments_recorded_by", "payments", ["recorded_by"], unique=False)
    for statement in _trigger_statements(op.get_context().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Drop everything; triggers and indexes go with their tables, functions do not."""
    for table in (
        "payments",
        "events",
        "contracts",
        "sessions",
        "recovery_codes",
        "clients",
        "users",
        "login_attempts",
        "audit_entries",
    ):
        op.accept_loss(table=table, because="before the first revision there is no CRM")
        op.drop_table(table)
    if op.get_context().dialect.name == "postgresql":
        for name in [rule.name for rule in _RULES] + ["tr_payments_add_up"]:
            op.accept_drop(kind="function", name=name, because="its triggers went with their tables")
            op.execute(f"DROP FUNCTION {name}()")
