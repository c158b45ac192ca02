"""Webhooks over the API: the secret is said once, the lists tell none, and what was given up is sent again."""

from typing import Any

from src.models.webhook import WebhookDelivery
from tests import factories
from tests.api.programs import Programs, problem

# What nobody does here: no worker has anything to send.
TILL = {"name": "till", "url": "https://till.example/changes", "action": "client.anonymise"}


def dead(programs: Programs, webhook_id: int) -> WebhookDelivery:
    """A change that was given up."""
    with programs.company.database.writing() as session:
        return factories.delivery(session, subscription_id=webhook_id)


def test_the_secret_is_in_the_first_answer_and_nowhere_else(on_either: Programs) -> None:
    manager, key = on_either.of("management"), {"idempotency-key": "till"}
    made = manager.post("/webhooks", json=TILL, headers=key)
    document: dict[str, Any] = made.json()
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert document["secret"].startswith("whsec_")
    again = manager.post("/webhooks", json=TILL, headers=key)
    assert (again.status_code, again.json()) == (201, {**document, "secret": None})
    path = made.headers["location"].removeprefix("/api/v1")
    shown = manager.get(path)
    assert shown.json() == {name: value for name, value in document.items() if name != "secret"}
    listed = manager.get("/webhooks", params={"count": "true"}).json()
    assert [one for one in listed["items"] if one["id"] == document["id"]] == [
        {name: value for name, value in shown.json().items() if name != "version"}
    ]
    rotated = manager.post(f"{path}/rotate-secret").json()
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != document["secret"]
    audit = manager.get("/audit-entries", params={"record_type": "webhooks", "limit": "100"})
    told = audit.text + manager.get("/webhooks").text + manager.get(path).text + "".join(on_either.server.lines)
    assert document["secret"] not in told
    assert rotated["secret"] not in told


def test_a_webhook_is_changed_paused_and_removed(on_either: Programs) -> None:
    manager = on_either.of("management")
    made = manager.post("/webhooks", json=TILL)
    path = made.headers["location"].removeprefix("/api/v1")
    assert manager.patch(path, json={"name": "desk"}).status_code == 428
    changed = manager.patch(path, json={"name": "desk"}, headers={"if-match": '"1"'})
    assert (changed.json()["name"], changed.json()["url"]) == ("desk", TILL["url"])
    late = problem(manager.patch(path, json={"name": "x"}, headers={"if-match": '"1"'}), 412, "version-stale")
    assert late["current"] == changed.json()
    assert manager.post(f"{path}/pause").json()["is_active"] is False
    assert manager.post(f"{path}/resume").json()["is_active"] is True
    assert manager.delete(path).status_code == 204
    problem(manager.get(path), 404, "not-found")


def test_what_cannot_be_is_refused_with_its_place(on_either: Programs) -> None:
    manager = on_either.of("management")
    for changed, pointer in (
        ({"url": "http://127.0.0.1/"}, "/url"),
        ({"url": "http://[::ffff:169.254.169.254]/"}, "/url"),
        ({"url": "nothing"}, "/url"),
        ({"name": ""}, "/name"),
        ({"record_type": "sessions"}, "/record_type"),
        ({"action": "client.read"}, "/action"),
        ({"secret": "mine"}, "/secret"),
        ({"is_active": False}, "/is_active"),
    ):
        refused = problem(manager.post("/webhooks", json={**TILL, **changed}), 422, "invalid-input")
        assert [error["pointer"].removeprefix("#") for error in refused["errors"]] == [pointer], refused


def test_deliveries_are_listed_and_sent_again(on_either: Programs) -> None:
    manager = on_either.of("management")
    made = manager.post("/webhooks", json=TILL)
    path = made.headers["location"].removeprefix("/api/v1")
    one, other = (dead(on_either, made.json()["id"]) for _time in range(2))
    manager.post(f"{path}/pause")
    problem(manager.post(f"{path}/replay"), 409, "rule-broken")
    page = manager.get(f"{path}/deliveries", params={"state": "dead", "limit": "1", "count": "true"})
    assert (page.json()["count"], [row["id"] for row in page.json()["items"]]) == (2, [other.id])
    row = page.json()["items"][0]
    assert (row["state"], row["attempts"], row["last_status"], row["last_error"]) == ("dead", 9, 503, "refused")
    rest = manager.get(f"{path}/deliveries", params={"state": "dead", "after": page.json()["next"]}).json()
    assert ([row["id"] for row in rest["items"]], rest["next"]) == ([one.id], None)
    problem(manager.get(f"{path}/deliveries", params={"state": "lost"}), 422, "invalid-input")
    problem(manager.post(f"/webhooks/1/deliveries/{one.id}/replay"), 404, "not-found")
    manager.post(f"{path}/resume")
    assert manager.post(f"{path}/deliveries/{one.id}/replay").status_code == 204
    assert manager.post(f"{path}/replay").status_code == 204
    assert manager.get(f"{path}/deliveries", params={"state": "dead"}).json()["items"] == []
    assert manager.delete(path).status_code == 204
