"""The pages in a real browser: a first day, with and without scripts, by keyboard, and checked by axe."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Browser, expect

from src.domain.permissions import RULEBOOK, Action, Department
from src.web.pages import Page
from src.web.site import every_page
from tests.web.browsers import PHONE, Screen, screen
from tests.web.servers import Server
from tests.web.test_clients import add, details, stored

# One of WCAG 2.2 AA's rules each; best practices are axe's opinion, and taken as well.
RULES: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
WORDS = {
    "en": ("New client", "Add client", "Client added: ", "Change", "Save", "Client saved."),
    "fr": (
        *("Nouveau client", "Ajouter le client", "Client ajouté\u00a0: "),
        *("Modifier", "Enregistrer", "Client enregistré."),
    ),
}


# A dark screen differs in its colours only.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}


def violations(opened: Screen, *, rules: dict[str, Any] = RULES) -> list[str]:
    """What keeps people from using the page that is open."""
    found = Axe().run(opened.page, options=rules).response["violations"]
    return [f"{opened.page.url}: {one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def cut_at_the_edge(opened: Screen) -> list[str]:
    """What goes beyond the window or beyond its card, so that somebody has to push it sideways."""
    script = """() => [document.documentElement, ...document.querySelectorAll(".scroll")]
        .filter(one => one.scrollWidth > one.clientWidth + 1)
        .map(one => `${one.scrollWidth} px: ${one.innerText.slice(0, 80)}`)"""
    return [f"{opened.page.url}: {one}" for one in opened.page.evaluate(script)]


def pages_of(server: Server) -> list[tuple[str, str]]:
    """Every page with somebody who may open it."""
    office = server.company.office.own
    numbers = {"client_id": office.client, "contract_id": office.signed, "event_id": office.event}
    return [
        (_whose(page), re.sub(r"\{(\w+):int\}", lambda name: str(numbers[name[1]]), page.path))
        for page in every_page()
        if page.method == "GET" and page.path != "/login"
    ]


def _whose(page: Page) -> str:
    """Who may open a page: sales if they may, else support or management."""
    if not isinstance(page.right, Action):
        return "sales"
    return next(name for name in ("SALES", "SUPPORT", "MANAGEMENT") if Department(name) in RULEBOOK[page.right]).lower()


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_nothing_on_any_page_keeps_anybody_out(chromium: Browser, server: Server, look: str) -> None:
    found = []
    for who in ("nobody", "sales", "support", "management"):
        with screen(chromium, server, dark=look == "dark", size=PHONE if look == "phone" else None) as opened:
            if who == "nobody":
                paths = ["/login", "/nowhere"]
            else:
                opened.log_in(who)
                paths = [path for person, path in pages_of(server) if person == who]
                paths += ["/"] if who != "sales" else ["/nowhere", "/clients?q=nobody+at+all"]
            for path in paths:
                opened.open(path)
                found += violations(opened, rules=COLOURS if look == "dark" else RULES)
                found += cut_at_the_edge(opened)
    assert found == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_long_values_cut_no_list_at_any_width(chromium: Browser, server: Server, language: str) -> None:
    add(
        server,
        first_name="Marie-Antoinette",
        company_name="Établissements Vandenbroucke-Lecointre et associés",
        email=f"marie-antoinette.vandenbroucke.{language}@etablissements-vandenbroucke-lecointre.example",
    )
    found = []
    with screen(chromium, server, language=language) as opened:
        opened.log_in("management")
        for path in ("/", "/clients", "/contracts", "/events?show=all", "/audit"):
            opened.open(path)
            for width in (390, 768, 1024, 1280, 1600):
                opened.page.set_viewport_size({"width": width, "height": 900})
                found += cut_at_the_edge(opened)
    assert found == []


@pytest.mark.parametrize(("scripts", "language"), [(True, "en"), (False, "fr")], ids=["scripts", "none, French"])
def test_a_seller_adds_a_client_and_corrects_the_card(
    chromium: Browser, server: Server, *, scripts: bool, language: str
) -> None:
    new, add_it, added, change, save, saved = WORDS[language]
    typed = details()
    with screen(chromium, server, scripts=scripts, language=language) as opened:
        page = opened.log_in("sales")
        page.get_by_role("link", name="Clients", exact=True).click()
        page.get_by_role("link", name=new).click()
        for name, value in typed.items():
            page.fill(f"#f-{name}", value)
        page.get_by_role("button", name=add_it).click()
        expect(page.get_by_role("status")).to_have_text(f"{added}Zoé {typed['last_name']}.")
        page.get_by_role("link", name=change, exact=True).click()
        page.fill("#f-company_name", "Autre maison")
        page.get_by_role("button", name=save, exact=True).click()
        expect(page.get_by_role("status")).to_have_text(saved)
        expect(page.locator(".facts")).to_contain_text("Autre maison")
        page.reload()
        expect(page.get_by_role("status")).to_have_count(0)
        page.locator("details.menu summary").click()
        page.locator("form[action='/logout'] button").click()
        page.wait_for_url(server.url + "/login")
        page.go_back()
        expect(page.locator("#username")).to_be_visible()


def test_search_answers_while_one_types_and_the_address_keeps_it(chromium: Browser, server: Server) -> None:
    typed = details()
    add(server, **typed)
    with screen(chromium, server) as opened:
        page = opened.log_in("support")
        opened.open("/clients")
        page.keyboard.press("/")
        page.keyboard.type(typed["last_name"].lower())
        expect(page.locator("#results tbody tr")).to_have_count(1)
        expect(page.locator("#results")).to_contain_text(typed["last_name"])
        page.wait_for_url(lambda url: "q=quidam" in url)
        page.reload()
        expect(page.locator("#results tbody tr")).to_have_count(1)


def test_a_key_opens_the_form_and_every_control_is_reached_by_tab(chromium: Browser, server: Server) -> None:
    with screen(chromium, server) as opened:
        page = opened.log_in("sales")
        page.keyboard.press("n")
        page.wait_for_url(server.url + "/clients/new")
        reached = set()
        for _step in range(25):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.name || document.activeElement.className"))
        assert {"skip", "first_name", "last_name", "email", "phone", "company_name", "button primary"} <= reached


def test_two_browsers_edit_one_card_and_nothing_is_lost(chromium: Browser, server: Server) -> None:
    client_id = add(server)
    with screen(chromium, server) as one, screen(chromium, server, scripts=False) as other:
        for opened, company in ((one, "Hers"), (other, "His")):
            opened.log_in("sales")
            opened.open(f"/clients/{client_id}/edit").fill("#f-company_name", company)
        one.page.get_by_role("button", name="Save", exact=True).click()
        other.page.get_by_role("button", name="Save", exact=True).click()
        expect(other.page.locator(".conflict")).to_contain_text("Hers")
        assert violations(one) == []
        expect(other.page.locator("#f-company_name")).to_have_value("His")
        other.page.get_by_role("button", name="Save", exact=True).click()
        other.page.wait_for_url(server.url + f"/clients/{client_id}")
    assert stored(server, client_id).company_name == "His"


def test_a_script_that_somebody_types_runs_nowhere(chromium: Browser, server: Server) -> None:
    script = "<img src=/none onerror=alert(1)><svg onload=alert(1)>'\"><script>alert(1)</script>"
    client_id = add(server, first_name=f"a{script}", company_name=script)
    with screen(chromium, server) as opened:
        opened.log_in("sales")
        for path in ("/", "/clients?mine=1", f"/clients/{client_id}", f"/clients/{client_id}/edit"):
            opened.open(path)
        opened.page.fill("#f-email", script)
        opened.page.locator("form.form").evaluate("form => { form.noValidate = true }")
        opened.page.get_by_role("button", name="Save", exact=True).click()
        expect(opened.page.locator("#f-email")).to_have_value(script)


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
