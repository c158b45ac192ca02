"""Webhooks and changes that are due to be told, made as the system makes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from src.db.session import Database
from src.domain.permissions import Action
from src.models.client import Client
from src.models.webhook import WebhookDelivery, WebhookSubscription
from src.security.signatures import new_signing_secret
from src.services import audit_trail
from tests import factories


def subscribe(database: Database, url: str, **fields: Any) -> WebhookSubscription:
    """Have every change of a client told to an address."""
    values = {"name": "till", "record_type": "clients", "action": "client.update", "secret": new_signing_secret()}
    with database.writing() as session:
        audit_trail.sign_as_system(session, Action.WEBHOOK_CREATE)
        made = WebhookSubscription(**{**values, "url": url, **fields})
        session.add(made)
    return made


def change_clients(database: Database, number: int = 1) -> list[int]:
    """Correct some clients, each in its own transaction; gives their numbers."""
    numbers = []
    for _time in range(number):
        with database.writing() as session:
            numbers.append(factories.client(session, factories.seller(session)).id)
        with database.writing() as session:
            audit_trail.sign_as_system(session, Action.CLIENT_UPDATE)
            session.get_one(Client, numbers[-1]).company_name = "Autre maison"
    return numbers


def deliveries(database: Database) -> list[WebhookDelivery]:
    """All there is in the outbox."""
    with database.reading() as session:
        return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


def let_time_pass(database: Database, time: timedelta = timedelta(days=2)) -> None:
    """Make due what will be due."""
    with database.writing() as session:
        session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.due_at.is_not(None))
            .values(due_at=datetime.now(UTC) - time)
            .execution_options(synchronize_session=False)
        )
