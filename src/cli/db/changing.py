"""`epicevents db upgrade` and `downgrade`: the schema moves, with a backup first and everything or nothing done."""

from typing import TYPE_CHECKING

from src.cli.commands import argument, command, option
from src.cli.context import open_database, settings
from src.cli.outcome import SAVED, mark
from src.cli.prompts import confirm
from src.cli.render import json_option, show_done
from src.i18n import N_, _
from src.presentation.columns import Column

if TYPE_CHECKING:
    from sqlalchemy import URL

CHANGED = (
    Column(key="place", heading=N_("Database")),
    Column(key="before", heading=N_("Revision before")),
    Column(key="after", heading=N_("Revision after")),
    Column(key="backup", heading=N_("Backup")),
)
_NO_BACKUP = N_("Make no backup first; for experts.")


@command(
    "upgrade",
    help=N_("Bring the database to the newest revision, or to another; a backup is made first."),
    examples=("epicevents db upgrade", "epicevents db upgrade 0001_initial"),
)
@argument("revision", metavar=N_("REVISION"), default="head")
@option("--no-backup", is_flag=True, help=_NO_BACKUP)
@json_option
def upgrade(revision: str, *, no_backup: bool) -> None:
    """Apply what is pending, whole or not at all."""
    _move("upgrade", revision, backup=not no_backup)


@command(
    "downgrade",
    help=N_("Undo revisions, with what only they can hold; a backup is made first."),
    examples=("epicevents db downgrade -1", "epicevents db downgrade base --yes"),
    # -1 is a revision.
    context_settings={"ignore_unknown_options": True},
)
@argument("revision", metavar=N_("REVISION"))
@option("--no-backup", is_flag=True, help=_NO_BACKUP)
@option("--yes", is_flag=True, help=N_("Do not ask for confirmation."))
@json_option
def downgrade(revision: str, *, no_backup: bool, yes: bool) -> None:
    """Go back to a revision, whole or not at all."""
    from src.schema.state import DatabaseState, read_state, refusal_of
    from src.services import CRM

    database = open_database()
    state = read_state(database.url, CRM)
    if state not in {DatabaseState.AT_HEAD, DatabaseState.BEHIND, DatabaseState.UNKNOWN_REVISION}:
        raise refusal_of(state, database.url, CRM) or RuntimeError(state)
    question = _(
        "Go back from revision {before} to {after} in {place}? What only the undone revisions can hold is lost."
    )
    before = _revision(database.url) or "base"
    confirm(question.format(before=before, after=revision, place=database.place), yes=yes)
    _move("downgrade", revision, backup=not no_backup)


def _move(direction: str, revision: str, *, backup: bool) -> None:
    from src.cli.db.watching import PersonAtTerminal
    from src.schema import upgrade as schema
    from src.services import CRM

    database = open_database()
    before = _revision(database.url)
    with PersonAtTerminal() as person:
        move = schema.upgrade if direction == "upgrade" else schema.downgrade
        move(CRM, settings().database_url, revision, onlooker=person, backup=backup)
    mark(SAVED)
    after = _revision(database.url)
    sentence = _("Nothing to do: the database {place} is at revision {after}.")
    if before != after:
        sentence = _("The database {place} went from revision {before} to {after}.")
    name = person.backup.file.name if person.backup is not None else None
    show_done(
        sentence.format(place=database.place, before=before or "base", after=after or "base"),
        CHANGED,
        [database.place, before, after, name],
    )


def _revision(url: "URL") -> str | None:
    from src.schema.state import DatabaseState, looking_at, revisions_of, state_of_file
    from src.services import CRM

    if state_of_file(url) is DatabaseState.MISSING:
        return None
    with looking_at(url, CRM) as connection:
        return ", ".join(sorted(revisions_of(connection))) or None
