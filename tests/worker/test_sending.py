"""One message to one address: what counts as arrived, and that no receiver leads us astray or keeps us waiting."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from src.worker import sending
from src.worker.sending import Outcome, post
from tests.program import HANG_SECONDS
from tests.worker.receivers import Receiver

Speak = Callable[[socket.socket], None]


def send(url: str, *, allow_private: bool = True, seconds: float = HANG_SECONDS) -> Outcome:
    """Send a small message."""
    return post(url, {"webhook-id": "msg_1_1"}, b"{}", allow_private=allow_private, seconds=seconds)


@contextmanager
def speaking(speak: Speak, *, secure: ssl.SSLContext | None = None) -> Iterator[int]:
    """A receiver that reads a request and then says exactly this; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def listen() -> None:
            try:
                plain, _address = listening.accept()
                with secure.wrap_socket(plain, server_side=True) if secure else plain as line:
                    while b"{}" not in line.recv(65536):
                        pass
                    speak(line)
            except OSError:
                pass  # the sender has gone

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(HANG_SECONDS)


def saying(answer: bytes) -> Speak:
    """Say this and hang up."""
    return lambda line: line.sendall(answer)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Outcome(200)),
        (b"HTTP/1.0 204\r\n\r\n", Outcome(204)),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 299 Fine\r\n\r\n", Outcome(299)),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10_000_000, Outcome(200)),
        (b"HTTP/1.1 301 Moved\r\nLocation: http://169.254.169.254/\r\n\r\n", Outcome(301, "refused")),
        (b"HTTP/1.1 410 Gone\r\n\r\n", Outcome(410, "gone")),
        (b"HTTP/1.1 500 Oh\r\n\r\n", Outcome(500, "refused")),
        (b"HTTP/1.1 999 What\r\n\r\n", Outcome(None, "not_http")),
        (b"HTTP/2 200\r\n\r\n", Outcome(None, "not_http")),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Outcome(None, "not_http")),
        (b"HTTP/1.1 200 OK\r\n" + b"X-Long: y\r\n" * 10_000, Outcome(None, "not_http")),
        (b"", Outcome(None, "unreachable")),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_only_a_whole_answer_of_success_counts_as_arrived(answer: bytes, outcome: Outcome) -> None:
    with speaking(saying(answer)) as port:
        assert send(f"http://127.0.0.1:{port}/x?y=1") == outcome


def test_a_receiver_that_answers_byte_by_byte_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(line: socket.socket) -> None:
        while True:
            line.sendall(b"H")

    with speaking(drip) as port:
        assert send(f"http://127.0.0.1:{port}/").error == "not_http"
    # All of it together has this long; each reading alone would always be in time.
    silent = threading.Event()
    with speaking(lambda _line: _wait(silent)) as port:
        assert send(f"http://127.0.0.1:{port}/", seconds=0.2) == Outcome(None, "timeout")
        silent.set()


def _wait(until: threading.Event) -> None:
    until.wait(HANG_SECONDS)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0", "[::]"],
)
def test_no_way_of_writing_this_computer_gets_in(receiver: Receiver, host: str) -> None:
    port = receiver.url.split(":")[2].partition("/")[0]
    assert send(f"http://{host}:{port}/", allow_private=False).error in {"private_address", "unknown_host"}
    assert receiver.messages == []


def answering(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let the system's resolver give these addresses for every name; notes what it was asked."""
    asked: list[str] = []

    def resolve(host: str, port: int, **_wanted: Any) -> list[Any]:
        asked.append(host)
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["::1"],
        ["fe80::1%lo"],
        ["fd00::1"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        ["ff02::1"],
        ["93.184.215.14", "127.0.0.1"],
    ],
    ids=str,
)
def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    answering(monkeypatch, *addresses)
    assert send("http://inside.example/", allow_private=False) == Outcome(None, "private_address")


def test_the_connection_goes_to_the_address_that_was_looked_at(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    asked = answering(monkeypatch, "127.0.0.1")
    port = receiver.url.split(":")[2].partition("/")[0]
    assert send(f"http://rebinding.example:{port}/here?now=1") == Outcome(200)
    [message] = receiver.messages
    assert (message.path, message.headers["host"]) == ("/here?now=1", f"rebinding.example:{port}")
    # Asked a second time, it could have led elsewhere.
    assert asked == ["rebinding.example"]


def test_a_name_without_an_address_and_a_port_without_a_program_are_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert send(f"http://127.0.0.1:{port}/") == Outcome(None, "unreachable")
    assert send("http://nowhere.invalid/") == Outcome(None, "unknown_host")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of `localhost`, which nobody trusts but whoever is told to."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"),
            *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
    return folder


def test_https_wants_a_certificate_of_that_name(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    success = saying(b"HTTP/1.1 200 OK\r\n\r\n")
    answering(monkeypatch, "127.0.0.1")
    outcomes = []
    for trusted, host in ((False, "localhost"), (True, "localhost"), (True, "other.example")):
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        sending._trust.cache_clear()
        with speaking(success, secure=context) as port:
            outcomes.append(send(f"https://{host}:{port}/"))
    sending._trust.cache_clear()
    assert outcomes == [Outcome(None, "certificate"), Outcome(200), Outcome(None, "certificate")]
