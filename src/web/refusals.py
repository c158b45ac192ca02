"""What becomes of a refusal: a page in the reader's language, or the page where they can do something about it."""

from contextlib import suppress
from urllib.parse import quote, urlencode

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from src.domain.errors import (
    CrmError,
    Forbidden,
    InvalidInput,
    LoginRefused,
    NotAuthenticated,
    PasswordChangeRequired,
    TooManyAttempts,
    TwoFactorRequired,
)
from src.i18n import N_, _
from src.presentation.requests import UNEXPECTED, told_of
from src.web.asking import know
from src.web.desk import Visit
from src.web.errors import TITLES, status_of

LOG_IN, PASSWORD, TWO_FACTOR = "/login", "/account/password", "/account/two-factor"
_LONGEST_PARKED = 100_000


def refuse(visit: Visit, refusal: CrmError) -> Response:
    """Answer a request that was refused."""
    visit.actor = getattr(visit.request.state, "actor", None)
    visit.request.state.refusal = type(refusal).__name__
    match refusal:
        case PasswordChangeRequired():
            return RedirectResponse(PASSWORD, status_code=303)
        case TwoFactorRequired():
            return RedirectResponse(TWO_FACTOR, status_code=303)
        case LoginRefused():
            return _page(visit, refusal)
        case NotAuthenticated():
            return _ask_to_log_in(visit, refusal)
        case _:
            return _page(visit, refusal)


def refuse_whoever_asks(visit: Visit, refusal: CrmError) -> Response:
    """Answer a request that no page saw: whoever is logged in stays among their own pages, in their language.

    It asks the database, so it runs in a thread.
    """
    if visit.token:
        with suppress(CrmError), visit.site.database.reading() as session:
            know(visit, session)
    return refuse(visit, refusal)


def fail(visit: Visit) -> Response:
    """Answer a request that ended in a failure nobody foresaw."""
    try:
        visit.actor = getattr(visit.request.state, "actor", None)
        return _error_page(visit, 500, _(UNEXPECTED))
    except Exception:  # noqa: BLE001 - the page of the failure fails too: then without a page
        return PlainTextResponse("Internal error", status_code=500)


def _page(visit: Visit, refusal: CrmError) -> Response:
    status = status_of(refusal)
    response = _error_page(visit, status, _sentence(visit, refusal), is_forbidden=isinstance(refusal, Forbidden))
    if isinstance(refusal, TooManyAttempts):
        response.headers["retry-after"] = str(refusal.retry_after_seconds)
    elif status == 503:
        response.headers["retry-after"] = "30"
    return response


def _error_page(visit: Visit, status: int, sentence: str, *, is_forbidden: bool = False) -> Response:
    url = visit.request.url
    # Here alone: under a form, a refusal begins with the name of its field as a sentence would go on.
    told = sentence[:1].upper() + sentence[1:]
    anew = url.path if status == 422 and visit.request.method == "GET" and url.query else ""
    return visit.page(
        "error.html", status=status, title=TITLES[status], sentence=told, is_forbidden=is_forbidden, anew=anew
    )


def _sentence(visit: Visit, refusal: CrmError) -> str:
    if visit.request.method == "GET" and isinstance(refusal, InvalidInput) and "choices" in refusal.facts:
        # Nobody typed this word, and the words that may stand there are nobody's either.
        unknown = N_("{field}: the address asks for something that this page does not have.")
        return str(InvalidInput(unknown, field=refusal.field))
    return str(told_of(refusal))


def _ask_to_log_in(visit: Visit, refusal: CrmError) -> Response:
    if visit.request.method != "POST":
        if visit.here == "/":
            return RedirectResponse(LOG_IN, status_code=303)
        return RedirectResponse(f"{LOG_IN}?next={quote(visit.here, safe='')}", status_code=303)
    # Nothing typed is lost: it travels through the log-in and comes back in its form.
    parked = urlencode(dict(visit.form.values))
    if len(parked) > _LONGEST_PARKED:
        parked = ""
    return visit.page(
        "account/login.html",
        status=status_of(refusal),
        next=visit.request.url.path,
        parked=parked,
        username="",
        sentence=str(refusal),
        has_staff=True,
    )
