"""Keys for programs and addresses for calendars, in one's account: made, shown once, listed, ended; on both engines."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from src.models.api_token import ApiToken
from src.models.calendar_feed import CalendarFeed
from src.services.api_tokens import recognise
from tests.presentation.calendars import understood
from tests.web.browsers import screen
from tests.web.servers import Server, Visitor, words_of
from tests.web.test_accessibility import faults

TOKENS, FEEDS, EVERYBODYS = "/account/tokens", "/account/calendar-feeds", "/staff/tokens"


def token(**changed: str) -> dict[str, str]:
    """What somebody types who wants a token; `{}` of scopes are boxes."""
    return {"name": f"Till {uuid4()}", "days": "30", "key": str(uuid4()), "scope.read": "1"} | changed


def feed(**changed: str) -> dict[str, str]:
    """What somebody types who wants a feed."""
    return {"name": f"Phone {uuid4()}", "kind": "department", "key": str(uuid4())} | changed


def secret_on(answer: httpx.Response) -> str:
    """What the page shows this once."""
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), words_of(answer.text)
    found = re.search(r'class="secret address"><code>([^<]+)</code>', answer.text)
    assert found, words_of(answer.text)
    return found[1]


def send(visitor: Visitor, path: str, typed: Mapping[str, str]) -> httpx.Response:
    """Send the form of a new token or feed."""
    return visitor.send_form(f"{path}/new", **typed)


def number_of(server: Server, model: type[ApiToken] | type[CalendarFeed], name: str) -> int:
    """The number of the one with this name; there must be one."""
    with server.company.database.reading() as session:
        return session.scalars(select(model.id).where(model.name == name)).one()


def test_a_token_is_made_with_the_rights_that_were_ticked_shown_once_and_ended(either_server: Server) -> None:
    seller = either_server.at_work("sales")
    typed = token(**{"scope.client.create": "1"})
    key = secret_on(send(seller, TOKENS, typed))
    with either_server.company.database.reading() as session:
        bearer = recognise(session, key, now=datetime.now(UTC))
        made = session.get_one(ApiToken, bearer.token_id)
    assert (made.name, sorted(made.scopes.split())) == (typed["name"], ["client.create", "read"])
    assert (made.expires_at - made.created_at).days == 30
    program = either_server.visitor(authorization=f"Bearer {key}")
    assert program.get("/api/v1/me").json()["username"] == "sales"

    listed = seller.get(TOKENS).text
    assert typed["name"] in listed
    assert key[6:] not in listed + seller.get("/account").text + str(either_server.records())
    ended = seller.send_form(f"{TOKENS}/{made.id}/end")
    assert (ended.status_code, ended.headers["location"]) == (303, TOKENS)
    assert program.get("/api/v1/me").status_code == 401
    assert f'action="{TOKENS}/{made.id}/end"' not in seller.get(TOKENS).text
    assert key[6:] not in "".join(either_server.lines)


def test_a_feed_is_made_shown_once_read_and_ended(either_server: Server) -> None:
    support = either_server.at_work("support")
    typed = feed()
    address = secret_on(send(support, FEEDS, typed))
    assert address.startswith(f"{either_server.url}/calendar/feeds/eecrm_")
    calendar = either_server.visitor()
    shown = understood(calendar.get(address).content)
    assert {event.url for event in shown.values()} >= {
        f"{either_server.url}/events/{either_server.company.office.own.event}"
    }
    listed = support.get(FEEDS).text
    assert typed["name"] in listed
    assert address.rpartition("_")[2] not in listed + str(either_server.records()) + "".join(either_server.lines)
    number = number_of(either_server, CalendarFeed, typed["name"])
    assert support.send_form(f"{FEEDS}/{number}/end").status_code == 303
    assert calendar.get(address).status_code == 404
    assert f'action="{FEEDS}/{number}/end"' not in support.get(FEEDS).text


@pytest.mark.parametrize(("path", "typed", "model"), [(TOKENS, token(), ApiToken), (FEEDS, feed(), CalendarFeed)])
def test_the_same_form_sent_again_makes_no_second_and_shows_nothing(
    either_server: Server, path: str, typed: dict[str, str], model: type[ApiToken] | type[CalendarFeed]
) -> None:
    seller = either_server.at_work("sales")
    shown = secret_on(send(seller, path, typed))
    again = send(seller, path, typed)
    assert (again.status_code, again.headers["location"]) == (303, path)
    told = seller.get(path).text
    assert "made before and shown once" in words_of(told)
    assert shown not in told
    assert number_of(either_server, model, typed["name"]) > 0


@pytest.mark.parametrize("path", [TOKENS, FEEDS])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no script"])
def test_loading_the_page_anew_or_going_back_to_it_shows_no_secret_and_makes_no_second(
    chromium: Browser, server: Server, path: str, *, scripts: bool
) -> None:
    name = f"Again {uuid4()}"
    with screen(chromium, server, scripts=scripts) as opened:
        page = opened.enter("support").open(f"{path}/new")
        page.fill("#f-name", name)
        page.locator("main form button.primary").click()
        secret = page.locator(".secret code").inner_text()
        page.reload()
        page.wait_for_url(server.url + path)
        expect(page.get_by_role("status")).to_contain_text("made before and shown once")
        assert secret not in page.content()
        page.go_back()
        assert secret not in page.content()
    number_of(server, ApiToken if path == TOKENS else CalendarFeed, name)


@pytest.mark.parametrize(
    ("path", "typed", "field"),
    [
        (TOKENS, token(name=" "), "name"),
        (TOKENS, token(days="0", **{"scope.client.create": "1"}), "days"),
        (TOKENS, token(days="many", **{"scope.client.create": "1"}), "days"),
        (TOKENS, token(key=""), "idempotency key"),
        (TOKENS, {name: value for name, value in token().items() if name != "scope.read"}, "scopes"),
        (TOKENS, token(**{"scope.own.password": "1"}), "form"),
        (FEEDS, feed(name=" "), "name"),
        (FEEDS, feed(kind="without_support"), "events shown"),
        (FEEDS, feed(kind=""), "events shown"),
        (FEEDS, feed(key="é"), "idempotency key"),
        (FEEDS, feed(user_id="1"), "form"),
    ],
)
def test_what_cannot_be_made_is_refused_by_its_field_and_nothing_typed_is_lost(
    server: Server, path: str, typed: dict[str, str], field: str
) -> None:
    seller, before = server.at_work("sales"), server.records()
    refused = send(seller, path, typed)
    assert refused.status_code == 422
    assert f"{field}: " in words_of(refused.text)
    assert server.records() == before
    if field == "days":
        assert 'name="scope.client.create" value="1" checked' in refused.text
        assert 'name="scope.contract.update" value="1" checked' not in refused.text
        assert f'value="{typed["name"]}"' in refused.text


def test_only_ones_own_rights_can_be_ticked(server: Server) -> None:
    seller, support = (server.at_work(who).get(f"{TOKENS}/new").text for who in ("sales", "support"))
    for page, own, other in ((seller, "client.create", "event.update"), (support, "event.update", "client.create")):
        assert f'name="scope.{own}"' in page
        assert f'name="scope.{other}"' not in page
        assert "scope.own.password" not in page


def test_management_sees_everybodys_and_ends_them_and_nobody_else_does(either_server: Server) -> None:
    support, manager = either_server.at_work("support"), either_server.at_work("management")
    till, phone = token(name=f"Till <b>{uuid4()}</b>"), feed()
    key, address = secret_on(send(support, TOKENS, till)), secret_on(send(support, FEEDS, phone))
    page = manager.get(EVERYBODYS).text
    assert till["name"] in words_of(page).replace("\u00a0", " ")
    assert phone["name"] in page
    assert key not in page
    ends = [
        f"{EVERYBODYS}/{number_of(either_server, ApiToken, till['name'])}/end",
        f"/staff/calendar-feeds/{number_of(either_server, CalendarFeed, phone['name'])}/end",
    ]
    assert all(f'action="{end}"' in page for end in ends)
    for other in (either_server.at_work("sales"), support):
        assert other.get(EVERYBODYS).status_code == 403
        assert [other.send_form(end).status_code for end in ends] == [403, 403]
        assert EVERYBODYS not in other.get("/staff").text
    assert EVERYBODYS in manager.get("/staff").text
    own_ends = [end.replace("/staff/", "/account/") for end in ends]
    assert [either_server.at_work("sales").send_form(end).status_code for end in own_ends] == [403, 403]
    assert [manager.send_form(end).status_code for end in ends] == [303, 303]
    calendar = either_server.visitor(authorization=f"Bearer {key}")
    assert (calendar.get("/api/v1/me").status_code, calendar.get(address).status_code) == (401, 404)
    left = manager.get(EVERYBODYS).text
    assert not any(f'action="{end}"' in left for end in ends)


def test_the_history_of_an_account_names_what_was_made_and_not_its_secret(server: Server) -> None:
    manager = server.at_work("management")
    made = feed()
    address = secret_on(send(server.at_work("sales"), FEEDS, made))
    history = manager.get(f"/staff/{server.company.office.people['sales'].id}").text
    assert f"Calendar feed made {made['name']}" in words_of(history)
    assert address.rpartition("/")[2] not in history


@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_on_what_is_shown_once_or_on_full_lists_keeps_anybody_out(
    chromium: Browser, server: Server, language: str
) -> None:
    found, seen = [], set[str]()
    with screen(chromium, server, language=language) as opened:
        opened.enter("management")
        for path in (TOKENS, FEEDS):
            page = opened.open(f"{path}/new")
            page.fill("#f-name", "Établissements-Vandenbroucke-Lecointre-et-associés, caisse de Candé-sur-Beuvron")
            page.locator("main form button.primary").click()
            expect(page.locator(".secret")).to_be_visible()
            found += faults(opened, seen)
        page = opened.open(f"{TOKENS}/new")
        page.fill("#f-name", "x")
        page.fill("#f-days", "999")
        page.locator("main form button.primary").click()
        expect(page.get_by_role("alert")).to_be_visible()
        found += faults(opened, seen)
        for path in (TOKENS, FEEDS, EVERYBODYS, "/account"):
            opened.open(path)
            found += faults(opened, seen)
    assert found == []


def test_both_speak_french(server: Server) -> None:
    seller = server.at_work("sales", language="fr")
    assert "Ce qu’il peut lire tout ce que vous avez le droit de lire read" in words_of(
        seller.get(f"{TOKENS}/new").text
    )
    assert "Comment un calendrier s’abonne" in words_of(seller.get(FEEDS).text)
