"""What no program can make the database hold: every constraint and trigger, broken with plain SQL, on both engines."""

import pytest
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint, text

from src.db.session import Database
from src.domain.errors import AlreadyExists, InvalidInput, RuleBroken
from src.domain.rules import CONSTRAINT_MESSAGES
from src.models import Base
from src.models.search import SEARCHED
from src.models.triggers import trigger_names
from src.models.webhook import OUTBOX
from tests import factories
from tests.models.records import Stocked, stock
from tests.models.statements import (
    client,
    contract,
    delivery,
    event,
    feed_row,
    idempotency_key,
    insert,
    line,
    payment,
    saved_view,
    session_row,
    subscription,
    token_row,
    user,
)
from tests.real_databases import undone

STILL_USED = "Other records still refer to this one, or it refers to one that does not exist."


# Each rule by its name, and statements that would break it. `:name` is the number of one of the records.
BREAKS: dict[str, tuple[str, ...]] = {
    "ck_contracts_total_not_negative": ("UPDATE contracts SET total = -1 WHERE id = :draft", contract(total="-1")),
    "ck_contracts_paid_within_total": (
        "UPDATE contracts SET total = 29999 WHERE id = :signed",
        payment(amount="70001"),
        payment(amount="-30001"),
        payment(contract_id=":cancelled", amount="-30001"),
    ),
    "ck_contracts_signed_at_matches_status": (
        "UPDATE contracts SET signed_at = '2026-11-22 09:00:00' WHERE id = :draft",
        "UPDATE contracts SET status = 'signed' WHERE id = :sent",
        "UPDATE contracts SET signed_at = NULL WHERE id = :signed",
        contract(status="'signed'"),
    ),
    "ck_contracts_status_known": ("UPDATE contracts SET status = 'lost' WHERE id = :draft", contract(status="'lost'")),
    "ck_contract_lines_quantity_in_bounds": (
        line(quantity="0", net="0", vat="0"),
        line(quantity="-10000", net="-999", vat="-200"),
        "UPDATE contract_lines SET quantity = 1000000001, net = 10000000010 WHERE id = :line",
    ),
    "ck_contract_lines_unit_price_in_bounds": (
        line(unit_price="1000000000", quantity="1", net="1000000", vat="200000"),
        line(unit_price="-1000000000", quantity="1", net="-1000000", vat="-200000"),
    ),
    "ck_contract_lines_vat_rate_in_bounds": (line(vat_rate="-1", vat="0"), line(vat_rate="10001", vat="1000")),
    "ck_contract_lines_net_is_rounded": (
        line(net="1001"),
        line(quantity="1500", unit_price="333", net="499", vat="100"),  # 499.5 cents
        line(quantity="1500", unit_price="-333", net="-499", vat="-100"),
        line(quantity="1000000000", unit_price="999999999", net="999999999000000", vat="199999999800000"),
    ),
    "ck_contract_lines_vat_is_rounded": (line(vat="201"), "UPDATE contract_lines SET vat = 1 WHERE id = :line"),
    "fk_contract_lines_contract_id_contracts": ("DELETE FROM contracts WHERE id = :itemised",),
    "tr_contracts_total_is_sum": (
        "UPDATE contracts SET total = 15001 WHERE id = :itemised",
        "UPDATE contracts SET total = 0 WHERE id = :itemised",
    ),
    "tr_contract_lines_stay": ("UPDATE contract_lines SET contract_id = :draft WHERE id = :line",),
    "ck_payments_amount_not_zero": (payment(amount="0"),),
    "ck_payments_method_known": (payment(method="'barter'"),),
    "ck_events_starts_before_end": (
        "UPDATE events SET event_end = event_start WHERE id = :event",
        event(event_end="'2026-12-22 08:59:59'"),
    ),
    "ck_events_attendees_not_negative": (
        "UPDATE events SET attendees = -1 WHERE id = :event",
        event(attendees="-1"),
    ),
    "ck_users_department_known": (
        "UPDATE users SET department = 'sales' WHERE id = :idle",
        user(department="'BOSS'"),
    ),
    "ck_users_language_known": (
        "UPDATE users SET language = 'de' WHERE id = :idle",
        user(language="'EN'"),
    ),
    "ck_users_theme_known": (
        "UPDATE users SET theme = 'dim' WHERE id = :idle",
        user(theme="''"),
    ),
    "ck_calendar_feeds_kind_known": (feed_row(kind="'MINE'"), feed_row(kind="'everything'")),
    "uq_users_username": (user(username="'idle'"),),
    "uq_users_email": (
        user(email="'idle@epic.example'"),
        "UPDATE users SET email = 'idle@epic.example' WHERE id = :seller",
    ),
    "uq_clients_email": (client(email="'kevin@startup.example'"),),
    "uq_payments_idempotency_key": (payment(idempotency_key="'taken'"),),
    "uq_sessions_token_hash": (f"{session_row()}, {session_row(user_id=':idle').partition('VALUES ')[2]}",),
    "uq_saved_views_user_id_list_name_name": (f"{saved_view()}, {saved_view().partition('VALUES ')[2]}",),
    "fk_saved_views_user_id_users": (saved_view(user_id="999999"),),
    "fk_clients_sales_contact_id_users": ("DELETE FROM users WHERE id = :seller",),
    "fk_contracts_client_id_clients": (
        "DELETE FROM clients WHERE id = :client",
        "UPDATE contracts SET client_id = 999999 WHERE id = :draft",
        contract(client_id="999999"),
    ),
    "fk_payments_contract_id_contracts": ("DELETE FROM contracts WHERE id = :signed",),
    "fk_payments_recorded_by_users": (payment(recorded_by="999999"),),
    "fk_events_contract_id_contracts": ("DELETE FROM contracts WHERE id = :sold",),
    "fk_events_support_contact_id_users": ("DELETE FROM users WHERE id = :supporter",),
    "fk_sessions_user_id_users": (session_row(user_id="999999"),),
    "fk_recovery_codes_user_id_users": (insert("recovery_codes", {"user_id": "999999", "code_hash": "'a'"}),),
    "uq_api_tokens_token_hash": (f"{token_row()}, {token_row(user_id=':idle').partition('VALUES ')[2]}",),
    "fk_api_tokens_user_id_users": (token_row(user_id="999999"),),
    "uq_calendar_feeds_token_hash": (f"{feed_row()}, {feed_row(user_id=':idle').partition('VALUES ')[2]}",),
    "fk_calendar_feeds_user_id_users": (feed_row(user_id="999999"),),
    "fk_idempotency_keys_user_id_users": (idempotency_key(user_id="999999"),),
    "fk_webhook_subscriptions_created_by_users": (subscription(created_by="999999"),),
    "fk_webhook_deliveries_subscription_id_webhook_subscriptions": (delivery(subscription_id="999999"),),
    "tr_users_last_manager_kept": (
        "UPDATE users SET is_active = FALSE WHERE id = :manager",
        "UPDATE users SET department = 'SALES' WHERE id = :manager",
        "UPDATE users SET is_active = FALSE",
    ),
    "tr_users_last_manager_not_deleted": ("DELETE FROM users WHERE id = :manager",),
    "tr_users_in_charge_keep_department": (
        "UPDATE users SET department = 'SUPPORT' WHERE id = :seller",
        "UPDATE users SET department = 'MANAGEMENT' WHERE id = :supporter",
    ),
    "tr_clients_sales_contact_given": (client(sales_contact_id=":supporter"), client(sales_contact_id="999999")),
    "tr_clients_sales_contact_changed": (
        "UPDATE clients SET sales_contact_id = :manager WHERE id = :client",
        "UPDATE clients SET sales_contact_id = 999999 WHERE id = :client",
    ),
    "tr_contracts_status_order": (
        "UPDATE contracts SET status = 'draft', signed_at = NULL WHERE id = :signed",
        "UPDATE contracts SET status = 'sent', signed_at = NULL WHERE id = :signed",
        "UPDATE contracts SET status = 'signed' WHERE id = :cancelled",
        "UPDATE contracts SET status = 'draft' WHERE id = :sent",
    ),
    "tr_contracts_signed_at_kept": (
        "UPDATE contracts SET status = 'cancelled', signed_at = NULL WHERE id = :signed",
        "UPDATE contracts SET status = 'cancelled', signed_at = '2026-11-22 09:00:00' WHERE id = :draft",
        "UPDATE contracts SET signed_at = NULL WHERE id = :cancelled",
    ),
    "tr_contracts_paid_is_sum": (
        "UPDATE contracts SET paid = 100000 WHERE id = :signed",
        "UPDATE contracts SET paid = 0 WHERE id = :signed",
        "UPDATE contracts SET paid = 1 WHERE id = :draft",
    ),
    "tr_contracts_start_unpaid": (contract(paid="1"),),
    "tr_payments_need_signed_contract": (
        payment(contract_id=":draft"),
        payment(contract_id=":sent"),
        payment(contract_id=":cancelled"),
        payment(contract_id="999999"),
    ),
    "tr_payments_never_edited": (
        "UPDATE payments SET amount = 1 WHERE id = :payment",
        "UPDATE payments SET contract_id = :sold WHERE id = :payment",
        "UPDATE payments SET received_on = '2020-01-01' WHERE id = :payment",
        "UPDATE payments SET idempotency_key = 'other' WHERE id = :payment",
        "UPDATE payments SET recorded_by_username = 'somebody else' WHERE id = :payment",
    ),
    "tr_payments_recorder_kept": ("UPDATE payments SET recorded_by = :seller WHERE id = :payment",),
    "tr_payments_never_deleted": ("DELETE FROM payments WHERE id = :payment", "DELETE FROM payments"),
    "tr_events_need_signed_contract": (
        event(contract_id=":draft"),
        event(contract_id=":cancelled"),
        event(contract_id="999999"),
    ),
    "tr_events_contract_changed": ("UPDATE events SET contract_id = :draft WHERE id = :event",),
    "tr_events_support_contact_given": (
        event(support_contact_id=":seller"),
        event(support_contact_id="999999"),
    ),
    "tr_events_support_contact_changed": (
        "UPDATE events SET support_contact_id = :manager WHERE id = :event",
        "UPDATE events SET support_contact_id = 999999 WHERE id = :event",
    ),
    "tr_audit_entries_never_edited": (
        "UPDATE audit_entries SET actor_username = 'somebody else'",
        "UPDATE audit_entries SET created_at = '2020-01-01 00:00:00'",
    ),
    "tr_audit_entries_never_deleted": ("DELETE FROM audit_entries",),
}
# Whatever breaks one of these breaks another, too, and the engines differ in which they look at first.
ALSO = {
    "ck_contracts_total_not_negative": "ck_contracts_paid_within_total",
    "ck_contracts_status_known": "ck_contracts_signed_at_matches_status",
}
TAKEN = {
    "uq_users_username": "username: this value is already used by another member of staff.",
    "uq_users_email": "e-mail: this value is already used by another member of staff.",
    "uq_clients_email": "e-mail: this value is already used by another client.",
    "uq_payments_idempotency_key": "idempotency key: this value is already used by another payment.",
    "uq_saved_views_user_id_list_name_name": "name: this value is already used by another saved view.",
    "uq_sessions_token_hash": "token hash: this value is already used by another record.",
    "uq_api_tokens_token_hash": "token hash: this value is already used by another record.",
    "uq_calendar_feeds_token_hash": "token hash: this value is already used by another record.",
}
# They make instead of refusing.
ACTS = {
    "tr_payments_add_up",
    "tr_contract_lines_added",
    "tr_contract_lines_changed",
    "tr_contract_lines_removed",
}


@pytest.mark.parametrize(
    ("rule", "statement"), [(rule, statement) for rule, statements in BREAKS.items() for statement in statements]
)
def test_a_broken_rule_is_refused_in_its_own_words(stocked: Stocked, rule: str, statement: str) -> None:
    refusal = stocked.refusal_of(statement)
    if rule in TAKEN:
        assert (type(refusal), str(refusal)) == (AlreadyExists, TAKEN[rule])
    elif rule.startswith("fk_"):
        assert (type(refusal), str(refusal)) == (RuleBroken, STILL_USED)
    else:
        sentences = {CONSTRAINT_MESSAGES[rule], CONSTRAINT_MESSAGES[ALSO.get(rule, rule)]}
        assert type(refusal) is RuleBroken
        assert str(refusal) in sentences


def test_every_constraint_and_trigger_is_broken_above() -> None:
    named = {
        str(constraint.name)
        for table in Base.metadata.tables.values()
        for constraint in (*table.constraints, *(one for column in table.columns for one in column.constraints))
        if isinstance(constraint, CheckConstraint | ForeignKeyConstraint | UniqueConstraint)
    }
    assert named | set(trigger_names()) - ACTS == set(BREAKS)


def test_every_check_and_trigger_has_its_sentence_and_no_other_has() -> None:
    assert {rule for rule in BREAKS if rule.startswith(("ck_", "tr_"))} == set(CONSTRAINT_MESSAGES)


def test_no_kind_of_constraint_is_overlooked() -> None:
    """A primary key is the only kind left out: its numbers are given by the database."""
    kinds = {type(constraint) for table in Base.metadata.tables.values() for constraint in table.constraints}
    assert kinds == {CheckConstraint, ForeignKeyConstraint, UniqueConstraint, PrimaryKeyConstraint}


def test_the_database_has_the_triggers_of_the_models_and_no_other(standing: Database) -> None:
    statement = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[standing.engine.dialect.name]
    with standing.reading() as session:
        found = set(session.scalars(text(statement)))
    truncating = {"tr_payments_never_emptied", "tr_audit_entries_never_emptied"}
    searching = {trigger for searched in SEARCHED for trigger in searched.triggers}
    made = {*trigger_names(), OUTBOX}
    assert found == made | (truncating if standing.engine.dialect.name == "postgresql" else searching)


@pytest.mark.parametrize(
    ("table", "column", "field"),
    [("clients", "email", "e-mail"), ("clients", "last_name", "last name"), ("contracts", "title", "title")],
)
def test_a_missing_value_is_refused_by_the_name_of_its_field(
    stocked: Stocked, table: str, column: str, field: str
) -> None:
    refusal = stocked.refusal_of(f"UPDATE {table} SET {column} = NULL")
    assert (type(refusal), str(refusal)) == (InvalidInput, f"{field}: a value is required.")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE users SET is_active = FALSE", "UPDATE users SET department = 'SALES'", "DELETE FROM users"],
)
def test_one_statement_cannot_take_away_all_managers(standing: Database, statement: str) -> None:
    refusals = []
    try:
        with undone(standing) as session:
            for _one in range(3):
                factories.manager(session)
            session.execute(text(statement))
    except RuleBroken as refusal:
        refusals.append(str(refusal))
    assert refusals == [CONSTRAINT_MESSAGES["tr_users_last_manager_kept"]]


@pytest.mark.parametrize("table", ["payments", "audit_entries"])
def test_what_replaces_a_row_deletes_it_and_is_refused_likewise(sqlite_database: Database, table: str) -> None:
    """INSERT OR REPLACE is SQLite's own; without a setting of the connection it goes past the triggers."""
    refusal = stock(sqlite_database).refusal_of(
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE id = :payment"
    )
    assert str(refusal) == CONSTRAINT_MESSAGES[f"tr_{table}_never_deleted"]


@pytest.mark.parametrize("table", ["payments", "audit_entries"])
def test_truncate_is_refused_like_a_deletion(stocked: Stocked, table: str) -> None:
    """TRUNCATE is PostgreSQL's own; SQLite empties a table by a DELETE, which its triggers see."""
    emptying = f"TRUNCATE {table}" if stocked.database.engine.dialect.name == "postgresql" else f"DELETE FROM {table}"
    assert str(stocked.refusal_of(emptying)) == CONSTRAINT_MESSAGES[f"tr_{table}_never_deleted"]
