"""What docs/api.md tells whoever receives changes is so."""

import json
import re
from pathlib import Path
from typing import Any

from src.db.session import Database
from tests.worker.changes import change_clients, subscribe
from tests.worker.receivers import Receiver
from tests.worker.test_worker import work_once

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The examples of the page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_a_receiver_that_does_as_the_page_says_knows_what_is_from_here(database: Database, receiver: Receiver) -> None:
    [example] = [code for code in blocks("python") if "hmac" in code]
    learned: dict[str, Any] = {}
    exec(example, learned)  # noqa: S102 - our own page
    is_from_the_crm = learned["is_from_the_crm"]
    webhook = subscribe(database, receiver.url)
    change_clients(database)
    work_once(database)
    [message] = receiver.messages
    assert is_from_the_crm(webhook.secret, message.headers, message.body)
    assert not is_from_the_crm(webhook.secret, message.headers, message.body + b" ")
    assert not is_from_the_crm(webhook.secret, message.headers | {"webhook-id": "msg_1_2"}, message.body)
    long_ago = str(int(message.headers["webhook-timestamp"]) - 3600)
    assert not is_from_the_crm(webhook.secret, message.headers | {"webhook-timestamp": long_ago}, message.body)


def test_a_message_has_the_form_that_the_page_shows(database: Database, receiver: Receiver) -> None:
    [shown] = [json.loads(example) for example in blocks("json")]
    subscribe(database, receiver.url)
    change_clients(database)
    work_once(database)
    [message] = receiver.messages
    assert (list(message.document), sorted(message.document["data"])) == (list(shown), sorted(shown["data"]))
