"""The history of a record: who changed what, when and why, newest first."""

from collections.abc import Callable
from typing import Any, TypeVar

from src.cli.columns import Column, rows_of
from src.cli.commands import option
from src.cli.context import reading
from src.cli.render import output_options, show_list
from src.domain.permissions import ACTION_LABELS
from src.i18n import N_, _

F = TypeVar("F", bound=Callable[..., Any])

COLUMNS = (
    Column(key="id", heading=N_("No."), kind="number", importance=3),
    Column(key="created_at", heading=N_("When"), kind="moment", importance=1),
    Column(key="actor_username", heading=N_("Who"), importance=1),
    Column(
        key="action",
        heading=N_("What"),
        kind="choice",
        importance=1,
        labels={action.value: label for action, label in ACTION_LABELS.items()},
    ),
    Column(key="changes", heading=N_("Changes"), kind="changes", importance=2),
    Column(key="reason", heading=N_("Reason"), importance=2),
    Column(key="interface", heading=N_("From"), importance=3),
)


def history_options(function: F) -> F:
    """Give a command the options of a history."""
    function = output_options(function)
    function = option("--after", metavar=N_("CURSOR"), help=N_("Continue where the last page ended."))(function)
    return option("--limit", type=int, default=20, show_default=True, help=N_("Rows on a page, at most 100."))(function)


def answer_history(model: type[Any], record_id: int, *, limit: int, after: str | None) -> None:
    """Show a page of a record's history."""
    from src.services import audit  # noqa: PLC0415 - loaded when used

    with reading() as desk:
        page = audit.record_history(desk.session, desk.actor, model, record_id, limit=limit, after=after)
    show_list(
        COLUMNS,
        rows_of(COLUMNS, page.items),
        empty=_("No history yet."),
        manner=desk.manner,
        next_cursor=page.next,
    )
