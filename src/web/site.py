"""The whole site: every page of every noun, behind the gate."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route

from src.config import Settings
from src.db.cores import keep_to_one_core
from src.db.session import Database
from src.db.threads import in_thread
from src.domain.errors import CrmError
from src.presentation.requests import NoSuchPage, NotUnderstood, WrongMethod
from src.web import (
    account,
    api_tokens,
    audit,
    calendar,
    calendar_feeds,
    clients,
    contract_lines,
    contracts,
    deals,
    events,
    home,
    keys,
    password,
    payments,
    preferences,
    rulebook,
    saved_views,
    search,
    sign_in,
    staff_tokens,
    staffing,
    two_factor,
    users,
    webhooks,
)
from src.web.assets import STATIC, send_asset
from src.web.desk import Site, Visit
from src.web.forms import Form
from src.web.gate import LARGEST_BODY, Gate
from src.web.health import health_routes
from src.web.journal import log_as_json_lines
from src.web.pages import Page
from src.web.refusals import fail, refuse, refuse_whoever_asks
from src.web.templating import page_renderer

if TYPE_CHECKING:
    from starlette.types import ASGIApp

# Every noun's pages; a new file is added here, and to src.web.navigation once people may find it.
NOUNS = (
    home,
    clients,
    contracts,
    contract_lines,
    deals,
    payments,
    events,
    calendar,
    users,
    staffing,
    staff_tokens,
    audit,
    webhooks,
    saved_views,
    rulebook,
    search,
    keys,
    account,
    api_tokens,
    calendar_feeds,
    password,
    two_factor,
    sign_in,
    preferences,
)

_REFUSALS = {404: NoSuchPage, 405: WrongMethod}


def every_page() -> Iterable[Page]:
    """Give every page there is."""
    return [page for noun in NOUNS for page in noun.pages.pages]


class Programs(Protocol):
    """What is answered to programs instead of browsers, under a path of its own."""

    @property
    def routes(self) -> list[BaseRoute]:
        """Where programs ask."""

    @property
    def path(self) -> str:
        """How all their addresses begin."""

    @property
    def largest_body(self) -> int:
        """The most that one request may send."""

    @property
    def refuse(self) -> Callable[[Request, CrmError], Response]:
        """Answers a request that no operation saw."""

    @property
    def fail(self) -> Callable[[Request], Response]:
        """Answers a request that ended in a failure nobody foresaw."""


def build_site(
    settings: Settings, database: Database, *, exports: Database, programs: Programs | None = None
) -> "ASGIApp":
    """Build the application; nothing is asked of the database yet."""
    log_as_json_lines()
    site = Site(settings, database, exports, page_renderer(settings), _show_parked)

    def visit(request: Request) -> Visit:
        return Visit(site, request, Form(), datetime.now(UTC))

    def is_for_programs(request: Request) -> bool:
        return programs is not None and request.url.path.startswith(programs.path)

    def refuse_anybody(request: Request, refusal: CrmError) -> Response:
        if programs is not None and is_for_programs(request):
            return programs.refuse(request, refusal)
        return refuse(visit(request), refusal)

    async def refuse_unseen(request: Request, refusal: CrmError) -> Response:
        if is_for_programs(request):
            return refuse_anybody(request, refusal)
        return await in_thread(refuse_whoever_asks, visit(request), refusal)

    def fail_anybody(request: Request) -> Response:
        if programs is not None and is_for_programs(request):
            return programs.fail(request)
        return fail(visit(request))

    app = FastAPI(
        routes=[*(programs.routes if programs else ()), *_routes(site)],
        exception_handlers=_refusing(refuse_unseen)
        # Starlette would answer for us, in plain text, before the gate hears of the failure.
        | {Exception: _failing(fail_anybody)},
        telemetry={"tracing": False, "metrics": False, "logs": False},
        lifespan=_serving,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.router.redirect_slashes = False
    return Gate(
        app,
        hosts=settings.hosts,
        language=settings.language,
        refuse=refuse_anybody,
        fail=fail_anybody,
        for_programs=is_for_programs,
        largest_body_of_programs=programs.largest_body if programs else LARGEST_BODY,
    )


@asynccontextmanager
async def _serving(_app: FastAPI) -> AsyncIterator[None]:
    """Get ready when a server takes the site up, in the thread that will take requests in."""
    keep_to_one_core()
    yield


def _routes(site: Site) -> list[BaseRoute]:
    routes: list[BaseRoute] = [page.route(site) for page in every_page()]
    return [*routes, *health_routes(site), Route(f"{STATIC}/{{name}}", _send_asset, methods=["GET"])]


async def _send_asset(request: Request) -> Response:
    return send_asset(request)


def _refusing(
    refuse_request: Callable[[Request, CrmError], Awaitable[Response]],
) -> dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]]:
    """Give what answers for refusals that no page saw: an address that leads nowhere, a wrong method."""

    async def refuse_unrouted(request: Request, error: Exception) -> Response:
        if isinstance(error, CrmError):
            return await refuse_request(request, error)
        status = error.status_code if isinstance(error, HTTPException) else 400
        response = await refuse_request(request, _REFUSALS.get(status, NotUnderstood)())
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    return {HTTPException: refuse_unrouted, CrmError: refuse_unrouted}


def _failing(
    fail_request: Callable[[Request], Response],
) -> Callable[[Request, Exception], Coroutine[Any, Any, Response]]:
    """Give what answers for failures that nobody foresaw; the gate logs them."""

    async def answer(request: Request, _error: Exception) -> Response:
        return fail_request(request)

    return answer


def _show_parked(visit: Visit, token: str, form: Form) -> Response | None:
    """Show the form of the page that `visit` wants to go on to, with what was typed before the session ended."""
    for page in every_page():
        if page.method != "POST" or page.again is None:
            continue
        wanted = {**visit.request.scope, "path": visit.form.get("next"), "query_string": b"", "root_path": ""}
        match, found = page.route(visit.site).matches(wanted)
        if match is Match.FULL:
            try:
                request = Request({**wanted, **found, "method": "GET"})
                return page.show_again(visit.site, request, form, visit.now, None, token=token)
            except CrmError:
                return None
    return None
