"""Changing over the network: nothing is overwritten unseen; what is asked twice is done once, also after a crash."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from src.models.client import Client
from src.models.contract import Payment
from tests.api.programs import Programs, new_client


def add(programs: Programs, **changed: str) -> tuple[str, str]:
    """Add a client; gives their address and version."""
    added = programs.of("sales").post("/clients", json=new_client(**changed))
    assert added.status_code == 201, added.text
    return added.headers["location"].removeprefix("/api/v1"), added.headers["etag"]


def number_of(programs: Programs, model: Any) -> int:
    """How many records there are of a kind."""
    with programs.company.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_change_says_which_version_was_read(on_either: Programs) -> None:
    seller, (path, tag) = on_either.of("sales"), add(on_either)
    unsaid = seller.patch(path, json={"company_name": "X"})
    assert (unsaid.status_code, unsaid.json()["type"]) == (428, "/api/docs#problem-version-required")
    assert seller.patch(path, json={"company_name": "First"}, headers={"if-match": tag}).status_code == 200
    for stale in (tag, '"0"', '"99"', 'W/"2"', "2", '"x"', '"1", "2"'):
        late = seller.patch(path, json={"company_name": "Second", "phone": "12345"}, headers={"if-match": stale})
        problem = late.json()
        assert (late.status_code, problem["type"]) == (412, "/api/docs#problem-version-stale"), stale
        assert (problem["current"]["company_name"], late.headers["etag"]) == ("First", '"2"')
        assert problem["current"] == seller.get(path).json()
    late = seller.patch(path, json={"company_name": "Second"}, headers={"if-match": tag})
    assert late.json()["changes"] == [{"field": "company_name", "yours": "Second", "theirs": "First"}]
    assert seller.patch(path, json={"company_name": "Third"}, headers={"if-match": "*"}).status_code == 200


def test_what_is_asked_twice_is_done_once_and_answered_alike(on_either: Programs) -> None:
    seller, typed, key = on_either.of("sales"), new_client(), {"idempotency-key": "met-at-the-fair"}
    first = seller.post("/clients", json=typed, headers=key)
    number = number_of(on_either, Client)
    second = seller.post("/clients", json=typed, headers=key)
    assert (first.status_code, first.headers.get("idempotency-replayed")) == (201, None)
    assert (second.status_code, second.headers["idempotency-replayed"]) == (201, "true")
    for same in ("location", "etag", "content-type"):
        assert second.headers[same] == first.headers[same]
    assert second.content == first.content
    assert number_of(on_either, Client) == number
    other = seller.post("/clients", json=new_client(), headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "/api/docs#problem-idempotency-key-used")
    elsewhere = on_either.of("management").post("/clients", json=typed, headers=key)
    assert elsewhere.status_code == 403
    # What was refused was not done, so the key is still free.
    wrong = seller.post("/clients", json=new_client(email="nowhere"), headers={"idempotency-key": "again"})
    assert wrong.status_code == 422
    assert seller.post("/clients", json=new_client(), headers={"idempotency-key": "again"}).status_code == 201
    for no_key in ("", "x" * 101, "two words"):
        assert seller.post("/clients", json=new_client(), headers={"idempotency-key": no_key}).status_code == 422


def test_a_key_opens_nothing_for_a_token_without_the_right(programs: Programs) -> None:
    typed, key = new_client(), {"idempotency-key": "mine-alone"}
    assert programs.of("sales").post("/clients", json=typed, headers=key).status_code == 201
    reading = programs.of("sales", scopes=["read"])
    assert reading.post("/clients", json=typed, headers=key).status_code == 403


def test_two_at_the_same_moment_are_done_once(on_either: Programs) -> None:
    path = f"/contracts/{on_either.office.own.signed}/payments"
    payments, key = number_of(on_either, Payment), {"idempotency-key": "one-transfer"}

    def pay(_number: int) -> httpx.Response:
        return on_either.of("sales").post(path, json={"amount": "1.00"}, headers=key)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(pay, range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert number_of(on_either, Payment) == payments + 1
    # Somebody else's word is not this one's, even if it is the same.
    assert on_either.of("management").post(path, json={"amount": "1.00"}, headers=key).status_code == 201
    assert number_of(on_either, Payment) == payments + 2


def test_programs_that_wait_for_the_write_lock_keep_nobody_from_reading(programs: Programs) -> None:
    """More programs save than there are threads or connections, while something holds the lock."""
    path, reader = f"/clients/{programs.office.own.client}/contacts", programs.of("support")
    seller = programs.of("sales")
    with ThreadPoolExecutor(24) as many, programs.company.database.writing() as held:
        held.connection()
        saving = [many.submit(seller.post, path) for _program in range(24)]
        assert reader.get("/clients").status_code == 200
        assert [one.done() for one in saving] == [False] * 24
    assert {one.result().status_code for one in saving} == {200}


def test_an_answer_that_was_lost_in_a_crash_after_the_commit_is_given_again(programs: Programs) -> None:
    """The server is killed between its commit and its answer; another on the same database answers in its place."""
    typed, key = new_client(), {"idempotency-key": "killed"}
    before = number_of(programs, Client)
    _crash_after_commit(programs, typed, key)
    assert number_of(programs, Client) == before + 1
    answer = programs.of("sales").post("/clients", json=typed, headers=key)
    assert (answer.status_code, answer.headers.get("idempotency-replayed")) == (201, "true")
    assert answer.json()["email"] == typed["email"]
    assert number_of(programs, Client) == before + 1
    assert programs.of("sales").get(answer.headers["location"].removeprefix("/api/v1")).json() == answer.json()


CRASHING = """
import asyncio, json, os, signal, sys
import httpx
from sqlalchemy.orm import Session
commit = Session.commit
def commit_and_die(session):
    wrote = session.info.get("signature") is not None
    commit(session)
    if wrote:
        os.kill(os.getpid(), signal.SIGKILL)
Session.commit = commit_and_die
from src.asgi import create_app
typed, key, token = json.loads(sys.argv[1])
async def ask():
    transport = httpx.ASGITransport(create_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as program:
        await program.post("/api/v1/clients", json=typed, headers={**key, "authorization": "Bearer " + token})
asyncio.run(ask())
"""


def _crash_after_commit(programs: Programs, typed: dict[str, str], key: dict[str, str]) -> None:
    crashed = subprocess.run(
        [sys.executable, "-c", CRASHING, json.dumps([typed, key, programs.token_of("sales")])],
        env={**os.environ, "DATABASE_URL": programs.company.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert crashed.returncode == -signal.SIGKILL, crashed.stderr


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("amend", {"title": "X", "reason": "y"}),
        ("reassign", {"sales_contact_id": 1}),
        ("assign", {"support_contact_id": 1}),
    ],
)
def test_what_is_done_to_a_record_heeds_the_version_where_one_is_said(
    programs: Programs, verb: str, body: dict[str, Any]
) -> None:
    own = programs.office.own
    path = {"amend": f"/contracts/{own.signed}", "reassign": f"/clients/{own.client}", "assign": f"/events/{own.event}"}
    late = programs.of("management").post(f"{path[verb]}/{verb}", json=body, headers={"if-match": '"77"'})
    assert late.status_code == 412, late.text
