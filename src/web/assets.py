"""The style sheet, the script and the icons: kept in memory, and by browsers for good, as their content names them."""

import gzip
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from lucide.jinja import lucide
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from src.presentation.requests import NoSuchPage
from src.web.compression import accepts_gzip

STATIC = "/static"
_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_LINES = re.compile(r"<(?!/?svg)[^>]+>")
_FOR_GOOD = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """One file as browsers get it."""

    address: str
    content: bytes
    compressed: bytes
    media_type: str


@cache
def assets() -> dict[str, Asset]:
    """Give every file by its own name, such as `app.css`."""
    found = {}
    for path in sorted(_FOLDER.iterdir()):
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:16]
        address = f"{STATIC}/{path.stem}.{digest}{path.suffix}"
        compressed = gzip.compress(content, 9, mtime=0)
        found[path.name] = Asset(address, content, compressed, _TYPES[path.suffix])
    return found


def address_of_asset(name: str) -> str:
    """Give the address of a file; another content is another address."""
    return assets()[name].address


@cache
def _by_address() -> dict[str, Asset]:
    return {asset.address: asset for asset in assets().values()}


def send_asset(request: Request) -> Response:
    """Send a file.

    Raises:
        NoSuchPage.
    """
    asset = _by_address().get(request.url.path)
    if asset is None:
        raise NoSuchPage()
    headers = {"cache-control": _FOR_GOOD, "vary": "accept-encoding"}
    if accepts_gzip(request):
        headers["content-encoding"] = "gzip"
        return Response(asset.compressed, headers=headers, media_type=asset.media_type)
    return Response(asset.content, headers=headers, media_type=asset.media_type)


@cache
def icon(name: str, size: int = 18) -> Markup:
    """Give an icon to stand beside words; who hears the page does not need it. The style sheet says how it is drawn."""
    # Of the library's own words only what is drawn: what is the same for all was a sixth of a list, 25 times over.
    lines = "".join(_LINES.findall(lucide(name)))
    box = f'width="{size}" height="{size}" viewBox="0 0 24 24"'
    return Markup(f'<svg class="icon" {box} aria-hidden="true">{lines}</svg>')  # noqa: S704 - the library's own files
