"""`epicevents db status`: where the database is, what it is, what is pending, and the last backup."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from src.cli.commands import command
from src.cli.context import manner_of, open_database, settings
from src.cli.db.saving import backup_folder, is_good, own_backups
from src.cli.errors import ADRIFT, WAYS_OUT, exit_code_of, in_words
from src.cli.exports import write_json
from src.cli.render import output_options, show_record, wanted_form
from src.cli.terminal import visible
from src.domain.errors import NotADatabase
from src.i18n import N_, _
from src.presentation.columns import Column, for_json

if TYPE_CHECKING:
    from src.schema.backup.backups import Backup
    from src.schema.pending import PendingRevision
    from src.schema.status import Status

_STATES = {
    "missing": N_("there is no such file"),
    "empty": N_("empty"),
    "unversioned": N_("has tables, but no schema version"),
    "behind": N_("older than this program"),
    "at_head": N_("as this program needs it"),
    "unknown_revision": N_("newer than this program"),
    "not_a_database": N_("not a database, or damaged"),
}

STATUS = (
    Column(key="place", heading=N_("Database")),
    Column(key="server", heading=N_("Engine")),
    Column(key="page_checksums", heading=N_("Checks its pages"), kind="bool"),
    Column(key="size", heading=N_("Bytes"), kind="number"),
    Column(key="state", heading=N_("State"), kind="choice", labels=_STATES),
    Column(key="revision", heading=N_("Revision")),
    Column(key="head", heading=N_("Newest revision")),
    Column(key="pending", heading=N_("Pending")),
    Column(key="drifted", heading=N_("Differs from its revisions"), kind="bool"),
    Column(key="backup_folder", heading=N_("Backups in")),
    Column(key="last_backup", heading=N_("Last backup")),
    Column(key="last_backup_at", heading=N_("made"), kind="moment"),
    Column(key="last_backup_good", heading=N_("still good"), kind="bool"),
    Column(key="steps", heading=N_("Steps recorded"), kind="number"),
    Column(key="last_step", heading=N_("Last step")),
    Column(key="last_step_at", heading=N_("done"), kind="moment"),
)


@command(
    "status",
    help=N_("Show where the database is, what an upgrade would change, and the last backup."),
    examples=("epicevents db status", "epicevents db status --json"),
)
@output_options
def status() -> None:
    """Look at the database; the exit code is 0 where nothing needs to be done, else that of what is wrong."""
    from src.schema.state import DatabaseState
    from src.schema.status import read_status
    from src.services import CRM

    database = open_database()
    seen = read_status(database.url, CRM)
    last = next(iter(own_backups()), None)
    if wanted_form() == "json":
        write_json(_for_programs(seen, last))
    else:
        of_csv = ", ".join(one.revision for one in seen.pending)
        pending = of_csv if wanted_form() == "csv" else "\n".join(map(_in_words, seen.pending)) or _("nothing")
        show_record(STATUS, _row(seen, last, pending), manner=manner_of(settings()))
    if seen.refusal is not None and wanted_form() != "json":
        click.echo(visible(in_words(seen.refusal)), err=True)
        if last is not None and seen.state in {DatabaseState.MISSING, DatabaseState.EMPTY}:
            # Whoever lost it would else make a new, empty one.
            click.echo(_(WAYS_OUT[NotADatabase]), err=True)
    if seen.drifted and wanted_form() != "json":
        click.echo(_("What differs: {command}").format(command=CRM.verify_command), err=True)
    if seen.refusal is not None:
        click.get_current_context().exit(exit_code_of(seen.refusal))
    if seen.drifted:
        click.get_current_context().exit(ADRIFT)


def _row(seen: "Status", last: "Backup | None", pending: object) -> list[Any]:
    step = seen.steps[-1] if seen.steps else None
    return [
        seen.place,
        seen.server,
        seen.page_checksums,
        seen.size,
        seen.state.name.lower(),
        ", ".join(seen.revisions) or None,
        ", ".join(seen.heads),
        pending,
        seen.drifted,
        str(backup_folder()),
        last.file.name if last else None,
        last.manifest.made_at if last else None,
        is_good(last) if last else None,
        len(seen.steps),
        f"{step.direction} {step.revision}" if step else None,
        step.at if step else None,
    ]


def _for_programs(seen: "Status", last: "Backup | None") -> dict[str, Any]:
    facts = for_json(STATUS)(_row(seen, last, ""))
    facts["pending"] = [asdict(one) for one in seen.pending]
    facts["advice"] = in_words(seen.refusal) if seen.refusal is not None else None
    facts["last_backup_age_seconds"] = (
        round((datetime.now(UTC) - last.manifest.made_at).total_seconds()) if last else None
    )
    return facts


def _in_words(one: "PendingRevision") -> str:
    text = f"{one.revision} {one.title}"
    return _("{text} (may change rows)").format(text=text) if one.changes_data else text
