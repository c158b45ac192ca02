"""What every request passes and every answer carries, asked of a running server."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from src.web.desk import local_path
from tests.cli.company import Company
from tests.web.servers import FROM_OUR_PAGE, Server, Visitor, serving


def test_files_are_kept_by_browsers_for_good_and_named_by_their_content(server: Server) -> None:
    page = server.visitor().get("/login").text
    files = [word for word in page.split('"') if word.startswith("/static/")]
    assert {name.rpartition(".")[2] for name in files} == {"css", "js", "svg"}
    for file in files:
        answer = server.visitor().get(file)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        plain = server.visitor(**{"accept-encoding": "identity"}).get(file)
        assert plain.content == answer.content


def test_pages_travel_compressed_unless_another_site_made_the_browser_ask(server: Server) -> None:
    seller = server.at_work("sales")
    answers = {
        (asked_by, encoding): seller.get("/clients", headers={"sec-fetch-site": asked_by, "accept-encoding": encoding})
        for asked_by in ("same-origin", "none", "same-site", "cross-site", "")
        for encoding in ("gzip, br", "identity")
    }

    compressed = {how for how, answer in answers.items() if answer.headers.get("content-encoding") == "gzip"}
    assert compressed == {("same-origin", "gzip, br"), ("none", "gzip, br")}
    assert {answer.text for answer in answers.values()} == {answers["", "identity"].text}
    sizes = {how: int(answer.headers["content-length"]) for how, answer in answers.items()}
    assert sizes["same-origin", "gzip, br"] * 3 < sizes["cross-site", "gzip, br"]


def test_whoever_waits_for_the_write_lock_keeps_nobody_from_reading(server: Server) -> None:
    """More people save than there are threads or connections, while something holds the lock."""
    seller, reader = server.at_work("sales"), server.at_work("support")
    path = f"/clients/{server.company.office.own.client}/contact"
    with ThreadPoolExecutor(24) as people, server.company.database.writing() as held:
        held.connection()
        saving = [people.submit(seller.send_form, path, at="") for _person in range(24)]
        assert reader.get("/clients").status_code == 200
        assert [one.done() for one in saving] == [False] * 24
    assert {one.result().status_code for one in saving} == {303}


def test_a_browser_that_tells_only_the_origin_may_send_our_forms(server: Server) -> None:
    visitor = server.visitor()
    sent = visitor.post("/preferences", data={"theme": "dark", "next": "/login"}, headers={"origin": server.url})
    assert (sent.status_code, sent.headers["location"]) == (303, "/login")


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "[::2]"])
def test_another_name_than_ours_is_refused(server: Server, host: str) -> None:
    assert server.visitor().get("/login", headers={"host": host}).status_code == 400


def test_more_than_a_form_can_hold_is_refused_told_or_untold(server: Server) -> None:
    seller = server.at_work("sales")
    form = "application/x-www-form-urlencoded"
    told = seller.post(
        "/clients/new", content=b"a=" + b"b" * 1_000_001, headers={**FROM_OUR_PAGE, "content-type": form}
    )
    untold = seller.post(
        "/clients/new", content=iter([b"a=", *[b"b" * 100_000] * 11]), headers={**FROM_OUR_PAGE, "content-type": form}
    )
    assert (told.status_code, untold.status_code) == (413, 413)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"first_name": "Eve"}', "application/json"),
        (b"first_name=%ff", "application/x-www-form-urlencoded"),
        (b"first_name=Eve&first_name=Adam", "application/x-www-form-urlencoded"),
        (b"&".join(b"f%d=1" % number for number in range(101)), "application/x-www-form-urlencoded"),
        (b"no form at all", "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_form_is_refused_by_name(server: Server, content: bytes, kind: str) -> None:
    seller = server.at_work("sales")
    answer = seller.post("/clients/new", content=content, headers={**FROM_OUR_PAGE, "content-type": kind})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "elsewhere",
    [
        *("https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example"),
        *("javascript:alert(1)", "/%0d%0aset-cookie:a=b\r\n", "evil.example", "", "/a b", "/\x00", "http:evil.example"),
        "/" * 2001,
    ],
)
def test_no_link_of_ours_leads_elsewhere(elsewhere: str) -> None:
    assert local_path(elsewhere) == "/"


@pytest.mark.parametrize("path", ["/", "/clients", "/clients?q=caf%C3%A9&sort=-name", "/clients/1#history"])
def test_our_own_pages_can_be_come_back_to(path: str) -> None:
    assert local_path(path) == path


def test_a_log_in_leads_on_to_our_own_pages_only(server: Server) -> None:
    visitor = server.visitor()
    assert visitor.log_in("sales", next="//evil.example").headers["location"] == "/"
    assert visitor.get("/login?next=https://evil.example").headers["location"] == "/"
    assert visitor.get("/login?next=/clients").headers["location"] == "/clients"


def test_behind_a_proxy_that_speaks_https_cookies_are_bound_to_the_host(company: Company) -> None:
    with serving(company, env={"EPICEVENTS_HOSTS": "crm.example.com"}) as server:
        outside = {"host": "crm.example.com"}
        encrypted = {**outside, "x-forwarded-proto": "https"}
        assert server.visitor(**outside).get("/login").status_code == 403
        assert server.visitor(**outside).get("/healthz").status_code == 200

        sent = server.visitor(**encrypted).log_in("sales")

        cookies = [value for name, value in sent.headers.multi_items() if name == "set-cookie"]
        assert len(cookies) == 1
        name, *attributes = cookies[0].split("; ")
        assert name.startswith("__Host-epicevents-session=eecrm_")
        assert set(attributes) == {"HttpOnly", "Path=/", "SameSite=lax", "Secure"}
        assert sent.headers["strict-transport-security"] == "max-age=31536000"
        token = name.partition("=")[2]
        # The plain cookie of this computer opens nothing over https, and the other way round.
        assert (
            server.visitor(**encrypted).get("/", headers={"cookie": f"epicevents-session={token}"}).status_code == 303
        )
        assert server.visitor(**encrypted).get("/", headers={"cookie": cookies[0].partition(";")[0]}).status_code == 200


def test_the_log_holds_json_lines_and_nobodys_data(server: Server) -> None:
    seller = server.at_work("sales")
    secret = "Zoroastre Quidam"
    seller.get("/clients", params={"q": secret})
    seller.get(f"/{secret}/")
    seller.send_form("/clients/new", first_name=secret, last_name=secret, email="quidam@zoroastre.example")
    numbers = [seller.get("/clients").headers["x-request-id"], seller.get("/none").headers["x-request-id"]]

    while not {entry.get("id") for entry in server.log} >= set(numbers):
        pass
    entries = {entry["id"]: entry for entry in server.log if "id" in entry}

    text = json.dumps(server.log).lower()
    assert [
        word for word in ("zoroastre", "quidam", "eecrm_", "127.0.0.1:") if word in text.replace(server.url, "")
    ] == []
    assert entries[numbers[0]].keys() == {
        *("time", "level", "logger", "event", "id", "method", "page", "status", "refusal", "ms")
    }
    assert [(entries[number]["page"], entries[number]["status"]) for number in numbers] == [
        ("/clients", 200),
        ("-", 404),
    ]


def test_a_web_socket_is_closed_without_an_answer(server: Server) -> None:
    parts = urlsplit(server.url)
    with socket.create_connection((parts.hostname, parts.port)) as line:
        line.sendall(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert b" 101 " not in line.recv(200)


def test_health_tells_whether_the_database_can_be_used_and_nothing_else(company: Company) -> None:
    with serving(company) as server:
        visitor: Visitor = server.visitor()
        assert (visitor.get("/healthz").text, visitor.get("/readyz").text) == ("alive\n", "ready\n")
        file = company.url.removeprefix("sqlite:///")
        company.database.close()
        from pathlib import Path

        Path(file).rename(f"{file}.away")

        answer: httpx.Response = visitor.get("/readyz")

        assert (answer.status_code, answer.text) == (503, "not ready\n")
        assert visitor.get("/healthz").status_code == 200
        page = visitor.get("/clients")
        assert (page.status_code, page.headers["retry-after"]) == (503, "30")
        assert file not in page.text
        Path(f"{file}.away").rename(file)
        assert visitor.get("/readyz").status_code == 200
