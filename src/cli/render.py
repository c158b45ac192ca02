"""One way to answer: tables on a terminal, tab-separated lines for another program, JSON or CSV on request."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from src.cli.commands import option
from src.cli.exports import write_csv, write_json, write_json_list, write_tabs
from src.cli.terminal import is_terminal, visible
from src.i18n import N_, _
from src.presentation.columns import Column, Manner, Row, for_json, for_people, for_programs

F = TypeVar("F", bound=Callable[..., Any])

_FORM = "epicevents.form"


def output_options(function: F) -> F:
    """Give a command the options `--json` and `--csv`, of which one at most may be used."""
    for name, help_text in (
        ("csv", N_("Write CSV for a spreadsheet; texts that begin like a formula get an apostrophe.")),
        ("json", N_("Write JSON for a program.")),
    ):
        function = option(
            f"--{name}", f"as_{name}", is_flag=True, expose_value=False, callback=_choose_form, help=help_text
        )(function)
    return function


def json_option(function: F) -> F:
    """Give a command that changes something the option `--json`: it then answers with the record."""
    return option(
        "--json",
        "as_json",
        is_flag=True,
        expose_value=False,
        callback=_choose_form,
        help=N_("Write JSON for a program."),
    )(function)


def wanted_form() -> str | None:
    """Tell what was asked for: "json", "csv" or nothing."""
    form: str | None = click.get_current_context().meta.get(_FORM)
    return form


@dataclass(frozen=True, kw_only=True)
class Total:
    """A sum or count below a list."""

    column: Column
    value: Any


def show_list(
    columns: Sequence[Column],
    rows: Iterable[Row],
    *,
    empty: str,
    manner: Manner,
    next_cursor: str | None = None,
    totals: Sequence[Total] = (),
) -> None:
    """Show a list; `empty` is the translated sentence for a person who sees none, with what to do about it.

    Each row holds one value per column, in order. Rows are written as they come and never kept.
    """
    form = wanted_form()
    if form == "json":
        sums = for_json([total.column for total in totals])([total.value for total in totals])
        write_json_list(columns, rows, next_cursor=next_cursor, totals=sums)
    elif form == "csv":
        write_csv(columns, rows)
    elif is_terminal(sys.stdout):
        _draw_list(columns, rows, empty=empty, manner=manner, totals=totals)
    else:
        write_tabs(columns, rows)
    if next_cursor is not None and form is None:
        # Not part of the list: another program reading it must not take it for a row.
        click.echo(_("More: add --after {cursor}").format(cursor=next_cursor), err=not is_terminal(sys.stdout))


def show_record(columns: Sequence[Column], row: Row, *, manner: Manner) -> None:
    """Show one record: a line for each column."""
    form = wanted_form()
    if form == "json":
        write_json(for_json(columns)(row))
    elif form == "csv":
        write_csv(columns, [row])
    elif is_terminal(sys.stdout):
        from src.cli.tables import draw_record

        draw_record(columns, row, manner)
    else:
        for column, text in zip(columns, for_programs(columns, row), strict=True):
            sys.stdout.write(f"{column.key}\t{visible(text)}\n")


def show_done(sentence: str, columns: Sequence[Column] = (), row: Row = ()) -> None:
    """Say what was done, after the commit; with `--json` the record itself answers."""
    if wanted_form() == "json":
        write_json(for_json(columns)(row))
    else:
        click.echo(visible(sentence))


def _draw_list(
    columns: Sequence[Column], rows: Iterable[Row], *, empty: str, manner: Manner, totals: Sequence[Total]
) -> None:
    from src.cli.tables import draw_list

    if not draw_list(columns, rows, manner):
        click.echo(empty)
        return
    for total in totals:
        [text] = for_people([total.column], [total.value], manner)
        click.echo(_("{heading}: {value}").format(heading=_(total.column.heading), value=text))


def _choose_form(ctx: click.Context, parameter: click.Parameter, chosen: bool) -> None:  # noqa: FBT001 - click's signature
    if not chosen:
        return
    form = parameter.opts[0].removeprefix("--")
    if ctx.meta.setdefault(_FORM, form) != form:
        raise click.UsageError(_("--json and --csv cannot be used together."), ctx=ctx)
