"""Sending one message to an address that somebody typed, without being led into our own network or kept waiting.

The address is looked up once, every answer is looked at, and the connection goes to exactly what was looked at: a name
that leads somewhere else a moment later gains nothing. Nothing is followed, no proxy is asked, little is read, and all
of it together takes ten seconds at most. The standard library's client is not used because it limits each reading
alone: a receiver that sends one byte at a time would hold it for ever.
"""

import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from src.domain.targets import PORTS, is_public

SECONDS = 10.0
_LARGEST_HEAD = 8192
_LARGEST_BODY = 4096
# Cutting the line while the receiver still writes would look like a failure over there.
_SECONDS_FOR_BODY = 1.0
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d)[ \r]")
GONE = 410


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended: the receiver's status if it gave one, and a word for what went wrong."""

    status: int | None
    error: str = ""


class _NoAnswerError(Exception):
    """The message did not arrive, or nobody knows whether it did."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


def post(
    url: str, headers: Mapping[str, str], body: bytes, *, allow_private: bool, seconds: float = SECONDS
) -> Outcome:
    """Send a message and tell how it ended; only a status of 200 to 299 means that it arrived."""
    parts = urlsplit(url)
    try:
        places = _places_of(parts, allow_private=allow_private)
        until = time.monotonic() + seconds
        with _connect(places, until) as plain, _secured(plain, parts, until) as connection:
            connection.settimeout(_left(until))
            connection.sendall(_request(parts, headers, body))
            status = _read_status(connection, until)
    except _NoAnswerError as failure:
        return Outcome(None, failure.error)
    except TimeoutError:
        return Outcome(None, "timeout")
    except OSError:
        return Outcome(None, "unreachable")
    if 200 <= status < 300:
        return Outcome(status)
    return Outcome(status, "gone" if status == GONE else "refused")


def _places_of(parts: SplitResult, *, allow_private: bool) -> list[tuple[Any, Any]]:
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _NoAnswerError("unknown_host") from None
    places = [(family, address) for family, _kind, _protocol, _name, address in found]
    # All of them: who answers with one of each sort wants to get in.
    if not allow_private and not all(is_public(ip_address(address[0])) for _family, address in places):
        raise _NoAnswerError("private_address")
    return places


def _connect(places: list[tuple[Any, Any]], until: float) -> socket.socket:
    for number, (family, address) in enumerate(places):
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            # Several addresses share the time: the first may lead nowhere.
            connection.settimeout(_left(until) / (len(places) - number))
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


def _secured(connection: socket.socket, parts: SplitResult, until: float) -> socket.socket:
    if parts.scheme != "https":
        return connection
    connection.settimeout(_left(until))
    try:
        return _trust().wrap_socket(connection, server_hostname=parts.hostname)
    except ssl.SSLCertVerificationError:
        raise _NoAnswerError("certificate") from None


@cache
def _trust() -> ssl.SSLContext:
    # Made once: reading the authorities of the system takes 20 ms.
    return ssl.create_default_context()


def _request(parts: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: {parts.netloc}",
        *(f"{name}: {value}" for name, value in headers.items()),
        f"Content-Length: {len(body)}",
        "Connection: close",
        "",
        "",
    ]
    return "\r\n".join(lines).encode("ascii") + body


def _read_status(connection: socket.socket, until: float) -> int:
    received = b""
    while True:
        head, end, rest = received.partition(b"\r\n\r\n")
        if end:
            found = _STATUS.match(head + b"\r")
            if found is None:
                raise _NoAnswerError("not_http")
            status = int(found[1])
            if status >= 200:
                _read_rest(connection, len(rest), until)
                return status
            received = rest  # "100 Continue" and its like announce the answer
            continue
        if len(received) > _LARGEST_HEAD:
            raise _NoAnswerError("not_http")
        connection.settimeout(_left(until))
        chunk = connection.recv(_LARGEST_HEAD)
        if not chunk:
            raise _NoAnswerError("not_http" if received else "unreachable")
        received += chunk


def _read_rest(connection: socket.socket, read: int, until: float) -> None:
    until = min(until, time.monotonic() + _SECONDS_FOR_BODY)
    try:
        while read < _LARGEST_BODY:
            connection.settimeout(_left(until))
            chunk = connection.recv(_LARGEST_BODY)
            if not chunk:
                return
            read += len(chunk)
    except OSError:
        return  # the status is known; what else it says is of no interest


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
