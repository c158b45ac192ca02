"""Logging in and out."""

import contextlib

from starlette.responses import Response

from src.domain.errors import CrmError, LoginRefused, NotAuthenticated, SecondFactorNeeded, TooManyAttempts
from src.schema.state import require_current
from src.services import CRM, auth, init, logging_in
from src.web.cookies import SESSION, drop_cookie, set_cookie
from src.web.desk import INTERFACE, Visit
from src.web.errors import status_of
from src.web.forms import Form, form_from
from src.web.pages import Access, Pages
from src.web.refusals import LOG_IN

pages = Pages()

_FIELDS = ("username", "password", "code", "next", "parked")


@pages.get(LOG_IN, Access.PUBLIC)
def show_log_in(visit: Visit) -> Response:
    """Ask who is there, unless that is known already."""
    wanted = visit.asked("next") or "/"
    with visit.site.database.reading() as session:
        require_current(session.connection(), CRM)
        if visit.token:
            with contextlib.suppress(CrmError):
                auth.authenticate(session, visit.token, now=visit.now, interface=INTERFACE)
                return visit.go(wanted)
        has_staff = init.has_staff(session)
    return visit.page("account/login.html", next=wanted, parked="", username="", sentence="", has_staff=has_staff)


@pages.post(LOG_IN, Access.PUBLIC)
def log_in(visit: Visit) -> Response:
    """Let somebody in; the session that this browser had before ends."""
    visit.form.require_only(_FIELDS)
    with visit.site.database.reading() as session:
        require_current(session.connection(), CRM)
    try:
        opened = logging_in.log_in(
            visit.site.database,
            visit.form.get("username").strip(),
            visit.form.get("password"),
            code=visit.form.get("code") or None,
            address=visit.address,
            interface=INTERFACE,
            device=visit.request.headers.get("user-agent", ""),
            now=visit.now,
        )
    except (LoginRefused, SecondFactorNeeded, TooManyAttempts) as refusal:
        return _ask_again(visit, refusal)
    if previous := visit.token:
        with visit.site.database.writing() as session:
            auth.log_out(session, previous)
    response = _shown_again(visit, opened.token) or visit.go(visit.form.get("next"))
    set_cookie(visit.request, response, SESSION, opened.token)
    return response


@pages.post("/logout", Access.PUBLIC)
def log_out(visit: Visit) -> Response:
    """End the session, here and for whoever else holds its token."""
    visit.form.require_only(())
    if visit.token:
        with visit.site.database.writing() as session:
            require_current(session.connection(), CRM)
            auth.log_out(session, visit.token)
    response = visit.go(LOG_IN)
    drop_cookie(visit.request, response, SESSION)
    return response


def _ask_again(visit: Visit, refusal: NotAuthenticated | TooManyAttempts) -> Response:
    visit.request.state.refusal = type(refusal).__name__
    response = visit.page(
        "account/login.html",
        status=status_of(refusal),
        next=visit.form.get("next"),
        parked=visit.form.get("parked"),
        username=visit.form.get("username"),
        sentence=str(refusal),
        has_staff=True,
        wants_code=isinstance(refusal, SecondFactorNeeded),
    )
    if isinstance(refusal, TooManyAttempts):
        response.headers["retry-after"] = str(refusal.retry_after_seconds)
    return response


def _shown_again(visit: Visit, token: str) -> Response | None:
    """Give back the form that somebody was filling in when their session ended."""
    parked = visit.form.get("parked")
    form = form_from(parked.encode()) if parked else Form()
    return visit.site.show_parked(visit, token, form) if form else None
