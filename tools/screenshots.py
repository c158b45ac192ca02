"""Takes the pictures of the READMEs: the demo company in a browser, light and dark, in English and French.

`python -m tools.screenshots` writes docs/screenshots/. The company is the same each time (a fixed seed); only its days
follow the calendar, as a demo company's events are always near.
"""

import base64
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page

from tools.chromium import chromium_running

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
LANGUAGES = ("en", "fr")
_PROGRAM = [sys.executable, "-m", "src"]
_COMPANY = ("demo", "load", "--clients", "400", "--seed", "1")
_LARGEST = 60_000
_DESK, _PHONE = (1120, 700), (390, 844)


class Shot(NamedTuple):
    """One picture: of whose screen, of which page, and which link is followed there first."""

    name: str
    who: str
    path: str
    follow: str = ""
    dark: bool = False
    phone: bool = False


SHOTS = (
    Shot("home", "Management", "/"),
    Shot("home-dark", "Management", "/", dark=True),
    Shot("clients", "Sales", "/clients?mine=1"),
    Shot("contract", "Management", "/contracts?show=unpaid&sort=id", "#results a.main"),
    Shot("contract-dark", "Management", "/contracts?show=unpaid&sort=id", "#results a.main", dark=True),
    Shot("calendar", "Management", "/calendar"),
    Shot("staff", "Management", "/staff"),
    Shot("event", "Support", "/events?show=all&q=Ouick", "#results a.main"),
    Shot("phone", "Sales", "/", phone=True),
    Shot("phone-dark", "Support", "/events?mine=1", dark=True, phone=True),
)


def take_screenshots(folder: Path = FOLDER, shots: Sequence[Shot] = SHOTS) -> list[Path]:
    """Take every picture in every language; gives the files."""
    with tempfile.TemporaryDirectory() as place, chromium_running() as browser:
        environment = {**os.environ, "DATABASE_URL": f"sqlite:///{place}/demo.db", "LC_ALL": "C.UTF-8"}
        _run(environment, "db", "upgrade")
        _run(environment, *_COMPANY)
        people = _people(_run(environment, "demo", "passwords", "--lang", "en"))
        with _served(environment) as address:
            studio, files = _Studio(browser, address, people), []
            for language in LANGUAGES:
                for shot in shots:
                    files.append(folder / language / f"{shot.name}.webp")
                    files[-1].parent.mkdir(parents=True, exist_ok=True)
                    files[-1].write_bytes(studio.take(shot, language))
    return files


def _run(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run([*_PROGRAM, *words], env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr  # secrets are shown beside the output


def _people(shown: str) -> dict[str, tuple[str, str]]:
    """Read who may log in, with which password, out of what `demo passwords` shows; by department."""
    found = re.findall(r"^\s+(\S+)\s+(\S+)\s+.*, (Sales|Support|Management)$", shown, re.MULTILINE)
    return {department: (name, secret) for name, secret, department in found}


@contextmanager
def _served(environment: dict[str, str]) -> Iterator[str]:
    words = [*_PROGRAM, "serve", "--port", "0"]
    server = subprocess.Popen(words, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    address = ""
    try:
        for line in server.stderr or ():
            found = re.search(r"http://[^\s/]+", line)
            address = found[0] if found and not address else address
            if "startup complete" in line:
                yield address
                break
    finally:
        server.kill()
        server.wait()


class _Studio(NamedTuple):
    """A browser before the demo company, and who can log in to it."""

    browser: Browser
    address: str
    people: dict[str, tuple[str, str]]

    def take(self, shot: Shot, language: str) -> bytes:
        """Take one picture."""
        width, height = _PHONE if shot.phone else _DESK
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if shot.dark else "light",
            locale=language,
            reduced_motion="reduce",
        )
        try:
            page = context.new_page()
            page.goto(f"{self.address}/login")
            name, secret = self.people[shot.who]
            page.fill("#username", name)
            page.fill("#password", secret)
            page.press("#password", "Enter")
            page.wait_for_url(f"{self.address}/")
            page.goto(self.address + shot.path)
            if shot.follow:
                page.locator(shot.follow).first.click()
                page.wait_for_load_state()
            picture = page.screenshot()
            page.goto("about:blank")
            return _small(page, picture)
        finally:
            context.close()


def _small(canvas: Page, picture: bytes) -> bytes:
    """Write a picture as WebP, as well as its size allows; the browser does it itself."""
    source = base64.b64encode(picture).decode()
    for quality in (0.9, 0.8, 0.7, 0.6, 0.5):
        written = canvas.evaluate(
            """async ([source, quality]) => {
              const image = new Image();
              image.src = "data:image/png;base64," + source;
              await image.decode();
              const canvas = document.createElement("canvas");
              [canvas.width, canvas.height] = [image.width, image.height];
              canvas.getContext("2d").drawImage(image, 0, 0);
              return canvas.toDataURL("image/webp", quality);
            }""",
            [source, quality],
        )
        content = base64.b64decode(written.partition(",")[2])
        if len(content) <= _LARGEST:
            return content
    raise SystemExit(f"A picture of {len(content)} bytes is too large for a README.")


if __name__ == "__main__":
    for taken in take_screenshots():
        print(f"{taken.relative_to(ROOT)}  {taken.stat().st_size // 1000} kB")
