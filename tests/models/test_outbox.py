"""The outbox of changes: the database itself fills it, in the transaction of the change, for whoever subscribed."""

from datetime import UTC, datetime

from sqlalchemy import insert, select

from src.db.session import Database
from src.domain.permissions import Action
from src.models.audit_entry import AuditEntry
from src.models.webhook import WebhookDelivery, WebhookSubscription
from src.services import audit_trail
from tests import factories
from tests.real_databases import undone

# What is subscribed to: kind of record, action (empty is every one), and whether it still is.
SUBSCRIBED = {
    "everything": ("", "", True),
    "clients": ("clients", "", True),
    "corrections": ("", "client.update", True),
    "signatures": ("contracts", "contract.sign", True),
    "given up": ("", "", False),
}


def test_a_change_is_put_into_the_outbox_of_everybody_who_subscribed_to_it_and_of_nobody_else(
    standing: Database,
) -> None:
    now = datetime.now(UTC)
    written = {"url": "https://till.example", "secret": "a", "created_at": now, "updated_at": now, "version": 1}
    with undone(standing) as session:
        buyer = factories.client(session, factories.seller(session))
        subscriptions = [
            {"name": name, "record_type": record_type, "action": action, "is_active": is_active, **written}
            for name, (record_type, action, is_active) in SUBSCRIBED.items()
        ]
        session.execute(insert(WebhookSubscription), subscriptions)
        audit_trail.sign_as_system(session, Action.CLIENT_UPDATE)
        buyer.company_name = "Autre maison"
        session.flush()
        audit_trail.sign_as_system(session, Action.CLIENT_LOG_CONTACT)
        buyer.last_contact_at = now
        session.flush()
        told = session.execute(
            select(WebhookSubscription.name, AuditEntry.action, WebhookDelivery.attempts)
            .join_from(WebhookDelivery, WebhookSubscription, WebhookDelivery.subscription_id == WebhookSubscription.id)
            .join(AuditEntry, WebhookDelivery.audit_entry_id == AuditEntry.id)
            .where(WebhookDelivery.due_at == AuditEntry.created_at)
            .order_by(AuditEntry.id, WebhookSubscription.id)
        )
        assert [tuple(row) for row in told] == [
            ("everything", "client.update", 0),
            ("clients", "client.update", 0),
            ("corrections", "client.update", 0),
            ("everything", "client.log_contact", 0),
            ("clients", "client.log_contact", 0),
        ]
