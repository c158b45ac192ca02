"""The rights matrix asked of the pages: an answer for everybody, the rule in words, and nothing changed by a refusal.

Which department may do what stands in tests/rights_matrix.py; here stands which page asks for which right.
"""

import pytest

from tests.rights_matrix import Cell, cells
from tests.services.office import Office
from tests.web.servers import Server, Visitor, words_of

# The form, or the page, of each verb that has one so far, and what is typed into it.
FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "client.create": ("/clients/new", {"first_name": "Zoé", "last_name": "Matrix", "email": "matrix@example.com"}),
    "client.update": ("/clients/{client}/edit", {"company_name": "Matrix", "was.company_name": ""}),
    "client.log_contact": ("/clients/{client}/contact", {"at": ""}),
    "client.reassign": ("/clients/{client}/reassign", {"sales_contact": "{spare_sales}"}),
    "export": ("/clients/export", {}),
}
READ = {"client.read": "/clients/{client}", "audit.read_history": "/clients/{client}"}
ASKED = [cell for cell in cells() if cell.verb in FORMS]
RULES = {
    "client.create": "create a client and become its sales contact",
    "client.update": "change a client",
    "client.log_contact": "log a contact with a client",
    "client.reassign": "give a client to another sales contact",
}


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
    own = (
        {"sales": office.own, "support": office.own}.get(cell.who, office.other)
        if cell.whose == "own"
        else office.other
    )
    return template.replace("{client}", str(own.client))


@pytest.mark.parametrize("cell", [cell for cell in ASKED if cell.answer != "yes"], ids=str)
def test_what_the_matrix_refuses_is_refused_by_the_page_and_its_form(server: Server, cell: Cell) -> None:
    template, typed = FORMS[cell.verb]
    visitor, path = visitor_of(server, cell), path_of(template, server.company.office, cell)
    before = server.company.look()
    typed = {
        name: value.replace("{spare_sales}", str(server.company.office.spare_sales)) for name, value in typed.items()
    }

    sent, opened = visitor.send_form(path, **typed), visitor.get(path)

    assert server.company.look() == before
    if cell.answer == "login":
        assert sent.status_code == 401
        assert opened.status_code in ((303,) if cell.verb != "export" else (405,))
    else:
        assert (sent.status_code, opened.status_code) == (403, 403)
        assert RULES[cell.verb] in words_of(sent.text)
        assert RULES[cell.verb] in words_of(opened.text)


@pytest.mark.parametrize("cell", [cell for cell in ASKED if cell.answer == "yes"], ids=str)
def test_what_the_matrix_grants_is_done(server: Server, cell: Cell) -> None:
    template, typed = FORMS[cell.verb]
    visitor, path = visitor_of(server, cell), path_of(template, server.company.office, cell)
    if cell.verb == "client.reassign":
        typed = {"sales_contact": username_now(visitor, path)}
    assert visitor.send_form(path, **typed).status_code in {200, 303}


def username_now(visitor: Visitor, path: str) -> str:
    """Whoever has the client already: handing over to them changes nothing that other tests rely on."""
    return visitor.open_form(path)["sales_contact"]


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
