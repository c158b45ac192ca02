"""The rights matrix asked of the pages: an answer for everybody, the rule in words, and nothing changed by a refusal.

Which department may do what stands in tests/rights_matrix.py; here stands which page asks for which right.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests import factories
from tests.cli.company import copied
from tests.cli.test_rights_of_commands import RULES
from tests.rights_matrix import Cell, cells
from tests.services.office import Office
from tests.web.servers import Server, Visitor, serving, words_of

MONEY = {"received_on": "2026-11-01", "method": "card", "key": "{cell}"}
# The form, or the page, of each verb that has one so far, and what is typed into it.
FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "client.create": ("/clients/new", {"first_name": "Zoé", "last_name": "Matrix", "email": "matrix@example.com"}),
    "client.update": ("/clients/{client}/edit", {"company_name": "Matrix", "was.company_name": ""}),
    "client.log_contact": ("/clients/{client}/contact", {"at": ""}),
    "client.reassign": ("/clients/{client}/reassign", {"sales_contact": "{spare_sales}"}),
    "contract.create": ("/clients/{client}/contracts/new", {"title": "Matrix", "total": "10"}),
    "contract.update": ("/contracts/{draft}/edit", {"title": "Matrix"}),
    "contract.send": ("/contracts/{draft}/send", {}),
    "contract.sign": ("/contracts/{sent}/sign", {"at": ""}),
    "contract.record_payment": ("/contracts/{signed}/pay", {"amount": "1", **MONEY}),
    "contract.refund": ("/contracts/{signed}/refund", {"amount": "1", "reason": "Matrix", **MONEY}),
    "contract.cancel": ("/contracts/{draft}/cancel", {"reason": "Matrix"}),
    "contract.amend": ("/contracts/{signed}/amend", {"title": "Matrix", "reason": "Matrix"}),
    "event.create": (
        "/contracts/{signed}/events/new",
        {"name": "Matrix", "event_start": "2027-01-01 10:00", "event_end": "2027-01-01 11:00", "time_zone": "UTC"},
    ),
    "event.update": ("/events/{event}/edit", {"notes": "Matrix"}),
    "event.assign_support": ("/events/{event}/assign", {"support_contact": "{spare_support}"}),
    "event.clear_support": ("/events/{event}/assign", {"support_contact": "nobody"}),
    "export": ("/clients/export", {}),
    "own.calendar_feeds": ("/account/calendar-feeds/new", {"name": "Matrix", "kind": "department", "key": "{cell}"}),
    "user.create": (
        "/staff/new",
        {"first_name": "M", "last_name": "X", "username": "matrix", "email": "m@x.example", "department": "SALES"},
    ),
    "user.update": ("/staff/{user}/edit", {"phone": "12345", "was.phone": ""}),
    "user.deactivate": ("/staff/{user}/deactivate", {}),
    "user.reactivate": ("/staff/{user}/reactivate", {}),
    "user.delete": ("/staff/{user}/delete", {"reassign_to": ""}),
    "user.reset_password": ("/staff/{user}/password", {"key": "{cell}"}),
    "user.end_sessions": ("/staff/{user}/sessions/end", {}),
    "webhook.create": (
        "/webhooks/new",
        {
            "name": "till",
            "url": "https://till.example/",
            "record_type": "",
            "action": "client.anonymise",
            "key": "{cell}",
        },
    ),
    "webhook.update": ("/webhooks/{webhook}/edit", {"name": "new till"}),
    "webhook.delete": ("/webhooks/{paused}/delete", {}),
}
READ = {
    "client.read": "/clients/{client}",
    "contract.read": "/contracts/{signed}",
    "event.read": "/events/{event}",
    "audit.read_history": "/clients/{client}",
    "user.read": "/staff/{user}",
}
# What can be done to a record one time only.
ONCE = {"contract.update", "contract.send", "contract.sign", "contract.cancel", "client.create", "contract.refund"}
ASKED = [cell for cell in cells() if cell.verb in FORMS]


@pytest.fixture(scope="module")
def changing_server(office_file: tuple[Path, Office], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A company that is changed by everybody who may."""
    with copied(office_file, tmp_path_factory.mktemp("granted")) as company, serving(company) as running:
        yield running


def visitor_of(server: Server, cell: Cell) -> Visitor:
    """Whoever asks in this cell."""
    if cell.who == "nobody":
        return server.visitor()
    if cell.who == "closed":
        # A session that was opened before the account was closed; the token of the web has another name only.
        return server.visitor(cookie=f"epicevents-session={server.company.office.closed['sales'].token}")
    return server.at_work(cell.who)


def path_of(template: str, office: Office, cell: Cell) -> str:
    """The page about the asker's own record, or about another's."""
    is_own = cell.whose == "own" and cell.who in {"sales", "support"}
    user = office.people[cell.who].id if is_own else office.spare_sales
    return template.format_map({"user": user, **vars(office), **vars(office.own if is_own else office.other)})


@pytest.mark.parametrize("cell", [cell for cell in ASKED if cell.answer != "yes"], ids=str)
def test_what_the_matrix_refuses_is_refused_by_the_page_and_its_form(server: Server, cell: Cell) -> None:
    template, typed = FORMS[cell.verb]
    visitor, path = visitor_of(server, cell), path_of(template, server.company.office, cell)
    before = server.records()
    typed = {
        name: value.replace("{spare_sales}", str(server.company.office.spare_sales)) for name, value in typed.items()
    }

    sent, opened = visitor.send_form(path, **typed), visitor.get(path)

    assert server.records() == before
    if cell.answer == "login":
        assert sent.status_code == 401
        assert opened.status_code in ((303,) if cell.verb != "export" else (405,))
    else:
        assert (sent.status_code, opened.status_code) == (403, 403)
        assert RULES[cell.verb][0] in words_of(sent.text)
        assert RULES[cell.verb][0] in words_of(opened.text)


@pytest.mark.parametrize("cell", [cell for cell in ASKED if cell.answer == "yes"], ids=str)
def test_what_the_matrix_grants_is_done(changing_server: Server, cell: Cell) -> None:
    template, typed = FORMS[cell.verb]
    office = changing_server.company.office
    if "{user}" in template:
        # An account goes, or loses its password: not one that another cell needs.
        with changing_server.company.database.writing() as session:
            office = replace(office, spare_sales=factories.seller(session).id)
    visitor, path = visitor_of(changing_server, cell), path_of(template, office, cell)
    names = {**vars(office), "cell": cell}
    sent = visitor.send_form(path, **{name: value.format_map(names) for name, value in typed.items()})
    # Another cell may have sent or cancelled the same contract before: then the business refuses, and not the rulebook.
    assert sent.status_code in ({200, 303, 409} if cell.verb in ONCE else {200, 303}), words_of(sent.text)


@pytest.mark.parametrize("cell", [cell for cell in cells() if cell.verb in READ], ids=str)
def test_everybody_who_is_logged_in_reads_every_client_and_their_history(server: Server, cell: Cell) -> None:
    answer = visitor_of(server, cell).get(path_of(READ[cell.verb], server.company.office, cell))
    assert answer.status_code == (303 if cell.answer == "login" else 200)
    assert ("History" in words_of(answer.text)) is (cell.answer == "yes")


@pytest.mark.parametrize(
    ("who", "own", "other"),
    [
        ("sales", {"edit", "contact"}, set()),
        ("support", set(), set()),
        ("management", {"reassign"}, {"reassign"}),
    ],
)
def test_a_card_shows_only_what_would_be_done(server: Server, who: str, own: set[str], other: set[str]) -> None:
    office, visitor = server.company.office, server.at_work(who)
    for client, expected in ((office.own.client, own), (office.other.client, other)):
        page = visitor.get(f"/clients/{client}").text
        assert {verb for verb in ("edit", "contact", "reassign") if f'"/clients/{client}/{verb}"' in page} == expected
