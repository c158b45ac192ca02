"""How somebody likes to read: their language, a light or a dark screen. Kept in their browser, for them alone."""

from starlette.responses import Response

from src.domain.errors import InvalidInput
from src.i18n import LANGUAGES, N_
from src.web.cookies import LANGUAGE, THEME, set_cookie
from src.web.desk import Visit
from src.web.pages import Access, Pages
from src.web.templating import THEMES

pages = Pages()

_CHOICES = {LANGUAGE: LANGUAGES, THEME: THEMES}


@pages.post("/preferences", Access.PUBLIC)
def choose(visit: Visit) -> Response:
    """Keep a choice for a year, and come back to the page that it was made on."""
    visit.form.require_only([*_CHOICES, "next"])
    response = visit.go(visit.form.get("next"))
    for name, choices in _CHOICES.items():
        if choice := visit.form.get(name):
            if choice not in choices:
                raise InvalidInput(
                    N_("{field}: choose one of {choices}."), field=N_("setting"), choices=", ".join(choices)
                )
            set_cookie(visit.request, response, name, choice, lasting=True)
    return response
