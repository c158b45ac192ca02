"""Every page there is, with a real address and somebody who may open it: what looks at all pages begins here."""

import re

from src.domain.permissions import RULEBOOK, Action, Department
from src.web.pages import Page
from src.web.site import every_page
from tests.services.office import DEPARTMENTS, Office

# Addresses that lead nowhere, lists without anything in them, and the calendar's other views: pages, too.
NOWHERE = "/nowhere"
EMPTY = {
    "sales": [NOWHERE, "/clients?q=nobody+at+all", "/contracts?q=nothing+at+all", "/clients/999999"],
    "support": [
        "/events?q=nothing+at+all",
        "/clients/1/edit",
        "/search?q=martin",
        "/search?q=nothing+at+all",
        "/search?q=a",
        "/calendar?view=week&date=2026-12-22",
        "/calendar?view=agenda",
    ],
    "management": ["/audit?q=nothing", "/contracts?show=wrong", "/webhooks/2", "/webhooks/1?state=dead"],
}


def numbers_of(office: Office) -> dict[str, int]:
    """What stands for each kind of number in an address."""
    mine = office.own
    return {
        "client_id": mine.client,
        "contract_id": mine.signed,
        "event_id": mine.event,
        "line_id": mine.line,
        "user_id": office.spare_sales,
        "session_id": 999_999,
        "view_id": 1,
        "webhook_id": office.webhook,
        "delivery_id": office.delivery,
        # Nobody's: walking over all pages ends nothing.
        "token_id": 999_999,
        "feed_id": 999_999,
    }


def filled(path: str, office: Office) -> str:
    """Give the address of one page; a new kind of number in an address is named above."""
    numbers = numbers_of(office)
    return re.sub(r"\{(\w+):int\}", lambda name: str(numbers[name[1]]), path)


def read_pages() -> list[Page]:
    """Every page that is opened by its address, but for the log-in, which nobody needs who is there."""
    return [page for page in every_page() if page.method == "GET" and page.path != "/login"]


def opener_of(page: Page) -> str:
    """Who may open a page: sales if they may, else support or management."""
    if not isinstance(page.right, Action):
        return "sales"
    return next(name for name in DEPARTMENTS if Department(name.upper()) in RULEBOOK[page.right])


def addresses_of(who: str, office: Office) -> list[str]:
    """Every page that this department opens here, so that each page is opened by one; the home page by all."""
    return ["/", *(filled(page.path, office) for page in read_pages() if page.path != "/" and opener_of(page) == who)]
