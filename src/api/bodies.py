"""Reading the body of a request: JSON without doubt about what it says, and never more of it than an address takes."""

import json
from decimal import Decimal
from typing import Any

from starlette.requests import Request

from src.api.errors import NotJson, WrongContentType
from src.domain.errors import Marked
from src.i18n import N_
from src.presentation.requests import TooLarge

JSON, MERGE_PATCH, JSON_LINES = "application/json", "application/merge-patch+json", "application/x-ndjson"
LARGEST = 1_000_000
# Ten million bytes hold three million objects, each of which takes thirty times as much memory as it is long. What is
# asked of ten thousand rows has a tenth of this.
_MOST_MARKS = 1_000_000


async def read_body(request: Request, *, largest: int) -> bytes:
    """Take in a body as it comes, and stop at the first byte too many.

    Raises:
        TooLarge.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise TooLarge()
    return bytes(body)


def media_type(request: Request) -> str:
    """Name what a request says its body is."""
    return str(request.headers.get("content-type", "")).partition(";")[0].strip().lower()


def require_type(request: Request, *wanted: str) -> None:
    """Refuse a body of another type: what looks like JSON need not be meant so.

    Raises:
        WrongContentType.
    """
    if media_type(request) not in wanted:
        raise WrongContentType(wanted=", ".join(wanted))


def read_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        NotJson.
    """
    document = read_json(body)
    if not isinstance(document, dict):
        raise NotJson(reason=Marked(N_("it is not an object")))
    return document


def read_json(body: bytes | str) -> Any:
    """Read a JSON document; amounts stay exact.

    Raises:
        NotJson: malformed, too deep, too many values, or a name that is there twice, of which programs take now one and
            now the other.
    """
    try:
        text = body.decode("utf-8") if isinstance(body, bytes) else body
        if sum(map(text.count, ",[{")) > _MOST_MARKS:
            raise NotJson(reason=Marked(N_("it holds too many values")))
        return json.loads(text, object_pairs_hook=_once, parse_float=Decimal, parse_constant=_no_number)
    except RecursionError:
        raise NotJson(reason=Marked(N_("it is nested too deeply"))) from None
    except (ValueError, ArithmeticError):
        raise NotJson(reason=Marked(N_("it is malformed"))) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson(reason=Marked(N_("a name is there twice")))
    return found


def _no_number(_word: str) -> Any:
    raise ValueError("NaN and Infinity are no JSON")
