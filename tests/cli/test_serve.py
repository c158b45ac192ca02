"""`epicevents serve` where it cannot serve: named at once, and not in a line of the server's log."""

import socket

import pytest

from tests.cli.company import Company


def test_a_port_that_is_taken_is_named(quiet_company: Company) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = quiet_company.run(None, "serve", "--port", str(port))
    assert (refused.code, refused.err) == (7, f"Error: port: another program listens on {port} already.\n")


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host", "a\0b", "é" * 300, "::ffff:203.0.113.7"])
def test_an_address_that_is_not_of_this_computer_is_refused(quiet_company: Company, host: str) -> None:
    refused = quiet_company.run(None, "serve", "--host", host)
    assert (refused.code, refused.message.partition(":")[0]) == (7, "host")
