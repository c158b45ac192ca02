"""Webhooks: to which addresses management has changes told, of which records and which actions, and how that ends."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from src.domain.choices import parse_choice
from src.domain.errors import RuleBroken
from src.domain.permissions import READING, Action, Actor, require
from src.domain.targets import parse_target
from src.domain.values import MAX_NAME, parse_text
from src.i18n import N_
from src.models.webhook import WebhookDelivery, WebhookSubscription
from src.security.signatures import new_signing_secret
from src.services.audit_trail import AUDITED
from src.services.lists import Order, Page, order_from, read_page, select_rows
from src.services.records import authorize, check_version, get_or_raise

# Each change looks at all of them.
MOST = 50
EVERY = ""
RECORD_TYPES = tuple(sorted(AUDITED - {"contract_lines", "payments"}))
ACTIONS = tuple(action.value for action in Action if action not in READING)
PAUSED = "paused"

SORTS: Mapping[str, Any] = {"id": WebhookSubscription.id, "name": WebhookSubscription.name}


@dataclass(frozen=True, kw_only=True)
class WebhookDetails:
    """What is typed about a webhook; None leaves a field as it is, an empty filter is every one."""

    name: str | None = None
    url: str | None = None
    record_type: str | None = None
    action: str | None = None

    def parsed(self, *, allow_private: bool) -> dict[str, Any]:
        """Read every given field; `allow_private` lets the address be one of our own network.

        Raises:
            InvalidInput: naming the first field that cannot be read.
        """
        values: dict[str, Any] = {}
        if self.name is not None:
            values["name"] = parse_text(self.name, field=N_("name"), longest=MAX_NAME)
        if self.url is not None:
            values["url"] = parse_target(self.url, field=N_("address"), allow_private=allow_private)
        if self.record_type is not None:
            values["record_type"] = parse_choice(self.record_type.strip(), (EVERY, *RECORD_TYPES), field=N_("record"))
        if self.action is not None:
            values["action"] = parse_choice(self.action.strip(), (EVERY, *ACTIONS), field=N_("action"))
        return values


def create_webhook(
    session: Session, actor: Actor, details: WebhookDetails, *, allow_private: bool = False
) -> WebhookSubscription:
    """Have changes told to an address from now on; whoever asked is shown the secret of the answer this once.

    Raises:
        Forbidden; InvalidInput; RuleBroken: there are too many.
    """
    authorize(session, actor, Action.WEBHOOK_CREATE)
    values = replace(
        details,
        name=details.name or "",
        url=details.url or "",
        record_type=details.record_type or EVERY,
        action=details.action or EVERY,
    ).parsed(allow_private=allow_private)
    if (session.scalar(select(func.count()).select_from(WebhookSubscription)) or 0) >= MOST:
        raise RuleBroken(N_("There are {most} webhooks already. Remove one first."), most=MOST)
    made = WebhookSubscription(**values, secret=new_signing_secret(), created_by=actor.user_id)
    session.add(made)
    session.flush()
    return made


def list_webhooks(session: Session, actor: Actor, *, sort: str = "id", limit: int, after: str | None = None) -> Page:
    """List one page of the webhooks, without their secrets.

    Raises:
        Forbidden; InvalidInput.
    """
    return read_page(session, select_webhooks(actor), webhook_order(sort), limit=limit, after=after)


def select_webhooks(actor: Actor) -> Select[Any]:
    """Select the webhooks as plain rows, without their secrets.

    Raises:
        Forbidden.
    """
    require(actor, Action.WEBHOOK_READ)
    return select_rows(
        WebhookSubscription.id,
        WebhookSubscription.name,
        WebhookSubscription.url,
        WebhookSubscription.record_type,
        WebhookSubscription.action,
        WebhookSubscription.is_active,
        WebhookSubscription.created_at,
        WebhookSubscription.version,
    )


def webhook_order(sort: str) -> Order:
    """Read the sort of a list of webhooks."""
    return order_from(sort, SORTS, WebhookSubscription.id)


def show_webhook(session: Session, actor: Actor, webhook_id: int) -> WebhookSubscription:
    """Show one webhook.

    Raises:
        Forbidden; NotFound.
    """
    require(actor, Action.WEBHOOK_READ)
    return get_or_raise(session, WebhookSubscription, webhook_id)


def update_webhook(
    session: Session,
    actor: Actor,
    webhook_id: int,
    details: WebhookDetails,
    *,
    allow_private: bool = False,
    version: int | None = None,
) -> WebhookSubscription:
    """Change where changes are told, or which ones; `version` is the one the editor read.

    Raises:
        NotFound; Forbidden; InvalidInput; Conflict: somebody else saved first.
    """
    webhook = _to_change(session, actor, webhook_id)
    values = details.parsed(allow_private=allow_private)
    check_version(session, webhook, version, values)
    for field, value in values.items():
        setattr(webhook, field, value)
    session.flush()
    return webhook


def set_active(session: Session, actor: Actor, webhook_id: int, *, active: bool) -> WebhookSubscription:
    """Pause a webhook, or let it go on: while it is paused no change is kept for it, and what waits is given up.

    Raises:
        NotFound; Forbidden.
    """
    webhook = _to_change(session, actor, webhook_id)
    webhook.is_active = active
    if not active:
        give_up_waiting(session, webhook_id)
    session.flush()
    return webhook


def rotate_secret(session: Session, actor: Actor, webhook_id: int) -> WebhookSubscription:
    """Sign with another secret from now on; whoever asked is shown it this once.

    Raises:
        NotFound; Forbidden.
    """
    webhook = _to_change(session, actor, webhook_id)
    webhook.secret = new_signing_secret()
    session.flush()
    return webhook


def delete_webhook(session: Session, actor: Actor, webhook_id: int) -> WebhookSubscription:
    """Tell an address nothing any more, and forget what was sent to it; gives what it was.

    Raises:
        NotFound; Forbidden.
    """
    webhook = get_or_raise(session, WebhookSubscription, webhook_id, lock=True)
    authorize(session, actor, Action.WEBHOOK_DELETE)
    session.delete(webhook)
    session.flush()
    return webhook


def give_up_waiting(session: Session, webhook_id: int) -> None:
    """Send nothing more of what waits for a webhook; it is with what was given up, and can be sent again."""
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.subscription_id == webhook_id, WebhookDelivery.due_at.is_not(None))
        .values(due_at=None, last_error=PAUSED)
        .execution_options(synchronize_session=False)
    )


def _to_change(session: Session, actor: Actor, webhook_id: int) -> WebhookSubscription:
    webhook = get_or_raise(session, WebhookSubscription, webhook_id, lock=True)
    authorize(session, actor, Action.WEBHOOK_UPDATE)
    return webhook
