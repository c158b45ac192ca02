"""How somebody likes to read: their language, a light or a dark screen.

Kept in their browser, where the log-in page finds it; of whoever is logged in also on their account, and that counts.
"""

from typing import TYPE_CHECKING

from starlette.responses import Response

from src.domain.choices import parse_choice
from src.domain.errors import CrmError
from src.i18n import LANGUAGES, N_
from src.schema.state import require_current
from src.services import CRM, auth
from src.services.preferences import keep_preferences
from src.web.cookies import LANGUAGE, THEME, drop_cookie, set_cookie
from src.web.desk import INTERFACE, Visit
from src.web.pages import Access, Pages
from src.web.templating import THEMES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from src.domain.permissions import Actor

pages = Pages()

# What is no choice of one's own, but the browser's.
AS_THE_BROWSER = {LANGUAGE: "browser", THEME: "system"}
_CHOICES = {LANGUAGE: (AS_THE_BROWSER[LANGUAGE], *LANGUAGES), THEME: THEMES}


@pages.post("/preferences", Access.PUBLIC)
def choose(visit: Visit) -> Response:
    """Keep a choice, and come back to the page that it was made on."""
    visit.form.require_only([*_CHOICES, "next"])
    chosen = {name: choice for name in _CHOICES if (choice := visit.form.get(name))}
    for name, choice in chosen.items():
        parse_choice(choice, _CHOICES[name], field=N_("setting"))
    if chosen and visit.token:
        _keep_on_account(visit, {name: _own(name, choice) for name, choice in chosen.items()})
    response = visit.go(visit.form.get("next"))
    for name, choice in chosen.items():
        if _own(name, choice) is None:
            drop_cookie(visit.request, response, name)
        else:
            set_cookie(visit.request, response, name, choice, lasting=True)
    return response


def _own(name: str, choice: str) -> str | None:
    return None if choice == AS_THE_BROWSER[name] else choice


def _keep_on_account(visit: Visit, chosen: dict[str, str | None]) -> None:
    with visit.site.database.writing() as session:
        require_current(session.connection(), CRM)
        if actor := _whoever_is_there(visit, session):
            keep_preferences(session, actor, **chosen)


def _whoever_is_there(visit: Visit, session: "Session") -> "Actor | None":
    try:
        return auth.authenticate(session, visit.token, now=visit.now, interface=INTERFACE)
    except CrmError:
        # Not, or not yet altogether: their browser keeps the choice.
        return None
