"""The search box of every page: what was typed, looked for in everything that somebody may read."""

from urllib.parse import urlencode

from starlette.responses import Response

from src.i18n import N_
from src.presentation.findings import WRITTEN, details_of
from src.services import everywhere
from src.services.search import LETTERS, words_of
from src.web.desk import Desk
from src.web.pages import Access, Pages

pages = Pages()

PATH = "/search"
# Whoever wants more of a kind goes on in its list.
_SHOWN = 6
_HEADINGS = {"clients": N_("Clients"), "contracts": N_("Contracts"), "events": N_("Events"), "users": N_("Staff")}
# Where each kind of record has its pages, and what makes its list show the same in the same order.
_LISTS = {
    "clients": ("/clients", {"sort": "-id"}),
    "contracts": ("/contracts", {}),
    "events": ("/events", {"show": "all", "sort": "-id"}),
    "users": ("/staff", {"sort": "-id"}),
}


@pages.get(PATH, Access.SIGNED_IN)
def search(desk: Desk) -> Response:
    """Show what was found, by kind; what cannot be searched is explained."""
    typed = desk.asked("q").strip()
    words = words_of(typed)
    found = []
    if words and words.sought:
        found = everywhere.search_everywhere(desk.session, desk.me, typed, now=desk.now, zone=desk.zone)
    return desk.page(
        "search.html",
        typed=typed,
        words=words,
        letters=LETTERS,
        found=found,
        shown=_SHOWN,
        headings=_HEADINGS,
        places={
            kind: {"path": path, "list": f"{path}?{urlencode({'q': typed, **asked})}"}
            for kind, (path, asked) in _LISTS.items()
        },
        written=WRITTEN,
        details_of=details_of,
    )
