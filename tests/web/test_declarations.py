"""Every page says who may open it, every refusal has its status, and every form of a page can be opened by itself."""

from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from starlette.routing import Route

from src.config import Settings
from src.db.session import Database
from src.db.url import parse_database_url
from src.domain import errors
from src.domain.permissions import RULEBOOK, Action
from src.presentation import requests
from src.presentation.requests import told_of
from src.web.errors import STATUSES, TITLES, status_of
from src.web.gate import Gate
from src.web.navigation import _OF_DEPARTMENT
from src.web.pages import Access, Page, Pages
from src.web.site import build_site, every_page
from tests.web.servers import PROJECT

if TYPE_CHECKING:
    from starlette.types import ASGIApp

# What is no page: asked by machines, and told by everybody the same.
NO_PAGES = {"/healthz", "/readyz", "/static/{name}"}
PUBLIC = {("GET", "/login"), ("POST", "/login"), ("POST", "/logout"), ("POST", "/preferences")}
OF_OTHER_EDGES = {"src.cli.errors", "src.api.errors", "src.api.fields"}
SIGNED_IN = {
    *(("GET", path) for path in ("/", "/rulebook", "/search", "/keys")),
    # Views of lists are their maker's alone, whoever that is (test_saved_views.py).
    *(("GET", f"/views/{path}") for path in ("new", "{view_id:int}", "{view_id:int}/edit")),
    *(("POST", f"/views/{path}") for path in ("new", "{view_id:int}/edit", "{view_id:int}/delete")),
}


def every_refusal(kind: type[errors.CrmError] = errors.CrmError) -> list[type[errors.CrmError]]:
    return [kind, *(deeper for below in kind.__subclasses__() for deeper in every_refusal(below))]


def site_of_no_database() -> "ASGIApp":
    """The whole site; nothing is asked of a database until somebody opens a page."""
    settings = Settings("sqlite:///none.db", "test")
    database = Database(parse_database_url(settings.database_url, source="test", root=PROJECT))
    return build_site(settings, database, exports=database)


def routes() -> list[Route]:
    """Every route of the server."""
    site = site_of_no_database()
    assert isinstance(site, Gate)
    assert isinstance(site.app, FastAPI)
    return [route for route in site.app.routes if isinstance(route, Route)]


def test_every_route_of_the_server_is_a_declared_page_or_a_file() -> None:
    declared = {(page.method, page.path) for page in every_page()}
    routed = {
        (method, route.path)
        for route in routes()
        for method in route.methods or ()
        if method != "HEAD" and route.path not in NO_PAGES
    }
    assert routed == declared


def test_every_page_takes_a_right_of_the_rulebook_but_for_these() -> None:
    without = {(page.method, page.path): page.right for page in every_page() if not isinstance(page.right, Action)}

    assert {key for key, right in without.items() if right is Access.PUBLIC} == PUBLIC
    assert {key for key, right in without.items() if right is Access.SIGNED_IN} == SIGNED_IN
    assert [page.path for page in every_page() if isinstance(page.right, Action) and page.right not in RULEBOOK] == []


def test_no_two_pages_have_one_address() -> None:
    declared = [(page.method, page.path) for page in every_page()]
    assert len(declared) == len(set(declared))


def test_a_page_cannot_be_declared_without_a_right() -> None:
    with pytest.raises(TypeError):
        Pages().get("/nobody-knows-who-may")  # type: ignore[call-arg]  # the right is missing: that is the test


def test_a_view_that_would_block_every_other_request_is_refused() -> None:
    async def view() -> None: ...

    with pytest.raises(TypeError):
        Pages().get("/blocking", Access.PUBLIC)(view)  # type: ignore[arg-type]  # a coroutine is refused: that is the test


def test_every_form_that_is_shown_again_is_opened_with_the_same_right() -> None:
    opened = {page.view: page for page in every_page() if page.method == "GET"}
    forms = [page for page in every_page() if page.again is not None]

    assert {page.path: opened[page.again].right for page in forms if page.again} == {
        page.path: page.right for page in forms
    }


def test_every_refusal_has_a_status_of_its_own_in_the_table() -> None:
    assert [
        kind.__name__
        for kind in every_refusal()
        if kind.__module__.startswith("src.") and kind not in STATUSES and kind.__module__ not in OF_OTHER_EDGES
    ] == []


def test_every_status_has_a_title() -> None:
    assert set(STATUSES.values()) | {500} == set(TITLES)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (errors.NotAuthenticated(), 401),
        (errors.Forbidden(department="", rule=""), 403),
        (errors.NotFound(record="", id=1), 404),
        (errors.Conflict(record=""), 409),
        (errors.AlreadyExists(field="", record=""), 409),
        (errors.RuleBroken(), 409),
        (errors.InvalidInput(field=""), 422),
        (errors.TooManyAttempts(retry_after_seconds=1), 429),
        (errors.DatabaseBehind(place="", command=""), 503),
        (errors.DiskFull(), 503),
        (requests.TooLarge(), 413),
        (requests.CrossSite(), 403),
        (requests.UnknownHost(), 400),
    ],
)
def test_the_statuses_that_programs_rely_on(refusal: errors.CrmError, status: int) -> None:
    assert status_of(refusal) == status


def test_no_refusal_tells_a_browser_where_the_database_is() -> None:
    place = "postgresql://db.internal/epic"
    for kind in every_refusal(errors.DatabaseError):
        facts = dict.fromkeys(("place", "command", "advice", "revision", "reason", "losses", "folder", "name"), place)
        refusal = kind(**facts, need=1, have=1)
        assert place not in str(told_of(refusal)), kind


def test_the_way_around_leads_only_to_pages_that_there_are() -> None:
    there = {page.path: page for page in every_page() if page.method == "GET"}
    for places in _OF_DEPARTMENT.values():
        for place in places:
            page: Page = there[place.path]
            assert page.right in {place.right, Access.SIGNED_IN}
