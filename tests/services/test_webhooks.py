"""Webhooks as management keeps them: what is stored, logged and shown, what is given up and sent again."""

import base64
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from src.db.session import Database
from src.domain.errors import Conflict, InvalidInput, NotFound, RuleBroken
from src.domain.permissions import Actor
from src.models.audit_entry import AuditEntry
from src.models.webhook import WebhookDelivery, WebhookSubscription
from src.services import webhooks
from src.services.webhook_deliveries import DeliveryFilter, list_deliveries, replay_dead, replay_delivery
from src.services.webhooks import (
    WebhookDetails,
    create_webhook,
    delete_webhook,
    list_webhooks,
    rotate_secret,
    set_active,
    show_webhook,
    update_webhook,
)
from tests import factories
from tests.factories import NOW, actor
from tests.real_databases import undone

TILL = WebhookDetails(name=" Till ", url="https://till.example/changes", record_type="contracts")


def manager(session: Session) -> Actor:
    """Somebody of management."""
    return actor(factories.manager(session))


def logged(session: Session) -> list[tuple[str, object]]:
    """What the audit log says of webhooks, the latest last."""
    entries = session.scalars(select(AuditEntry).where(AuditEntry.record_type == "webhooks").order_by(AuditEntry.id))
    return [(entry.action, entry.changes) for entry in entries]


def test_a_webhook_is_made_with_a_secret_of_ours_and_the_log_does_not_tell_it(standing: Database) -> None:
    with undone(standing) as session:
        me = manager(session)
        made = create_webhook(session, me, TILL)
        assert (made.name, made.url, made.record_type, made.action) == ("Till", TILL.url, "contracts", "")
        assert (made.is_active, made.created_by) == (True, me.user_id)
        assert len(base64.b64decode(made.secret.removeprefix("whsec_"), validate=True)) == 32
        changes = {
            "name": [None, "Till"],
            "url": [None, TILL.url],
            "secret": [None, "•••"],
            "record_type": [None, "contracts"],
            "is_active": [None, True],
        }
        assert logged(session) == [("webhook.create", changes)]
        [row] = list_webhooks(session, me, limit=20).items
        assert "secret" not in row._fields
        assert made.secret not in str(row)


def test_a_change_of_a_webhook_is_logged_and_a_stale_one_refused(standing: Database) -> None:
    with undone(standing) as session:
        me = manager(session)
        made = create_webhook(session, me, TILL)
        first = made.secret
        update_webhook(session, me, made.id, WebhookDetails(record_type="", action="contract.sign"), version=1)
        with pytest.raises(Conflict) as refusal:
            update_webhook(session, me, made.id, WebhookDetails(action=""), version=1)
        assert {change.field for change in refusal.value.changes} == {"record_type", "action"}
        rotate_secret(session, me, made.id)
        assert made.secret != first
        assert logged(session)[1:] == [
            ("webhook.update", {"record_type": ["contracts", ""], "action": ["", "contract.sign"]}),
            ("webhook.update", {"secret": ["•••", "•••"]}),
        ]
        delete_webhook(session, me, made.id)
        assert logged(session)[-1][0] == "webhook.delete"
        with pytest.raises(NotFound):
            show_webhook(session, me, made.id)


@pytest.mark.parametrize(
    ("details", "field"),
    [
        (WebhookDetails(url="https://till.example"), "name"),
        (WebhookDetails(name="Till"), "address"),
        (WebhookDetails(name="Till", url="http://127.0.0.1/"), "address"),
        (WebhookDetails(name="Till", url="https://till.example", record_type="sessions"), "record"),
        (WebhookDetails(name="Till", url="https://till.example", action="client.read"), "action"),
        (WebhookDetails(name="Till", url="https://till.example", action="everything"), "action"),
    ],
)
def test_what_a_webhook_cannot_be_is_refused_by_name(standing: Database, details: WebhookDetails, field: str) -> None:
    with undone(standing) as session:
        with pytest.raises(InvalidInput) as refusal:
            create_webhook(session, manager(session), details)
        assert refusal.value.field == field


def test_our_own_network_needs_the_installations_leave(standing: Database) -> None:
    inside = WebhookDetails(name="Till", url="http://127.0.0.1:9/")
    with undone(standing) as session:
        me = manager(session)
        made = create_webhook(session, me, inside, allow_private=True)
        with pytest.raises(InvalidInput):
            update_webhook(session, me, made.id, WebhookDetails(url="http://10.0.0.1/"))
        assert update_webhook(session, me, made.id, WebhookDetails(name="Desk")).url == inside.url


def test_there_are_not_too_many(standing: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MOST", 2)
    with undone(standing) as session:
        me = manager(session)
        for _number in range(2):
            create_webhook(session, me, TILL)
        with pytest.raises(RuleBroken):
            create_webhook(session, me, TILL)


def outbox(session: Session, webhook: WebhookSubscription) -> dict[str, WebhookDelivery]:
    """One delivery in each state."""
    told = {"subscription_id": webhook.id}
    return {
        "pending": factories.delivery(session, due_at=NOW, attempts=2, **told),
        "delivered": factories.delivery(session, delivered_at=NOW, attempts=1, last_status=200, last_error="", **told),
        "dead": factories.delivery(session, **told),
    }


def test_deliveries_are_listed_by_state_the_latest_first(standing: Database) -> None:
    with undone(standing) as session:
        me, webhook = manager(session), factories.webhook(session)
        made = outbox(session, webhook)
        factories.delivery(session)
        rows = list_deliveries(session, me, DeliveryFilter(webhook_id=webhook.id), limit=20).items
        assert [(row.id, row.state) for row in rows] == [(made[state].id, state) for state in reversed(made)]
        for state, delivery in made.items():
            [row] = list_deliveries(session, me, DeliveryFilter(webhook_id=webhook.id, state=state), limit=20).items
            assert (row.id, row.attempts, row.last_status) == (delivery.id, delivery.attempts, delivery.last_status)
        with pytest.raises(InvalidInput):
            list_deliveries(session, me, DeliveryFilter(webhook_id=webhook.id, state="lost"), limit=20)
        with pytest.raises(NotFound):
            list_deliveries(session, me, DeliveryFilter(webhook_id=webhook.id + 99), limit=20)


def test_what_was_given_up_is_sent_again_all_or_one(standing: Database) -> None:
    later = NOW + timedelta(days=3)
    with undone(standing) as session:
        me, webhook = manager(session), factories.webhook(session)
        made = outbox(session, webhook)
        assert replay_dead(session, me, webhook.id, now=later) == 1
        assert replay_dead(session, me, webhook.id, now=later) == 0
        replay_delivery(session, me, webhook.id, made["delivered"].id, now=later)
        for state in ("dead", "delivered"):
            session.refresh(made[state])
            assert (made[state].due_at, made[state].delivered_at, made[state].attempts) == (later, None, 0)
        session.refresh(made["pending"])
        assert (made["pending"].due_at, made["pending"].attempts) == (NOW, 2)
        with pytest.raises(RuleBroken):
            replay_delivery(session, me, webhook.id, made["pending"].id, now=later)
        with pytest.raises(NotFound):
            replay_delivery(session, me, factories.webhook(session).id, made["dead"].id, now=later)
        replays = [entry for entry in logged(session) if entry[0] == "webhook.replay"]
        assert replays == [("webhook.replay", {"deliveries_replayed": [None, 1]})] * 2


def test_pausing_gives_up_what_waits_and_nothing_is_sent_again_meanwhile(standing: Database) -> None:
    with undone(standing) as session:
        me, webhook = manager(session), factories.webhook(session)
        made = outbox(session, webhook)
        set_active(session, me, webhook.id, active=False)
        session.refresh(made["pending"])
        assert (made["pending"].due_at, made["pending"].delivered_at) == (None, None)
        assert made["pending"].last_error == "paused"
        with pytest.raises(RuleBroken):
            replay_dead(session, me, webhook.id, now=NOW)
        with pytest.raises(RuleBroken):
            replay_delivery(session, me, webhook.id, made["dead"].id, now=NOW)
        set_active(session, me, webhook.id, active=True)
        assert replay_dead(session, me, webhook.id, now=NOW) == 2
