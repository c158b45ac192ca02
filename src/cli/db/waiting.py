"""What a person at a terminal sees while a long work on the database goes on; nothing where nobody looks."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from src.cli.terminal import colour_wanted, is_terminal
from src.i18n import _


@contextmanager
def telling(stages: int) -> Iterator[Callable[[str], None]]:
    """Show which of several stages a work has come to; gives the function to tell it the marked name of each."""
    begun = 0
    with _bar(stages) as show:

        def tell(stage: str) -> None:
            nonlocal begun
            show(_(stage), begun)
            begun += 1

        yield tell


@contextmanager
def sharing(name: str) -> Iterator[Callable[[float], None]]:
    """Show how far a work is; gives the function to tell it a share from 0 to 1."""
    with _bar(100) as show:
        yield lambda share: show(name, round(share * 100))


@contextmanager
def _bar(total: int) -> Iterator[Callable[[str, int], None]]:
    if not is_terminal(sys.stderr):
        yield lambda _name, _done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    screen = Console(stderr=True, no_color=not colour_wanted(sys.stderr))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda name, done: bar.update(task, description=name, completed=done)
