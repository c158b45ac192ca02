"""The audit log: nothing changes without an entry, no entry changes, and everybody reads what is theirs to read."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import Forbidden, InvalidInput, NotFound
from src.domain.permissions import Actor, Department
from src.models import Base
from src.models.audit_entry import AuditEntry
from src.models.base import Record
from src.models.client import Client
from src.models.contract import Contract, Payment
from src.models.contract_line import ContractLine
from src.models.event import Event
from src.models.user import User
from src.models.webhook import WebhookSubscription
from src.services import audit, audit_trail, clients, lists
from src.services.audit import AuditFilter
from src.services.clients import ClientDetails
from tests import factories
from tests.factories import NOW
from tests.real_databases import undone

SECRETS = {"password_hash", "totp_secret", "secret"}
_AUDITED = sorted(
    (mapper.class_ for mapper in Base.registry.mappers if audit_trail.table_of(mapper.class_) in audit_trail.AUDITED),
    key=lambda model: model.__name__,
)


def test_a_change_that_nobody_authorised_is_no_change(standing: Database) -> None:
    """A use case that forgot the rulebook fails in its first test, and not in the hands of a customer."""
    ghost = {"username": "ghost", "email": "g@epic.example", "first_name": "G", "last_name": "H", "password_hash": "-"}
    with pytest.raises(RuntimeError, match="nobody authorised"), undone(standing) as session:
        session.add(User(**ghost, department=Department.SALES))
    with pytest.raises(RuntimeError, match="nobody authorised"), undone(standing) as session:
        audit_trail.note(session, record_type="clients")


@pytest.mark.parametrize("model", _AUDITED, ids=lambda model: model.__name__)
def test_every_field_of_every_record_is_logged_or_left_out_on_purpose(standing: Database, model: type[Record]) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        sold = factories.contract(session, factories.client(session, team.sales))
        if model is Payment:
            factories.payment(session, sold, "1", by=team.sales, reference="no. 7", reason="because")
        if model is Event:
            full = {"notes": "n", "contact_name": "c", "contact_phone": "12345", "contact_email": "c@d.fr"}
            factories.event(session, sold, team.support, **full)
        if model is ContractLine:
            factories.line(session, sold, vat_rate=Decimal("0.20"))
        if model is User:
            factories.seller(session, phone="12345", must_change_password=True, totp_secret="s")
        if model is Client:
            factories.client(session, team.sales, phone="12345")
        if model is WebhookSubscription:
            factories.webhook(session, record_type="clients")
        table = audit_trail.table_of(Contract if model is Payment or model is ContractLine else model)
        entries = [row for row in session.query(AuditEntry).order_by(AuditEntry.id) if row.record_type == table]
        fields = {attribute.key for attribute in model.__mapper__.column_attrs}  # type: ignore[attr-defined]  # mapped
        logged = fields - model.audit_ignored
        assert {field for field in entries[-1].changes if field in fields} | {"signed_at"} >= logged
        assert fields & SECRETS == model.audit_secrets
        assert all(value in (None, "•••") for field in model.audit_secrets for value in entries[-1].changes[field])


def test_an_entry_says_who_from_where_and_when(standing: Database) -> None:
    with undone(standing) as session:
        seller = factories.seller(session)
        made = factories.client(session, seller)
        bill = factories.actor(seller, interface="web")
        clients.update_client(session, bill, made.id, ClientDetails(phone="12345"), region="FR")
        entry = audit.record_history(session, bill, Client, made.id, limit=1).items[0]
        assert (entry.actor_id, entry.actor_username, entry.interface) == (seller.id, seller.username, "web")
        assert (entry.action, entry.record_type, entry.record_id) == ("client.update", "clients", made.id)
        assert abs(entry.created_at - session.get_one(Client, made.id).updated_at) < timedelta(minutes=1)
        assert entry.created_at.tzinfo is not None


def test_an_export_is_written_down_with_what_was_asked(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        kate, boss = factories.actor(team.support), factories.actor(team.management)
        lists.log_export(session, kate, "clients", {"mine": True, "search": "", "sales_contact_id": None, "client": 7})
        entry = audit.list_audit(session, boss, AuditFilter(action="export"), limit=1).items[0]
        assert (entry.actor_id, entry.record_type, entry.record_id) == (kate.user_id, "clients", None)
        assert entry.changes == {"mine": [None, True], "client": [None, 7]}


def test_only_management_reads_the_whole_log_and_everybody_a_records_own(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        made = factories.client(session, team.sales)
        for user in (team.sales, team.support):
            with pytest.raises(Forbidden):
                audit.list_audit(session, factories.actor(user), AuditFilter(), limit=5)
            history = audit.record_history(session, factories.actor(user), Client, made.id, limit=5)
            assert [entry.record_id for entry in history.items] == [made.id]
        with pytest.raises(NotFound):
            audit.record_history(session, factories.actor(team.support), Client, 999_999, limit=5)


def listed(session: Session, actor: Actor, **filters: Any) -> list[int]:
    page = audit.list_audit(session, actor, AuditFilter(**filters), sort="id", limit=100)
    return [entry.id for entry in page.items]


def test_the_log_is_filtered_by_who_what_which_and_when(standing: Database) -> None:
    with undone(standing) as session:
        team = factories.team(session)
        boss = factories.actor(team.management)
        made = factories.client(session, team.sales)
        factories.contract(session, made)
        bill = factories.actor(team.sales)
        clients.update_client(session, bill, made.id, ClientDetails(phone="12345"), region="FR")
        everything = listed(session, boss)
        assert len(everything) == 6
        assert listed(session, boss, actor_id=bill.user_id) == everything[-1:]
        assert listed(session, boss, action="client.update") == everything[-1:]
        assert listed(session, boss, record_type="clients", record_id=made.id) == [everything[3], everything[5]]
        assert listed(session, boss, record_type="users") == everything[:3]
        assert listed(session, boss, since=NOW + timedelta(days=365 * 100)) == []
        assert listed(session, boss, until=NOW - timedelta(days=365 * 100)) == []
        assert (
            listed(session, boss, since=NOW - timedelta(days=365 * 100), until=NOW + timedelta(days=36500))
            == everything
        )
        with pytest.raises(InvalidInput, match="sort: choose one of id"):
            audit.list_audit(session, boss, AuditFilter(), sort="actor_username", limit=5)


def test_the_log_outlives_what_it_tells_of(database: Database) -> None:
    with database.writing() as session:
        boss = factories.actor(factories.manager(session))
        leaver = factories.seller(session, username="leaver").id
    with database.writing() as session:
        audit_trail.sign_as_system(session, "test")
        session.delete(session.get_one(User, leaver))
    with database.reading() as session:
        told = audit.list_audit(session, boss, AuditFilter(record_type="users", record_id=leaver), limit=5).items
        assert [(entry.action, entry.changes["username"]) for entry in told] == [
            ("test", ["leaver", None]),
            ("test.setup", [None, "leaver"]),
        ]


def test_changes_past_the_orm_are_the_only_ones_without_an_entry(standing: Database) -> None:
    """Guards the tests above: they would pass if entries came from somewhere else."""
    with undone(standing) as session:
        factories.seller(session)
        count = session.query(AuditEntry).count()
        session.execute(text("UPDATE users SET phone = '12345'"))
        assert session.query(AuditEntry).count() == count
