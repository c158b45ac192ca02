"""Declaring a page: its address, who may open it, and the view that makes it. Everything between is done here, once.

A view that only reads gets a transaction that cannot write. A view that writes gets one that is committed when it
returns, before a byte of the answer leaves: a "done" is never said of something that was not saved. A request is worked
on by one thread from the first to the last question to the database, so that no request waits for another's connection.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Literal, TypeAlias

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from src.db.threads import in_thread
from src.domain.errors import AlreadyExists, Conflict, CrmError, InvalidInput, RuleBroken
from src.domain.permissions import Action, require
from src.services import auth
from src.web.asking import know
from src.web.desk import Desk, Site, Visit
from src.web.forms import Form, read_form
from src.web.refusals import refuse, refuse_whoever_asks
from src.web.seen import is_due, note_seen

# Whoever sent a form that was refused like this gets it back as they typed it.
_SHOWN_IN_THE_FORM = (AlreadyExists, Conflict, InvalidInput, RuleBroken)

View: TypeAlias = Callable[..., Response]
Method = Literal["GET", "POST"]


class Access(Enum):
    """Who may open a page for which the rulebook needs no line."""

    PUBLIC = "everybody, logged in or not"
    SIGNED_IN = "everybody who is logged in"


@dataclass(frozen=True)
class Page:
    """One address and method: the right it takes, the view, and how the transaction is opened.

    `again` is the view of the form that a refused request is shown again. With `own_transactions` the view opens them
    itself (a log-in is made in three).
    """

    method: Method
    path: str
    right: Action | Access
    view: View
    again: View | None = None
    own_transactions: bool = False

    def route(self, site: Site) -> Route:
        """Give what the server routes requests by."""

        async def endpoint(request: Request) -> Response:
            request.state.page = self.path
            form = Form()
            if self.method == "POST":
                try:
                    form = await read_form(request)
                except CrmError as refusal:
                    return await in_thread(refuse_whoever_asks, Visit(site, request, form, datetime.now(UTC)), refusal)
            return await in_thread(self.answer, site, request, form, writes=self.method == "POST")

        return Route(self.path, endpoint, methods=[self.method], name=f"{self.method} {self.path}")

    def answer(self, site: Site, request: Request, form: Form) -> Response:
        """Answer one request in one transaction, or refuse."""
        now = datetime.now(UTC)
        try:
            return self._open(site, request, form, now)
        except CrmError as refusal:
            if self.again is None or not isinstance(refusal, _SHOWN_IN_THE_FORM):
                return refuse(Visit(site, request, form, now), refusal)
            refused = refusal
        try:
            return self.show_again(site, request, form, now, refused)
        except CrmError as refusal:
            return refuse(Visit(site, request, form, now), refusal)

    def show_again(
        self,
        site: Site,
        request: Request,
        form: Form,
        now: datetime,
        refusal: CrmError | None,
        *,
        token: str | None = None,
    ) -> Response:
        """Show the form with what was typed into it, and why it was refused."""
        shown = Page("GET", self.path, self.right, self.again or self.view)
        return shown._open(site, request, form, now, refusal=refusal, token=token)

    def _open(
        self,
        site: Site,
        request: Request,
        form: Form,
        now: datetime,
        *,
        refusal: CrmError | None = None,
        token: str | None = None,
    ) -> Response:
        if self.right is Access.PUBLIC:
            return self.view(Visit(site, request, form, now, refusal, token), **request.path_params)
        desk = Desk(site, request, form, now, refusal, token)
        if self.method == "POST" and not self.own_transactions:
            with site.database.writing() as desk.opened:
                self._enter(desk)
                auth.touch(desk.session, desk.me, now=now)
                return self.view(desk, **request.path_params)
        with site.database.reading() as desk.opened:
            self._enter(desk)
            response = None if self.own_transactions else self.view(desk, **request.path_params)
        desk.opened = None
        if response is None:
            response = self.view(desk, **request.path_params)
        if is_due(desk.me, now=now):
            # Afterwards: whoever only reads does not wait for another's write lock.
            response.background = BackgroundTask(note_seen, site.database, desk.me, now=now)
        return response

    def _enter(self, desk: Desk) -> None:
        """Know who is asking, and refuse before anything else whoever has not the right at all."""
        purpose = self.right if isinstance(self.right, Action) else None
        desk.actor = know(desk, desk.session, purpose=purpose)
        if isinstance(self.right, Action):
            require(desk.actor, self.right)


class Pages:
    """The pages of one noun."""

    def __init__(self) -> None:
        self.pages: list[Page] = []

    def get(self, path: str, right: Action | Access, *, own_transactions: bool = False) -> Callable[[View], View]:
        """Declare a page that is read."""
        return self._declare("GET", path, right, own_transactions=own_transactions)

    def post(
        self, path: str, right: Action | Access, *, again: View | None = None, own_transactions: bool = False
    ) -> Callable[[View], View]:
        """Declare a page that changes something; a refused form is shown again by the view `again`."""
        return self._declare("POST", path, right, again=again, own_transactions=own_transactions)

    def _declare(self, method: Method, path: str, right: Action | Access, **settings: Any) -> Callable[[View], View]:
        def decorate(view: View) -> View:
            if inspect.iscoroutinefunction(view):
                raise TypeError(f"{path}: a view asks the database, so it must not be a coroutine")
            self.pages.append(Page(method, path, right, view, **settings))
            return view

        return decorate
