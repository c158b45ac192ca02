"""`epicevents audit`: the whole audit log, for management."""

from collections.abc import Iterator
from typing import Any

import click

from src.cli.commands import group, option
from src.cli.context import Desk, manner_of, settings
from src.cli.histories import as_people_read, is_for_people
from src.cli.paging import Paging, answer_list, paging_options
from src.cli.prompts import Parsed
from src.domain.permissions import Action
from src.domain.values import parse_id
from src.i18n import N_, _
from src.presentation.histories import AUDIT as COLUMNS
from src.presentation.histories import RECORDS


@group("audit", help=N_("Who did what, for management."))
def audit() -> None:
    """Hold the verbs for the audit log."""


@audit.command(
    "list",
    help=N_("List the audit log, newest first."),
    examples=("epicevents audit list --by bill.boquet", "epicevents audit list --record contracts --id 7"),
)
@option("--by", metavar=N_("PERSON"), help=N_("Only what this member of staff did (username or number)."))
@option(
    "--action",
    type=click.Choice([action.value for action in Action]),
    metavar=N_("ACTION"),
    help=N_("Only this action."),
)
@option("--record", "record_type", type=click.Choice(list(RECORDS)), help=N_("Only this kind of record."))
@option("--id", "record_id", type=Parsed(parse_id, field=N_("number")), metavar=N_("NUMBER"), help=N_("Only this one."))
@option("--since", metavar=N_("MOMENT"), help=N_("From this day, or day and time, on."))
@option("--until", metavar=N_("MOMENT"), help=N_("Before this day, or day and time."))
@paging_options(("id",), default="-id")
def list_audit(
    *,
    by: str | None,
    action: str | None,
    record_type: str | None,
    record_id: int | None,
    since: str | None,
    until: str | None,
    paging: Paging,
) -> None:
    """Show the audit log."""
    from src.services import audit as log
    from src.services import lists

    for_people = is_for_people()
    people: dict[int, str] = {}

    def wanted(desk: Desk) -> log.AuditFilter:
        return log.AuditFilter(
            actor_id=desk.number_of(by),
            action=action or "",
            record_type=record_type or "",
            record_id=record_id,
            since=desk.start(since, field=N_("since")) if since is not None else None,
            until=desk.start(until, field=N_("until")) if until is not None else None,
        )

    def everything(desk: Desk) -> Iterator[Any]:
        statement = log.select_audit(desk.actor, wanted(desk))
        people.update(log.usernames(desk.session) if for_people else {})
        return lists.stream(desk.session, statement, log.audit_order(paging.sort))

    def page(desk: Desk) -> lists.Page:
        found = log.list_audit(
            desk.session, desk.actor, wanted(desk), sort=paging.sort, limit=paging.limit, after=paging.after
        )
        people.update(log.usernames(desk.session) if for_people else {})
        return found

    answer_list(
        as_people_read(COLUMNS, manner_of(settings()), people) if for_people else COLUMNS,
        paging,
        record_type="audit_entries",
        filters={"by": by, "action": action, "record": record_type, "id": record_id, "since": since, "until": until},
        empty=_("No entry found."),
        page=page,
        everything=everything,
    )
