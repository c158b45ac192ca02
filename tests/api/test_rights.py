"""The literal rights matrix, asked by programs: each verb, in everybody's name, on their own records and on others'."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from src.api.site import every_operation
from src.domain.permissions import Action
from src.services.api_tokens import SCOPES
from tests.api.programs import MANY, Programs, new_client
from tests.cli.company import copied
from tests.rights_matrix import TABLE, Cell, cells, right_of
from tests.services.office import Office
from tests.web.servers import serving

NEW_USER = {"first_name": "New", "last_name": "Person", "department": "SUPPORT"}
PARTY = {"name": "Gala", "event_start": "2027-06-04 13:00", "event_end": "2027-06-05 02:00"}
# What nobody does here: no worker has anything to send.
NOBODY = {"action": "client.anonymise"}

# verb: method, address, body. `{account}` is one's own account, or that of a colleague in charge of nothing.
ASKED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "user.read": ("GET", "/users/{account}", {}),
    "user.create": ("POST", "/users", NEW_USER),
    "user.update": ("PATCH", "/users/{account}", {"phone": "12345"}),
    "user.reset_password": ("POST", "/users/{spare_support}/reset-password", {}),
    "user.deactivate": ("POST", "/users/{spare_support}/deactivate", {}),
    "user.reactivate": ("POST", "/users/{inactive}/reactivate", {}),
    "user.end_sessions": ("POST", "/users/{account}/end-sessions", {}),
    "user.delete": ("DELETE", "/users/{inactive}", {}),
    "own.calendar_feeds": ("POST", "/calendar-feeds", {"name": "Telephone", "kind": "department"}),
    "client.read": ("GET", "/clients/{client}", {}),
    "client.create": ("POST", "/clients", {}),
    "client.update": ("PATCH", "/clients/{client}", {"company_name": "Autre"}),
    "client.log_contact": ("POST", "/clients/{client}/contacts", {}),
    "contract.read": ("GET", "/contracts/{signed}", {}),
    "contract.create": ("POST", "/contracts", {"client_id": "{client}", "title": "Gala", "total": "100"}),
    "contract.update": ("PATCH", "/contracts/{draft}", {"title": "Autre"}),
    "contract.record_payment": ("POST", "/contracts/{signed}/payments", {"amount": "1"}),
    "contract.refund": ("POST", "/contracts/{signed}/refunds", {"amount": "1", "reason": "geste"}),
    "contract.amend": ("POST", "/contracts/{signed}/amend", {"title": "Autre", "reason": "avenant"}),
    "event.read": ("GET", "/events/{event}", {}),
    "event.create": ("POST", "/events", {**PARTY, "contract_id": "{signed}"}),
    "event.update": ("PATCH", "/events/{event}", {"location": "Ailleurs"}),
    "event.assign_support": ("POST", "/events/{event}/assign", {"support_contact_id": "{supporter}"}),
    "event.clear_support": ("POST", "/events/{event}/unassign", {}),
    "audit.read_all": ("GET", "/audit-entries", {}),
    "audit.read_history": ("GET", "/clients/{client}/history", {}),
    "webhook.read": ("GET", "/webhooks/{webhook}/deliveries", {}),
    "webhook.create": ("POST", "/webhooks", {"name": "till", "url": "https://till.example/", **NOBODY}),
    "webhook.update": ("PATCH", "/webhooks/{webhook}", {"name": "new till"}),
    "webhook.replay": ("POST", "/webhooks/{webhook}/replay", {}),
    # What can be done once, or takes a record away from whoever has it, comes last.
    "contract.send": ("POST", "/contracts/{draft}/send", {}),
    "contract.sign": ("POST", "/contracts/{sent}/sign", {}),
    "contract.cancel": ("POST", "/contracts/{draft}/cancel", {"reason": "annulé"}),
    "client.reassign": ("POST", "/clients/{client}/reassign", {"sales_contact_id": "{spare_sales}"}),
    "webhook.delete": ("DELETE", "/webhooks/{webhook}", {}),
}
ONCE = {"contract.send", "contract.sign", "contract.cancel", "user.delete", "user.reactivate"}
# People alone choose passwords and give out keys; a whole list at once is for people too.
BY_PEOPLE = {"own.password", "own.two_factor", "own.sessions", "export"}
CELLS = [cell for verb in ASKED for cell in cells() if cell.verb == verb]


@pytest.fixture(scope="module")
def changing(office_file: tuple[Path, Office], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """A company that is changed by every program that may."""
    with copied(office_file, tmp_path_factory.mktemp("rights")) as company, serving(company, env=MANY) as running:
        yield Programs(running)


def test_every_right_that_a_program_can_have_is_asked() -> None:
    assert set(ASKED) | BY_PEOPLE == {cell.verb for cell in cells(TABLE)}
    rights = {operation.right for operation in every_operation() if operation.right is not None}
    assert {action.value for action in rights} == {right_of(verb) for verb in ASKED}
    assert SCOPES - {"read"} >= {action.value for action in rights}


def ask(programs: Programs, cell: Cell, program: httpx.Client) -> httpx.Response:
    """Ask for what a cell is about."""
    office = programs.office
    method, path, body = ASKED[cell.verb]
    is_own = cell.whose == "own"
    records = office.own if is_own else office.other
    account = office.people[cell.who].id if is_own and cell.who in office.people else office.spare_sales
    supporter = office.people["support"].id
    facts = {**vars(office), **vars(records), "account": account, "supporter": supporter}
    sent: dict[str, Any] = {
        name: int(value.format_map(facts)) if str(value).startswith("{") else value for name, value in body.items()
    }
    if cell.verb == "client.create":
        sent = new_client()
    if cell.verb == "user.create":
        name = f"p.{cell.who}.{cell.whose}"
        sent = {**sent, "username": name, "email": f"{name}@epic.example"}
    headers = {"if-match": "*"} if method == "PATCH" else {}
    body_sent = sent if method in {"POST", "PATCH"} else None
    return program.request(method, path.format_map(facts), headers=headers, json=body_sent)


def test_what_the_matrix_refuses_is_refused_by_name_and_changes_nothing(changing: Programs) -> None:
    noted_alone = {"api_tokens", "audit_entries"}
    closed = changing.with_token(None)
    programs = {who: changing.of(who) for who in ("sales", "support", "management")}
    before = {table: rows for table, rows in changing.server.records().items() if table not in noted_alone}
    for cell in CELLS:
        if cell.answer == "yes":
            continue
        answer = ask(changing, cell, programs.get(cell.who, closed))
        if cell.answer == "login":
            assert answer.status_code == 401, cell
            continue
        assert (answer.status_code, answer.json()["rule"]) == (403, right_of(cell.verb)), (cell, answer.text)
    after = {table: rows for table, rows in changing.server.records().items() if table not in noted_alone}
    assert after == before


def test_what_the_matrix_grants_is_done(changing: Programs) -> None:
    for cell in CELLS:
        # What ends the program's own sessions or account is asked of others only.
        if cell.answer != "yes" or (cell.verb.startswith("user.") and cell.verb != "user.read" and cell.whose == "own"):
            continue
        answer = ask(changing, cell, changing.of(cell.who))
        allowed = {200, 201, 204, 409, 404} if cell.verb in ONCE else {200, 201, 204}
        assert answer.status_code in allowed, (cell, answer.text)


def test_a_closed_account_has_no_programs(changing: Programs) -> None:
    token = changing.token_of("closed.sales")
    for path in ("/me", "/clients", "/clients/1"):
        assert changing.with_token(token).get(path).status_code == 401


def test_a_narrow_token_is_refused_everything_else(programs: Programs) -> None:
    reading = programs.of("management", scopes=["read"])
    refused = [cell for cell in CELLS if cell.who == "management" and ASKED[cell.verb][0] != "GET"]
    before = programs.server.records()
    for cell in refused:
        answer = ask(programs, cell, reading)
        assert (answer.status_code, answer.json()["rule"]) == (403, right_of(cell.verb)), cell
    after = programs.server.records()
    assert {name: rows for name, rows in after.items() if name != "api_tokens"} == {
        name: rows for name, rows in before.items() if name != "api_tokens"
    }
    writing = programs.of("management", scopes=[Action.CONTRACT_CREATE])
    assert writing.get("/contracts").status_code == 200
    for path in ("/clients", "/events", "/users", "/audit-entries"):
        assert writing.get(path).status_code == 403, path
    assert writing.get("/search", params={"q": "casey"}).json()["clients"] == []
