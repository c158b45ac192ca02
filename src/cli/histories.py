"""The history of a record: who changed what, when and why, newest first."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from src.cli.commands import option
from src.cli.context import reading
from src.cli.render import output_options, show_list, wanted_form
from src.cli.terminal import is_terminal
from src.i18n import N_, _
from src.presentation.columns import Column, Manner, rows_of
from src.presentation.fields import changes_in_words

F = TypeVar("F", bound=Callable[..., Any])


def history_options(function: F) -> F:
    """Give a command the options of a history."""
    function = output_options(function)
    function = option("--after", metavar=N_("CURSOR"), help=N_("Continue where the last page ended."))(function)
    return option("--limit", type=int, default=20, show_default=True, help=N_("Rows on a page, at most 100."))(function)


def is_for_people() -> bool:
    """Tell whether a history is written in words: for people at a terminal, and not for programs."""
    return wanted_form() is None and is_terminal(sys.stdout)


def as_people_read(columns: Sequence[Column], manner: Manner, people: Mapping[int, str]) -> Sequence[Column]:
    """Give the columns of a history as people read them; `people` are the usernames by number."""
    words = Column(
        key="changes",
        heading=N_("Changes"),
        importance=1,
        wraps=True,
        of=lambda entry: changes_in_words(entry.changes, manner, people),
    )
    return [words if column.key == "changes" else column for column in columns]


def answer_history(model: type[Any], record_id: int, *, limit: int, after: str | None) -> None:
    """Show a page of a record's history."""
    from src.presentation.histories import COLUMNS
    from src.services import audit

    with reading() as desk:
        page = audit.record_history(desk.session, desk.actor, model, record_id, limit=limit, after=after)
        columns: Sequence[Column] = COLUMNS
        if is_for_people():
            columns = as_people_read(COLUMNS, desk.manner, audit.people_named(model, page))
    show_list(
        columns,
        rows_of(columns, page.items),
        empty=_("No history yet."),
        manner=desk.manner,
        next_cursor=page.next,
    )
