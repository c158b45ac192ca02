"""Lists as somebody likes to see them, saved under a name: theirs alone, and read again whenever they are opened."""

from urllib.parse import quote

from sqlalchemy import func, select

from src.models.audit_entry import AuditEntry
from src.models.saved_view import SavedView
from src.services.saved_views import MOST
from tests.web.servers import Server, Visitor, fields_of, words_of

UNSIGNED = "q=gala&mine=1&show=unsigned&sort=-total"


def save(visitor: Visitor, name: str, *, of: str = "contracts", query: str = UNSIGNED) -> str:
    """Save a view; gives where it leads."""
    sent = visitor.send_form("/views/new", list=of, query=query, name=name)
    assert sent.status_code == 303, words_of(sent.text)
    return sent.headers["location"]


def kept(server: Server, name: str) -> SavedView:
    with server.company.database.reading() as session:
        return session.scalars(select(SavedView).where(SavedView.name == name)).one()


def logged(server: Server) -> int:
    with server.company.database.reading() as session:
        return session.scalar(select(func.count(AuditEntry.id))) or 0


def test_a_list_is_kept_as_it_is_shown_opened_renamed_and_forgotten(either_server: Server) -> None:
    seller, entries = either_server.at_work("sales"), logged(either_server)
    shown = seller.get(f"/contracts?{UNSIGNED}").text
    offered = f"/views/new?list=contracts&amp;query={quote(UNSIGNED)}"
    assert offered in shown
    form = seller.get("/views/new", params={"list": "contracts", "query": UNSIGNED})
    assert fields_of(form.text, "/views/new") == {
        "list": "contracts",
        "query": UNSIGNED,
        "name": "",
    }
    assert save(seller, " Galas à signer ") == f"/contracts?{UNSIGNED}"
    view = kept(either_server, "Galas à signer")
    assert seller.get(f"/views/{view.id}").headers["location"] == f"/contracts?{UNSIGNED}"
    above = seller.get("/contracts").text
    assert "Galas à signer" in words_of(above)
    assert "Galas à signer" not in words_of(seller.get("/clients").text)
    here = seller.get(f"/contracts?{UNSIGNED}").text
    assert f'href="/views/{view.id}" aria-current="page"' in here
    assert (f'href="/views/{view.id}/edit"' in here, offered in here) == (True, False)

    assert seller.send_form(f"/views/{view.id}/edit", name="Galas").headers["location"] == f"/contracts?{UNSIGNED}"
    assert seller.send_form(f"/views/{kept(either_server, 'Galas').id}/delete").headers["location"] == "/contracts"
    assert seller.get(f"/views/{view.id}").status_code == 404
    assert logged(either_server) == entries


def test_what_a_list_cannot_be_asked_for_is_never_kept_nor_opened(server: Server) -> None:
    seller = server.at_work("sales")
    smuggled = "q=a&after=x&next=//evil.example&sums=1&sort=name&mine=1&sales_contact=%0d%0a&view=<b>"
    assert save(seller, "Smuggled", of="clients", query=smuggled) == "/clients?q=a&mine=1&sort=name"
    with server.company.database.writing() as session:
        session.scalars(select(SavedView).where(SavedView.name == "Smuggled")).one().query = "after=x&mine=1&admin=1"
    number = kept(server, "Smuggled").id
    assert seller.get(f"/views/{number}").headers["location"] == "/clients?mine=1"

    # A name of the allow-list with a value that its list refuses is refused by that list, by name.
    refused = seller.get(save(seller, "Stale", of="contracts", query="show=nothing"))
    assert (refused.status_code, "Status: the address asks for something" in words_of(refused.text)) == (422, True)
    before = server.records()
    for typed, sentence in (
        ({"list": "users", "query": "q=a", "name": "x"}, "List: choose one of"),
        ({"list": "clients", "query": "after=x", "name": "x"}, "view: a value is required."),
        ({"list": "clients", "query": "q=" + "a" * 1000, "name": "x"}, "view: at most 1000 characters"),
        ({"list": "clients", "query": "q=a", "name": " "}, "name: a value is required."),
        ({"list": "clients", "query": "q=a", "name": "x" * 61}, "name: at most 60 characters"),
        ({"list": "clients", "query": "q=a", "name": "x", "user_id": "1"}, "form: this form has fields"),
    ):
        answer = seller.send_form("/views/new", **typed)
        assert (answer.status_code, sentence in words_of(answer.text)) == (422, True), typed
    assert server.records() == before


def test_one_name_is_taken_once_a_list_and_by_each_person(server: Server) -> None:
    seller, support = server.at_work("sales"), server.at_work("support")
    save(seller, "Twice", of="clients", query="q=a")
    save(seller, "Twice", of="events", query="q=a")
    save(support, "Twice", of="clients", query="q=b")
    save(seller, "Thrice", of="clients", query="q=c")
    refused = seller.send_form("/views/new", list="clients", query="q=b", name="Twice")
    assert refused.status_code == 409
    assert "name: this value is already used by another saved view." in words_of(refused.text)
    with server.company.database.reading() as session:
        thrice = session.scalars(select(SavedView.id).where(SavedView.name == "Thrice")).one()
    assert seller.send_form(f"/views/{thrice}/edit", name="Twice").status_code == 409
    assert seller.send_form(f"/views/{thrice}/edit", name="Thrice").status_code == 303


def test_to_everybody_else_a_view_is_not_there(server: Server) -> None:
    save(server.at_work("sales"), "Confidential", of="clients", query="q=secret")
    view, visitors = kept(server, "Confidential"), (server.at_work("support"), server.at_work("management"))
    before = server.records()
    for visitor in visitors:
        answers = [
            visitor.get(f"/views/{view.id}"),
            visitor.get(f"/views/{view.id}/edit"),
            visitor.send_form(f"/views/{view.id}/edit", name="Mine now"),
            visitor.send_form(f"/views/{view.id}/delete"),
        ]
        assert [answer.status_code for answer in answers] == [404] * 4
        assert "Confidential" not in visitor.get("/clients").text + "".join(answer.text for answer in answers)
    nobody = server.visitor()
    assert nobody.get(f"/views/{view.id}").status_code == 303
    assert nobody.send_form(f"/views/{view.id}/delete").status_code == 401
    assert server.records() == before


def test_there_is_an_end_to_how_many_views_a_list_has(server: Server) -> None:
    manager = server.at_work("management")
    statuses = [
        manager.send_form("/views/new", list="audit", query=f"number={number}", name=f"No. {number}").status_code
        for number in range(1, MOST + 2)
    ]
    assert statuses == [303] * MOST + [409]
