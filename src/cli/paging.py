"""Lists as people ask for them: a page at a time, or all of it as an export that the audit log remembers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from src.cli.commands import option
from src.cli.context import Desk, reading, writing
from src.cli.outcome import NOTHING_SAVED, mark
from src.cli.render import Total, output_options, show_list, wanted_form
from src.i18n import N_, _
from src.presentation.columns import Column, rows_of

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Paging:
    """Which part of a list is wanted, in which order."""

    sort: str
    limit: int
    after: str | None
    all: bool

    @property
    def is_export(self) -> bool:
        """Whether more than a page leaves the CRM."""
        return self.all or wanted_form() == "csv"


def paging_options(sorts: Sequence[str], *, default: str) -> Callable[[F], F]:
    """Give a list the options --sort, --limit, --after, --all, --json and --csv; the function receives `paging`."""

    def decorate(function: F) -> F:
        def run(*, sort: str, limit: int, after: str | None, all_rows: bool, **values: Any) -> Any:
            paging = Paging(sort, limit, after, all_rows)
            if paging.is_export and _asked_for_a_page():
                raise click.UsageError(_("--all and --csv write everything: leave out --limit and --after."))
            return function(paging=paging, **values)

        run.__name__, run.__doc__ = function.__name__, function.__doc__
        run.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]  # click's own
        decorated: Any = output_options(run)
        for declared in (
            option("--all", "all_rows", is_flag=True, help=N_("Everything, not only a page; noted in the audit log.")),
            option("--after", metavar=N_("CURSOR"), help=N_("Continue where the last page ended.")),
            option("--limit", type=int, default=20, show_default=True, help=N_("Rows on a page, at most 100.")),
            option(
                "--sort",
                metavar="|".join(sorts),
                default=default,
                show_default=True,
                help=N_("Order; a minus sign before it reverses it."),
            ),
        ):
            decorated = declared(decorated)
        return decorated  # type: ignore[no-any-return]  # the same function with options

    return decorate


def _asked_for_a_page() -> bool:
    context = click.get_current_context()
    return any(context.get_parameter_source(name) is ParameterSource.COMMANDLINE for name in ("limit", "after"))


def answer_list(
    columns: Sequence[Column],
    paging: Paging,
    *,
    record_type: str,
    filters: Mapping[str, Any],
    empty: str,
    page: Callable[[Desk], Any],
    everything: Callable[[Desk], Iterator[Any]],
    totals: Callable[[Desk], Sequence[Total]] | None = None,
) -> None:
    """Show a page of a list, or export all of it; the export is in the audit log before its first row is out."""
    if paging.is_export:
        from src.services import lists

        with writing() as desk:
            everything(desk)  # no row is read yet: what is refused here must not be logged as an export
            lists.log_export(desk.session, desk.actor, record_type, {**filters, "format": wanted_form() or "text"})
        mark(NOTHING_SAVED)  # of the person's own: Ctrl-C during the export must not speak of a change
        with reading() as desk:
            rows = rows_of(columns, everything(desk))
            sums = totals(desk) if totals and wanted_form() != "csv" else ()
            show_list(columns, rows, empty=empty, manner=desk.manner, totals=sums)
        return
    with reading() as desk:
        found = page(desk)
        sums = totals(desk) if totals else ()
    show_list(
        columns,
        rows_of(columns, found.items),
        empty=empty,
        manner=desk.manner,
        next_cursor=found.next,
        totals=sums,
    )
