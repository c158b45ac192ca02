"""`epicevents work`: changes told to webhooks, by a process of its own or beside the pages."""

import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from src.cli.commands import command, option
from src.cli.context import open_database, settings
from src.i18n import N_, _

if TYPE_CHECKING:
    from src.db.session import Database
    from src.worker.worker import Worker

# How soon a signal to stop is heeded.
_SECONDS = 0.2
_LOGGERS = ("uvicorn", "epicevents.web", "epicevents.worker")


@command(
    "work",
    help=N_("Send changes to webhooks; epicevents serve does it too."),
    examples=("epicevents work", "epicevents work --once"),
    needs_login=False,
)
@option("--once", is_flag=True, help=N_("Send what is due now, and leave."))
def work(*, once: bool) -> None:
    """Send changes until Ctrl-C or a signal to stop, which lets end what is being sent."""
    from logging.config import dictConfig

    open_fit_database()
    dictConfig(logging_at("INFO"))
    asked: list[int] = []
    for stop in (signal.SIGTERM, signal.SIGINT):
        # Only noted: what a handler does may wait for a lock that the interrupted code holds.
        signal.signal(stop, lambda number, _frame: asked.append(number))
    worker = _worker()
    if not once:
        click.echo(_("Sending changes to webhooks (Ctrl-C stops it)"), err=True)
    with ThreadPoolExecutor(1, "worker") as thread:
        running = thread.submit(worker.run_once if once else worker.run)
        while not asked and not wait([running], _SECONDS).done:
            pass
        worker.stop()
    running.result()
    click.echo(
        _("Delivered: {delivered}; not delivered: {failed}.").format(delivered=worker.delivered, failed=worker.failed)
    )


@contextmanager
def working_meanwhile() -> Iterator[None]:
    """Send changes from a thread for as long as the block runs; what is being sent then may end."""
    worker = _worker()
    # The server raises the signal again that ended it, which would end this thread in the middle of something.
    signal.signal(signal.SIGTERM, _leave)
    with ThreadPoolExecutor(1, "worker") as thread:
        running: Future[None] = thread.submit(worker.run)
        try:
            yield
        finally:
            worker.stop()
    running.result()


def open_fit_database() -> "Database":
    """Open the configured database, unless it is not the one that this program works with.

    Raises:
        WrongSetting, DatabaseMissing, DatabaseBehind and their like.
    """
    from src.schema.state import read_state, refusal_of
    from src.services import CRM

    database = open_database()
    refusal = refusal_of(read_state(database.url, CRM), database.url, CRM)
    if refusal is not None:
        raise refusal
    return database


def logging_at(level: str) -> dict[str, Any]:
    """Tell how a process that goes on logs: JSON lines on the error output, without anybody's data."""
    logger = {"handlers": ["error output"], "propagate": False, "level": level}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "src.presentation.log_lines.JsonLines"}},
        "handlers": {"error output": {"class": "logging.StreamHandler", "formatter": "json"}},
        # The server's own words go the same way as ours.
        "loggers": dict.fromkeys(_LOGGERS, logger),
    }


def _worker() -> "Worker":
    from src.db.session import Database
    from src.worker.worker import Worker

    # Its connections are kept: it looks once a second.
    database = Database(open_database().url, pooled=True)
    return Worker(database, allow_private=settings().webhooks_allow_private)


def _leave(_signal: int, _frame: object) -> None:
    raise SystemExit(0)
