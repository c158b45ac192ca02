"""How people read: on their account, in their browser, or as the browser says, in this order."""

import re

import pytest
from sqlalchemy import func, select

from src.models.audit_entry import AuditEntry
from src.models.user import User
from src.presentation.devices import device_in_words
from tests import factories
from tests.web.servers import Server, Visitor, words_of

AGENT = "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) {browser}"


def looks(visitor: Visitor, path: str = "/account") -> tuple[str, str]:
    """The language and the screen of a page."""
    found = re.search(r'<html lang="(\w+)" data-theme="(\w+)">', visitor.get(path).text)
    assert found
    return found[1], found[2]


@pytest.fixture
def person(server: Server) -> User:
    """Somebody who has chosen nothing yet, and whom no other test knows."""
    with server.company.database.writing() as session:
        return factories.supporter(session)


def test_what_is_chosen_when_logged_in_is_so_wherever_one_logs_in(server: Server, person: User) -> None:
    here, there = server.at_work(person.username), server.at_work(person.username, language="fr")
    assert (looks(here), looks(there)) == (("en", "system"), ("fr", "system"))
    assert here.send_form("/preferences", language="fr", theme="dark", next="/account").status_code == 303
    assert (looks(here), looks(there)) == (("fr", "dark"), ("fr", "dark"))
    assert looks(server.at_work(person.username), "/clients/999999") == ("fr", "dark")
    # The account counts before the browser; a choice in another browser changes both.
    there.send_form("/preferences", language="en", theme="light")
    assert (looks(here), looks(there)) == (("en", "light"), ("en", "light"))
    there.send_form("/preferences", language="browser", theme="system")
    assert looks(there) == ("fr", "system")
    with server.company.database.reading() as session:
        now = session.get_one(User, person.id)
    assert (now.language, now.theme, now.version, now.updated_at) == (None, None, person.version, person.updated_at)


def test_it_is_nobody_elses_business(server: Server, person: User) -> None:
    def others_and_log() -> tuple[object, ...]:
        with server.company.database.reading() as session:
            others = session.execute(select(User.id, User.language, User.theme).where(User.id != person.id)).all()
            return (*others, session.scalar(select(func.count(AuditEntry.id))))

    before, visitor = others_and_log(), server.at_work(person.username)
    visitor.send_form("/preferences", theme="dark")
    assert looks(visitor)[1] == "dark"
    assert others_and_log() == before


def test_whoever_is_not_logged_in_chooses_in_their_browser_only(server: Server, person: User) -> None:
    before, visitor = server.records(), server.visitor()
    visitor.send_form("/preferences", language="fr", theme="light")
    assert looks(visitor, "/login") == ("fr", "light")
    visitor.send_form("/preferences", language="browser", theme="system")
    assert looks(visitor, "/login") == ("en", "system")
    ended = server.visitor(cookie="epicevents-session=" + "x" * 43)
    assert ended.send_form("/preferences", theme="dark").status_code == 303
    assert visitor.send_form("/preferences", language="de").status_code == 422
    assert server.records() == before


def test_the_form_of_the_account_shows_what_is_chosen(server: Server, person: User) -> None:
    visitor = server.at_work(person.username)
    visitor.send_form("/preferences", language="en")
    page = visitor.get("/account").text
    assert 'value="en" selected>' in page
    assert 'value="system" selected>' in page


def test_every_log_in_ends_at_once_also_this_one(server: Server, person: User) -> None:
    here, there, stranger = server.at_work(person.username), server.at_work(person.username), server.at_work("sales")
    assert here.send_form("/account/sessions/end-all").headers["location"] == "/login"
    assert [visitor.get("/").status_code for visitor in (here, there, stranger)] == [303, 303, 200]


def test_log_ins_are_known_by_browser_and_system(server: Server) -> None:
    firefox = server.visitor(**{"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"})
    firefox.log_in("sales")
    server.visitor(**{"user-agent": "<b>curl</b>"}).log_in("sales")
    shown = words_of(firefox.get("/account").text)
    assert "Firefox on Linux this one" in shown
    assert 'aria-label="End log-in on Browser"' in firefox.get("/account").text


@pytest.mark.parametrize(
    ("agent", "interface", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "web", "Firefox on Linux"),
        (
            AGENT.format(system="Windows NT 10.0", browser="Chrome/140.0 Safari/537.36 Edg/140.0"),
            "web",
            "Edge on Windows",
        ),
        (
            AGENT.format(system="Macintosh; Intel Mac OS X 10_15_7", browser="Version/18 Safari/605"),
            "web",
            "Safari on macOS",
        ),
        (
            AGENT.format(system="Linux; Android 15", browser="Chrome/140.0 Mobile Safari/537.36"),
            "web",
            "Chrome on Android",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604.1", "web", "Safari on iPhone"),
        ("Firefox/1 without a system", "web", "Firefox"),
        ("something on Linux", "web", "Linux"),
        ("", "web", "Browser"),
        ("reception-3", "cli", "reception-3"),
        ("", "cli", "Command line"),
        ("", "api", "Program"),
    ],
)
def test_a_device_is_said_in_words(agent: str, interface: str, words: str) -> None:
    assert device_in_words(agent, interface) == words
