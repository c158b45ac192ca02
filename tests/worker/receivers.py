"""Receivers of webhooks: real HTTP servers on this computer, which answer as a test wants and keep what they got."""

import base64
import hashlib
import hmac
import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.program import HANG_SECONDS


@dataclass(frozen=True)
class Message:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The name by which a receiver knows a message that comes twice."""
        return self.headers["webhook-id"]

    @property
    def document(self) -> Any:
        """What it says."""
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """Whether the signature is right, as https://www.standardwebhooks.com describes it."""
        key = base64.b64decode(secret.split("_")[1])
        signed = b".".join([self.id.encode(), self.headers["webhook-timestamp"].encode(), self.body])
        right = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        return hmac.compare_digest(self.headers["webhook-signature"], right)


@dataclass
class Receiver:
    """A listening receiver. `status` is its answer, `headers` what it says beside; while `held`, it answers nobody."""

    url: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    arrived: "queue.Queue[Message]" = field(default_factory=queue.Queue)
    let_go: threading.Event = field(default_factory=threading.Event)

    def next(self) -> Message:
        """Wait for the next message."""
        return self.arrived.get(timeout=HANG_SECONDS)

    def hold(self) -> None:
        """Answer nobody until `let_go` is set."""
        self.let_go.clear()


@contextmanager
def receiving(path: str = "/changes") -> Iterator[Receiver]:
    """Listen on a free port of this computer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            message = Message(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            receiver.messages.append(message)
            receiver.arrived.put(message)
            receiver.let_go.wait(HANG_SECONDS)
            try:
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"thank you")
            except OSError:
                pass  # the sender was killed meanwhile

        def log_message(self, *_arguments: object) -> None:
            """Keep the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}{path}")
    receiver.let_go.set()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join(HANG_SECONDS)
