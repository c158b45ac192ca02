"""What can be done without a mouse, on one page; the script shows the same in a dialog."""

from starlette.responses import Response

from src.i18n import N_, _
from src.web.desk import Desk
from src.web.navigation import entries
from src.web.pages import Access, Pages

pages = Pages()

# What each key does on any page; "g" and a letter go to a place, which the navigation names.
KEYS = (
    ("/", N_("Search")),
    ("n", N_("Add to the list that is shown")),
    ("?", N_("These keys")),
    ("Esc", N_("Close a menu or a dialog")),
)


@pages.get("/keys", Access.SIGNED_IN)
def show_keys(desk: Desk) -> Response:
    """List the keys, and where they lead whoever asks."""
    places = [place for place, _is_here in entries(desk.me, "") if place.key]
    return desk.page("keys.html", keys=[(key, _(words)) for key, words in KEYS], places=places)
