"""`make demo` at a terminal: the demo company is in one's browser, under both names of this computer."""

import contextlib
import os
import re
import socket
import sys
from urllib.parse import urlsplit

from playwright.sync_api import Browser

from tests.cli.terminals import at_terminal
from tests.cli.test_demo import passwords_in


def test_at_a_terminal_the_pages_are_served_until_ctrl_c_and_a_taken_port_is_left_alone(
    sqlite_url: str, chromium: Browser
) -> None:
    with somebody_elses_port() as taken:
        port = taken.getsockname()[1]
        homes = []

        def look(screen: str) -> str:
            """Log in as a person would, under both names of this computer."""
            plain = re.sub(r"\x1b\[[0-9;]*m", "", screen).replace("\r\n", "\n")
            [address] = re.findall(r"In your browser: (http://127\.0\.0\.1:(?!0)\d+/)", plain)
            homes.append(address)
            for name in (address, address.replace("127.0.0.1", "localhost")):
                context = chromium.new_context()
                page = context.new_page()
                wait_for(address)
                page.goto(name)
                page.fill("#username", "kate.hastroff")
                page.fill("#password", passwords_in(plain)["kate.hastroff"])
                page.press("#password", "Enter")
                page.wait_for_url(name)
                homes.append(page.title())
                context.close()
            return "^C"

        seen = at_terminal(
            *("demo", "start", "--port", str(port)),
            command=(sys.executable, "-m", "src"),
            env={"DATABASE_URL": sqlite_url},
            answers=[("Ctrl-C stops it", look)],
        )
    assert homes[1:] == ["Home · Epic Events"] * 2
    assert f":{port}/" not in homes[0]
    assert seen.code == 0
    assert [line for line in seen.lines if line.startswith("{")] == []
    assert "Traceback" not in seen.plain


def somebody_elses_port() -> socket.socket:
    """Take a port as another program would: not one of those that the system gives to whoever connects."""
    for port in range(20_000 + os.getpid() % 5_000, 32_000, 7):
        with contextlib.suppress(OSError):
            return socket.create_server(("127.0.0.1", port))
    raise AssertionError("no port is free")


def wait_for(address: str) -> None:
    """Wait until the server that has just been announced listens."""
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection((urlsplit(address).hostname, urlsplit(address).port)).close()
            return
