"""`epicevents db backup`, `backups` and `restore`: copies that were compared with the database, and the way back."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from src.cli.commands import argument, command, option
from src.cli.context import manner_of, open_database, settings
from src.cli.outcome import SAVED, SAVING, mark
from src.cli.prompts import confirm
from src.cli.render import json_option, output_options, show_done, show_list
from src.i18n import N_, _, format_moment
from src.presentation.columns import Column, Row, row_of

if TYPE_CHECKING:
    from src.schema.backup.backups import Backup
    from src.schema.backup.restore import Restored

_REASONS = {
    "asked for": N_("asked for"),
    "before an upgrade": N_("before an upgrade"),
    "before a downgrade": N_("before a downgrade"),
    "before a restore": N_("before a restore"),
}
_STATES = {"good": N_("good"), "damaged": N_("damaged")}


def _revision_of(chosen: "Backup") -> str | None:
    return ", ".join(chosen.manifest.content.revisions) or None


BACKUP = (
    Column(key="name", heading=N_("Name"), importance=1, of=lambda backup: backup.file.name),
    Column(key="made_at", heading=N_("Made"), kind="moment", importance=1, of=lambda backup: backup.manifest.made_at),
    Column(key="size", heading=N_("Bytes"), kind="number", of=lambda backup: backup.manifest.size),
    Column(key="rows", heading=N_("Rows"), kind="number", importance=3, of=lambda backup: backup.manifest.rows),
    Column(key="revision", heading=N_("Revision"), of=_revision_of),
    Column(
        key="reason",
        heading=N_("Why"),
        kind="choice",
        labels=_REASONS,
        importance=3,
        of=lambda backup: backup.manifest.reason,
    ),
    Column(key="program", heading=N_("Program"), importance=3, of=lambda backup: backup.manifest.program),
    Column(key="place", heading=N_("Database"), importance=3, of=lambda backup: backup.manifest.place),
)
BACKUPS = (*BACKUP, Column(key="state", heading=N_("State"), kind="choice", labels=_STATES, importance=1))
RESTORED = (
    Column(key="place", heading=N_("Database")),
    Column(key="restored", heading=N_("Restored backup")),
    Column(key="revision", heading=N_("Revision")),
    Column(key="present", heading=N_("Backup of the state before")),
    Column(key="aside", heading=N_("Damaged file kept as")),
)


@command(
    "backup",
    help=N_("Save the whole database while people work in it, and check the copy."),
    examples=("epicevents db backup", "epicevents db backup --json"),
)
@json_option
def backup() -> None:
    """Make a backup now."""
    from src.cli.db.watching import bar
    from src.schema.backup.create import create_backup
    from src.schema.backup.retention import Keep
    from src.schema.onlooker import way_back
    from src.schema.state import DatabaseState, refusal_of, state_of_file
    from src.services import CRM

    url = open_database().url
    state = state_of_file(url)
    if state in {DatabaseState.MISSING, DatabaseState.NOT_A_DATABASE}:
        raise refusal_of(state, url, CRM) or RuntimeError(state)
    with bar(_("Backup")) as progress:
        made = create_backup(
            url,
            backup_folder(),
            reason="asked for",
            now=datetime.now(UTC),
            program=program(),
            keep=Keep(count=settings().backup_count, days=settings().backup_days),
            progress=progress,
        )
    mark(SAVED)
    show_done(way_back(made, CRM.restore_command), BACKUP, row_of(BACKUP, made))


@command(
    "backups",
    help=N_("List the backups, newest first; every byte of each is checked."),
    examples=("epicevents db backups", "epicevents db backups --json"),
)
@output_options
def backups() -> None:
    """Show what could be restored, and whether it still could."""
    from src.schema.backup.backups import list_backups, list_damaged

    folder = backup_folder()
    rows = [[*row_of(BACKUP, one), "good" if is_good(one) else "damaged"] for one in list_backups(folder)]
    rows += [[file.name, *[None] * (len(BACKUP) - 1), "damaged"] for file in list_damaged(folder)]
    empty = _("No backup in {folder} yet. Make one with: epicevents db backup").format(folder=folder)
    show_list(BACKUPS, rows, empty=empty, manner=manner_of(settings()))


@command(
    "restore",
    help=N_("Give back what a backup holds, once what is there now is backed up too."),
    examples=(
        "epicevents db restore crm-20261124T153821Z-a710b26b.sqlite",
        "epicevents db restore /mnt/usb/crm-20261124T153821Z-a710b26b.sqlite --yes",
    ),
)
@argument("name", metavar=N_("BACKUP"))
@option("--yes", is_flag=True, help=N_("Do not ask for confirmation."))
@json_option
def restore(name: str, *, yes: bool) -> None:
    """Replace the database by a backup, whole or not at all."""
    from src.cli.db.watching import bar
    from src.schema.backup.backups import open_backup
    from src.schema.backup.restore import restore_backup
    from src.schema.revisions import known_revisions
    from src.services import CRM

    database = open_database()
    chosen = open_backup(_file_of(name))
    confirm(_question(chosen, database.place), yes=yes)
    mark(SAVING)  # what Ctrl-C says from here on: it is undone, or done
    with bar(_("Restore")) as progress:
        done = restore_backup(
            database.url,
            chosen,
            now=datetime.now(UTC),
            known_revisions=known_revisions(CRM.versions),
            program=program(),
            progress=progress,
        )
    mark(SAVED)
    show_done(_told(chosen, done, database.place), RESTORED, _row(chosen, done, database.place))


def backup_folder() -> Path:
    """Tell where this installation's backups are."""
    from src.config import PROJECT_ROOT
    from src.schema.backup import folder

    return folder.backup_folder(open_database().url, settings().backup_folder, root=PROJECT_ROOT)


def own_backups() -> list["Backup"]:
    """List the backups of this database, newest first: those of others may be in the same folder."""
    from src.schema.backup.backups import list_backups

    place = open_database().place
    return [one for one in list_backups(backup_folder()) if one.manifest.place == place]


def is_good(one: "Backup") -> bool:
    """Tell whether a backup is still, to the bit, what was written."""
    from src.domain.errors import BackupDamaged
    from src.schema.backup.backups import check_backup

    try:
        check_backup(one)
    except BackupDamaged:
        return False
    return True


def program() -> str:
    """Name this program with its version, as backups and the ledger do."""
    from importlib.metadata import version

    return f"epicevents {version('epic-events-crm')}"


def _file_of(name: str) -> Path:
    # A bare name is one of the list; anything with a slash is a file.
    return Path(name) if "/" in name else backup_folder() / name


def _question(chosen: "Backup", place: str) -> str:
    made_at = format_moment(chosen.manifest.made_at, manner_of(settings()).zone)
    question = _(
        "Replace all that is in {place} by the backup of {made_at}: {rows} rows at revision {revision}?"
        " What was saved since will be in a backup of its own."
    ).format(place=place, made_at=made_at, rows=chosen.manifest.rows, revision=_revision_of(chosen) or "base")
    if chosen.manifest.place == place:
        return question
    return _("It is a backup of another database, {other}.").format(other=chosen.manifest.place) + " " + question


def _told(chosen: "Backup", done: "Restored", place: str) -> str:
    sentences = [
        _("The database {place} is as it was in the backup {name}.").format(place=place, name=chosen.file.name)
    ]
    if done.present is not None:
        sentences.append(_("What was there before is in the backup {name}.").format(name=done.present.file.name))
    if done.aside is not None:
        sentences.append(_("The damaged file is kept as {file}.").format(file=done.aside))
    return " ".join(sentences)


def _row(chosen: "Backup", done: "Restored", place: str) -> Row:
    present = done.present.file.name if done.present is not None else None
    aside = str(done.aside) if done.aside is not None else None
    return [place, chosen.file.name, _revision_of(chosen), present, aside]
