"""What every request passes and every answer carries, whatever page it is for.

In: a host that is ours, https or this computer, a size that a form can have, and for whatever changes something a proof
that a page of ours sent it. Out: the security headers, a request number, a line in the log.
"""

import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from src.config import LOOPBACK_HOSTS
from src.domain.errors import CrmError
from src.i18n import set_language
from src.presentation.requests import CrossSite, TooLarge, Unencrypted, UnknownHost
from src.web.cookies import LANGUAGE, read_cookie
from src.web.journal import write_down
from src.web.language import language_for

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LARGEST_BODY = 1_000_000
# Asked by load balancers, by address and without https; they tell nothing.
HEALTH_PATHS = frozenset({"/healthz", "/readyz"})

# No inline script or style, nothing from elsewhere, no frame: what an attacker smuggles into a page stays text.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-robots-tag": "noindex, nofollow",
}
_ON_EVERY_ANSWER = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
# A page of somebody's records must not be found in a cache; files that say otherwise (src.web.assets) are public.
_NOT_KEPT = (b"cache-control", b"no-store")


class Gate:
    """The outermost layer of the application."""

    def __init__(
        self,
        app: "ASGIApp",
        *,
        hosts: Iterable[str],
        language: str | None,
        refuse: Callable[[Request, CrmError], Response],
        fail: Callable[[Request], Response],
        for_programs: Callable[[Request], bool] = lambda _request: False,
        largest_body_of_programs: int = LARGEST_BODY,
    ) -> None:
        self.app, self.hosts, self.language = app, frozenset(hosts), language
        self.refuse, self.fail = refuse, fail
        self.for_programs, self.largest_body_of_programs = for_programs, largest_body_of_programs

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await _answer_other(self.app, scope, receive, send)
            return
        started = time.perf_counter()
        request = Request(scope, receive)
        state = scope.setdefault("state", {})
        state["request_id"] = secrets.token_hex(8)
        statuses: list[int] = []

        async def send_with_headers(message: "Message") -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
                _add_headers(message["headers"], scope)
            await send(message)

        # Each request is a task of its own: its language is nobody else's.
        accepted = request.headers.get("accept-language", "")
        set_language(language_for(read_cookie(request, LANGUAGE), accepted, installation=self.language))
        failure = await self._answer(request, send_with_headers, statuses)
        write_down(
            "failed" if failure else "request",
            level=logging.ERROR if failure else logging.INFO,
            failure=failure,
            id=state["request_id"],
            method=scope["method"] if scope["method"] in _LOGGED_METHODS else "other",
            page=state.get("page", "-"),
            status=statuses[0] if statuses else 0,
            refusal=state.get("refusal"),
            ms=round((time.perf_counter() - started) * 1000, 1),
        )

    async def _answer(self, request: Request, send: "Send", statuses: list[int]) -> Exception | None:
        scope = request.scope
        try:
            refusal = self._why_refused(request)
            app = self.refuse(request, refusal) if refusal is not None else self.app
            await app(scope, request.receive, send)
        except Exception as error:  # noqa: BLE001 - the last edge: nobody sees a traceback
            if not statuses:
                await self.fail(request)(scope, request.receive, send)
            return error
        return None

    def _why_refused(self, request: Request) -> CrmError | None:
        if request.scope["path"] in HEALTH_PATHS:
            return None
        host = _host_of(request.headers)
        if host not in self.hosts:
            return UnknownHost()
        if request.scope["scheme"] != "https" and not _is_loopback(host):
            return Unencrypted()
        is_program = self.for_programs(request)
        largest = self.largest_body_of_programs if is_program else LARGEST_BODY
        length = request.headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit() and int(length[:20]) <= largest):
            return TooLarge()
        # A program shows a token, which no browser sends by itself; its answers look at no cookie.
        if request.method not in SAFE_METHODS and not is_program and not _was_sent_by_our_page(request):
            return CrossSite()
        return None


_LOGGED_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


async def _answer_other(app: "ASGIApp", scope: "Scope", receive: "Receive", send: "Send") -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
        return
    await app(scope, receive, send)


def _add_headers(headers: list[tuple[bytes, bytes]], scope: "Scope") -> None:
    headers += _ON_EVERY_ANSWER
    if scope["scheme"] == "https":
        headers.append(_STRICT_TRANSPORT)
    headers.append((b"x-request-id", scope["state"]["request_id"].encode()))
    if not any(name == b"cache-control" for name, _value in headers):
        headers.append(_NOT_KEPT)


def _host_of(headers: Headers) -> str:
    """Give the name under which the browser asks, without the port."""
    host = headers.get("host", "").lower()
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def _is_loopback(host: str) -> bool:
    return host in LOOPBACK_HOSTS


def _was_sent_by_our_page(request: Request) -> bool:
    """Tell whether one of our own pages sent this; a browser that sends neither header is older than our cookies."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and origin == f"{request.url.scheme}://{request.headers.get('host', '')}"


def address_of(request: Request) -> str:
    """Tell from which address somebody comes, as the throttle counts it."""
    host = request.client.host if request.client else ""
    try:
        return str(ip_address(host))
    except ValueError:
        return "local"


Answer = Callable[["Scope", "Receive", "Send"], Awaitable[None]]
