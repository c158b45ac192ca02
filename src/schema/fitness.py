"""Whether an Alembic command makes sense on a database in its present state, and what to do when it does not."""

from collections.abc import Mapping
from pathlib import Path

from alembic import context
from sqlalchemy import URL, Connection, MetaData, inspect

from src.db.url import place_of
from src.domain.errors import CrmError, DatabaseAhead, DatabaseBehind, DatabaseMissing, DatabaseUnversioned, Marked
from src.i18n import N_
from src.schema.answers import command_options
from src.schema.drift.drift import closest_revision, find_drift
from src.schema.ledger import require_unedited
from src.schema.state import STAMP_IT, UPGRADE_COMMAND, VERSION_TABLE, DatabaseState, printable, state_from, unversioned
from src.schema.upgrade import parents_in

# Alembic's own sentence, by which people find the way out in the documentation.
NOT_UP_TO_DATE = "Target database is not up to date."
IT_IS_EMPTY = N_("It is empty; create its tables with: alembic upgrade head")
STAMP_ANYWAY = "alembic -x stamp=anyway stamp"
_DIFFERENCES_SHOWN = 10


class Fitness:
    """The state of an open database, seen with the revisions that Alembic knows."""

    def __init__(self, url: URL, metadata: MetaData, connection: Connection, *, missing: bool = False) -> None:
        self.place = place_of(url)
        self.connection = connection
        self.missing = missing
        scripts = context.script
        self.heads = frozenset(scripts.get_heads())
        self.revisions = frozenset(context.get_context().get_current_heads())
        parents = parents_in(scripts)
        self.unknown = self.revisions - parents.keys()
        tables = frozenset(inspect(connection).get_table_names())
        if connection.dialect.name == "postgresql":
            tables &= frozenset(metadata.tables)  # an extension may keep tables of its own in the same database
        self.state = state_from(self.revisions, tables - {VERSION_TABLE}, parents=parents, heads=self.heads)

    def require_for(self, command: str) -> None:
        """Refuse a command that this database is not ready for."""
        if command == "history":
            return
        if self.state is DatabaseState.UNKNOWN_REVISION and command != "ensure_version":
            raise self._ahead()
        if command in {"upgrade", "downgrade"} and self.state is DatabaseState.UNVERSIONED:
            raise unversioned(self.place, self.revisions)
        if command == "downgrade" and self.state is DatabaseState.EMPTY:
            raise DatabaseUnversioned(place=self.place, advice=Marked(IT_IS_EMPTY))
        if command in {"check", "revision"} and self.revisions != self.heads:
            raise self._not_up_to_date()
        if command in {"upgrade", "downgrade", "check"}:
            require_unedited(self.connection, self._applied(), place=self.place)

    def require_for_stamp(self, *, anyway: bool) -> None:
        """Refuse to mark a database with a version that its tables are not at.

        Plain Alembic marks it blindly, and cannot replace a version it does not know: this does, once the tables have
        proved to be those that the migrations make. `anyway` is for experts who know better.
        """
        if self.unknown or self.state is DatabaseState.UNVERSIONED:
            context.get_context().purge = True
        if anyway:
            return
        wanted = [script.revision for script in context.script.get_revisions(command_options()["destination_rev"])]
        if (
            self.state is not DatabaseState.UNVERSIONED
            and self.revisions
            and frozenset(wanted) != self.heads
            and self._is_what_it_says()
        ):
            raise DatabaseUnversioned(
                N_(
                    "Nothing was marked: marked with an older revision, the database at {place} would get the steps"
                    " since then a second time. To go back, use: alembic downgrade. If you are sure, use: {command}"
                ),
                place=self.place,
                command=f"{STAMP_ANYWAY} …",
            )
        differences = find_drift(self.connection, context.script, wanted)
        if differences:
            raise self._different(sorted(difference.short for difference in differences), " ".join(wanted))

    def _is_what_it_says(self) -> bool:
        return not self.unknown and not find_drift(self.connection, context.script, sorted(self.revisions))

    def advice(self) -> CrmError | None:
        """Say what to do about this database; None if it is at head."""
        match self.state:
            case _ if self.missing:
                return DatabaseMissing(place=self.place, command=UPGRADE_COMMAND)
            case DatabaseState.EMPTY:
                return DatabaseUnversioned(place=self.place, advice=Marked(IT_IS_EMPTY))
            case DatabaseState.UNVERSIONED:
                return unversioned(self.place, self.revisions)
            case DatabaseState.BEHIND:
                return DatabaseBehind(place=self.place, command=UPGRADE_COMMAND)
            case _:
                return None

    def _applied(self) -> Mapping[str, Path]:
        """The file of each revision that the database has."""
        if not self.revisions:
            return {}
        applied = context.script.iterate_revisions(tuple(self.revisions), "base")
        return {script.revision: Path(script.path) for script in applied}

    def _ahead(self) -> DatabaseAhead:
        return DatabaseAhead(
            N_(
                "Can't locate revision identified by '{revision}': the database at {place} was upgraded by a newer"
                " program, or the revision's file is gone. Install the newer program; or, if the tables are those of"
                " this program, mark them with: alembic stamp head (it compares them first)"
            ),
            place=self.place,
            revision=printable(self.unknown),
        )

    def _not_up_to_date(self) -> CrmError:
        if self.missing:
            return DatabaseMissing(
                N_("{alembic} There is no database at {place}. Create it with: {command}"),
                alembic=NOT_UP_TO_DATE,
                place=self.place,
                command=UPGRADE_COMMAND,
            )
        if self.state is DatabaseState.BEHIND:
            return DatabaseBehind(
                N_("{alembic} The database at {place} is older than this program. Upgrade it with: {command}"),
                alembic=NOT_UP_TO_DATE,
                place=self.place,
                command=UPGRADE_COMMAND,
            )
        return DatabaseUnversioned(
            N_("{alembic} The database at {place} has no schema version. {advice}"),
            alembic=NOT_UP_TO_DATE,
            place=self.place,
            advice=Marked(STAMP_IT if self.state is DatabaseState.UNVERSIONED else IT_IS_EMPTY),
        )

    def _different(self, differences: list[str], wanted: str) -> DatabaseUnversioned:
        closest, others = closest_revision(self.connection, context.script)
        if not others and self.state is not DatabaseState.EMPTY:
            return DatabaseUnversioned(
                N_(
                    "The tables of the database at {place} are those of revision {revision}, so it was not marked with"
                    " {wanted}. Mark it with: alembic stamp {revision}"
                ),
                place=self.place,
                revision=closest,
                wanted=wanted,
            )
        # What is too much comes first: it tells whose database this is.
        shown = differences[:_DIFFERENCES_SHOWN] + (["…"] if len(differences) > _DIFFERENCES_SHOWN else [])
        ways_out = {
            DatabaseState.EMPTY: IT_IS_EMPTY,
            DatabaseState.BEHIND: N_("Upgrade it with: alembic upgrade head"),
        }
        return DatabaseUnversioned(
            N_(
                "The tables of the database at {place} are not those of this program, so it was not marked."
                " (− is missing, + is too much) {differences}. {advice} If you are sure all the same, use: {command}"
            ),
            place=self.place,
            differences=", ".join(shown),
            advice=Marked(ways_out.get(self.state, N_("Install the program that wrote it, or restore a backup."))),
            command=f"{STAMP_ANYWAY} {wanted or 'base'}",
        )
