"""The worker in the test's own process, on both engines: what arrives, what is tried again, who waits for whom."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import make_url, select

from src.db.session import Database
from src.domain.errors import DatabaseBehind
from src.models.audit_entry import AuditEntry
from src.models.webhook import WebhookSubscription
from src.services import outbox
from src.worker import worker as working
from src.worker.worker import Worker
from tests.program import HANG_SECONDS
from tests.worker.changes import change_clients, deliveries, let_time_pass, subscribe
from tests.worker.receivers import Receiver, receiving


def work_once(database: Database, *, allow_private: bool = True) -> Worker:
    """Let a worker send what is due now."""
    worker = Worker(database, allow_private=allow_private)
    worker.run_once()
    return worker


def test_a_change_arrives_signed_and_as_the_audit_log_has_it(database: Database, receiver: Receiver) -> None:
    webhook = subscribe(database, receiver.url)
    [client] = change_clients(database)
    before = datetime.now(UTC)
    worker = work_once(database)
    [message] = receiver.messages
    [delivery] = deliveries(database)
    with database.reading() as session:
        entry = session.get_one(AuditEntry, delivery.audit_entry_id)
    assert message.is_signed_with(webhook.secret)
    assert not message.is_signed_with("whsec_" + "A" * 43 + "=")
    assert message.path == "/changes"
    assert message.headers["content-type"] == "application/json; charset=utf-8"
    assert message.headers["user-agent"] == "EpicEventsCRM-Webhooks/1"
    assert abs(int(message.headers["webhook-timestamp"]) - before.timestamp()) < HANG_SECONDS
    assert message.document == {
        "id": f"msg_{delivery.id}_{entry.id}",
        "type": "client.update",
        "timestamp": entry.created_at.isoformat(),
        "data": {
            "record_type": "clients",
            "record_id": client,
            "record_version": 2,
            "changes": {"company_name": [entry.changes["company_name"][0], "Autre maison"]},
            "reason": "",
            "actor_id": None,
            "actor_username": "",
            "interface": "system",
        },
    }
    assert (delivery.attempts, delivery.due_at, delivery.last_status, delivery.last_error) == (1, None, 200, "")
    assert delivery.delivered_at is not None
    assert (worker.delivered, worker.failed) == (1, 0)
    work_once(database)
    assert len(receiver.messages) == 1


def test_what_fails_is_tried_again_later_under_the_same_name(database: Database, receiver: Receiver) -> None:
    subscribe(database, receiver.url)
    change_clients(database)
    receiver.status = 500
    now = datetime.now(UTC)
    work_once(database)
    [failed] = deliveries(database)
    assert (failed.attempts, failed.delivered_at, failed.last_status, failed.last_error) == (1, None, 500, "refused")
    assert failed.due_at is not None
    assert failed.due_at - now > timedelta(seconds=7)
    work_once(database)
    assert len(receiver.messages) == 1
    receiver.status = 202
    let_time_pass(database)
    work_once(database)
    [delivered] = deliveries(database)
    first, second = receiver.messages
    assert (delivered.attempts, delivered.due_at, delivered.last_status, delivered.last_error) == (2, None, 202, "")
    assert (first.id, first.body) == (second.id, second.body)


def test_after_nine_attempts_it_is_given_up(database: Database, receiver: Receiver) -> None:
    subscribe(database, receiver.url)
    change_clients(database)
    receiver.status = 503
    for _attempt in range(12):
        work_once(database)
        let_time_pass(database)
    [dead] = deliveries(database)
    assert (dead.attempts, dead.due_at, dead.delivered_at, dead.last_status) == (9, None, None, 503)
    assert len(receiver.messages) == 9


def test_a_receiver_that_is_gone_pauses_its_webhook(database: Database, receiver: Receiver) -> None:
    webhook = subscribe(database, receiver.url)
    change_clients(database, 5)
    receiver.status = 410
    work_once(database)
    assert {(one.due_at, one.delivered_at) for one in deliveries(database)} == {(None, None)}
    with database.reading() as session:
        assert session.get_one(WebhookSubscription, webhook.id).is_active is False
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (last.action, last.record_type, last.record_id) == ("webhook.receiver_gone", "webhooks", webhook.id)
    assert (last.actor_id, last.changes) == (None, {"is_active": [True, False]})
    assert len(receiver.messages) <= working.SENDERS_TO_ONE + 1
    change_clients(database)
    assert len(deliveries(database)) == 5


def test_a_message_that_cannot_be_written_is_given_up_like_one_that_does_not_arrive(
    database: Database, receiver: Receiver
) -> None:
    subscribe(database, receiver.url, secret="whsec_x")
    change_clients(database)
    work_once(database)
    [failed] = deliveries(database)
    assert (failed.attempts, failed.last_error, failed.due_at is None) == (1, "unforeseen", False)
    assert receiver.messages == []


def test_two_workers_send_each_change_once(database: Database, receiver: Receiver) -> None:
    subscribe(database, receiver.url)
    change_clients(database, 30)
    others = [Database(make_url(database.url), pooled=True) for _worker in range(3)]
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(work_once, others))
    for other in others:
        other.close()
    while any(one.due_at for one in deliveries(database)):
        work_once(database)
    assert sorted(message.id for message in receiver.messages) == sorted(
        f"msg_{one.id}_{one.audit_entry_id}" for one in deliveries(database)
    )
    assert {one.attempts for one in deliveries(database)} == {1}


def test_no_transaction_is_open_while_something_is_sent(database: Database, receiver: Receiver) -> None:
    subscribe(database, receiver.url)
    change_clients(database)
    receiver.hold()
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(work_once, database)
        receiver.next()
        # The one write lock of SQLite is free, and nothing on PostgreSQL waits.
        change_clients(database)
        assert not running.done()
        receiver.let_go.set()
    assert [one.attempts for one in deliveries(database)] == [1, 1]


def test_receivers_that_do_not_answer_hold_up_nobody_else(
    database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "SENDERS", 4)
    with receiving() as slow:
        slow.hold()
        subscribe(database, slow.url)
        change_clients(database, 20)
        subscribe(database, receiver.url)
        change_clients(database, 3)
        worker = Worker(database, allow_private=True)
        with ThreadPoolExecutor(1) as thread:
            thread.submit(worker.run)
            try:
                got = {receiver.next().id for _change in range(3)}
            finally:
                worker.stop()
                slow.let_go.set()
    assert (len(got), len(slow.messages)) == (3, working.SENDERS_TO_ONE)


def test_a_receiver_without_an_answer_is_left_alone_for_a_while(database: Database) -> None:
    with receiving() as closed:
        pass
    subscribe(database, closed.url)
    change_clients(database, 10)
    worker = work_once(database)
    found = deliveries(database)
    assert 1 <= worker.failed <= working.SENDERS_TO_ONE
    assert [one.last_error for one in found if one.attempts] == ["unreachable"] * worker.failed
    assert all(one.due_at is not None for one in found)


def test_nothing_is_sent_into_our_own_network(database: Database, receiver: Receiver) -> None:
    subscribe(database, receiver.url.replace("127.0.0.1", "localhost"))
    change_clients(database)
    work_once(database, allow_private=False)
    [refused] = deliveries(database)
    assert (refused.attempts, refused.last_status, refused.last_error) == (1, None, "private_address")
    assert receiver.messages == []


def test_a_redirection_is_not_followed(database: Database, receiver: Receiver) -> None:
    with receiving() as inside:
        receiver.status, receiver.headers = 307, {"Location": inside.url}
        subscribe(database, receiver.url)
        change_clients(database)
        work_once(database)
        [refused] = deliveries(database)
        assert (refused.last_status, refused.last_error, inside.messages) == (307, "refused", [])


def test_nothing_is_sent_while_the_database_is_of_another_version(database: Database, receiver: Receiver) -> None:
    subscribe(database, receiver.url)
    change_clients(database)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001_initial'")
    with pytest.raises(DatabaseBehind):
        work_once(database)
    assert receiver.messages == []


def test_old_deliveries_are_forgotten_and_their_changes_are_not(database: Database, receiver: Receiver) -> None:
    subscribe(database, receiver.url)
    change_clients(database, 2)
    work_once(database)
    change_clients(database)
    for days, left in ((29, 3), (31, 1)):
        with database.writing() as session:
            outbox.clear_old(session, now=datetime.now(UTC) + timedelta(days=days))
        assert len(deliveries(database)) == left
    with database.reading() as session:
        assert len([entry for entry in session.scalars(select(AuditEntry)) if entry.action == "client.update"]) == 3
