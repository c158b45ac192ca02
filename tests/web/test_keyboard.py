"""What the keyboard does, and what is a click away on every page: in a real browser."""

from datetime import UTC, datetime

from playwright.sync_api import Browser, expect

from tests.web.browsers import screen
from tests.web.servers import Server
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
