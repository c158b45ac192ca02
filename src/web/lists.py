"""Lists in the address: search, filters and sort can be bookmarked, sent to a colleague and gone back to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response

from src.services.lists import Page
from src.services.saved_views import list_views
from src.web.desk import Desk, Visit

ROWS = 25


@dataclass(frozen=True)
class Listing:
    """What a list's address asks for, and the page of the list that answers it.

    `filters` are the names of the address that narrow the list down, with what this address says of them.
    """

    path: str
    sort: str
    default_sort: str
    search: str
    filters: Mapping[str, str]
    after: str | None
    page: Page = field(default_factory=lambda: Page((), None))

    @property
    def rows(self) -> Sequence[Any]:
        """The records of this page."""
        return self.page.items

    @property
    def is_narrowed(self) -> bool:
        """Whether the list shows less than everything."""
        return bool(self.search) or any(self.filters.values())

    def showing(self, page: Page) -> "Listing":
        """Give the same list with its rows."""
        return Listing(self.path, self.sort, self.default_sort, self.search, self.filters, self.after, page)

    def address(self, **changed: str) -> str:
        """Give the address of this list with something else asked for; it begins on the first page again."""
        asked = {name: value for name, value in (self.asked() | changed).items() if value}
        return f"{self.path}?{urlencode(asked)}" if asked else self.path

    def address_up_to(self, name: str, **changed: str) -> str:
        """Give the address of this list up to the value of one filter, for a list in which every row asks for its own.

        The value must be one that an address may hold as it is, such as a username.
        """
        rest = self.address(**{name: ""}, **changed)
        return f"{rest}{'&' if '?' in rest else '?'}{name}="

    @property
    def name(self) -> str:
        """What saved views know the list by."""
        return self.path.removeprefix("/")

    @property
    def query(self) -> str:
        """What the list is asked for now, as a saved view keeps it; empty for everything in the usual order."""
        return self.address().partition("?")[2]

    def asked(self) -> dict[str, str]:
        """Give what the address says, without where the page begins."""
        sort = self.sort if self.sort != self.default_sort else ""
        return {"q": self.search, **self.filters, "sort": sort}

    def sorted_by(self, key: str) -> str:
        """Tell how a column is sorted now, as screen readers know it."""
        return {key: "ascending", f"-{key}": "descending"}.get(self.sort, "none")

    def sort_address(self, key: str) -> str:
        """Give the address that sorts by a column; a second time the other way round."""
        return self.address(sort=f"-{key}" if self.sort == key else key)


def listing_of(visit: Visit, path: str, *, filters: Sequence[str], sort: str) -> Listing:
    """Read what the address of a list asks for; what it asks wrongly, the service refuses by name."""
    return Listing(
        path=path,
        sort=visit.asked("sort") or sort,
        default_sort=sort,
        search=visit.asked("q").strip(),
        filters={name: visit.asked(name).strip() for name in filters},
        after=visit.asked("after") or None,
    )


def list_page(desk: Desk, template: str, listing: Listing, **facts: Any) -> Response:
    """Make the page of a list, with the reader's own views of it above."""
    views = list_views(desk.session, desk.me, listing.name)
    return desk.page(template, listing=listing, saved=views, **facts)


def known_query(query: str, filters: Sequence[str]) -> str:
    """Keep of a query what a list of these filters can be asked for; whatever else somebody put there goes."""
    known = ("q", *filters, "sort")
    asked = dict(parse_qsl(query, max_num_fields=_MOST_ASKED))
    return urlencode({name: asked[name].strip() for name in known if asked.get(name, "").strip()})


_MOST_ASKED = 50
