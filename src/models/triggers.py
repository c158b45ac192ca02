"""Rules that no CHECK can state, kept by the database itself: they hold for every program that writes to it.

One trigger a rule, under one name on both engines; breaking one comes out as that name (db/refusals.py) and is put into
words by domain/rules.py. `Base.metadata.create_all` makes them too, so that it equals the migrated schema.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import DDL, event

from src.models.base import Base


@dataclass(frozen=True)
class Rule:
    """One trigger: `WHEN` a change `broken`, it is refused.

    `broken` reads the same on both engines; NEW and OLD are the rows. It becomes a WHEN clause on SQLite and an
    IF in a function on PostgreSQL. `lock` is a statement that PostgreSQL runs first, so that what the rule reads stays
    true until commit (SQLite has one writer at a time).
    """

    name: str
    table: str
    occasion: str
    broken: str
    lock: str = ""

    def sqlite(self) -> Iterator[str]:
        """Give the statements that make this rule on SQLite."""
        yield (
            f"CREATE TRIGGER {self.name} {self.occasion} ON {self.table} FOR EACH ROW WHEN {self.broken}"
            f" BEGIN SELECT RAISE(ABORT, '{self.name}'); END"
        )

    def postgresql(self) -> Iterator[str]:
        """Give the statements that make this rule on PostgreSQL."""
        lock = f"{self.lock}; " if self.lock else ""
        row = "OLD" if self.occasion == "BEFORE DELETE" else "NEW"
        yield (
            f"CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {lock}"
            f"IF {self.broken} THEN RAISE EXCEPTION"
            f" USING ERRCODE = '23514', MESSAGE = '{self.name}', CONSTRAINT = '{self.name}'; END IF;"
            f" RETURN {row}; END $$"
        )
        yield f"CREATE TRIGGER {self.name} {self.occasion} ON {self.table} FOR EACH ROW EXECUTE FUNCTION {self.name}()"


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

RULES = (
    Rule(
        "tr_users_last_manager_kept",
        "users",
        "BEFORE UPDATE OF department, is_active",
        f"{_IS_LAST_MANAGER} AND NOT (NEW.department = 'MANAGEMENT' AND NEW.is_active)",
        lock=_LOCK_MANAGERS,
    ),
    Rule("tr_users_last_manager_not_deleted", "users", "BEFORE DELETE", _IS_LAST_MANAGER, lock=_LOCK_MANAGERS),
    Rule(
        "tr_users_in_charge_keep_department",
        "users",
        "BEFORE UPDATE OF department",
        f"OLD.department <> NEW.department AND ({_IN_CHARGE})",
    ),
    Rule(
        "tr_clients_sales_contact_given",
        "clients",
        "BEFORE INSERT",
        _SALES_CONTACT,
        lock="PERFORM 1 FROM users WHERE id = NEW.sales_contact_id FOR SHARE",
    ),
    Rule(
        "tr_clients_sales_contact_changed",
        "clients",
        "BEFORE UPDATE OF sales_contact_id",
        _SALES_CONTACT,
        lock="PERFORM 1 FROM users WHERE id = NEW.sales_contact_id FOR SHARE",
    ),
    Rule(
        "tr_contracts_status_order",
        "contracts",
        "BEFORE UPDATE OF status",
        "NOT (OLD.status = NEW.status OR OLD.status = 'draft'"
        " OR (OLD.status = 'sent' AND NEW.status IN ('signed', 'cancelled'))"
        " OR (OLD.status = 'signed' AND NEW.status = 'cancelled'))",
    ),
    Rule(
        "tr_contracts_signed_at_kept",
        "contracts",
        "BEFORE UPDATE OF status, signed_at",
        "NEW.status = 'cancelled' AND ((OLD.signed_at IS NULL) <> (NEW.signed_at IS NULL))",
    ),
    Rule(
        "tr_contracts_paid_is_sum",
        "contracts",
        "BEFORE UPDATE OF paid",
        "NEW.paid <> (SELECT COALESCE(SUM(amount), 0) FROM payments WHERE contract_id = NEW.id)",
    ),
    Rule(
        "tr_contracts_total_is_sum",
        "contracts",
        "BEFORE UPDATE OF total",
        "NEW.total <> (SELECT COALESCE(SUM(net + vat), NEW.total) FROM contract_lines WHERE contract_id = NEW.id)",
    ),
    Rule(
        "tr_contract_lines_stay",
        "contract_lines",
        "BEFORE UPDATE OF contract_id",
        "OLD.contract_id <> NEW.contract_id",
    ),
    Rule("tr_contracts_start_unpaid", "contracts", "BEFORE INSERT", "NEW.paid <> 0"),
    Rule(
        "tr_payments_need_signed_contract",
        "payments",
        "BEFORE INSERT",
        f"NOT EXISTS {_CONTRACT_OF_PAYMENT} (status = 'signed' OR (status = 'cancelled' AND NEW.amount < 0)))",
        lock=_LOCK_CONTRACT,
    ),
    Rule("tr_payments_never_edited", "payments", f"BEFORE UPDATE OF {_PAYMENT_COLUMNS}", "TRUE"),
    # Only cleared, when the account is deleted; recorded_by_username keeps the name.
    Rule("tr_payments_recorder_kept", "payments", "BEFORE UPDATE OF recorded_by", "NEW.recorded_by IS NOT NULL"),
    Rule("tr_payments_never_deleted", "payments", "BEFORE DELETE", "TRUE"),
    Rule(
        "tr_events_need_signed_contract",
        "events",
        "BEFORE INSERT",
        _UNSIGNED_CONTRACT,
        lock=_SHARE_CONTRACT,
    ),
    Rule(
        "tr_events_contract_changed",
        "events",
        "BEFORE UPDATE OF contract_id",
        f"OLD.contract_id <> NEW.contract_id AND {_UNSIGNED_CONTRACT}",
        lock=_SHARE_CONTRACT,
    ),
    Rule(
        "tr_events_support_contact_given",
        "events",
        "BEFORE INSERT",
        _SUPPORT_CONTACT,
        lock="PERFORM 1 FROM users WHERE id = NEW.support_contact_id FOR SHARE",
    ),
    Rule(
        "tr_events_support_contact_changed",
        "events",
        "BEFORE UPDATE OF support_contact_id",
        _SUPPORT_CONTACT,
        lock="PERFORM 1 FROM users WHERE id = NEW.support_contact_id FOR SHARE",
    ),
    Rule("tr_audit_entries_never_edited", "audit_entries", "BEFORE UPDATE", "TRUE"),
    Rule("tr_audit_entries_never_deleted", "audit_entries", "BEFORE DELETE", "TRUE"),
)

# The one trigger that acts instead of refusing: a contract's paid is the sum of its payments because of this. The whole
# sum each time, because PostgreSQL fires row triggers after a statement that may hold several payments of one contract.
ADD_UP_SQLITE = (
    "CREATE TRIGGER tr_payments_add_up AFTER INSERT ON payments FOR EACH ROW"
    " BEGIN UPDATE contracts SET paid = (SELECT SUM(amount) FROM payments WHERE contract_id = NEW.contract_id)"
    " WHERE id = NEW.contract_id; END",
)
# The other ones that act: where a contract has lines, its total is their sum. The last line leaves the total behind.
LINES_OCCASIONS = {"added": ("INSERT", "NEW"), "changed": ("UPDATE", "NEW"), "removed": ("DELETE", "OLD")}


def _add_up_lines(row: str) -> str:
    return (
        "UPDATE contracts SET total = (SELECT COALESCE(SUM(net + vat), contracts.total) FROM contract_lines"  # noqa: S608 - a word of ours
        f" WHERE contract_id = {row}.contract_id) WHERE id = {row}.contract_id"
    )


LINES_SQLITE = tuple(
    f"CREATE TRIGGER tr_contract_lines_{name} AFTER {occasion} ON contract_lines FOR EACH ROW"
    f" BEGIN {_add_up_lines(row)}; END"
    for name, (occasion, row) in LINES_OCCASIONS.items()
)
LINES_POSTGRESQL = tuple(
    statement
    for name, (occasion, row) in LINES_OCCASIONS.items()
    for statement in (
        f"CREATE FUNCTION tr_contract_lines_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        # First the lock: the sum must see what whoever had it before has saved.
        f" PERFORM 1 FROM contracts WHERE id = {row}.contract_id FOR NO KEY UPDATE;"
        f" {_add_up_lines(row)}; RETURN NULL; END $$",
        f"CREATE TRIGGER tr_contract_lines_{name} AFTER {occasion} ON contract_lines FOR EACH ROW"
        f" EXECUTE FUNCTION tr_contract_lines_{name}()",
    )
)
# Row triggers do not see TRUNCATE; SQLite has none.
NEVER_EMPTIED_POSTGRESQL = tuple(
    f"CREATE TRIGGER tr_{table}_never_emptied BEFORE TRUNCATE ON {table}"
    f" FOR EACH STATEMENT EXECUTE FUNCTION tr_{table}_never_deleted()"
    for table in ("payments", "audit_entries")
)
ADD_UP_POSTGRESQL = (
    "CREATE FUNCTION tr_payments_add_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " UPDATE contracts SET paid = (SELECT SUM(amount) FROM payments WHERE contract_id = NEW.contract_id)"
    " WHERE id = NEW.contract_id; RETURN NULL; END $$",
    "CREATE TRIGGER tr_payments_add_up AFTER INSERT ON payments FOR EACH ROW EXECUTE FUNCTION tr_payments_add_up()",
)


def statements(dialect: str) -> list[str]:
    """Give every statement that makes the triggers on one engine (`sqlite` or `postgresql`), in order."""
    if dialect == "sqlite":
        return [statement for rule in RULES for statement in rule.sqlite()] + list(ADD_UP_SQLITE + LINES_SQLITE)
    return [statement for rule in RULES for statement in rule.postgresql()] + list(
        ADD_UP_POSTGRESQL + LINES_POSTGRESQL + NEVER_EMPTIED_POSTGRESQL
    )


def trigger_names() -> list[str]:
    """Name every trigger; on PostgreSQL each has a function of the same name."""
    return [rule.name for rule in RULES] + [
        "tr_payments_add_up",
        *(f"tr_contract_lines_{name}" for name in LINES_OCCASIONS),
    ]


_DDL: Any = DDL  # SQLAlchemy leaves its constructor untyped

for _dialect in ("sqlite", "postgresql"):
    for _statement in statements(_dialect):
        # "%" would be read as a parameter; no rule needs one.
        event.listen(Base.metadata, "after_create", _DDL(_statement).execute_if(dialect=_dialect))
