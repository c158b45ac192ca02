"""Whether a database is as it should be: its tables, the references between its rows, the file, and its revisions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, inspect

from src.db.url import place_of
from src.domain.errors import CrmError, DatabaseAhead
from src.i18n import N_, _
from src.schema.backup.sqlite_files import file_of
from src.schema.drift.differences import Difference
from src.schema.drift.drift import closest_revision, find_drift
from src.schema.ledger import edited_files, read_steps
from src.schema.references import BrokenReferences, broken_references
from src.schema.revisions import Project
from src.schema.state import (
    VERSION_TABLE,
    DatabaseState,
    looking_at,
    printable,
    refusal_of,
    state_from,
    versions_in,
)
from src.schema.upgrade import parents_in, revision_scripts
from src.schema.values.readable import unreadable_values
from src.schema.values.totals import wrong_totals
from src.schema.values.unnoticed import unnoticed_changes
from src.schema.values.wrong import WrongValues

# Told, in a marked sentence, what is looked at now.
Tell = Callable[[str], None]
STAGES = (N_("Tables"), N_("References"), N_("File"), N_("Values"), N_("Revisions"))


@dataclass(frozen=True)
class EditedFile:
    """A revision whose file is not the one that was applied."""

    name: str

    def __str__(self) -> str:
        return _("The revision's file was changed after it was applied: undo the change, and write a new revision.")


@dataclass(frozen=True)
class Verification:
    """What was found; `damage` is what SQLite says of its file.

    `is_compared` tells that rows were compared with those of a backup. `tables_of` is another revision, whose tables
    these are to the last detail.
    """

    revisions: Sequence[str]
    differences: Sequence[Difference]
    references: Sequence[BrokenReferences]
    damage: Sequence[str]
    values: Sequence[WrongValues]
    is_compared: bool
    edited: Sequence[EditedFile]
    tables_of: str | None


def verify_database(
    url: URL, project: Project, *, whole_file: bool, tell: Tell, backup: Path | None = None
) -> Verification:
    """Look at everything that can be wrong with a database at the revision that it says it is at; nothing is changed.

    `whole_file` also compares each index with its table, which takes SQLite about six times as long. Rows that nobody
    changed are compared with those of `backup`, a good one of a SQLite database, if it is given and the tables are as
    they should be. Raises DatabaseMissing, DatabaseUnversioned, DatabaseAhead, NotADatabase and their like where there
    is nothing to compare.
    """
    tables, references, file, values, revisions = STAGES
    scripts = revision_scripts(project)
    with looking_at(url, project) as connection:
        tell(tables)
        state, at = state_and_revisions(connection, scripts)
        if state in {DatabaseState.EMPTY, DatabaseState.UNVERSIONED, DatabaseState.UNKNOWN_REVISION}:
            raise refusal_for(state, url, project, at)
        differences = find_drift(connection, scripts, at)
        tell(references)
        broken = list(broken_references(connection))
        tell(file)
        damage = _damage(connection, whole=whole_file)
        tell(values)
        # What cannot be read whole is told by the file. Other tables than the program's keep other promises, or none.
        wrong = [] if damage else list(unreadable_values(connection))
        unnoticed = None
        if state is DatabaseState.AT_HEAD and not differences and not damage:
            wrong += wrong_totals(connection, project.totals)
            if backup is not None:
                unnoticed = unnoticed_changes(file_of(url), backup, project.steady)
        tell(revisions)
        edited = list(_edited(connection, scripts, at))
        tables_of = _other_revision(connection, scripts) if differences else None
        wrong += unnoticed or []
        return Verification(at, differences, broken, damage, wrong, unnoticed is not None, edited, tables_of)


def state_and_revisions(connection: Connection, scripts: ScriptDirectory) -> tuple[DatabaseState, list[str]]:
    """Tell the state of an open database, seen with the revisions of a project, and the revisions that it is at."""
    tables = frozenset(inspect(connection).get_table_names())
    revisions = versions_in(connection) if VERSION_TABLE in tables else frozenset()
    heads = frozenset(scripts.get_heads())
    return state_from(revisions, tables, parents=parents_in(scripts), heads=heads), sorted(revisions)


def refusal_for(state: DatabaseState, url: URL, project: Project, revisions: Sequence[str]) -> CrmError:
    """Say what to do about a database that cannot be looked at any further."""
    if state is DatabaseState.UNKNOWN_REVISION:
        known = {script.revision for script in revision_scripts(project).walk_revisions()}
        return DatabaseAhead(place=place_of(url), revision=printable(set(revisions) - known))
    refusal = refusal_of(state, url, project, revisions=frozenset(revisions))
    assert refusal is not None  # noqa: S101 - for mypy: only called for states that are refused
    return refusal


def _other_revision(connection: Connection, scripts: ScriptDirectory) -> str | None:
    revision, differences = closest_revision(connection, scripts)
    return None if differences else revision


def _damage(connection: Connection, *, whole: bool) -> list[str]:
    if connection.dialect.name != "sqlite":
        return []
    check = "integrity_check" if whole else "quick_check"
    said = [line for (line,) in connection.exec_driver_sql(f"PRAGMA main.{check}")]
    return [] if said == ["ok"] else said


def _edited(connection: Connection, scripts: ScriptDirectory, at: Sequence[str]) -> Iterator[EditedFile]:
    """Name the files of revisions that were another when they were applied."""
    applied = scripts.iterate_revisions(tuple(at), "base") if at else ()
    for file in edited_files(read_steps(connection), {script.revision: Path(script.path) for script in applied}):
        yield EditedFile(file.name)
