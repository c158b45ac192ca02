"""Refuses a migration that would lose what its revision does not declare, before anything of it is committed.

What the database is made of is read before and after each revision. A table's rows are looked at before the first
statement that will write to it, and once more at the end: tables that nobody touches cost nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError

from src.domain.errors import DataLossRefused, Marked
from src.i18n import N_
from src.schema.guard.alone import NOT_FIRST, drop_half_made_index, why_not_alone
from src.schema.guard.declarations import Accepted, Declarations
from src.schema.guard.losses import Loss, lost_objects, stale
from src.schema.guard.lost_rows import lost_rows
from src.schema.guard.objects import Key, Objects, columns_of, table_key
from src.schema.guard.postgresql_watch import PostgresqlWatch
from src.schema.guard.rows import Range, TablePrint
from src.schema.guard.sql_text import names_in, normal
from src.schema.guard.sqlite_watch import SqliteWatch
from src.schema.own_tables import ASIDE, LEDGER

# What changes nothing that could have to be done twice.
_LOOKING = ("select", "show", "set ", "reset", "explain")


class Watch(Protocol):
    """What the guard asks of an engine.

    `ending` is set when a revision tries to end the transaction; `trust` tells that what comes next was looked at.
    """

    dialect: str
    ending: bool

    def start(self, objects: Objects, *, ignored: frozenset[str]) -> None: ...
    def stop(self) -> None: ...
    def trust(self, *, trusted: bool) -> None: ...
    def written_by(self, statement: str, parameters: Any, *, many: bool) -> frozenset[str]: ...
    def bypassed(self) -> frozenset[str]: ...
    def ended(self) -> bool: ...
    def note_beginning(self) -> None: ...
    def read_objects(self) -> Objects: ...
    def print_table(
        self,
        objects: Objects,
        table: str,
        columns: Sequence[str],
        *,
        within: Range,
        like: TablePrint | None = None,
        key: Sequence[str] = (),
    ) -> TablePrint: ...


class Guard:
    """Watches over one run of `alembic upgrade` or `downgrade`."""

    def __init__(self) -> None:
        self._watch: Watch | None = None
        self._connection: Connection | None = None
        self._ignored: frozenset[str] = frozenset()
        self._declared = Declarations()
        self._at_start: Objects = {}
        self._before: Objects = {}
        self._prints: dict[str, TablePrint] = {}
        self._changed = self._alone = False
        self._working = False

    def declare(self, declared: Accepted | None, watched: Sequence[str]) -> None:
        """Take what a revision declares."""
        if self._watch is None:
            return
        for table in watched:
            if table_key(table) not in self._before:
                self._refuse([Loss(table, "", N_("there is no such table to watch"), {})])
            with self._at_work():
                self._look_at(table)
        if declared is None:
            return
        if declared.what == "deletion" and declared.table in self._prints:
            what = N_("what is deleted must be declared before the first statement that writes to the table")
            self._refuse([Loss(declared.table, "", what, {})])
        self._declared.accepted.append(declared)

    @contextmanager
    def watching(self, connection: Connection, *, version_table: str) -> Iterator[None]:
        """Watch over what a migration does to the open database. Raises DataLossRefused."""
        self._connection = connection
        driver = connection.connection.driver_connection
        listeners: dict[str, Callable[..., None]] = {
            "before_cursor_execute": self._before_statement,
            "after_cursor_execute": self._after_statement,
            "commit": self._before_commit,
            "rollback": self._before_rollback,
            "begin": self._after_begin,
        }
        with self._at_work():
            self._watch = SqliteWatch(driver) if connection.dialect.name == "sqlite" else PostgresqlWatch(driver)
            self._ignored = frozenset({version_table, ASIDE, LEDGER})
            self._begin(self._watch.read_objects())
        for name, listener in listeners.items():
            event.listen(connection, name, listener)
        event.listen(connection.engine, "handle_error", self._after_error)
        try:
            yield
        except DataLossRefused:
            raise
        except Exception as error:
            if self._watch.dialect == "sqlite" and (self._watch.bypassed() or self._watch.ended()):
                self._refuse_bypass(error)
            raise
        finally:
            for name, listener in listeners.items():
                event.remove(connection, name, listener)
            event.remove(connection.engine, "handle_error", self._after_error)
            # Interrupted within a statement, SQLAlchemy has closed the connection: that alone undoes everything.
            if not connection.invalidated:
                self._watch.stop()
            self._watch = None

    def verify_revision(self, *, step: Any, **_: Any) -> None:
        """Compare after a revision what is there with what was there. Raises DataLossRefused."""
        if self._watch is None:
            return
        revision = str(step.up_revision_id or step.down_revision_ids)
        after = self._verify(revision)
        unfit = [
            Loss(one.table, ", ".join(one.names), N_("this declaration names nothing that goes or changes here"), {})
            for one in stale(self._at_start, after, self._declared, again=self._alone)
        ]
        if unfit:
            self._refuse(unfit, revision)
        self._begin(after)

    def _begin(self, objects: Objects) -> None:
        """Begin a revision."""
        self._declared = Declarations()
        self._at_start = objects
        self._changed = self._alone = False
        self._go_on(objects)

    def _go_on(self, objects: Objects) -> None:
        """Begin a revision, or what follows a commit inside of one."""
        self._before = objects
        self._prints = {}
        if self._watch is not None:
            self._watch.start(objects, ignored=self._ignored)

    def _verify(self, revision: str | None) -> Objects:
        watch = self._watch
        assert watch is not None  # noqa: S101 - for mypy: only called while watching
        with self._at_work():
            if watch.bypassed() or watch.ended():
                self._refuse_bypass(None)
            after = watch.read_objects()
            losses = [loss for table, seen in self._prints.items() for loss in self._compare(table, seen, after)]
            empty = frozenset(
                key
                for table, seen in self._prints.items()
                for key in (
                    *([table_key(table)] if not seen.rows else []),
                    *(Key("column", table, name) for name, column in seen.columns.items() if not column.present),
                )
            )
            objects = {key: said for key, said in self._before.items() if key.table not in self._ignored}
            losses += lost_objects(objects, after, self._declared, empty=empty, dialect=watch.dialect)
        if losses:
            self._refuse(losses, revision)
        return after

    def _compare(self, table: str, seen: TablePrint, after: Objects) -> Iterator[Loss]:
        watch, declared = self._watch, self._declared
        new_table = declared.new_name(table)
        if watch is None or not seen.rows or table_key(new_table) not in after:
            return
        renamed = declared.new_columns(table)
        there = set(columns_of(after, new_table))
        names = {column: renamed.get(column, column) for column in seen.columns}
        names = {column: new for column, new in names.items() if new in there}
        within = Range(deleted=declared.deleted(table), highest=seen.highest)
        key = [renamed.get(column, column) for column in seen.key]
        bound = set(key) <= there and not any(declared.changes(table, column) for column in seen.key)
        now = watch.print_table(
            after, new_table, list(names.values()), within=within, like=seen, key=key if bound else ()
        )
        yield from lost_rows(table, seen, now, declared, names, bound=bound)

    def _look_at(self, table: str) -> None:
        if self._watch is None or table in self._prints:
            return
        columns = [
            key.name
            for key, said in self._before.items()
            if key.kind == "column" and key.table == table and "generated" not in said
        ]
        within = Range(deleted=self._declared.deleted(table))
        self._prints[table] = self._watch.print_table(self._before, table, columns, within=within)

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Let what the guard itself reads pass, and let its failures look like those of the migration."""
        connection = self._connection
        if self._watch is not None:
            self._watch.trust(trusted=True)
        self._working = True
        try:
            yield
        except Exception as error:
            dbapi = connection.dialect.dbapi if connection is not None else None
            if dbapi is None or not isinstance(error, dbapi.Error):
                raise
            raise DBAPIError.instance("", None, error, dbapi.Error, hide_parameters=True) from error
        finally:
            self._working = False
            if self._watch is not None:
                self._watch.trust(trusted=False)

    def _before_statement(
        self,
        connection: Connection,
        _cursor: Any,
        statement: str,
        parameters: Any,
        _context: Any,
        many: bool,  # noqa: FBT001 - SQLAlchemy calls it
    ) -> None:
        watch = self._watch
        if watch is None or self._working:
            return
        if _commits_alone(connection):
            self._alone = True
            words = normal(statement)
            if (why_not := why_not_alone(words, self._before, self._declared)) is not None:
                self._refuse([Loss("", "", why_not, {})])
            with self._at_work():
                drop_half_made_index(connection.connection.driver_connection, words)
            return
        if not self._changed:
            looking = normal(statement).startswith(_LOOKING)
            self._changed = not looking and not names_in(statement) & self._ignored
        with self._at_work():
            tables = watch.written_by(statement, parameters, many=many)
            if watch.ending:
                self._refuse_bypass(None)
            for table in sorted(tables):
                self._look_at(table)
        watch.trust(trusted=True)

    def _after_statement(self, *_: Any) -> None:
        if self._watch is not None and not self._working:
            self._watch.trust(trusted=False)

    def _after_error(self, _context: Any) -> None:
        self._after_statement()

    def _before_commit(self, connection: Connection) -> None:
        """An autocommit block commits the revisions before it: that is verified first."""
        if self._watch is None:
            return
        if not _commits_alone(connection):
            if self._changed:
                self._refuse([Loss("", "", NOT_FIRST, {})])
            self._go_on(self._verify(None))
        self._watch.trust(trusted=True)

    def _before_rollback(self, _connection: Connection) -> None:
        if self._watch is not None:
            self._watch.trust(trusted=True)

    def _after_begin(self, _connection: Connection) -> None:
        if self._watch is not None:
            self._watch.trust(trusted=False)
            self._watch.note_beginning()

    def _refuse_bypass(self, cause: Exception | None) -> None:
        watch = self._watch
        assert watch is not None  # noqa: S101 - for mypy: only called while watching
        what = N_("it was written to past the guard (through the driver, or a function): op.watch_tables(…) first")
        losses = [Loss(table, "", what, {}) for table in sorted(watch.bypassed())]
        if watch.ended():
            losses.append(Loss("", "", N_("the revision ends the transaction itself"), {}))
        self._refuse(losses, cause=cause)

    def _refuse(self, losses: Sequence[Loss], revision: str | None = None, *, cause: Exception | None = None) -> None:
        lines = "\n".join(f"- {loss}" + (f"\n  {loss.declaration}" if loss.declaration else "") for loss in losses)
        raise DataLossRefused(revision=revision or Marked(N_("that is running")), losses=lines) from cause


def _commits_alone(connection: Connection) -> bool:
    return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
