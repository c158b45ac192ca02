"""Every route of the server, walked over by everybody: what each answer carries, and what no request can do anywhere.

The routes are the server's own, not a list of ours: a page that is added tomorrow is walked over too.
"""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urljoin, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Route

from src.models.user_session import UserSession
from src.web.gate import LARGEST_BODY, Gate
from tests.real_databases import Dump
from tests.services.office import DEPARTMENTS
from tests.web.addresses import filled
from tests.web.servers import FROM_OUR_PAGE, Server
from tests.web.test_declarations import routes, site_of_no_database

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-robots-tag": "noindex, nofollow",
}
PATHS = sorted({route.path for route in routes()})
WRITTEN = sorted({route.path for route in routes() if "POST" in (route.methods or ())})
ONLY_WRITTEN = sorted(set(WRITTEN) - {route.path for route in routes() if "GET" in (route.methods or ())})
# Asked by machines; they change nothing, and take no cookie.
HEALTH = {"/healthz", "/readyz"}
NO_ROUTE = (
    "/nothing/here",
    "/clients/",
    "/static/none.css",
    "/clients/9999999999999999999999",
    "/%00",
    "/clients/1%20",
)
WHO = ("nobody", *DEPARTMENTS)
# Where somebody would like to send whoever logs in here.
ELSEWHERE = (
    *("https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example"),
    *("/\t/evil.example", "\t//evil.example", "/\n/evil.example", "/%0d%0aset-cookie:a=b\r\n", "javascript:alert(1)"),
    *("http:evil.example", "http:/evil.example", "https:\\\\evil.example", "evil.example", "@evil.example", "?//evil"),
    *("/.//evil.example/\\..", "data:text/html,x", "/a b", "/\x00", "//evil.example@127.0.0.1", "/" * 2001),
    *("/\u2028/evil.example", "\u3002evil.example", "//[::1", "/..//evil.example"),
)


def address(server: Server, path: str) -> str:
    """A real address of a route."""
    return filled(path, server.company.office).replace("{name}", "app.css")


def everything(server: Server) -> Dump:
    """Every row of every table; only when a session was last seen may change because somebody reads."""
    seen = [column.name for column in UserSession.__table__.columns].index("last_seen_at")
    return {
        table: [(*row[:seen], *row[seen + 1 :]) for row in rows] if table == "sessions" else rows
        for table, rows in server.company.look().items()
    }


@pytest.mark.parametrize("who", WHO)
def test_every_answer_carries_the_security_headers(server: Server, who: str) -> None:
    visitor = server.visitor() if who == "nobody" else server.at_work(who)
    paths = [address(server, path) for path in PATHS]
    answers = [visitor.get(path) for path in (*paths, *NO_ROUTE)]
    # A form of a page of ours, and one of another site's; the log-out comes last.
    answers += [visitor.post(path) for path in (*paths, *NO_ROUTE)]
    answers += [visitor.send_form(path, strange="1") for path in (*paths, *NO_ROUTE) if path != "/logout"]
    answers += [visitor.send_form(path) for path in paths if path.endswith("/export")]
    answers += [visitor.request(method, path) for method in ("PUT", "DELETE", "OPTIONS", "HEAD") for path in paths]
    answers += [visitor.get("/", headers={"host": "evil.example"})]
    answers += [visitor.get(file) for file in re.findall(r"/static/[^\"]+", visitor.get("/login").text)]
    answers += [visitor.post("/login", content=b"x" * (LARGEST_BODY + 1), headers=FROM_OUR_PAGE)]
    answers += [visitor.send_form("/logout")]

    for answer in answers:
        told = f"{answer.request.method} {answer.url} {answer.status_code}"
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, told
        kept = "public, max-age=31536000, immutable" if told.split()[1].find("/static/") > 0 else "no-store"
        assert answer.headers["cache-control"] == (kept if answer.status_code == 200 else "no-store"), told
        assert "server" not in answer.headers, told
        assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"]), told
        assert answer.status_code < 500, told
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)
    statuses = {answer.status_code for answer in answers}
    assert statuses >= {200, 303, 400, 403, 404, 405, 413}
    assert (who == "nobody") == (401 in statuses)


def test_even_a_failure_that_nobody_foresaw_carries_them_and_tells_nothing() -> None:
    async def broken(_request: object) -> None:
        raise ZeroDivisionError("kevin@startup.io")

    site = site_of_no_database()
    assert isinstance(site, Gate)
    assert isinstance(site.app, FastAPI)
    # A page of the very application, so that its own layers see the failure before the gate does.
    site.app.router.routes.insert(0, Route("/clients", broken))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=site)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
            return await browser.get("/clients", headers={"accept-language": "fr"})

    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(lambda: asyncio.run(ask())).result()
    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers["cache-control"] == "no-store"
    assert "kevin" not in answer.text
    assert "Traceback" not in answer.text
    assert "imprévue" in answer.text
    assert answer.headers["x-request-id"] in answer.text


@pytest.mark.parametrize(
    "proof",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "Same-Origin"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site", "origin": "OURS"},
    ],
    ids=str,
)
def test_what_another_site_sends_in_somebodys_name_is_refused_on_every_route(
    server: Server, proof: dict[str, str]
) -> None:
    manager = server.at_work("management")
    headers = {name: server.url if value == "OURS" else value for name, value in proof.items()}
    before = everything(server)

    answers = {
        (method, path): manager.request(method, address(server, path), headers=headers).status_code
        for method in ("POST", "PUT", "DELETE")
        for path in PATHS
        if path not in HEALTH
    }

    assert set(answers.values()) == {403}, {key: status for key, status in answers.items() if status != 403}
    assert everything(server) == before


def test_reading_writes_nothing_anywhere(server: Server) -> None:
    visitors = [server.visitor(), *(server.at_work(who) for who in DEPARTMENTS)]
    before = everything(server)
    asked = "?q=kevin&sort=-id&mine=1&show=all&month=2026-12&day=2026-12-01&next=/clients"
    for visitor in visitors:
        for path in PATHS:
            for method in ("GET", "HEAD", "OPTIONS"):
                visitor.request(method, address(server, path))
            visitor.get(address(server, path) + asked)
    assert everything(server) == before


def test_what_writes_cannot_be_asked_for_as_a_page(server: Server) -> None:
    manager, before = server.at_work("management"), everything(server)
    answers = {path: manager.get(address(server, path)).status_code for path in ONLY_WRITTEN}
    assert answers == dict.fromkeys(ONLY_WRITTEN, 405)
    assert everything(server) == before


def test_more_than_a_form_can_hold_is_refused_on_every_route(server: Server) -> None:
    visitor, body = server.visitor(), b"a=" + b"b" * LARGEST_BODY
    answers = {
        path: visitor.post(address(server, path), content=body, headers=FROM_OUR_PAGE).status_code for path in WRITTEN
    }
    assert answers == dict.fromkeys(WRITTEN, 413)


def test_no_answer_anywhere_leads_a_browser_elsewhere(server: Server) -> None:
    seller, found = server.at_work("sales"), []
    for elsewhere in ELSEWHERE:
        answers = [
            seller.get("/login", params={"next": elsewhere}),
            seller.send_form("/preferences", theme="dark", next=elsewhere),
            seller.log_in("sales", next=elsewhere),
            seller.get(f"/clients/{quote(elsewhere)}"),
        ]
        places = [place for answer in answers for place in answer.headers.get_list("location")]
        assert len(places) >= 3
        found += [(elsewhere, place) for place in places if not _is_ours(server, place)]
    assert found == []


def _is_ours(server: Server, location: str) -> bool:
    # As browsers read it: a backslash is a slash, tabs and line ends are left out.
    read = re.sub(r"[\t\r\n]", "", location).replace("\\", "/")
    return location.startswith("/") and urlsplit(urljoin(server.url, read)).netloc == urlsplit(server.url).netloc


def test_a_file_is_named_by_us_whatever_was_asked_for(server: Server) -> None:
    manager, evil = server.at_work("management"), {"q": 'x";\r\nset-cookie: a=b;filename="../../evil.exe'}
    files = [
        answer
        for path in PATHS
        if path.endswith("/export")
        for answer in (manager.post(address(server, path), params=evil, headers=FROM_OUR_PAGE),)
    ]
    assert len(files) >= 3
    for answer in files:
        assert answer.status_code == 200, answer.url
        assert re.fullmatch(r'attachment; filename="[a-z-]+\.csv"', answer.headers["content-disposition"])
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert "set-cookie" not in answer.headers
