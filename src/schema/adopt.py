"""Takes over a database that no migration made: by `create_all`, by hand, by another tool."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError

from src.db.refusals import translate
from src.db.url import place_of
from src.domain.errors import TablesDiffer
from src.schema import lock
from src.schema.drift.drift import closest_revision
from src.schema.ledger import Bookkeeper
from src.schema.revisions import Project
from src.schema.state import DatabaseState, looking_at
from src.schema.steps import quiet
from src.schema.upgrade import revision_scripts
from src.schema.verify import refusal_for, state_and_revisions


@dataclass(frozen=True)
class Adopted:
    """The revision that a database is marked with; `is_behind` tells that there are newer ones."""

    revision: str
    was_marked: bool
    is_behind: bool


def adopt_database(url: URL, project: Project, *, about_to_save: Callable[[], None], program: str = "") -> Adopted:
    """Mark a database with the newest revision whose tables it has, note it in the ledger, and change nothing else.

    Raises TablesDiffer, which names what differs, if it has the tables of none; DatabaseMissing, DatabaseUnversioned,
    DatabaseBehind, DatabaseAhead and their like where there is nothing to take over.
    """
    scripts = revision_scripts(project)
    with looking_at(url, project) as connection:
        # Before anybody else has to wait: most of what can be refused is refused here.
        revision = _revision_of(url, connection, project, scripts)
    if revision.was_marked:
        return revision
    try:
        with lock.open_to_change(url) as engine, engine.begin() as connection:
            revision = _revision_of(url, connection, project, scripts)
            if not revision.was_marked:
                with quiet():
                    marking = MigrationContext.configure(connection)
                    marking._ensure_version_table(purge=True)  # Alembic has no public way to take a mark away
                    marking.stamp(scripts, revision.revision)
                files = {script.revision: Path(script.path) for script in scripts.walk_revisions()}
                Bookkeeper(files, program, ignored=frozenset()).note_mark(connection, revision.revision)
            about_to_save()
    except DBAPIError as error:
        raise translate(error, place=place_of(url)) from None
    return revision


def _revision_of(url: URL, connection: Connection, project: Project, scripts: ScriptDirectory) -> Adopted:
    state, revisions = state_and_revisions(connection, scripts)
    if state is DatabaseState.AT_HEAD:
        return Adopted(", ".join(revisions), was_marked=True, is_behind=False)
    if state is not DatabaseState.UNVERSIONED:
        raise refusal_for(state, url, project, revisions)
    revision, differences = closest_revision(connection, scripts)
    if differences:
        raise TablesDiffer(
            place=place_of(url),
            revision=revision,
            count=len(differences),
            differences="\n".join(f"- {difference}" for difference in differences),
        )
    return Adopted(revision, was_marked=False, is_behind=revision not in scripts.get_heads())
