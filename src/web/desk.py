"""What a page works with: one request, and for whoever is logged in one transaction."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from src.config import Settings
from src.db.session import Database
from src.domain.errors import CrmError, NotAuthenticated
from src.domain.permissions import Action, Actor, Department, Owned, granted
from src.domain.values import parse_date, parse_moment
from src.i18n import N_
from src.presentation.columns import Manner
from src.web.compression import compress
from src.web.cookies import FLASH, SESSION, drop_cookie, read_cookie, set_cookie
from src.web.errors import status_of
from src.web.forms import MOMENT, Form
from src.web.gate import address_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

INTERFACE = "web"
_LONGEST_ADDRESS = 2000
_LONGEST_FLASH = 600


@dataclass(frozen=True)
class Site:
    """What all requests of a process share: settings, database, and how a page is made out of a template."""

    settings: Settings
    database: Database
    exports: Database
    render: Callable[..., bytes]
    # Gives the form that a request was sent from, filled in, to somebody who has just logged in again.
    show_parked: Callable[["Visit", str, Form], Response | None]

    @property
    def two_factor_for(self) -> list[Department]:
        """The departments that must log in with a second factor."""
        return [Department(code) for code in self.settings.two_factor_for]


@dataclass
class Visit:
    """One request; nobody needs to be logged in. `refusal` is why the form that was sent is shown again."""

    site: Site
    request: Request
    form: Form
    now: datetime
    refusal: CrmError | None = None
    # The session of somebody who logged in with this very request.
    new_token: str | None = None
    actor: Actor | None = None

    @property
    def settings(self) -> Settings:
        """How this installation writes things."""
        return self.site.settings

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the installation."""
        return ZoneInfo(self.settings.time_zone)

    @property
    def manner(self) -> Manner:
        """How values are written for people here."""
        return Manner(zone=self.zone, currency=self.settings.currency)

    def manner_in(self, zone: str) -> Manner:
        """How moments are written as the clock at a place shows them."""
        return Manner(zone=ZoneInfo(zone), currency=self.settings.currency)

    @property
    def token(self) -> str:
        """The session token that the browser sent; empty if none."""
        return self.new_token or read_cookie(self.request, SESSION)

    @property
    def address(self) -> str:
        """From where somebody comes, as the throttle counts it."""
        return address_of(self.request)

    @property
    def here(self) -> str:
        """The address of this page with its question, to come back to."""
        url = self.request.url
        return f"{url.path}?{url.query}" if url.query else url.path

    def asked(self, name: str, default: str = "") -> str:
        """Give what the address asks for, such as a sort or a search."""
        return self.request.query_params.get(name, default)

    def may(self, action: Action | str, target: Owned | None = None) -> bool:
        """Tell whether whoever is logged in may do this, to hide what would be refused."""
        return self.actor is not None and granted(self.actor, Action(action), target) is True

    def page(self, template: str, *, status: int | None = None, **facts: Any) -> Response:
        """Make the page; where a form is shown again, with the status of what refused it."""
        if status is None:
            status = status_of(self.refusal) if self.refusal is not None else 200
        flash = _unpacked(read_cookie(self.request, FLASH)) if status == 200 else ""
        content = self.site.render(template, visit=self, flash=flash, **facts)
        response = Response(content, status, media_type="text/html; charset=utf-8")
        compress(self.request, response)
        if flash:
            drop_cookie(self.request, response, FLASH)
        return response

    def done(self, sentence: str, *, to: str) -> Response:
        """Send the browser on after a change, to a page that begins with this sentence."""
        response = self.go(to)
        set_cookie(self.request, response, FLASH, _packed(sentence))
        return response

    def go(self, to: str) -> Response:
        """Send the browser to another of our pages; anything else leads home."""
        return RedirectResponse(local_path(to), status_code=303)


@dataclass
class Desk(Visit):
    """One person at work: who they are, and the open transaction."""

    opened: "Session | None" = None

    @property
    def session(self) -> "Session":
        """The transaction that this page is made in."""
        if self.opened is None:
            raise RuntimeError("this page opens transactions of its own")
        return self.opened

    @property
    def me(self) -> Actor:
        """Whoever is logged in."""
        if self.actor is None:
            raise NotAuthenticated()
        return self.actor

    def moment(self, text: str, *, field: str) -> datetime:
        """Read a moment typed as the clock on the wall shows it.

        Raises:
            InvalidInput.
        """
        return parse_moment(text, field=field, zone=self.zone)

    def moment_typed(self) -> datetime:
        """Read the form's moment; nothing typed is now.

        Raises:
            InvalidInput.
        """
        typed = self.form.get(MOMENT.name).strip()
        return self.moment(typed, field=N_("moment")) if typed else self.now

    def start(self, text: str, *, field: str) -> datetime:
        """Read a day, which begins at midnight here.

        Raises:
            InvalidInput.
        """
        return datetime.combine(parse_date(text, field=field), time(), self.zone)


def local_path(text: str) -> str:
    """Give an address if it is one of our own pages, else the home page: no link of ours leads a browser elsewhere."""
    if len(text) > _LONGEST_ADDRESS or not text.startswith("/") or text.startswith("//") or "\\" in text:
        return "/"
    # Browsers leave tabs and line ends out of an address before they read it.
    if any(character <= " " or character == "\x7f" for character in text):
        return "/"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else text


def _packed(sentence: str) -> str:
    # A cookie holds plain ASCII without quotes, commas or spaces.
    return base64.urlsafe_b64encode(sentence[:_LONGEST_FLASH].encode()).decode().rstrip("=")


def _unpacked(cookie: str) -> str:
    try:
        return base64.b64decode(cookie + "=" * (-len(cookie) % 4), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        return ""
