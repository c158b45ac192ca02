"""For management, the addresses that are told of changes, and what was sent to them."""

from typing import Any

from src.api.answering import Listed, Made
from src.api.desk import Desk
from src.api.fields import Field, requiring
from src.api.operations import Operations
from src.api.pages import part_of
from src.domain.permissions import Action
from src.i18n import N_
from src.presentation.webhooks import COLUMNS, DELIVERIES, RECORD, SECRET, SORTS
from src.services import webhook_deliveries, webhooks

operations = Operations()

PATH = "/webhooks"
ONE = PATH + "/{webhook_id:int}"

DETAILS = (
    Field(name="name", says=N_("name"), about="What it is for."),
    Field(name="url", says=N_("address"), about="Where changes are sent: http or https, and not into our own network."),
    Field(
        name="record_type",
        kind="choice",
        choices=("", *webhooks.RECORD_TYPES),
        about="Only changes of this kind of record; empty for every kind.",
    ),
    Field(
        name="action",
        kind="choice",
        choices=("", *webhooks.ACTIONS),
        about="Only changes by this action; empty for every one.",
    ),
)
STATE = Field(
    name="state", kind="choice", choices=webhook_deliveries.STATES, about="Only what waits, arrived or was given up."
)


@operations.list(PATH, Action.WEBHOOK_READ, answers=COLUMNS, sorts=SORTS)
def list_webhooks(desk: Desk) -> Listed:
    """List the webhooks, without their secrets."""
    page = webhooks.list_webhooks(desk.session, desk.me, **part_of(desk, sort="id"))
    return Listed(page.items, page.next, lambda: webhooks.select_webhooks(desk.me))


@operations.post(
    PATH,
    Action.WEBHOOK_CREATE,
    fields=requiring(DETAILS, {"name", "url"}),
    answers=RECORD,
    status=201,
    secret=SECRET.key,
)
def create_webhook(desk: Desk) -> Made:
    """Have changes sent to an address; the secret that signs them is in the answer, and nowhere else."""
    made = webhooks.create_webhook(
        desk.session,
        desk.me,
        webhooks.WebhookDetails(**desk.sent),
        allow_private=desk.settings.webhooks_allow_private,
    )
    return Made(made, location=f"{PATH}/{made.id}", more={SECRET.key: made.secret})


@operations.get(ONE, Action.WEBHOOK_READ, answers=RECORD)
def show_webhook(desk: Desk, webhook_id: int) -> Any:
    """Show one webhook."""
    return webhooks.show_webhook(desk.session, desk.me, webhook_id)


@operations.patch(ONE, Action.WEBHOOK_UPDATE, fields=DETAILS, shown=show_webhook, answers=RECORD)
def update_webhook(desk: Desk, webhook_id: int) -> Any:
    """Change where changes are sent, or which ones."""
    return webhooks.update_webhook(
        desk.session,
        desk.me,
        webhook_id,
        webhooks.WebhookDetails(**desk.sent),
        allow_private=desk.settings.webhooks_allow_private,
        version=desk.version,
    )


@operations.post(f"{ONE}/pause", Action.WEBHOOK_UPDATE, answers=RECORD)
def pause_webhook(desk: Desk, webhook_id: int) -> Any:
    """Send nothing for now; what waits is given up, and changes meanwhile are not kept."""
    return webhooks.set_active(desk.session, desk.me, webhook_id, active=False)


@operations.post(f"{ONE}/resume", Action.WEBHOOK_UPDATE, answers=RECORD)
def resume_webhook(desk: Desk, webhook_id: int) -> Any:
    """Send changes again from now on."""
    return webhooks.set_active(desk.session, desk.me, webhook_id, active=True)


@operations.post(f"{ONE}/rotate-secret", Action.WEBHOOK_UPDATE, answers=RECORD, secret=SECRET.key)
def rotate_secret(desk: Desk, webhook_id: int) -> Made:
    """Sign with another secret from now on; it is in the answer, and nowhere else."""
    changed = webhooks.rotate_secret(desk.session, desk.me, webhook_id)
    return Made(changed, more={SECRET.key: changed.secret})


@operations.delete(ONE, Action.WEBHOOK_DELETE, status=204)
def delete_webhook(desk: Desk, webhook_id: int) -> None:
    """Send nothing to an address any more, and forget what was sent."""
    webhooks.delete_webhook(desk.session, desk.me, webhook_id)


@operations.list(f"{ONE}/deliveries", Action.WEBHOOK_READ, answers=DELIVERIES, sorts=("id",), words=(STATE,))
def list_deliveries(desk: Desk, webhook_id: int) -> Listed:
    """List what a webhook was told, what waits and what was given up; the latest first."""
    filters = webhook_deliveries.DeliveryFilter(webhook_id=webhook_id, state=desk.asked.get("state", ""))
    page = webhook_deliveries.list_deliveries(desk.session, desk.me, filters, **part_of(desk, sort="-id"))
    return Listed(page.items, page.next, lambda: webhook_deliveries.select_deliveries(desk.me, filters))


@operations.post(f"{ONE}/replay", Action.WEBHOOK_REPLAY, status=204)
def replay_dead_deliveries(desk: Desk, webhook_id: int) -> None:
    """Send again all that was given up."""
    webhook_deliveries.replay_dead(desk.session, desk.me, webhook_id, now=desk.now)


@operations.post(f"{ONE}/deliveries/{{delivery_id:int}}/replay", Action.WEBHOOK_REPLAY, status=204)
def replay_delivery(desk: Desk, webhook_id: int, delivery_id: int) -> None:
    """Send one change again, whether it was given up or had arrived."""
    webhook_deliveries.replay_delivery(desk.session, desk.me, webhook_id, delivery_id, now=desk.now)
