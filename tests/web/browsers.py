"""A real browser: Debian's Chromium, driven by Playwright. What the pages must not do is noted while they are used."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, ViewportSize

from tests.factories import PASSWORD
from tests.web.servers import Server
from tools.chromium import chromium_running

PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=900)


@dataclass
class Screen:
    """One person's window, and what went wrong in it: failing scripts, what the security policy refused, dialogs."""

    page: Page
    server: Server
    trouble: list[str] = field(default_factory=list)

    def enter(self, username: str) -> "Screen":
        """Be logged in already: with the cookie of somebody who has just logged in."""
        cookies = self.server.at_work(username).cookies.items()
        self.page.context.add_cookies(
            [{"name": name, "value": value, "url": self.server.url} for name, value in cookies]
        )
        return self

    def open(self, path: str) -> Page:
        """Open one of our pages."""
        self.page.goto(self.server.url + path)
        return self.page

    def log_in(self, username: str) -> Page:
        """Log in by hand."""
        self.open("/login")
        self.page.fill("#username", username)
        self.page.fill("#password", PASSWORD)
        self.page.click("form[action='/login'] button")
        self.page.wait_for_url(self.server.url + "/")
        return self.page


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser, started once a worker."""
    with chromium_running() as browser:
        yield browser


@contextmanager
def screen(
    chromium: Browser,
    server: Server,
    *,
    scripts: bool = True,
    language: str = "en",
    size: ViewportSize = DESK,
    dark: bool = False,
) -> Iterator[Screen]:
    """Open a window of its own; at the end nothing must have gone wrong in it."""
    context: BrowserContext = chromium.new_context(
        java_script_enabled=scripts,
        locale=language,
        viewport=size,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    try:
        page = context.new_page()
        page.set_default_timeout(60_000)
        opened = Screen(page, server)
        page.on("pageerror", lambda error: opened.trouble.append(f"script: {error}"))
        page.on("console", lambda said: opened.trouble.extend([said.text] if _is_trouble(said.text) else []))
        page.on("dialog", lambda dialog: _dismiss(dialog, opened))
        yield opened
        assert opened.trouble == [], opened.trouble
    finally:
        context.close()


def _dismiss(dialog: Dialog, opened: Screen) -> None:
    opened.trouble.append(f"dialog: {dialog.message}")
    dialog.dismiss()


def _is_trouble(words: str) -> bool:
    # Chromium also writes here that a page was answered with a status such as 404, which some tests ask for.
    return "Failed to load resource" not in words
