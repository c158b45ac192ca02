"""The condition of a database, read without changing anything: what an operator looks at before and after a change."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection

from src.db.driver import sqlite_version
from src.db.url import place_of
from src.domain.errors import CrmError, DatabaseError, RevisionEdited
from src.schema.drift.drift import find_drift
from src.schema.ledger import Step, edited_files, read_steps
from src.schema.pending import PendingRevision, pending_revisions
from src.schema.revisions import Project, read_history
from src.schema.state import DatabaseState, looking_at, read_state, refusal_of, revisions_of
from src.schema.upgrade import revision_scripts

_UPGRADABLE = {DatabaseState.MISSING, DatabaseState.EMPTY, DatabaseState.BEHIND}
_SIZE_OF_SERVERS = "SELECT pg_database_size(current_database())"


@dataclass(frozen=True)
class Status:
    """What a database is: `server` is the engine with its version, `size` in bytes, `refusal` what is wrong with it.

    `page_checksums` tells whether a bit that the disk changes is noticed when it is read: never in SQLite's file.
    `drifted` tells that it is not what its revisions make; None where that cannot be told.
    """

    place: str
    server: str
    page_checksums: bool | None
    size: int | None
    state: DatabaseState
    revisions: tuple[str, ...]
    heads: tuple[str, ...]
    pending: Sequence[PendingRevision]
    steps: Sequence[Step]
    drifted: bool | None
    refusal: CrmError | None


def read_status(url: URL, project: Project) -> Status:
    """Look at a database in any state. Raises DatabaseUnreachable, DatabaseBusy and their like if nobody can."""
    state = read_state(url, project)
    revisions: tuple[str, ...] = ()
    steps: Sequence[Step] = ()
    size: int | None = None
    page_checksums = False if url.get_backend_name() == "sqlite" else None
    drifted: bool | None = None
    server = "SQLite {}.{}.{}".format(*sqlite_version()) if url.get_backend_name() == "sqlite" else "PostgreSQL"
    if state not in {DatabaseState.MISSING, DatabaseState.NOT_A_DATABASE}:
        with looking_at(url, project) as connection:
            revisions, steps = tuple(sorted(revisions_of(connection))), read_steps(connection)
            if url.get_backend_name() == "postgresql":
                page_checksums = connection.exec_driver_sql("SHOW data_checksums").scalar_one() == "on"
                server = f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar_one()}"
            size = _size(url, connection)
            if state in {DatabaseState.AT_HEAD, DatabaseState.BEHIND}:
                drifted = _has_drifted(connection, project, revisions)
    refusal = refusal_of(state, url, project, revisions=frozenset(revisions))
    return Status(
        place=place_of(url),
        server=server,
        page_checksums=page_checksums,
        size=size,
        state=state,
        revisions=revisions,
        heads=read_history(project.versions).heads,
        pending=pending_revisions(revisions, project.versions) if state in _UPGRADABLE else (),
        steps=steps,
        drifted=drifted,
        refusal=refusal or _edited(url, project, revisions, steps),
    )


def _size(url: URL, connection: Connection) -> int:
    if url.get_backend_name() == "postgresql":
        return int(connection.exec_driver_sql(_SIZE_OF_SERVERS).scalar_one())
    file = Path(url.database or "")
    return sum(one.stat().st_size for one in (file, file.with_name(f"{file.name}-wal")) if one.exists())


def _has_drifted(connection: Connection, project: Project, revisions: Sequence[str]) -> bool | None:
    try:
        return bool(find_drift(connection, revision_scripts(project), revisions))
    except DatabaseError:
        return None  # the migrations could not be tried out here


def _edited(url: URL, project: Project, revisions: Sequence[str], steps: Sequence[Step]) -> CrmError | None:
    history = read_history(project.versions)
    applied = {revision: history.files[revision] for revision in history.up_to(revisions)}
    for file, was in edited_files(steps, applied).items():
        return RevisionEdited(file=file.name, place=place_of(url), checksum=was)
    return None
