"""`epicevents db verify` and `adopt`: whether the database is what this program's migrations make."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from src.cli.commands import command, option
from src.cli.context import open_database
from src.cli.db.saving import is_good, own_backups, program
from src.cli.db.waiting import telling
from src.cli.errors import ADRIFT, WAYS_OUT
from src.cli.outcome import SAVED, SAVING, mark
from src.cli.render import json_option, output_options, show_done, show_list, wanted_form
from src.cli.terminal import is_terminal
from src.i18n import N_, _
from src.presentation.columns import Column, Manner

if TYPE_CHECKING:
    from src.schema.verify import Verification

CHECKS = {
    "tables": N_("Tables"),
    "references": N_("References"),
    "file": N_("File"),
    "values": N_("Values"),
    "revisions": N_("Revisions"),
}

FOUND = (
    Column(key="check", heading=N_("Check"), kind="choice", importance=2, labels=CHECKS),
    Column(key="table", heading=N_("Table"), importance=1),
    Column(key="kind", heading=N_("Kind"), importance=3),
    Column(key="name", heading=N_("Name"), importance=3),
    Column(key="expected", heading=N_("Expected"), importance=3),
    Column(key="found", heading=N_("Found"), importance=3),
    Column(key="what", heading=N_("What was found"), importance=1, wraps=True),
)

ADOPTED = (
    Column(key="place", heading=N_("Database")),
    Column(key="revision", heading=N_("Revision")),
)


@command(
    "verify",
    help=N_("Compare the database with what the migrations make, and check its references, its file and its values."),
    examples=("epicevents db verify", "epicevents db verify --full --json"),
)
@option(
    "--full",
    is_flag=True,
    help=N_("On SQLite, also compare each index with its table, and records that nobody changed with the last backup."),
)
@output_options
def verify(*, full: bool) -> None:
    """Show what is not as it should be; the exit code tells whether something was found."""
    from src.schema.verify import STAGES, verify_database
    from src.services import CRM

    database = open_database()
    backup = _last_backup() if full and database.url.get_backend_name() == "sqlite" else None
    with telling(len(STAGES)) as tell:
        found = verify_database(database.url, CRM, whole_file=full, tell=tell, backup=backup)
    rows = _rows(found)
    sound = _("The database at {place} is what the migrations make, at revision {revision}.").format(
        place=database.place, revision=", ".join(found.revisions)
    )
    show_list(FOUND, rows, empty=sound, manner=Manner())
    if backup is not None and found.is_compared:
        click.echo(
            _("Records that nobody changed were compared with the backup {name}.").format(name=backup.name), err=True
        )
    if not rows:
        if wanted_form() is None and not is_terminal(sys.stdout):
            click.echo(sound, err=True)
        return
    for sentence in _advice(found):
        click.echo(sentence, err=True)
    click.get_current_context().exit(ADRIFT)


@command(
    "adopt",
    help=N_("Take over a database that was not made by migrations, if its tables are those of a revision."),
    examples=("epicevents db adopt",),
)
@json_option
def adopt() -> None:
    """Mark a database with the newest revision whose tables it has."""
    from src.schema.adopt import adopt_database
    from src.schema.state import UPGRADE_COMMAND
    from src.services import CRM

    database = open_database()
    adopted = adopt_database(database.url, CRM, about_to_save=lambda: mark(SAVING), program=program())
    if not adopted.was_marked:
        mark(SAVED)
    sentence = _("The database at {place} has the tables of revision {revision}, and is marked with it.")
    if adopted.was_marked:
        sentence = _("The database at {place} was at revision {revision} already; nothing was changed.")
    row = [database.place, adopted.revision]
    show_done(sentence.format(place=database.place, revision=adopted.revision), ADOPTED, row)
    if adopted.is_behind:
        click.echo(_("Upgrade it with: {command}").format(command=UPGRADE_COMMAND), err=True)


def _last_backup() -> Path | None:
    """Choose the newest good backup that this database goes on from: after a restore, only those made since."""
    from src.schema.backup.restore import REASON

    for one in own_backups():
        if one.manifest.reason == REASON:
            return None
        if is_good(one):
            return one.file
    return None


def _advice(found: "Verification") -> Iterator[str]:
    from src.domain.errors import NotADatabase, RevisionEdited
    from src.schema.drift.differences import advice

    if found.tables_of is not None:
        yield _(
            "Its tables are those of revision {revision}. If only its mark is wrong, correct it with: alembic stamp"
            " {revision} (it compares them first)"
        ).format(revision=found.tables_of)
    else:
        yield from advice(found.differences)
    if found.differences or found.references or found.damage or found.values:
        yield _(WAYS_OUT[NotADatabase])
    if found.edited:
        yield _(WAYS_OUT[RevisionEdited])


def _rows(found: "Verification") -> list[tuple[Any, ...]]:
    """List everything that was found, each with where and what."""
    return [
        *(("tables", one.table, one.kind, one.name, one.expected, one.found, str(one)) for one in found.differences),
        *(("references", one.table, None, None, None, None, str(one)) for one in found.references),
        *(("file", None, None, None, None, None, text) for text in found.damage),
        *(("values", one.table, None, one.column, None, None, str(one)) for one in found.values),
        *(("revisions", None, None, one.name, None, None, str(one)) for one in found.edited),
    ]
