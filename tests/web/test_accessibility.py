"""Every page, for everybody: WCAG 2.2 AA by axe, light and dark, on a telephone, enlarged, by keyboard, without motion.

A page is opened once and looked at in every way; what one of them finds names the page and the element.
"""

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Browser, ViewportSize

from tests.web.addresses import EMPTY, NOWHERE, addresses_of
from tests.web.browsers import DESK, PHONE, Screen, screen
from tests.web.servers import Server
from tests.web.test_clients import add

# One of WCAG 2.2 AA's rules each; best practices are axe's opinion, and taken as well.
RULES: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


def _only(*rules: str) -> dict[str, Any]:
    return {"runOnly": {"type": "rule", "values": rules}, "resultTypes": ["violations"]}


# A dark screen differs in its colours only, a narrow one in what is small, hidden or to be pushed sideways. Colours are
# the slowest of all to look at: on a desk in light and on a telephone in dark, and where they show different cells
# of a table, the other way round as well.
COLOURS = _only("color-contrast")
# No page has a style of its own (the browser refuses them), and these are all the marks that the style sheets go by:
# what stands where such a thing stood on an earlier page has its colours. A page of nothing else is looked at for its
# colours in dark only.
LOOKS = """() => [...document.body.querySelectorAll("*")].map(one => {
    const path = [];
    for (let at = one; at !== document.body; at = at.parentElement) {
      const marks = ["class", "type", "aria-current", "aria-invalid", "aria-pressed", "aria-sort"];
      path.push([at.tagName, ...marks.map(name => at.getAttribute(name))].join("."));
    }
    return path.join(" ");
  })"""
KNOWN_COLOURS = {**RULES, "rules": {"color-contrast": {"enabled": False}}}
ADAPTS = ".scroll :is(.if-ample, .if-spare, .if-wide, .if-room, .if-tight)"
NARROW = _only("color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block", "region")
# So many of a window's 1280 px are left when it is enlarged twice, and four times.
TWICE, FOUR_TIMES = ViewportSize(width=640, height=450), ViewportSize(width=320, height=256)

# A table may be pushed sideways in its own frame when everything is four times as large; the page never.
PUSHED = """() => document.documentElement.scrollWidth > innerWidth ? [`pushed sideways at ${innerWidth} px`] : []"""
CUT = """() => [document.documentElement, ...document.querySelectorAll(".scroll, .views")]
    .filter(one => one.scrollWidth > one.clientWidth + 1)
    .map(one => `cut at ${innerWidth} px: ${one.scrollWidth} px, ${one.innerText.slice(0, 80)}`)"""
# The last cell that is shown keeps its distance from the edge of the list, whichever it is.
CROWDED = """() => [...document.querySelectorAll(".list .rows tr")]
    .filter(row => {
      const last = [...row.cells].filter(one => one.checkVisibility()).at(-1);
      const edge = row.closest(".list").getBoundingClientRect().right - last.getBoundingClientRect().right;
      return edge + parseFloat(getComputedStyle(last).paddingRight) < 14;
    })
    .map(row => `no space at the edge at ${innerWidth} px: ${row.innerText.slice(0, 80)}`)"""
MOVING = """() => [...document.querySelectorAll("*")].filter(one => {
    const style = getComputedStyle(one);
    const times = [style.transitionDuration, style.animationDuration].join().split(",");
    return times.some(time => parseFloat(time) > 0);
  }).map(one => `moves: ${one.outerHTML.slice(0, 120)}`)"""
# Whoever goes through a page by keyboard sees where they are, and nothing lies over it.
FOCUS = """() => [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
  .filter(one => one.checkVisibility() && one.tabIndex >= 0)
  .flatMap(one => {
    one.focus({ focusVisible: true });
    const found = [];
    const shape = getComputedStyle(one);
    if (document.activeElement !== one) found.push("takes no focus");
    else if (shape.outlineStyle === "none" || parseFloat(shape.outlineWidth) < 2) found.push("focus unseen");
    const box = one.getBoundingClientRect();
    const points = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.8]];
    if (!points.some(([x, y]) => {
      const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
      return top && (one.contains(top) || top.contains(one) && !top.matches(".places, .side"));
    })) found.push("focus covered");
    return found.map(fault => `${fault} at ${innerWidth} px: ${one.outerHTML.slice(0, 120)}`);
  })"""


def violations(opened: Screen, *, rules: dict[str, Any] = RULES) -> list[str]:
    """What keeps people from using the page that is open."""
    if not opened.page.evaluate("typeof axe === 'object'"):
        opened.page.evaluate(AXE_SCRIPT)
    found = opened.page.evaluate("rules => axe.run(rules).then(result => result.violations)", rules)
    return [f"{opened.page.url}: {one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def told(opened: Screen, script: str) -> list[str]:
    """What a script of ours finds on the page that is open."""
    return [f"{opened.page.url}: {one}" for one in opened.page.evaluate(script)]


def faults(opened: Screen, seen: set[str]) -> list[str]:
    """Look at the page that is open in every way; `seen` is what stood on the pages before it."""
    page = opened.page
    looks = set(page.evaluate(LOOKS))
    is_known = looks <= seen
    seen |= looks
    found = violations(opened, rules=KNOWN_COLOURS if is_known else RULES)
    found += told(opened, MOVING) + told(opened, CUT)
    adapts = not is_known and page.locator(ADAPTS).count() > 0
    if adapts:
        page.emulate_media(color_scheme="dark")
        found += violations(opened, rules=COLOURS)
    page.set_viewport_size(PHONE)
    if adapts:
        page.emulate_media(color_scheme="light")
        found += violations(opened, rules=COLOURS)
    page.emulate_media(color_scheme="dark")
    found += violations(opened, rules=NARROW) + told(opened, CUT)
    page.emulate_media(color_scheme="light")
    page.keyboard.press("Tab")
    found += told(opened, FOCUS)
    page.set_viewport_size(TWICE)
    found += told(opened, CUT)
    page.set_viewport_size(FOUR_TIMES)
    found += told(opened, PUSHED)
    page.set_viewport_size(DESK)
    return found + told(opened, FOCUS)


@pytest.fixture(scope="module")
def seen() -> set[str]:
    """What stood on the pages that were looked at so far."""
    return set()


@pytest.mark.long
@pytest.mark.parametrize("who", ["nobody", "sales", "support", "management"])
def test_nothing_on_any_page_keeps_anybody_out(chromium: Browser, server: Server, seen: set[str], who: str) -> None:
    found = []
    with screen(chromium, server) as opened:
        paths = ["/login", NOWHERE]
        if who != "nobody":
            opened.enter(who)
            paths = [*addresses_of(who, server.company.office), *EMPTY[who]]
        for path in paths:
            opened.open(path)
            found += faults(opened, seen)
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
        opened.enter("management")
        for path in ("/", "/clients", "/contracts", "/events?show=all", "/staff", "/audit", "/calendar"):
            opened.open(path)
            for width in (390, 768, 1024, 1280, 1600):
                opened.page.set_viewport_size({"width": width, "height": 900})
                found += told(opened, CUT) + told(opened, CROWDED)
    assert found == []
