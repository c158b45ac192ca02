"""Pages travel compressed, but not where somebody else could learn from their size what is in them."""

import gzip

from starlette.requests import Request
from starlette.responses import Response

# A quarter of the size for a tenth of a millisecond; the last tenth of the size would cost three times as much.
_LEVEL = 3
# Asked by one of our own pages, or by the person: typed, from a bookmark.
_OURS = frozenset({"same-origin", "none"})


def accepts_gzip(request: Request) -> bool:
    """Tell whether the browser reads gzip."""
    return "gzip" in request.headers.get("accept-encoding", "")


def compress(request: Request, response: Response) -> None:
    """Compress a page, unless another website made the browser ask for it.

    Whoever listens to a network sees sizes. If they can also make a browser ask for pages with words of their choice,
    they may guess letter by letter what else is in them (BREACH): such a request comes from another site, and the
    browser says so.
    """
    if not accepts_gzip(request) or request.headers.get("sec-fetch-site") not in _OURS:
        return
    response.body = gzip.compress(response.body, _LEVEL, mtime=0)
    response.headers["content-length"] = str(len(response.body))
    response.headers["content-encoding"] = "gzip"
