"""Editing a record: named fields on the command line, or each field asked for with its present value at a terminal."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from src.cli.commands import option
from src.cli.context import Desk, reading
from src.cli.prompts import ask_to_keep, can_ask
from src.cli.terminal import visible
from src.domain.errors import InvalidInput
from src.domain.permissions import Action, require
from src.i18n import N_, _

F = TypeVar("F", bound=Callable[..., Any])

# (attribute of the record, marked heading, option); all values are text, read by the service.
Fields = Sequence[tuple[str, str, str]]


def edit_options(fields: Fields) -> Callable[[F], F]:
    """Give a command one option for each field that can be changed."""

    def decorate(function: F) -> F:
        for name, heading, flag in reversed(fields):
            function = option(flag, name, metavar=N_("TEXT"), help=heading)(function)
        return function

    return decorate


def version_option(function: F) -> F:
    """Give a command `--version`: the version that was read, so that a colleague's change is not overwritten."""
    return option(
        "--version",
        type=int,
        metavar=N_("NUMBER"),
        help=N_("Version you read (see show); refused if somebody changed the record since."),
    )(function)


def changed(
    fields: Fields,
    given: Mapping[str, str | None],
    version: int | None,
    load: Callable[[Desk], Any],
    *,
    right: Action,
    read: Callable[[Desk, Any, dict[str, str]], object],
    present: Callable[[Any, str], str] = lambda record, name: str(getattr(record, name) or ""),
) -> tuple[dict[str, str], int | None]:
    """Tell which fields change to what, and the version that was read.

    With no field on the command line, each is asked for at a terminal; Enter keeps the present value, a single `-`
    empties it. Whoever lacks the `right` learns it before the first question, and what `read` cannot read is asked for
    again.

    Raises:
        click.UsageError: nothing to change, and nobody to ask. Forbidden.
    """
    values = {name: value for name, value in given.items() if value is not None}
    if values:
        return values, version
    if not can_ask():
        flags = ", ".join(flag for _name, _heading, flag in fields)
        raise click.UsageError(_("Nothing to change: give at least one of {flags}.").format(flags=flags))
    with reading() as desk:
        record = load(desk)
        require(desk.actor, right, record)
    click.echo(_("Enter keeps a value, - empties it."), err=True)
    for name, heading, _flag in fields:
        before = present(record, name)
        while (typed := ask_to_keep(heading, before)) != before:
            try:
                read(desk, record, {**values, name: typed})
            except InvalidInput as error:
                click.echo(_("Error: {message}").format(message=visible(str(error))), err=True)
            else:
                values[name] = typed
                break
    if not values:
        click.echo(_("Nothing was changed."), err=True)
        raise click.exceptions.Exit(0)
    return values, version if version is not None else record.version
