"""`epicevents webhook`: for management, the other programs that are told of changes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from src.cli.commands import argument, group, option
from src.cli.context import Desk, reading, settings, writing
from src.cli.editing import changed, edit_options, version_option
from src.cli.paging import Paging, answer_list, paging_options
from src.cli.prompts import Parsed, confirm
from src.cli.render import json_option, output_options, show_done, show_record, wanted_form
from src.cli.terminal import visible
from src.domain.permissions import Action, require
from src.domain.values import parse_id
from src.i18n import N_, _, ngettext
from src.presentation.columns import row_of
from src.presentation.webhooks import COLUMNS, DELIVERIES, RECORD, SECRET, SORTS

if TYPE_CHECKING:
    from src.models.webhook import WebhookSubscription

DETAILS = (
    ("name", N_("Name"), "--name"),
    ("url", N_("Address"), "--url"),
    ("record_type", N_("Record"), "--record"),
    ("action", N_("Action"), "--action"),
)

webhook_argument = argument(
    "webhook_id",
    metavar=N_("WEBHOOK"),
    type=Parsed(parse_id, field=N_("webhook")),
    help=N_("Number of the webhook (see epicevents webhook list)."),
)


@group("webhook", help=N_("Other programs that are told of changes, for management."))
def webhook() -> None:
    """Hold the verbs for webhooks."""


@webhook.command("list", help=N_("List the webhooks."), examples=("epicevents webhook list",))
@paging_options(SORTS, default="id")
def list_webhooks(*, paging: Paging) -> None:
    """Show who is told of changes."""
    from src.services import lists, webhooks

    def everything(desk: Desk) -> Iterator[Any]:
        return lists.stream(desk.session, webhooks.select_webhooks(desk.actor), webhooks.webhook_order(paging.sort))

    answer_list(
        COLUMNS,
        paging,
        record_type="webhooks",
        filters={},
        empty=_("No webhook yet. Add one: epicevents webhook add"),
        page=lambda desk: webhooks.list_webhooks(
            desk.session, desk.actor, sort=paging.sort, limit=paging.limit, after=paging.after
        ),
        everything=everything,
    )


@webhook.command("show", help=N_("Show one webhook."), examples=("epicevents webhook show 3",))
@webhook_argument
@output_options
def show_webhook(webhook_id: int) -> None:
    """Show a webhook."""
    from src.services import webhooks

    with reading() as desk:
        found = webhooks.show_webhook(desk.session, desk.actor, webhook_id)
    show_record(RECORD, row_of(RECORD, found), manner=desk.manner)


@webhook.command(
    "add",
    help=N_("Have changes sent to an address; the secret that signs them is shown once."),
    examples=(
        "epicevents webhook add till --url https://till.example/ --record contracts",
        "epicevents webhook add chat --url https://chat.example/ --action contract.sign",
    ),
)
@argument("name", metavar=N_("NAME"), help=N_("What it is for; you will know it again by this."))
@option("--url", metavar=N_("ADDRESS"), ask=N_("Address"), help=N_("Where changes are sent, such as https://…"))
@option("--record", "record_type", default="", metavar=N_("RECORD"), help=N_("Only of this kind, such as contracts."))
@option(
    "--action",
    default="",
    metavar=N_("ACTION"),
    help=N_("Only of this action, such as contract.sign (see epicevents permissions)."),
)
@json_option
def add_webhook(name: str, **details: str) -> None:
    """Add a webhook."""
    from src.services import webhooks

    with writing() as desk:
        made = webhooks.create_webhook(
            desk.session,
            desk.actor,
            webhooks.WebhookDetails(name=name, **details),
            allow_private=desk.settings.webhooks_allow_private,
        )
    _show_secret(_("Webhook {id} added: {name}.").format(id=made.id, name=made.name), made)


@webhook.command(
    "edit",
    help=N_("Change where changes are sent, or which ones; - as a filter is every one."),
    examples=("epicevents webhook edit 3 --url https://till.example.com/new", "epicevents webhook edit 3 --record -"),
)
@webhook_argument
@edit_options(DETAILS)
@version_option
@json_option
def edit_webhook(webhook_id: int, version: int | None, **details: str | None) -> None:
    """Change a webhook."""
    from src.services import webhooks

    allow_private = settings().webhooks_allow_private
    given = {name: "" if value == "-" else value for name, value in details.items()}
    values, version = changed(
        DETAILS,
        given,
        version,
        lambda desk: webhooks.show_webhook(desk.session, desk.actor, webhook_id),
        right=Action.WEBHOOK_UPDATE,
        read=lambda _desk, _webhook, typed: webhooks.WebhookDetails(**typed).parsed(allow_private=allow_private),
    )
    with writing() as desk:
        saved = webhooks.update_webhook(
            desk.session,
            desk.actor,
            webhook_id,
            webhooks.WebhookDetails(**values),
            allow_private=allow_private,
            version=version,
        )
    show_done(_("Webhook {id} saved.").format(id=saved.id), RECORD, row_of(RECORD, saved))


@webhook.command(
    "pause",
    help=N_("Send nothing for now; what waits is given up, and changes meanwhile are not kept."),
    examples=("epicevents webhook pause 3",),
)
@webhook_argument
@json_option
def pause_webhook(webhook_id: int) -> None:
    """Pause a webhook."""
    _set_active(webhook_id, _("Webhook {id} is paused."), active=False)


@webhook.command("resume", help=N_("Send changes again from now on."), examples=("epicevents webhook resume 3",))
@webhook_argument
@json_option
def resume_webhook(webhook_id: int) -> None:
    """Let a webhook go on."""
    _set_active(webhook_id, _("Webhook {id} goes on."), active=True)


@webhook.command(
    "rotate",
    help=N_("Sign with another secret from now on; it is shown once."),
    examples=("epicevents webhook rotate 3",),
)
@webhook_argument
@json_option
def rotate_secret(webhook_id: int) -> None:
    """Give a webhook another secret."""
    from src.services import webhooks

    with writing() as desk:
        changed_one = webhooks.rotate_secret(desk.session, desk.actor, webhook_id)
    _show_secret(_("Webhook {id} has another secret.").format(id=changed_one.id), changed_one)


@webhook.command(
    "remove",
    help=N_("Send nothing to an address any more, and forget what was sent."),
    examples=("epicevents webhook remove 3 --yes",),
)
@webhook_argument
@option("--yes", is_flag=True, help=N_("Do not ask for confirmation."))
def remove_webhook(webhook_id: int, *, yes: bool) -> None:
    """Remove a webhook."""
    from src.services import webhooks

    with reading() as desk:
        require(desk.actor, Action.WEBHOOK_DELETE)
        found = webhooks.show_webhook(desk.session, desk.actor, webhook_id)
    confirm(_("Remove the webhook {name}? This cannot be undone.").format(name=found.name), yes=yes)
    with writing() as desk:
        webhooks.delete_webhook(desk.session, desk.actor, webhook_id)
    show_done(_("Webhook {id} removed.").format(id=webhook_id))


@webhook.command(
    "deliveries",
    help=N_("List what a webhook was told, what waits and what was given up; the latest first."),
    examples=("epicevents webhook deliveries 3 --state dead",),
)
@webhook_argument
@option("--state", default="", metavar="pending|delivered|dead", help=N_("Only what waits, arrived or was given up."))
@paging_options(("id",), default="-id")
def list_deliveries(webhook_id: int, *, state: str, paging: Paging) -> None:
    """Show deliveries."""
    from src.services import lists, webhook_deliveries

    filters = webhook_deliveries.DeliveryFilter(webhook_id=webhook_id, state=state)

    def everything(desk: Desk) -> Iterator[Any]:
        statement = webhook_deliveries.select_deliveries(desk.actor, filters)
        return lists.stream(desk.session, statement, webhook_deliveries.delivery_order(paging.sort))

    answer_list(
        DELIVERIES,
        paging,
        record_type="webhook_deliveries",
        filters={"webhook_id": webhook_id, "state": state},
        empty=_("No delivery found."),
        page=lambda desk: webhook_deliveries.list_deliveries(
            desk.session, desk.actor, filters, sort=paging.sort, limit=paging.limit, after=paging.after
        ),
        everything=everything,
    )


@webhook.command(
    "replay",
    help=N_("Send again what was given up: all of it, or one delivery."),
    examples=("epicevents webhook replay 3", "epicevents webhook replay 3 --delivery 1207"),
)
@webhook_argument
@option(
    "--delivery",
    type=Parsed(parse_id, field=N_("delivery")),
    metavar=N_("NUMBER"),
    help=N_("Only this one (see epicevents webhook deliveries); also if it had arrived."),
)
def replay(webhook_id: int, *, delivery: int | None) -> None:
    """Send again."""
    from src.services import webhook_deliveries

    with writing() as desk:
        if delivery is not None:
            webhook_deliveries.replay_delivery(desk.session, desk.actor, webhook_id, delivery, now=desk.now)
            count = 1
        else:
            count = webhook_deliveries.replay_dead(desk.session, desk.actor, webhook_id, now=desk.now)
    show_done(
        ngettext("{number} delivery is sent again.", "{number} deliveries are sent again.", count).format(number=count)
    )


def _set_active(webhook_id: int, sentence: str, *, active: bool) -> None:
    from src.services import webhooks

    with writing() as desk:
        saved = webhooks.set_active(desk.session, desk.actor, webhook_id, active=active)
    show_done(sentence.format(id=saved.id), RECORD, row_of(RECORD, saved))


def _show_secret(sentence: str, made: "WebhookSubscription") -> None:
    if wanted_form() == "json":
        columns = (*RECORD, SECRET)
        show_done("", columns, row_of(columns, made))
        return
    click.echo(visible(sentence), err=True)
    click.echo(_("Secret of its signatures, shown only now. Keep it like a password:"), err=True)
    # On the output by itself, so that it can be put away without being read.
    click.echo(made.secret)
