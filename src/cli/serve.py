"""`epicevents serve`: the pages, for browsers."""

import errno
import socket
from contextlib import nullcontext
from typing import Any

import click

from src.cli.commands import command, option
from src.cli.work import logging_at, open_fit_database, working_meanwhile
from src.domain.errors import InvalidInput
from src.i18n import N_, _

_APPLICATION = "src.asgi:create_app"
# How long a stopping server waits for the requests that it is answering.
_SECONDS_TO_FINISH = 20
_MOST_WORKERS = 64


@command(
    "serve",
    help=N_("Serve the pages to browsers."),
    examples=("epicevents serve", "epicevents serve --host 0.0.0.0 --port 8080 --workers 2"),
    needs_login=False,
)
@option(
    "--host",
    metavar=N_("ADDRESS"),
    default="127.0.0.1",
    show_default=True,
    help=N_("Address to listen on; browsers of other computers also need EPICEVENTS_HOSTS."),
)
@option(
    "--port", type=click.IntRange(0, 65535), metavar=N_("NUMBER"), default=8000, show_default=True, help=N_("Port.")
)
@option("--no-worker", is_flag=True, help=N_("Leave webhooks to another process (epicevents work)."))
@option(
    "--workers",
    type=click.IntRange(1, _MOST_WORKERS),
    metavar=N_("NUMBER"),
    default=1,
    show_default=True,
    help=N_("Processes that answer; one for each core at most."),
)
def serve(host: str, port: int, workers: int, *, no_worker: bool) -> None:
    """Serve the pages until Ctrl-C or a signal to stop, which lets the requests under way end."""
    open_fit_database()
    port = port_to_listen_on(host, port)
    click.echo(_("Epic Events CRM: {address} (Ctrl-C stops it)").format(address=address_of(host, port)), err=True)
    run_server(host, port, workers=workers, with_worker=not no_worker)


def run_server(host: str, port: int, *, workers: int = 1, with_worker: bool = True, log_level: str = "INFO") -> None:
    """Answer browsers until a signal to stop, with one process or several; the first one also tells webhooks."""
    from logging.config import dictConfig

    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from src.cli.listeners import take_address

    settings: dict[str, Any] = {
        "factory": True,
        "host": host,
        "port": port,
        "log_config": logging_at(log_level),
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": _SECONDS_TO_FINISH,
    }
    dictConfig(settings["log_config"])
    with working_meanwhile() if with_worker else nullcontext():
        if workers == 1:
            uvicorn.run(_APPLICATION, **settings)
            return
        with take_address(host, port) as address:
            Multiprocess(uvicorn.Config(_APPLICATION, workers=workers, **settings), sockets=[address]).run()


def address_of(host: str, port: int) -> str:
    """Write the address that a browser on this computer opens."""
    name = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, host)  # noqa: S104 - only shown
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


def next_free_port(host: str, first: int) -> int:
    """Give the first port from here on that no other program has.

    Raises:
        InvalidInput: none of a hundred is free.
    """
    for port in range(first, min(first + 100, 65536)):
        try:
            return port_to_listen_on(host, port)
        except InvalidInput as refusal:
            refused = refusal
    raise refused


def port_to_listen_on(host: str, port: int) -> int:
    """Try the address out, and choose a free port for 0; uvicorn would refuse it in a line of the log only.

    Raises InvalidInput.
    """
    try:
        [(family, *_, address), *_others] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.create_server(address[:2], family=family) as taken:
            return int(taken.getsockname()[1])
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise InvalidInput(
                N_("{field}: another program listens on {port} already."), field=N_("port"), port=port
            ) from None
        raise InvalidInput(
            N_("{field}: the server cannot listen there: no address of this computer, or one it may not use."),
            field=N_("host"),
        ) from None
