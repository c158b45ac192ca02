"""`epicevents work`, and the worker in `epicevents serve`, as processes of their own that are stopped and killed."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from src.models.webhook import WebhookDelivery
from tests.cli.company import Company
from tests.program import HANG_SECONDS, Program
from tests.web.servers import serving
from tests.worker.changes import change_clients, deliveries, let_time_pass, subscribe
from tests.worker.receivers import Receiver

INSIDE = {"WEBHOOKS_ALLOW_PRIVATE": "1"}


def told(company: Company) -> list[WebhookDelivery]:
    """What was put into the outbox since the company opened."""
    return [one for one in deliveries(company.database) if one.id != company.office.delivery]


@contextmanager
def working(company: Company, log: Path, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker of its own, killed at the end if nobody has ended it."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "src", "work", *options],
            env={**os.environ, "DATABASE_URL": company.url, **INSIDE},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=file,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_stopped_lets_end_what_it_sends(
    company: Company, receiver: Receiver, tmp_path: Path, stop: signal.Signals
) -> None:
    webhook = subscribe(company.database, receiver.url)
    change_clients(company.database)
    receiver.hold()
    with working(company, tmp_path / "log") as process:
        message = receiver.next()
        process.send_signal(stop)
        receiver.let_go.set()
        assert process.wait(HANG_SECONDS) == 0
    [delivered] = told(company)
    assert delivered.delivered_at is not None
    first, *lines = (tmp_path / "log").read_text().splitlines()
    assert first == "Sending changes to webhooks (Ctrl-C stops it)"
    [line] = [json.loads(line) for line in lines]
    facts = {name: line[name] for name in ("level", "event", "webhook", "delivery", "attempt", "status")}
    assert facts == {
        "level": "info",
        "event": "delivered",
        "webhook": webhook.id,
        "delivery": delivered.id,
        "attempt": 1,
        "status": 200,
    }
    for secret in (webhook.secret, receiver.url, message.headers["webhook-signature"], "Autre maison"):
        assert secret not in (tmp_path / "log").read_text()


def test_what_a_killed_worker_was_sending_is_sent_again(company: Company, receiver: Receiver, tmp_path: Path) -> None:
    subscribe(company.database, receiver.url)
    change_clients(company.database)
    receiver.hold()
    with working(company, tmp_path / "log") as process:
        first = receiver.next()
        process.send_signal(signal.SIGKILL)
        process.wait()
    receiver.let_go.set()
    [claimed] = told(company)
    assert (claimed.attempts, claimed.delivered_at) == (1, None)
    # Another one leaves it alone until the claim has run out.
    with working(company, tmp_path / "log", "--once") as process:
        assert process.wait(HANG_SECONDS) == 0
    assert len(receiver.messages) == 1
    let_time_pass(company.database)
    with working(company, tmp_path / "log", "--once") as process:
        assert process.wait(HANG_SECONDS) == 0
    second = receiver.next()
    [delivered] = told(company)
    assert (second.id, second.body, delivered.attempts) == (first.id, first.body, 2)
    assert delivered.delivered_at is not None


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serving_sends_changes_too_and_each_once(company: Company, receiver: Receiver, workers: str) -> None:
    webhook = subscribe(company.database, receiver.url)
    client = company.office.own.client
    with serving(company, "--workers", workers, env=INSIDE) as server:
        seller = server.at_work("sales")
        fields = seller.open_form(f"/clients/{client}/edit") | {"company_name": "Les Douze Tables"}
        assert seller.send_form(f"/clients/{client}/edit", **fields).status_code == 303
        message = receiver.next()
    assert message.is_signed_with(webhook.secret)
    data = message.document["data"]
    assert (data["record_id"], data["actor_username"], data["interface"]) == (client, "sales", "web")
    assert data["changes"]["company_name"][1] == "Les Douze Tables"
    [delivered] = told(company)
    assert delivered.delivered_at is not None
    assert len(receiver.messages) == 1
    assert "Les Douze Tables" not in "".join(server.lines)
    assert webhook.secret not in "".join(server.lines)


def test_a_server_that_is_stopped_lets_end_what_it_sends(company: Company, receiver: Receiver) -> None:
    subscribe(company.database, receiver.url)
    change_clients(company.database)
    receiver.hold()
    with serving(company, env=INSIDE) as server:
        receiver.next()
        server.process.terminate()
        receiver.let_go.set()
        assert server.process.wait(HANG_SECONDS) == 0
    [delivered] = told(company)
    assert (delivered.attempts, delivered.last_status, delivered.due_at) == (1, 200, None)


def test_serving_without_a_worker_leaves_it_to_another(company: Company, receiver: Receiver, tmp_path: Path) -> None:
    subscribe(company.database, receiver.url)
    change_clients(company.database)
    with serving(company, "--no-worker", env=INSIDE) as server:
        assert server.visitor().get("/login").status_code == 200
    assert [one.attempts for one in told(company)] == [0]
    with working(company, tmp_path / "log", "--once") as process:
        assert process.wait(HANG_SECONDS) == 0
    assert len(receiver.messages) == 1


def test_a_worker_that_works_once_says_what_it_did(company: Company, receiver: Receiver, program: Program) -> None:
    done = program("work", "--once", database=company.url, env=INSIDE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Delivered: 0; not delivered: 0.\n", "")
    subscribe(company.database, receiver.url)
    change_clients(company.database, 3)
    done = program("work", "--once", database=company.url)
    assert done.stdout == "Delivered: 0; not delivered: 2.\n"
    assert receiver.messages == []
    let_time_pass(company.database)
    done = program("work", "--once", database=company.url, env=INSIDE)
    assert done.stdout == "Delivered: 3; not delivered: 0.\n"


def test_no_worker_works_on_a_database_of_another_version(company: Company, program: Program, tmp_path: Path) -> None:
    with sqlite3.connect(company.url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001_initial'")
    connection.close()
    assert program("work", "--once", database=company.url).returncode == 12
    assert program("work", database=f"sqlite:///{tmp_path / 'none.db'}").returncode == 10
    assert program("work", database=company.url, env={"WEBHOOKS_ALLOW_PRIVATE": "yes"}).returncode == 20
