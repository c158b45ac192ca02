"""Answering a request: one thread, one transaction, committed before a byte of the answer leaves.

A program is known by its token alone: no cookie is looked at, so no page of another website can act in anybody's name.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from src.api.bodies import JSON, read_body, read_object, require_type
from src.api.desk import Desk, Office, View
from src.api.errors import KeyUsed, NoToken, VersionRequired, VersionStale
from src.api.fields import read_fields, read_words
from src.api.operations import Operation
from src.api.problems import refuse
from src.api.seen import note_used
from src.db.threads import in_thread
from src.domain.errors import Conflict, CrmError
from src.domain.permissions import Actor, require
from src.models.api_token import ApiToken
from src.presentation.columns import for_json, row_of, rows_of
from src.presentation.requests import NotUnderstood
from src.schema.state import require_current
from src.security.tokens import hash_token, is_token
from src.services import CRM, api_tokens, idempotency, keys, lists

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.orm import Session

PREFIX = "/api/v1"
_VERSION = re.compile(r'"(\d{1,9})"', re.ASCII)
_NEVER = 0  # no record ever has this version
_REPLAYED = {"idempotency-replayed": "true"}
_KEPT_HEADERS = ("location", "etag")


@dataclass(frozen=True)
class Listed:
    """One page of a list of rows or records, what continues it, and how to count all of it."""

    items: Sequence[Any]
    next: str | None = None
    select: Callable[[], "Select[Any]"] | None = None


@dataclass(frozen=True)
class Made:
    """A record that an operation answers with; `location` is its address where it is new, `more` what is said once."""

    record: Any
    location: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


def route_of(operations: Sequence[Operation], office: Office) -> Route:
    """Give what the server routes requests by: all operations of one address."""
    by_method: dict[str, Operation] = {operation.method: operation for operation in operations}

    async def endpoint(request: Request) -> Response:
        operation = by_method["GET" if request.method == "HEAD" else request.method]
        request.state.page = PREFIX + operation.path
        request.state.limit_headers = {}
        try:
            token = _token_of(request)
            request.state.limit_headers = office.limits.take(hash_token(token)).headers()
            body = await read_body(request, largest=operation.largest) if operation.is_writing else b""
        except CrmError as refusal:
            return refuse(request, refusal, headers=request.state.limit_headers)
        return await in_thread(_answer, operation, office, request, token, body, writes=operation.is_writing)

    return Route(operations[0].path, endpoint, methods=list(by_method))


def _token_of(request: Request) -> str:
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not is_token(token.strip()):
        raise NoToken()
    return token.strip()


def _answer(operation: Operation, office: Office, request: Request, token: str, body: bytes) -> Response:
    now = datetime.now(UTC)
    work = _Work(operation, office, request, token, body, now)
    try:
        response = work.do()
    except CrmError as refusal:
        return _refused(work, refusal)
    response.headers.update(request.state.limit_headers)
    return response


def _refused(work: "_Work", refusal: CrmError) -> Response:
    operation, request = work.operation, work.request
    told: dict[str, Any] = {
        "fields": operation.fields or (),
        "words": operation.words,
        "headers": request.state.limit_headers,
    }
    if type(refusal) is not Conflict or "if-match" not in request.headers:
        return refuse(request, refusal, **told)
    stale = VersionStale(changes=refusal.changes, record=refusal.facts.get("record", ""))
    if operation.shown is None:
        return refuse(request, stale, **told)
    try:
        current, tag = work.now_shown_by(operation.shown)
    except CrmError as other:
        return refuse(request, other, **told)
    return refuse(request, stale, **{**told, "headers": {**told["headers"], "etag": tag}}, current=current)


@dataclass
class _Work:
    operation: Operation
    office: Office
    request: Request
    token: str
    body: bytes
    now: datetime
    token_id: int = 0
    prepared: Any = None

    def do(self) -> Response:
        """Do what was asked, in one transaction."""
        operation, database = self.operation, self.office.database
        if not operation.is_writing:
            with database.reading() as session:
                response = self._respond(self._desk(session, self._enter(session)))
            if self.office.noted.is_due(self.token_id, now=self.now):
                response.background = BackgroundTask(note_used, database, ApiToken, self.token_id, now=self.now)
            return response
        if operation.prepare is not None:
            with database.reading() as session:
                self._enter(session)
            self.prepared = operation.prepare()
        with database.writing() as session:
            me = self._enter(session)
            keys.note_used(session, ApiToken, self.token_id, now=self.now)
            return self._once(session, me)

    def now_shown_by(self, view: View) -> tuple[Any, str]:
        """Give the record that somebody else changed, and its version."""
        with self.office.database.reading() as session:
            desk = Desk(self.office, self.request, self.now, session, self._enter(session), sent={})
            record = view(desk, **self.request.path_params)
            shown = for_json(self.operation.answers)(row_of(self.operation.answers, record))
            return shown, f'"{record.version}"'

    def _enter(self, session: "Session") -> Actor:
        """Know who is asking, and refuse before anything else whoever has not the right at all."""
        require_current(session.connection(), CRM)
        bearer = api_tokens.recognise(session, self.token, now=self.now, two_factor_for=self.office.two_factor_for)
        self.token_id = bearer.token_id
        if self.operation.right is not None:
            require(bearer.actor, self.operation.right)
        return bearer.actor

    def _desk(self, session: "Session", me: Actor) -> Desk:
        operation, request = self.operation, self.request
        return Desk(
            self.office,
            request,
            self.now,
            session,
            me,
            asked=read_words(operation.words, _pairs_of(request)),
            sent=self._sent(),
            version=self._version(),
            prepared=self.prepared,
        )

    def _sent(self) -> Any:
        operation = self.operation
        if operation.fields is None:
            return {}
        if not self.body and not any(one.required for one in operation.fields) and not operation.rows:
            return {}
        require_type(self.request, *operation.types)
        return self.body if operation.rows else read_fields(operation.fields, read_object(self.body))

    def _version(self) -> int | None:
        tag = self.request.headers.get("if-match")
        if tag is None:
            if self.operation.versioned:
                raise VersionRequired()
            return None
        if tag.strip() == "*":
            return None
        match = _VERSION.fullmatch(tag.strip())
        return int(match[1]) if match else _NEVER

    def _once(self, session: "Session", me: Actor) -> Response:
        """Do it, or where the same was asked before under the same key, answer as then."""
        key = self.request.headers.get("idempotency-key")
        if key is None or self.operation.method != "POST":
            return self._respond(self._desk(session, me))
        before = idempotency.claim_key(session, me, key, request_hash=self._fingerprint(), now=self.now)
        if before is not None:
            if not before.is_same_request:
                raise KeyUsed()
            headers = {**before.headers, **_REPLAYED}
            return Response(before.body, before.status, headers=headers, media_type=JSON)
        response = self._respond(self._desk(session, me))
        kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        body = self._without_secret(bytes(response.body))
        idempotency.keep_answer(session, me, key, status=response.status_code, headers=kept, body=body)
        return response

    def _without_secret(self, content: bytes) -> str:
        if not self.operation.secret:
            return content.decode()
        return json.dumps({**json.loads(content), self.operation.secret: None}, ensure_ascii=False)

    def _fingerprint(self) -> str:
        asked = f"{self.request.method} {self.request.url.path}?{self.request.url.query}\n"
        return hashlib.sha256(asked.encode() + self.body).hexdigest()

    def _respond(self, desk: Desk) -> Response:
        operation = self.operation
        result = operation.view(desk, **self.request.path_params)
        if isinstance(result, Listed):
            return self._page(desk, result)
        if result is None:
            return Response(status_code=204)
        made = result if isinstance(result, Made) else Made(result)
        shown = made.record
        headers = {"location": PREFIX + made.location} if made.location else {}
        if operation.answers:
            shown = for_json(operation.answers)(row_of(operation.answers, made.record))
            if (version := getattr(made.record, "version", None)) is not None:
                headers["etag"] = f'"{version}"'
        return _json({**shown, **made.more}, operation.status, headers)

    def _page(self, desk: Desk, listed: Listed) -> Response:
        columns = self.operation.answers
        document: dict[str, Any] = {
            "items": [*map(for_json(columns), rows_of(columns, listed.items))],
            "next": listed.next,
        }
        if desk.asked.get("count") and listed.select is not None:
            document["count"] = lists.count(desk.session, listed.select())
        return _json(document, 200, {"link": ", ".join(self._links(listed.next))})

    def _links(self, cursor: str | None) -> Iterator[str]:
        asked = [(name, text) for name, text in _pairs_of(self.request) if name != "after"]
        if cursor is not None:
            yield f'<{self.request.url.path}?{urlencode([*asked, ("after", cursor)])}>; rel="next"'
        query = f"?{urlencode(asked)}" if asked else ""
        yield f'<{self.request.url.path}{query}>; rel="first"'


def _pairs_of(request: Request) -> list[tuple[str, str]]:
    try:
        return parse_qsl(request.url.query, keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise NotUnderstood() from None


def _json(document: Any, status: int, headers: Mapping[str, str]) -> Response:
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(content, status, headers=dict(headers), media_type=JSON)
