"""What the linter can find: each rule with what is wrong and how to write it safely."""

from collections.abc import Mapping
from dataclasses import dataclass

from src.i18n import N_, _

# Rule -> (what is wrong, the safe way).
RULES: Mapping[str, tuple[str, str]] = {
    "drop-table": (
        N_("{what} is dropped with everything in it."),
        N_("Stop using it first; then op.set_aside_table(…) keeps its rows until a later op.purge_set_aside(…)."),
    ),
    "drop-column": (
        N_("{what} is dropped with its values."),
        N_("Stop using it first; then op.set_aside_column(…) keeps its values until a later op.purge_set_aside(…)."),
    ),
    "rename": (
        N_("{what} is renamed while older programs still use its name."),
        N_("Add the new one, copy the values, switch the program over; then drop the old one in a contract step."),
    ),
    "looks-like-rename": (
        N_("{what}: one column is dropped and another added. Is it a rename? The values would be lost."),
        N_("For a rename use op.alter_column(…, new_column_name=…); otherwise split the two into two revisions."),
    ),
    "not-null-without-default": (
        N_("{what} becomes NOT NULL: rows that have no value would stop the upgrade."),
        N_(
            "Give it a server_default, or add it nullable, fill it in a revision of its own, and make it NOT NULL then."
        ),
    ),
    "type-narrowing": (
        N_("{what} gets a type that may not hold its values."),
        N_("Give a converter and its opposite (convert=…, convert_back=…), or say why values may change."),
    ),
    "volatile-default": (
        N_("{what} has a default that differs from row to row: PostgreSQL rewrites the whole table under a lock."),
        N_("Add it without a default, fill it in batches in a revision of its own, and set the default then."),
    ),
    "index-not-concurrent": (
        N_("{what} is built while PostgreSQL lets nobody write to the table."),
        N_(
            "Use postgresql_concurrently=True and if_not_exists=True, first in its revision, inside: with"
            " op.get_context().autocommit_block()"
        ),
    ),
    "concurrently-in-transaction": (
        N_("{what} is built concurrently inside a transaction, which PostgreSQL refuses."),
        N_("Put it first in its revision, inside: with op.get_context().autocommit_block()"),
    ),
    "constraint-without-not-valid": (
        N_("{what} makes PostgreSQL read the whole table while nobody may write to it."),
        N_("Add it with postgresql_not_valid=True, and VALIDATE CONSTRAINT in a later revision."),
    ),
    "unnamed-check": (
        N_("A CHECK without a name cannot be compared, changed or dropped later."),
        N_("Name it."),
    ),
    "backfill-with-ddl": (
        N_("Rows are changed in the same revision as tables: everybody waits for the slow part."),
        N_("Split it: first the new column, then a revision that fills it, then one that tightens it."),
    ),
    "raw-sql-without-dialect": (
        N_("Raw SQL runs on both engines although it may mean something else, or nothing, on one of them."),
        N_("Choose it by op.get_context().dialect.name, or use an operation or a SQLAlchemy expression."),
    ),
    "no-downgrade": (
        N_("There is no way back: downgrade() is missing or does nothing."),
        N_("Write the opposite of upgrade()."),
    ),
    "statement-before-configure": (
        N_("A statement runs before context.configure(): Alembic then rolls everything back and says it is done."),
        N_("Put it into the engine's connect event."),
    ),
    "edited-revision": (
        N_("{what} was changed after it was released: databases that already have it never get the change."),
        N_("Undo the change and write a new revision."),
    ),
    "batch-from-python": (
        N_("{what}: the batch is told in Python how the table is, and what it is not told is lost."),
        N_("Leave it out: op.batch_alter_table(…) then keeps everything of the table that it is not told to change."),
    ),
    "stale-suppression": (
        N_("An exception is allowed for {what}, which is not found there."),
        N_("Remove the comment."),
    ),
}


@dataclass(frozen=True, order=True)
class Finding:
    """One step of a revision that could go wrong."""

    file: str
    line: int
    rule: str
    what: str = ""

    def __str__(self) -> str:
        wrong, safely = RULES[self.rule]
        return f"{self.file}:{self.line}: {self.rule}: {_(wrong).format(what=self.what)} {_(safely)}"
