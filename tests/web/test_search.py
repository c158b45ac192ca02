"""The search box of every page: what it finds, marks, explains and never tells."""

from playwright.sync_api import Browser, expect

from src.models.user import User
from tests import factories
from tests.services.office import DEPARTMENTS
from tests.web.addresses import addresses_of
from tests.web.browsers import screen
from tests.web.servers import Server, words_of
from tests.web.test_clients import add, details


def test_it_is_on_every_page_of_everybody(server: Server) -> None:
    for who in DEPARTMENTS:
        visitor = server.at_work(who)
        without = [
            path
            for path in [*addresses_of(who, server.company.office), "/clients/999999"]
            for answer in [visitor.get(path)]
            if answer.status_code != 303
            and '<form class="search" role="search" method="get" action="/search"' not in answer.text
        ]
        assert without == []


def test_it_finds_what_each_may_read_and_marks_it(server: Server) -> None:
    typed = details()
    number = add(server, **typed)
    for who in DEPARTMENTS:
        page = server.at_work(who, language="fr").get("/search", params={"q": typed["last_name"].upper()})
        assert (page.status_code, f'href="/clients/{number}"' in page.text) == (200, True)
        assert "Zoé <mark>Quidam</mark> <mark>" in page.text
        assert "Clients 1 " in words_of(page.text)
        colleague = server.company.office.spare_sales
        assert f'href="/staff/{colleague}"' in server.at_work(who).get("/search?q=martin").text


def test_it_opens_for_nobody_who_is_not_logged_in(server: Server) -> None:
    closed = server.company.office.closed["sales"].token
    for visitor in (server.visitor(), server.visitor(cookie=f"epicevents-session={closed}")):
        answer = visitor.get("/search", params={"q": "casey"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fsearch%3Fq%3Dcasey")


def test_what_cannot_be_searched_is_explained_and_many_are_counted_only_so_far(server: Server) -> None:
    visitor = server.at_work("support")
    for typed, said in (
        ("", "Among clients, contracts, events and colleagues"),
        ("ab", "Write at least 3 letters or digits in a row."),
        ("zzzz nobody", "Nothing found for “zzzz nobody”"),
        ("x" * 201, "at most 200 characters"),
        ("a\x00bc", "control characters are not allowed"),
    ):
        answer = visitor.get("/search", params={"q": typed})
        assert said in words_of(answer.text), typed
        assert answer.status_code == (422 if len(typed) > 200 or "\x00" in typed else 200), typed
    with server.company.database.writing() as session:
        seller = session.get_one(User, server.company.office.people["sales"].id)
        numbers = [factories.client(session, seller, last_name="Œillet").id for _one in range(21)]
    page = visitor.get("/search", params={"q": "oeillet"}).text
    assert "Clients 20+" in words_of(page)
    assert [number for number in numbers if f'href="/clients/{number}"' in page] == numbers[-6:]
    whole = visitor.get("/clients?q=oeillet&sort=-id").text
    assert [number for number in numbers if f'href="/clients/{number}"' in whole] == numbers


def test_without_javascript_a_key_and_a_word_are_enough(chromium: Browser, server: Server) -> None:
    typed = details()
    number = add(server, **typed)
    with screen(chromium, server, scripts=False) as opened:
        page = opened.enter("support").open("/")
        page.get_by_role("searchbox", name="Search everything").fill(typed["last_name"])
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=*")
        page.locator("main").get_by_role("link", name=typed["last_name"]).click()
        page.wait_for_url(f"**/clients/{number}")
    with screen(chromium, server) as opened:
        page = opened.enter("support").open(f"/clients/{number}")
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox", name="Search everything")).to_be_focused()
        page.keyboard.type(typed["last_name"])
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=*")
        expect(page.locator("#results mark").first).to_have_text("Quidam")
