"""What an upgrade or downgrade would do to the database, found out on a copy of it."""

import shutil
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from src.domain.errors import CrmError, DatabaseBusy, DatabaseError, DiskFull, NotFound
from src.i18n import N_
from src.schema.answers import MIGRATION_FAILED, explained
from src.schema.backup.content import Advance
from src.schema.backup.sqlite_files import file_of
from src.schema.plan.copies import copy_of
from src.schema.plan.disk import asking_the_server, size_of_folder, watching
from src.schema.plan.rehearsal import Recorder, RevisionRun, rehearse
from src.schema.revisions import Project
from src.schema.state import DatabaseState, looking_at
from src.schema.upgrade import revision_scripts
from src.schema.verify import refusal_for, state_and_revisions


@dataclass(frozen=True)
class Plan:
    """What would happen. `needed` and `free` are bytes; `free` is None where the server does not tell.

    `refusal` is why the database would stay as it is, `runs` then ends with the revision that it would fail in.
    """

    at: Sequence[str]
    direction: str
    runs: Sequence[RevisionRun]
    size: int
    needed: int
    free: int | None
    refusal: CrmError | None


def make_plan(
    url: URL, project: Project, destination: str | None, *, programs: Path | None = None, advance: Advance
) -> Plan:
    """Rehearse an upgrade to the newest revision, or the way to another, on a copy; the database is only read.

    Raises NotFound for a revision that does not exist; NoRoom, DatabaseError and their like where nothing can be
    rehearsed; DatabaseMissing, DatabaseUnversioned, DatabaseAhead, NotADatabase where there is nothing to upgrade.
    """
    scripts = revision_scripts(project)
    with looking_at(url, project) as connection:
        state, at = state_and_revisions(connection, scripts)
    if state in {DatabaseState.EMPTY, DatabaseState.UNVERSIONED, DatabaseState.UNKNOWN_REVISION}:
        raise refusal_for(state, url, project, at)
    direction, way = way_to(scripts, at, destination)
    if not way:
        return Plan(at, direction, (), size=0, needed=0, free=None, refusal=None)
    recorder = Recorder()
    refusal: CrmError | None = None
    with ExitStack() as stack:
        copy, folder = stack.enter_context(copy_of(url, programs=programs, advance=advance))
        measure = stack.enter_context(asking_the_server(copy)) if folder is None else partial(size_of_folder, folder)
        with watching(measure) as peak:
            try:
                rehearse(copy, lambda _at, _context: way, recorder)
            except (DiskFull, DatabaseBusy):
                raise  # it is the copy that had no room
            except DBAPIError as error:
                refusal = explained(error, "")
            except CrmError as error:
                refusal = error
            except Exception as error:  # noqa: BLE001 - a revision is a program like any other, and may fail like one
                refusal = DatabaseError(MIGRATION_FAILED, reason=f"{type(error).__name__}: {error}")
    free = None if folder is None else shutil.disk_usage(file_of(url).parent).free
    return Plan(at, direction, recorder.runs, peak.start, peak.most - peak.start, free, refusal)


def way_to(scripts: ScriptDirectory, at: Sequence[str], destination: str | None) -> tuple[str, Sequence[Any]]:
    """Find the steps from the revisions of a database to another: "upgrade" or "downgrade", and which.

    Raises NotFound.
    """
    wanted = destination or "heads"
    try:
        if _is_behind(scripts, at, wanted):
            return "downgrade", list(scripts._downgrade_revs(wanted, _one_or_all(at)))
        # Alembic has no public function for either; its own commands call these.
        return "upgrade", list(scripts._upgrade_revs(wanted, _one_or_all(at)))
    except CommandError:
        raise NotFound(N_("There is no revision {revision} on the way from here."), revision=wanted) from None


def _is_behind(scripts: ScriptDirectory, at: Iterable[str], wanted: str) -> bool:
    if wanted == "base" or wanted.startswith("-"):
        return True
    if wanted in {"head", "heads"} or wanted.startswith("+"):
        return False
    target = scripts.get_revision(wanted)
    behind = {script.revision for here in at for script in scripts.iterate_revisions(here, "base")}
    return target is not None and target.revision in behind and target.revision not in at


def _one_or_all(at: Sequence[str]) -> Any:
    return at[0] if len(at) == 1 else tuple(at)
