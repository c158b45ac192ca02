"""What programs get that ask wrongly: a named problem in their language, never a failure, and nothing is changed."""

import json
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from src.api import errors as api_errors
from src.api.errors import PROBLEMS, problem_of
from src.api.site import every_operation
from src.domain import errors
from src.domain.permissions import RULEBOOK, Department, Scope
from tests.api.programs import Programs, new_client, problem
from tests.web.test_declarations import every_refusal

JSON = {"content-type": "application/json"}


def test_every_refusal_has_a_problem_of_its_own_in_the_table() -> None:
    elsewhere = {"src.cli.errors", "src.api.fields"}
    kinds = [
        kind for kind in every_refusal() if kind.__module__.startswith("src.") and kind.__module__ not in elsewhere
    ]
    assert [kind.__name__ for kind in kinds if kind not in PROBLEMS] == []
    assert api_errors.VersionStale in kinds


@pytest.mark.parametrize(
    ("refusal", "status", "name"),
    [
        (errors.NotAuthenticated(), 401, "not-authenticated"),
        (errors.Forbidden(department="", rule=""), 403, "forbidden"),
        (errors.NotFound(record="", id=1), 404, "not-found"),
        (errors.Conflict(record=""), 409, "conflict"),
        (errors.AlreadyExists(field="", record=""), 409, "already-exists"),
        (errors.RuleBroken(), 409, "rule-broken"),
        (api_errors.VersionStale(record=""), 412, "version-stale"),
        (api_errors.VersionRequired(), 428, "version-required"),
        (errors.InvalidInput(field=""), 422, "invalid-input"),
        (api_errors.KeyUsed(), 422, "idempotency-key-used"),
        (api_errors.TooManyRequests(retry_after_seconds=1), 429, "too-many-requests"),
        (errors.DatabaseBehind(place="", command=""), 503, "unavailable"),
    ],
)
def test_the_names_that_programs_rely_on(refusal: errors.CrmError, status: int, name: str) -> None:
    assert problem_of(refusal)[:2] == (status, name)


def test_refusals_come_in_the_callers_language_with_the_rule_and_the_field(programs: Programs) -> None:
    french = programs.of("support", language="fr")
    refused = problem(french.post("/clients", json=new_client()), 403, "forbidden")
    assert (refused["rule"], refused["title"]) == ("client.create", "Non autorisé")
    assert "votre département" in refused["detail"].lower()
    english = problem(programs.of("support").post("/clients", json=new_client()), 403, "forbidden")
    assert english["detail"] == (
        "Your department (Support) may not do this: create a client and become its sales contact."
    )
    wrong = problem(programs.of("sales").post("/clients", json=new_client(email="nowhere")), 422, "invalid-input")
    assert [place["pointer"] for place in wrong["errors"]] == ["/email"]
    taken = new_client()
    programs.of("sales").post("/clients", json=taken)
    again = problem(programs.of("sales").post("/clients", json=taken), 409, "already-exists")
    assert again["errors"][0]["pointer"] == "/email"
    signed = f"/contracts/{programs.office.own.signed}"
    broken = programs.of("sales").post(f"{signed}/sign")
    assert problem(broken, 409, "rule-broken")["detail"] == "This contract is already signed."


def test_whoever_shows_no_token_learns_nothing(programs: Programs) -> None:
    for authorization in (
        None,
        "",
        "Bearer",
        "Bearer x",
        "Basic YTpi",
        "Bearer eecrm_" + "A" * 43,
        "eecrm_" + "A" * 43,
    ):
        nobody = programs.with_token(None)
        if authorization is not None:
            nobody.headers["authorization"] = authorization
        for operation in every_operation():
            path = re.sub(r"\{\w+:int\}", "1", operation.path)
            answer = nobody.request(operation.method, path, content=b"{" if operation.is_writing else None)
            problem(answer, 401, "not-authenticated")
            assert answer.headers["www-authenticate"].startswith("Bearer")
            if authorization:
                break


# Each field gets one in so many of them, the next field the next ones.
EVERY = 8
HOSTILE: tuple[Any, ...] = (
    "' OR 1=1 --", "%_%", "\x00", "a\x1bb", "\ud800", "\u202eabc", "é" * 5000, "9" * 400, "-1", "1e400", "NaN",
    "<script>alert(1)</script>", "{{7*7}}", "../../etc/passwd", "", " ", "\N{PILE OF POO}" * 300,
    None, True, -1, 0, 2**63, 10**400, 1.5, 1e300, [], ["x"], {}, {"a": {"b": []}},
)  # fmt: skip


def test_no_value_of_any_field_makes_the_server_fail(programs: Programs) -> None:
    """Every field of every operation gets hostile values in the name of whoever has the right."""
    asked = 0
    for operation in every_operation():
        held = RULEBOOK[operation.right] if operation.right else {Department.SALES: Scope.ANY}
        program = programs.of(next(iter(held)).value.lower())
        for path, sent in _hostile_requests(operation, programs):
            answer = program.request(operation.method, path, headers=JSON | {"if-match": "*"}, **sent)
            asked += 1
            assert answer.status_code < 500, (operation.name, path, sent, answer.text)
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == "application/problem+json", (operation.name, answer.text)
    assert asked > 300
    assert [line for line in programs.server.log if line.get("event") == "failed"] == []


def _hostile_requests(operation: Any, programs: Programs) -> Iterator[tuple[str, dict[str, Any]]]:
    own = programs.office.own
    numbers = {"client_id": own.client, "contract_id": own.draft, "event_id": own.event, "line_id": own.line}
    numbers |= {"webhook_id": programs.office.webhook, "delivery_id": programs.office.delivery, "feed_id": 1}
    path = operation.path.replace(":int", "").format(user_id=programs.office.inactive, **numbers)
    for number, word in enumerate(operation.words):
        for value in HOSTILE[number % EVERY :: EVERY]:
            text = value if isinstance(value, str) else json.dumps(value)
            yield path, {"params": {word.name: text.encode("utf-8", "surrogatepass")}}
    # Deleting and creating accounts with hashed passwords would only be slow.
    if operation.fields is None or operation.prepare is not None:
        return
    whole = {
        "first_name": "A", "last_name": "B", "email": "a@b.example", "client_id": own.client, "title": "X",
        "total": "1", "reason": "y", "amount": "1", "name": "Fête", "kind": "mine",
        "event_start": "2027-06-04 13:00", "contract_id": own.signed,
        "event_end": "2027-06-05 02:00", "description": "d", "quantity": "1", "unit_price": "1", "sales_contact_id": 1,
        "support_contact_id": 1, "url": "https://till.example",
    }  # fmt: skip
    for number, field in enumerate(operation.fields):
        for value in HOSTILE[number % EVERY :: EVERY]:
            body = {one.name: whole[one.name] for one in operation.fields if one.required}
            body[field.name] = value
            content = json.dumps([body] if operation.rows else body).encode()
            yield path, {"content": content}


def test_what_is_no_json_is_refused_before_it_means_anything(programs: Programs) -> None:
    seller, before = programs.of("sales"), programs.server.records()["clients"]
    deep = b'{"first_name":' + b"[" * 100_000
    for content, kind in (
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'"x"', "application/json"),
        (b"\xff\xfe", "application/json"),
        (b'{"first_name": NaN}', "application/json"),
        (b'{"first_name": "a", "first_name": "b"}', "application/json"),
        (deep, "application/json"),
    ):
        problem(seller.post("/clients", content=content, headers={"content-type": kind}), 400, "not-understood")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/x-ndjson", ""):
        answer = seller.post("/clients", content=b"{}", headers={"content-type": kind})
        problem(answer, 415, "wrong-content-type")
    large = b'{"first_name": "' + b"x" * 1_000_001 + b'"}'
    problem(seller.post("/clients", content=large, headers=JSON), 413, "too-large")
    chunked = seller.post("/clients", content=iter([b"x" * 600_000] * 2), headers=JSON)
    problem(chunked, 413, "too-large")
    problem(seller.post("/clients/bulk", content=b"x" * 10_000_001, headers=JSON), 413, "too-large")
    assert programs.server.records()["clients"] == before


def resident_kib(pid: int) -> int:
    """How much memory a process holds; a bare Debian has no `ps`, macOS no /proc."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        [held] = re.findall(r"^VmRSS:\s+(\d+) kB$", status.read_text(encoding="utf-8"), re.MULTILINE)
    else:
        held = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    return int(held)


def test_whatever_is_sent_leaves_nothing_in_the_servers_memory(programs: Programs) -> None:
    seller = programs.of("sales")
    hostile = (
        ("/clients", b'{"first_name": "' + b"x" * 999_000 + b'"}', 422),
        ("/clients", b'{"first_name":' + b"[" * 900_000, 400),
        ("/clients/bulk", b"[" + b"{}," * 3_000_000 + b"{}]", 400),
        ("/clients/bulk", b"[" + b"[]," * 3_000_000 + b"0]", 400),
        ("/clients/bulk", b"[" + b'{"first_name": ""},' * 20_000 + b"{}]", 422),
        ("/clients/bulk", b"x" * 10_000_001, 413),
    )

    def send_all() -> int:
        for path, content, status in hostile:
            assert seller.post(path, content=content, headers=JSON).status_code == status
        return resident_kib(programs.server.process.pid)

    at_first = max(send_all() for _time in range(2))
    assert max(send_all() for _time in range(6)) < at_first + 30_000  # of 190 MB that came in meanwhile


def test_unknown_and_privileged_names_are_refused_at_their_place(programs: Programs) -> None:
    seller, own = programs.of("sales"), programs.office.own
    for path, body, pointer in (
        (f"/clients/{own.client}", {"sales_contact_id": 3}, "/sales_contact_id"),
        (f"/clients/{own.client}", {"id": 9}, "/id"),
        (f"/contracts/{own.draft}", {"paid": "1.00"}, "/paid"),
        (f"/contracts/{own.draft}", {"status": "signed"}, "/status"),
        (f"/contracts/{own.draft}", {"a/b~c": 1}, "/a~1b~0c"),
    ):
        refused = problem(seller.patch(path, json=body, headers={"if-match": "*"}), 422, "invalid-input")
        assert refused["errors"][0]["pointer"] == pointer
    asked = problem(seller.get("/clients", params={"is_admin": "1"}), 422, "invalid-input")
    assert asked["errors"][0]["parameter"] == "is_admin"
    twice = seller.get("/clients?search=a&search=b")
    assert problem(twice, 422, "invalid-input")["errors"][0]["parameter"] == "search"


def test_addresses_and_methods_that_there_are_not(programs: Programs) -> None:
    seller = programs.of("sales")
    for path in ("/", "/nothing", "/clients/0x1", "/clients/-1", "/clients/1/2/3", "/clients/" + "9" * 30):
        assert seller.get(path).status_code == 404, path
        assert seller.get(path).headers["content-type"] == "application/problem+json", path
    wrong = seller.put("/clients")
    problem(wrong, 405, "wrong-method")
    assert set(wrong.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    problem(seller.get("/clients", headers={"host": "elsewhere.example"}), 400, "unknown-host")
    crossing = httpx.post(f"{programs.server.url}/clients/new", headers={"authorization": "Bearer x"})
    assert crossing.status_code == 403  # pages still want proof that one of ours sent a form


def test_a_client_that_never_finishes_holds_nobody_up(programs: Programs) -> None:
    token, place = programs.token_of("sales"), urlsplit(programs.server.url)
    slow = [socket.create_connection((place.hostname, place.port)) for _one in range(50)]
    for connection in slow:
        start = f"POST /api/v1/clients HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n"
        connection.sendall(f"{start}content-type: application/json\r\ncontent-length: 100\r\n\r\n{{".encode())
    assert programs.of("sales").post("/clients", json=new_client()).status_code == 201
    for connection in slow:
        connection.close()
