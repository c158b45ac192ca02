"""The revisions that a database has not got yet: what they are called, and whether they may touch what is stored."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from src.schema.lint.operations import Operation, operations_of, text_of
from src.schema.revision_text import parsed
from src.schema.revisions import read_history

# They only say what there is from now on, or what a revision means; every other operation may change rows.
_DEFINING = re.compile(
    r"create_\w+|add_column|drop_index|drop_constraint|batch_alter_table|accept_\w+|watch_tables|f|get_\w+"
)
_DEFINING_SQL = re.compile(
    r"\s*(create|comment|drop)\s+(or replace\s+)?(unique\s+)?(index|trigger|view|function)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class PendingRevision:
    """A revision that an upgrade would run; `changes_data` tells that it may change what rows hold."""

    revision: str
    title: str
    changes_data: bool


def pending_revisions(present: Iterable[str], folder: Path) -> tuple[PendingRevision, ...]:
    """List what is missing from a database that is at these revisions, in the order in which it would run."""
    history = read_history(folder)
    there = set(history.up_to(present))
    return tuple(
        _read(revision, history.files[revision]) for revision in history.up_to(history.heads) if revision not in there
    )


def _read(revision: str, file: Path) -> PendingRevision:
    tree = parsed(file)
    title = (ast.get_docstring(tree) or "").partition("\n")[0]
    return PendingRevision(revision, title, any(map(_may_change_rows, operations_of(tree, "upgrade"))))


def _may_change_rows(operation: Operation) -> bool:
    if operation.name == "execute":
        return _DEFINING_SQL.match(text_of(operation.argument(0, "sqltext"))) is None
    if operation.name == "alter_column":
        return operation.argument(-1, "type_") is not None
    return _DEFINING.fullmatch(operation.name) is None
