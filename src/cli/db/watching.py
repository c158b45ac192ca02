"""What a person at a terminal sees of long work on the database: a bar, and where the backup is.

Loaded by commands that are about to do such work: it imports the schema layer.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import click

from src.cli.outcome import SAVING, mark
from src.cli.terminal import colour_wanted, is_terminal, visible
from src.i18n import _
from src.schema.backup.backups import Backup
from src.schema.onlooker import NO_BACKUP, Onlooker, way_back
from src.services import CRM


@contextmanager
def bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show how far a long work is, to a person at a terminal; gives the function to tell it to (done, of how much)."""
    if not is_terminal(sys.stderr):
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    screen = Console(stderr=True, no_color=not colour_wanted(sys.stderr))
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as shown:
        task = shown.add_task(label, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


class PersonAtTerminal(Onlooker):
    """Whoever typed the command: the backup has a bar, and what is said about it stays on the error output."""

    def __init__(self) -> None:
        self.backup: Backup | None = None
        self._open = ExitStack()
        self._advance: Callable[[int, int], None] | None = None

    def __enter__(self) -> "PersonAtTerminal":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def backing_up(self, done: int, total: int) -> None:
        if self._advance is None:
            self._advance = self._open.enter_context(bar(_("Backup")))
        self._advance(done, total)

    def backed_up(self, backup: Backup) -> None:
        self._open.close()
        self._advance, self.backup = None, backup
        click.echo(visible(way_back(backup, CRM.restore_command)), err=True)

    def unprotected(self) -> None:
        click.echo(_(NO_BACKUP), err=True)

    def committing(self) -> None:
        mark(SAVING)  # what Ctrl-C says from here on
