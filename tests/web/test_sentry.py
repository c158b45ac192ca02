"""Failures that nobody foresaw reach the Sentry of the installation, and nothing about anybody goes with them."""

import gzip
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from src.db.driver import sqlite_module
from tests.cli.company import Company
from tests.program import HANG_SECONDS
from tests.shared_server import PROJECT
from tests.web.servers import serving

Received = queue.SimpleQueue[str]


@pytest.fixture
def sentry() -> Iterator[tuple[str, Received]]:
    """A Sentry on this computer: its address, and what it is told."""
    received: Received = queue.SimpleQueue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take what is sent."""
            body = self.rfile.read(int(self.headers["content-length"]))
            received.put((gzip.decompress(body) if self.headers["content-encoding"] == "gzip" else body).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_facts: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://key@127.0.0.1:{server.server_port}/1", received
        server.shutdown()


def test_a_failure_is_told_by_its_kind_and_place_and_without_anybodys_data(
    company: Company, sentry: tuple[str, Received]
) -> None:
    address, received = sentry
    event = company.office.own.event
    with serving(company, env={"SENTRY_DSN": address}) as server:
        seller = server.at_work("sales")
        assert seller.get("/clients?search=Casey").status_code == 200
        assert seller.get("/clients/999999").status_code == 404
        # As a broken disk or a hand at the database might leave it: no page is written for that.
        with sqlite_module().connect(company.url.removeprefix("sqlite:///")) as connection:
            connection.execute("PRAGMA ignore_check_constraints=ON")
            connection.execute("UPDATE events SET time_zone = 'Nowhere/Casey' WHERE id = ?", (event,))
        answer = seller.get(f"/events/{event}?note=Casey", headers={"user-agent": "Casey's telephone"})
        assert answer.status_code == 500
        told = received.get(timeout=HANG_SECONDS)
    assert received.empty()
    assert '"type":"ZoneInfoNotFoundError"' in told
    assert '"page":"/events/{event_id:int}"' in told
    assert answer.headers["x-request-id"] in told
    assert "Casey" not in told
    assert "sales@" not in told


def test_without_an_address_sentry_is_not_even_loaded(company: Company) -> None:
    code = "import sys; from src.asgi import create_app; create_app(); print('sentry_sdk' in sys.modules)"
    for address, loaded in (("", "False"), ("https://key@sentry.invalid/1", "True")):
        env = {**os.environ, "DATABASE_URL": company.url, "SENTRY_DSN": address}
        told = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=env, capture_output=True, check=True)
        assert told.stdout.decode().strip() == loaded
