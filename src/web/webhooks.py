"""Other programs that are told of changes, for management: where they are, what they were told, what was given up."""

from typing import Any

from starlette.responses import Response

from src.domain.permissions import Action
from src.i18n import N_, _, ngettext
from src.models.webhook import WebhookSubscription
from src.presentation.histories import DEEDS, RECORDS
from src.presentation.webhooks import ERRORS, EVERY_ACTION, EVERY_RECORD, STATES
from src.services import webhook_deliveries, webhooks
from src.web.audit import RECORD_PAGES
from src.web.desk import Desk
from src.web.forms import Field
from src.web.lists import ROWS, listing_of
from src.web.once import KEY, key_of, was_sent_before
from src.web.pages import Pages

pages = Pages()

PATH = "/webhooks"
_ONE = f"{PATH}/{{webhook_id:int}}"

FIELDS = (
    Field(name="name", required=True, longest=100, hint=N_("What it is for; you will know it again by this.")),
    Field(
        name="url",
        required=True,
        longest=500,
        hint=N_("Where changes are sent, such as https://example.com/changes."),
    ),
    Field(name="record_type", kind="choice", choices={"": EVERY_RECORD, **RECORDS}, says=N_("record")),
    Field(
        name="action",
        kind="choice",
        choices={"": EVERY_ACTION, **{action: DEEDS[action] for action in webhooks.ACTIONS}},
    ),
)
_NAMES = [one.name for one in FIELDS]


@pages.get(PATH, Action.WEBHOOK_READ)
def list_webhooks(desk: Desk) -> Response:
    """Show who is told of changes."""
    listing = listing_of(desk, PATH, filters=(), sort="id")
    page = webhooks.list_webhooks(desk.session, desk.me, sort=listing.sort, limit=ROWS, after=listing.after)
    return desk.page("webhooks/list.html", listing=listing.showing(page), records=RECORDS)


@pages.get(f"{PATH}/new", Action.WEBHOOK_CREATE)
def show_new_webhook(desk: Desk) -> Response:
    """Ask who is to be told of what."""
    return desk.page(
        "step.html",
        heading=_("New webhook"),
        trail=(PATH, _("Webhooks")),
        consequences=[
            _("Every change is sent there as it is in the audit log, with names, addresses and amounts."),
            _("A secret is shown once, with which the receiver knows that a message is from here."),
        ],
        fields=FIELDS,
        hidden=key_of(desk),
        submit=_("Add webhook"),
    )


@pages.post(f"{PATH}/new", Action.WEBHOOK_CREATE, again=show_new_webhook)
def create_webhook(desk: Desk) -> Response:
    """Have changes sent to an address; the secret is shown this once."""
    desk.form.require_only([*_NAMES, KEY])
    if was_sent_before(desk):
        return desk.done(
            _("This webhook was made before and its secret shown once. If you did not keep it, make a new secret."),
            to=PATH,
        )
    details = webhooks.WebhookDetails(**{name: desk.form.get(name) for name in _NAMES})
    allow_private = desk.settings.webhooks_allow_private
    made = webhooks.create_webhook(desk.session, desk.me, details, allow_private=allow_private)
    return desk.page("webhooks/secret.html", webhook=made, secret=made.secret, is_new=True)


@pages.get(_ONE, Action.WEBHOOK_READ)
def show_webhook(desk: Desk, webhook_id: int) -> Response:
    """Show a webhook with what it was told, what waits and what was given up."""
    webhook = webhooks.show_webhook(desk.session, desk.me, webhook_id)
    listing = listing_of(desk, f"{PATH}/{webhook_id}", filters=("state",), sort="-id")
    filters = webhook_deliveries.DeliveryFilter(webhook_id=webhook_id, state=listing.filters["state"])
    page = webhook_deliveries.list_deliveries(desk.session, desk.me, filters, limit=ROWS, after=listing.after)
    return desk.page(
        "webhooks/card.html",
        webhook=webhook,
        listing=listing.showing(page),
        states=STATES,
        errors=ERRORS,
        records=RECORDS,
        pages_of_records=RECORD_PAGES,
    )


@pages.get(f"{_ONE}/edit", Action.WEBHOOK_UPDATE)
def show_edit_webhook(desk: Desk, webhook_id: int) -> Response:
    """Ask what is to change about a webhook."""
    webhook = webhooks.show_webhook(desk.session, desk.me, webhook_id)
    return _step(
        desk,
        webhook,
        heading=_("Change {name}").format(name=webhook.name),
        consequences=[_("What waits is sent to the new address.")],
        record=webhook,
        fields=FIELDS,
        submit=_("Save"),
    )


@pages.post(f"{_ONE}/edit", Action.WEBHOOK_UPDATE, again=show_edit_webhook)
def edit_webhook(desk: Desk, webhook_id: int) -> Response:
    """Change a webhook: what was changed in the form, and nothing else."""
    desk.form.require_only([*_NAMES, "version"])
    webhooks.update_webhook(
        desk.session,
        desk.me,
        webhook_id,
        webhooks.WebhookDetails(**desk.form.changed(FIELDS)),
        allow_private=desk.settings.webhooks_allow_private,
        version=desk.form.version(),
    )
    return desk.done(_("Webhook saved."), to=f"{PATH}/{webhook_id}")


@pages.get(f"{_ONE}/pause", Action.WEBHOOK_UPDATE)
def show_pause_webhook(desk: Desk, webhook_id: int) -> Response:
    """Ask whether nothing is to be sent for now."""
    webhook = webhooks.show_webhook(desk.session, desk.me, webhook_id)
    return _step(
        desk,
        webhook,
        heading=_("Pause {name}").format(name=webhook.name),
        consequences=[
            _("What waits is given up; it can be sent again later."),
            _("Changes meanwhile are not kept for it."),
        ],
        submit=_("Pause"),
        is_dangerous=True,
    )


@pages.post(f"{_ONE}/pause", Action.WEBHOOK_UPDATE, again=show_pause_webhook)
def pause_webhook(desk: Desk, webhook_id: int) -> Response:
    """Send nothing for now."""
    desk.form.require_only(())
    webhooks.set_active(desk.session, desk.me, webhook_id, active=False)
    return desk.done(_("The webhook is paused."), to=f"{PATH}/{webhook_id}")


@pages.post(f"{_ONE}/resume", Action.WEBHOOK_UPDATE)
def resume_webhook(desk: Desk, webhook_id: int) -> Response:
    """Send changes again from now on."""
    desk.form.require_only(())
    webhooks.set_active(desk.session, desk.me, webhook_id, active=True)
    return desk.done(_("The webhook goes on: changes are sent from now on."), to=f"{PATH}/{webhook_id}")


@pages.get(f"{_ONE}/secret", Action.WEBHOOK_UPDATE)
def show_rotate_secret(desk: Desk, webhook_id: int) -> Response:
    """Ask whether messages are to be signed with another secret."""
    webhook = webhooks.show_webhook(desk.session, desk.me, webhook_id)
    return _step(
        desk,
        webhook,
        heading=_("New secret for {name}").format(name=webhook.name),
        consequences=[
            _("From now on messages are signed with it; it is shown once."),
            _("What the receiver refuses until it knows the new one is tried again."),
        ],
        hidden=key_of(desk),
        submit=_("Make a new secret"),
        is_dangerous=True,
    )


@pages.post(f"{_ONE}/secret", Action.WEBHOOK_UPDATE, again=show_rotate_secret)
def rotate_secret(desk: Desk, webhook_id: int) -> Response:
    """Sign with another secret, shown this once."""
    desk.form.require_only((KEY,))
    if was_sent_before(desk):
        return desk.done(
            _("This secret was made before and shown once. If you did not keep it, make another one."),
            to=f"{PATH}/{webhook_id}",
        )
    webhook = webhooks.rotate_secret(desk.session, desk.me, webhook_id)
    return desk.page("webhooks/secret.html", webhook=webhook, secret=webhook.secret, is_new=False)


@pages.get(f"{_ONE}/delete", Action.WEBHOOK_DELETE)
def show_delete_webhook(desk: Desk, webhook_id: int) -> Response:
    """Ask whether an address is to be told nothing any more."""
    webhook = webhooks.show_webhook(desk.session, desk.me, webhook_id)
    return _step(
        desk,
        webhook,
        heading=_("Remove {name}").format(name=webhook.name),
        consequences=[_("Nothing more is sent there, and the list of what was sent goes. This cannot be undone.")],
        submit=_("Remove webhook"),
        is_dangerous=True,
    )


@pages.post(f"{_ONE}/delete", Action.WEBHOOK_DELETE, again=show_delete_webhook)
def delete_webhook(desk: Desk, webhook_id: int) -> Response:
    """Tell an address nothing any more."""
    desk.form.require_only(())
    webhooks.delete_webhook(desk.session, desk.me, webhook_id)
    return desk.done(_("The webhook is removed."), to=PATH)


@pages.post(f"{_ONE}/replay", Action.WEBHOOK_REPLAY)
def replay_dead(desk: Desk, webhook_id: int) -> Response:
    """Send again all that was given up."""
    desk.form.require_only(())
    count = webhook_deliveries.replay_dead(desk.session, desk.me, webhook_id, now=desk.now)
    said = ngettext("{number} delivery is sent again.", "{number} deliveries are sent again.", count)
    return desk.done(said.format(number=count), to=f"{PATH}/{webhook_id}")


@pages.post(f"{_ONE}/deliveries/{{delivery_id:int}}/replay", Action.WEBHOOK_REPLAY)
def replay_delivery(desk: Desk, webhook_id: int, delivery_id: int) -> Response:
    """Send one change again."""
    desk.form.require_only(())
    webhook_deliveries.replay_delivery(desk.session, desk.me, webhook_id, delivery_id, now=desk.now)
    said = ngettext("{number} delivery is sent again.", "{number} deliveries are sent again.", 1)
    return desk.done(said.format(number=1), to=f"{PATH}/{webhook_id}")


def _step(desk: Desk, webhook: WebhookSubscription, **shown: Any) -> Response:
    return desk.page("step.html", trail=(f"{PATH}/{webhook.id}", webhook.name), **shown)
