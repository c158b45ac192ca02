"""What becomes of a refusal: a problem document (RFC 9457) in the caller's language."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from src.api.errors import INTERNAL, Problem, RowsRefused, TooManyRequests, problem_of
from src.api.fields import Field, UnknownField
from src.domain.errors import Conflict, CrmError, Forbidden, TooManyAttempts
from src.i18n import _, current_language
from src.presentation.requests import UNEXPECTED, told_of

MEDIA_TYPE = "application/problem+json"
# Where each kind of problem is explained.
TYPES = "/api/docs#problem-"
_MOST_ROWS_TOLD = 100


def refuse(
    request: Request,
    refusal: CrmError,
    *,
    fields: Sequence[Field] = (),
    words: Sequence[Field] = (),
    headers: Mapping[str, str] | None = None,
    current: Any = None,
) -> Response:
    """Answer a request that was refused; `current` is the record as it is now.

    `fields` are those of the operation's body, `words` those of its address.
    """
    request.state.refusal = type(refusal).__name__
    problem = problem_of(refusal)
    document = _document(request, problem, str(told_of(refusal)))
    if isinstance(refusal, Forbidden) and "action" in refusal.facts:
        document["rule"] = str(refusal.facts["action"])
    elif "constraint" in refusal.facts:
        document["rule"] = str(refusal.facts["constraint"])
    if places := _places(refusal, fields, words):
        document["errors"] = places
    if isinstance(refusal, Conflict) and refusal.changes:
        document["changes"] = [
            {"field": change.field, "yours": _plain(change.yours), "theirs": _plain(change.theirs)}
            for change in refusal.changes
        ]
    if current is not None:
        document["current"] = current
    return _response(document, {**_retry(refusal, problem), **(headers or {})})


def fail(request: Request) -> Response:
    """Answer a request that ended in a failure nobody foresaw."""
    return _response(_document(request, INTERNAL, _(UNEXPECTED)), {})


def _document(request: Request, problem: Problem, sentence: str) -> dict[str, Any]:
    return {
        "type": TYPES + problem.name,
        "title": _(problem.title),
        "status": problem.status,
        "detail": sentence,
        "request_id": getattr(request.state, "request_id", ""),
    }


def _response(document: dict[str, Any], headers: Mapping[str, str]) -> Response:
    content = json.dumps(document, ensure_ascii=False, default=str).encode("utf-8", "replace")
    said = {"content-language": current_language(), **headers}
    return Response(content, document["status"], headers=said, media_type=MEDIA_TYPE)


def _places(refusal: CrmError, fields: Sequence[Field], words: Sequence[Field]) -> list[dict[str, Any]]:
    if isinstance(refusal, RowsRefused):
        return [
            {**_pointer(one, fields, before=f"/{row}"), "detail": str(one)}
            for row, one in refusal.problems[:_MOST_ROWS_TOLD]
        ]
    if isinstance(refusal, UnknownField) and refusal.is_in_address:
        place = {"parameter": refusal.name}
    elif not (place := _pointer(refusal, fields)):
        place = next(({"parameter": word.name} for word in words if word.is_named_by(refusal)), {})
    return [{**place, "detail": str(refusal)}] if place else []


def _pointer(refusal: CrmError, fields: Sequence[Field], *, before: str = "") -> dict[str, str]:
    """Point at the field of the body that a refusal is about."""
    if isinstance(refusal, UnknownField):
        return {"pointer": f"{before}/{_escaped(refusal.name)}"}
    named = next((field.name for field in fields if field.is_named_by(refusal)), None)
    if named is not None:
        return {"pointer": f"{before}/{named}"}
    return {"pointer": before} if before else {}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _retry(refusal: CrmError, problem: Problem) -> dict[str, str]:
    if isinstance(refusal, TooManyRequests | TooManyAttempts):
        return {"retry-after": str(refusal.retry_after_seconds)}
    if problem.status == 401:
        return {"www-authenticate": 'Bearer realm="epicevents"'}
    return {"retry-after": "30"} if problem.status == 503 else {}


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | bool | None) else str(value)
