"""A working day by program: every noun is listed, shown, made and changed over the network, on both engines."""

import json
import re
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from src.models.api_token import ApiToken
from src.models.audit_entry import AuditEntry
from tests.api.programs import Programs, new_client


def done(answer: httpx.Response, status: int = 200) -> Any:
    """What an operation answered; it must have been done."""
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def test_a_client_is_added_found_changed_called_and_given_away(on_either: Programs) -> None:
    seller, boss = on_either.of("sales"), on_either.of("management")
    typed = new_client()

    added = seller.post("/clients", json=typed)
    client = done(added, 201)
    path = added.headers["location"].removeprefix("/api/v1")
    assert (client["phone"], client["sales_contact"], client["version"]) == ("+33142685300", "sales", 1)
    assert (path, added.headers["etag"]) == (f"/clients/{client['id']}", '"1"')

    changed = seller.patch(path, json={"company_name": "Autre"}, headers={"if-match": added.headers["etag"]})
    assert (done(changed)["company_name"], changed.headers["etag"]) == ("Autre", '"2"')
    called = done(seller.post(f"{path}/contacts", json={"at": "2026-01-02T10:00:00+01:00"}))
    assert called["last_contact_at"] == client["last_contact_at"]
    found = done(seller.get("/clients", params={"search": typed["last_name"].lower(), "mine": "true", "count": "true"}))
    assert ([row["id"] for row in found["items"]], found["next"], found["count"]) == ([client["id"]], None, 1)
    assert done(boss.post(f"{path}/reassign", json={"sales_contact_id": on_either.office.spare_sales}))["id"]

    history = done(boss.get(f"{path}/history"))["items"]
    assert [(entry["action"], entry["interface"]) for entry in history] == [
        ("client.reassign", "api"),
        ("client.log_contact", "api"),
        ("client.update", "api"),
        ("client.create", "api"),
    ]


def test_a_contract_goes_from_draft_to_paid_and_its_event_is_given_to_somebody(on_either: Programs) -> None:
    seller, boss = on_either.of("sales"), on_either.of("management")
    client = done(seller.post("/clients", json=new_client()), 201)["id"]
    made = boss.post("/contracts", json={"client_id": client, "title": "Gala d’été", "total": "1 200,50"})
    contract = done(made, 201)
    path = f"/contracts/{contract['id']}"
    assert (contract["status"], contract["total"]) == ("draft", "1200.50")

    total = boss.patch(path, json={"total": 1000}, headers={"if-match": made.headers["etag"]})
    assert done(total)["total"] == "1000.00"
    line = {"description": "Dîner", "quantity": "75", "unit_price": 48, "vat_rate": 10}
    assert done(boss.post(f"{path}/lines", json=line), 201)["total"] == "3960.00"
    [kept] = done(boss.get(f"{path}/lines"))["items"]
    assert boss.get(f"/contracts/{2**63}/lines").status_code == 404
    assert (kept["quantity"], kept["vat"], kept["gross"]) == ("75", "360.00", "3960.00")
    assert done(boss.post(f"/contract-lines/{kept['id']}/change", json={"quantity": "50"}))["total"] == "2640.00"
    assert done(boss.post(f"/contract-lines/{kept['id']}/remove"))["total"] == "2640.00"
    assert done(seller.post(f"{path}/send"))["status"] == "sent"
    assert (
        done(seller.post(f"{path}/sign", json={"at": "2026-11-20 10:00"}))["signed_at"] == "2026-11-20T09:00:00+00:00"
    )
    assert done(boss.post(f"{path}/amend", json={"total": "2000", "reason": "avenant"}))["total"] == "2000.00"
    paid = done(seller.post(f"{path}/payments", json={"amount": "600", "method": "card"}), 201)
    assert (paid["paid"], paid["due"]) == ("600.00", "1400.00")
    assert done(boss.post(f"{path}/refunds", json={"amount": 100, "reason": "geste"}), 201)["paid"] == "500.00"
    rows = done(seller.get(f"{path}/payments"))["items"]
    assert [(row["amount"], row["method"], row["recorded_by"]) for row in rows] == [
        ("600.00", "card", "sales"),
        ("-100.00", "transfer", "management"),
    ]

    party = {"contract_id": contract["id"], "name": "Gala d’été", "event_start": "2027-06-04 13:00"}
    event = done(seller.post("/events", json={**party, "event_end": "2027-06-05 02:00"}), 201)
    assert (event["event_start"], event["support_contact"]) == ("2027-06-04T11:00:00+00:00", None)
    support = on_either.office.people["support"].id
    given = done(boss.post(f"/events/{event['id']}/assign", json={"support_contact_id": support}))
    assert given["support_contact"] == "support"
    helper = on_either.of("support")
    sheet = helper.get(f"/events/{event['id']}")
    noted = helper.patch(f"/events/{event['id']}", json={"notes": "a\nb"}, headers={"if-match": sheet.headers["etag"]})
    assert done(noted)["notes"] == "a\nb"
    mine = done(helper.get("/events", params={"mine": "true", "contract_id": contract["id"]}))["items"]
    assert [row["id"] for row in mine] == [event["id"]]
    assert done(boss.post(f"/events/{event['id']}/unassign"))["support_contact"] is None
    assert done(boss.post(f"{path}/cancel", json={"reason": "annulé"}))["status"] == "cancelled"
    found = done(seller.get("/search", params={"q": "GALA D'ETE"}))
    assert contract["id"] in [row["id"] for row in found["contracts"]]
    assert event["id"] in [row["id"] for row in found["events"]]
    assert done(boss.get("/contracts", params={"client_id": client, "status": "cancelled"}))["items"] != []


def test_management_runs_the_accounts(on_either: Programs) -> None:
    boss = on_either.of("management")
    person = {
        "username": f"new.{id(on_either) % 10**6}",
        "first_name": "Ana",
        "last_name": "Sol",
        "department": "SUPPORT",
    }
    person["email"] = f"{person['username']}@epic.example"
    asked = {"idempotency-key": "a-new-colleague"}
    made = boss.post("/users", json=person, headers=asked)
    account = done(made, 201)
    path = f"/users/{account['id']}"
    assert len(account["one_time_password"]) > 10
    assert done(boss.post("/users", json=person, headers=asked), 201) == {**account, "one_time_password": None}
    assert account["one_time_password"] not in str(on_either.company.look())
    moved = boss.patch(path, json={"department": "SALES"}, headers={"if-match": made.headers["etag"]})
    assert done(moved)["department"] == "SALES"
    assert done(boss.post(f"{path}/reset-password"))["one_time_password"]
    assert done(boss.post(f"{path}/deactivate"))["is_active"] is False
    assert done(boss.get("/users", params={"active": "false", "search": "sol"}))["items"][0]["id"] == account["id"]
    assert done(boss.post(f"{path}/reactivate"))["is_active"] is True
    done(boss.post(f"{path}/end-sessions"), 204)
    assert len(done(boss.get(f"{path}/history"))["items"]) >= 6
    done(boss.delete(path), 204)
    assert boss.get(path).status_code == 404
    entries = done(boss.get("/audit-entries", params={"record_type": "users", "record_id": account["id"]}))["items"]
    assert entries[0]["action"] == "user.delete"


def test_a_list_is_read_to_its_end_page_by_page_in_any_order(on_either: Programs) -> None:
    seller = on_either.of("sales")
    many = [new_client(company_name="Feuilles Mortes") for _one in range(7)]
    ids = done(seller.post("/clients/bulk", json=many), 201)["ids"]
    for sort in ("name", "-name", "id", "-id"):
        seen, path = [], f"/clients?search=feuilles+mortes&sort={sort}&limit=3"
        while path:
            answer = seller.get(path)
            seen += [row["id"] for row in done(answer)["items"]]
            link = re.search(r'<([^>]*)>; rel="next"', answer.headers["link"])
            assert (link is not None) is (answer.json()["next"] is not None)
            path = link[1].removeprefix("/api/v1") if link else ""
        assert sorted(seen) == ids, sort
        if sort == "-id":
            assert seen == ids[::-1]
    assert "count" not in seller.get("/clients").json()


@pytest.mark.parametrize("as_lines", [False, True])
def test_many_clients_are_saved_all_or_none_and_each_wrong_row_is_named(on_either: Programs, *, as_lines: bool) -> None:
    seller = on_either.of("sales")

    def send(rows: list[Any]) -> httpx.Response:
        if not as_lines:
            return seller.post("/clients/bulk", json=rows)
        content = "\n".join(json.dumps(row) for row in rows)
        return seller.post("/clients/bulk", content=content, headers={"content-type": "application/x-ndjson"})

    rows = [new_client() for _one in range(4)]
    before = on_either.server.records()
    wrong = send([rows[0], rows[1] | {"email": "nowhere"}, rows[2] | {"phone": "12"}, rows[3], rows[0]])
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/api/docs#problem-rows-refused")
    assert [row["pointer"] for row in wrong.json()["errors"]] == ["/1/email", "/2/phone", "/4/email"]
    privileged = send([rows[0], rows[1] | {"sales_contact_id": 3}])
    assert [row["pointer"] for row in privileged.json()["errors"]] == ["/1/sales_contact_id"]
    assert on_either.server.records()["clients"] == before["clients"]
    for who in ("support", "management"):
        assert on_either.of(who).post("/clients/bulk", json=rows).json()["rule"] == "client.create"
    ids = done(send(rows), 201)["ids"]
    with on_either.company.database.reading() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.record_id.in_(ids), AuditEntry.record_type == "clients")
        )
        logged = {entry.record_id: entry.changes for entry in entries}
    one = done(seller.post("/clients", json=new_client()), 201)["id"]
    alone = done(seller.get(f"/clients/{one}/history"))["items"][0]["changes"]
    assert set(logged) == set(ids)
    assert {tuple(sorted(changes)) for changes in logged.values()} == {tuple(sorted(alone))}
    assert send(rows).status_code == 422
    assert len(send([{}] * 101).json()["errors"]) == 100
    too_many = send([{}] * 10_001)
    assert (too_many.status_code, too_many.json()["type"]) == (422, "/api/docs#problem-invalid-input")


def test_a_token_tells_whom_it_works_for_and_what_it_may_do(programs: Programs) -> None:
    narrow = programs.of("sales", scopes=["client.update"], language="fr")
    assert done(narrow.get("/me")) == {
        "user_id": programs.office.people["sales"].id,
        "username": "sales",
        "department": "SALES",
    }
    rights = done(narrow.get("/permissions"))["items"]
    assert [(right["action"], right["reach"]) for right in rights] == [("client.read", "any"), ("client.update", "own")]
    assert rights[0]["label"] == "consulter les clients"


def test_the_use_of_a_token_is_noted(programs: Programs) -> None:
    narrow = programs.of("sales", scopes=["client.create"])
    done(narrow.post("/clients", json=new_client()), 201)
    with programs.company.database.reading() as session:
        [used] = session.scalars(select(ApiToken.last_used_at).where(ApiToken.scopes == "client.create"))
    assert used is not None
