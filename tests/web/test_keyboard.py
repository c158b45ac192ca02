"""What the keyboard does, and what is a click away on every page: in a real browser."""

from datetime import UTC, datetime

from playwright.sync_api import Browser, expect

from src.web.navigation import _OF_DEPARTMENT
from tests.web.browsers import screen
from tests.web.servers import Server
from tests.web.test_accessibility import violations
from tests.web.test_clients import add, details


def test_search_answers_while_one_types_and_the_address_keeps_it(chromium: Browser, server: Server) -> None:
    typed = details()
    add(server, **typed)
    with screen(chromium, server) as opened:
        page = opened.enter("support").open("/clients")
        page.keyboard.press("/")
        page.keyboard.type(typed["last_name"].lower())
        expect(page.locator("#results tbody tr")).to_have_count(1)
        expect(page.locator("#results")).to_contain_text(typed["last_name"])
        page.wait_for_url(lambda url: "q=quidam" in url)
        page.reload()
        expect(page.locator("#results tbody tr")).to_have_count(1)


def test_a_key_opens_the_form_and_every_control_is_reached_by_tab(chromium: Browser, server: Server) -> None:
    with screen(chromium, server) as opened:
        page = opened.enter("sales").open("/")
        page.keyboard.press("n")
        page.wait_for_url(server.url + "/clients/new")
        reached = set()
        for _step in range(25):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.name || document.activeElement.className"))
        assert {"skip", "first_name", "last_name", "email", "phone", "company_name", "button primary"} <= reached


def test_the_language_and_the_screen_are_a_click_away(chromium: Browser, server: Server) -> None:
    with screen(chromium, server, scripts=False) as opened:
        page = opened.open("/login")
        page.get_by_role("button", name="Français").click()
        expect(page.locator("h1")).to_have_text("Se connecter")
        page.get_by_role("button", name="Sombre").click()
        ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert ground == "rgb(20, 22, 27)"
        assert datetime.now(UTC) < datetime.fromtimestamp(
            next(one["expires"] for one in page.context.cookies() if one["name"].endswith("theme")), UTC
        )


def test_g_and_a_letter_go_to_every_place_and_typing_goes_nowhere(chromium: Browser, server: Server) -> None:
    with screen(chromium, server) as opened:
        page = opened.enter("management").open("/")
        for key, path in (("c", "/clients"), ("o", "/contracts"), ("e", "/events"), ("s", "/staff"), ("a", "/audit")):
            page.keyboard.press("g")
            page.keyboard.press(key)
            page.wait_for_url(server.url + path)
        opened.open("/staff").fill("main input[type=search]", "x")
        page.keyboard.type("gcn?/ g h")
        expect(page.locator("main input[type=search]")).to_have_value("xgcn?/ g h")
        expect(page.locator("dialog")).to_have_count(0)
        assert page.url.startswith(f"{server.url}/staff")
        page.locator("h1").click()
        page.keyboard.press("Control+g")
        page.keyboard.press("n")
        page.wait_for_url(server.url + "/staff/new")


def test_the_keys_are_listed_in_a_dialog_and_without_scripts_on_a_page(chromium: Browser, server: Server) -> None:
    with screen(chromium, server) as opened:
        page = opened.enter("sales").open("/clients")
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog", name="Keys")
        expect(dialog).to_contain_text("Staff")
        expect(dialog).not_to_contain_text("Audit log")
        assert violations(opened) == []
        page.keyboard.press("n")
        assert page.url == server.url + "/clients"
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        page.keyboard.press("?")
        page.get_by_role("button", name="Close").click()
        expect(page.locator("dialog")).to_have_count(0)
    with screen(chromium, server, scripts=False, language="fr") as opened:
        page = opened.enter("management").open("/")
        page.locator("details.menu summary").click()
        page.get_by_role("link", name="Raccourcis clavier").click()
        page.wait_for_url(server.url + "/keys")
        expect(page.locator("#keys")).to_contain_text("Journal")


def test_no_two_places_have_one_key_and_none_that_is_kept_for_another() -> None:
    places = {place for places in _OF_DEPARTMENT.values() for place in places}
    keys = {place.key: place.path for place in places if place.key}
    assert len(keys) == len([place for place in places if place.key])
    kept = {"h": "/", "c": "/clients", "o": "/contracts", "e": "/events", "s": "/staff", "a": "/audit"}
    assert {key: path for key, path in keys.items() if key in kept} == kept
    assert keys.get("k", "/calendar") == "/calendar"
