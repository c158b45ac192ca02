"""What a telephone is answered that asks for a calendar feed: the file, or that it has not changed.

The secret in the address is all that it shows: no cookie is looked at and no token. Addresses are logged by their
pattern, so the secret is in no log.
"""

import asyncio
import hashlib
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from src.api.desk import Office
from src.api.problems import refuse
from src.api.seen import note_used
from src.db.threads import in_thread
from src.domain.errors import CrmError
from src.i18n import current_language, set_language
from src.models.calendar_feed import CalendarFeed
from src.presentation.calendar_feeds import path_of
from src.presentation.calendar_file import MEDIA_TYPE, Calendar, calendar_file
from src.schema.state import require_current
from src.security.throttle import place_of
from src.services import CRM, calendar_feeds

PATH = path_of("{secret}")
# Kept by whoever asked, and by nobody on the way; asked for again each time, in words that cost little.
_KEPT = "private, no-cache"
_PAGES = "events"
# A fifth of the size for little time; the flag makes zlib write gzip, which every calendar reads.
_LEVEL, _AS_GZIP = 3, 16


def feed_route(office: Office) -> Route:
    """Give what the server routes calendars by."""
    # A file of 10,000 events takes a second: calendars wait for each other, and keep one thread from pages at most.
    one_at_a_time = asyncio.Semaphore()

    async def endpoint(request: Request) -> Response:
        request.state.page = PATH
        try:
            # By place and before the database is asked: whoever tries addresses out costs the others nothing.
            office.limits.take(f"feeds {place_of(request.client.host if request.client else '')}")
        except CrmError as refusal:
            return refuse(request, refusal)
        async with one_at_a_time:
            return await in_thread(_answer, office, request)

    return Route(PATH, endpoint, methods=["GET"])


def _answer(office: Office, request: Request) -> Response:
    try:
        return _file(office, request, datetime.now(UTC))
    except CrmError as refusal:
        return refuse(request, refusal)


def _file(office: Office, request: Request, now: datetime) -> Response:
    with office.database.reading() as session:
        require_current(session.connection(), CRM)
        secret = request.path_params["secret"]
        feed = calendar_feeds.open_feed(session, secret, two_factor_for=office.two_factor_for)
        events = calendar_feeds.read_events(session, feed, now=now)
    set_language(feed.actor.language or office.settings.language or current_language())
    pages = f"{request.base_url}{_PAGES}"
    # This program makes the same file of the same rows: their sum tells whether it changed, before it is made.
    facts = (_program(), pages, current_language(), feed.name, office.settings.time_zone, *map(tuple, events))
    headers = {
        "etag": f'W/"{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}"',
        "cache-control": _KEPT,
        "vary": "accept-encoding",
    }
    if headers["etag"] in request.headers.get("if-none-match", ""):
        response = Response(status_code=304, headers=headers)
    else:
        calendar = Calendar(name=feed.name, zone=office.settings.time_zone, pages=pages)
        response = _sent(request, calendar_file(calendar, events), headers)
    if office.feeds_noted.is_due(feed.id, now=now):
        response.background = BackgroundTask(note_used, office.database, CalendarFeed, feed.id, now=now)
    return response


def _sent(request: Request, parts: Iterable[bytes], headers: dict[str, str]) -> Response:
    told = {**headers, "content-disposition": 'inline; filename="epicevents.ics"'}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(b"".join(parts), headers=told, media_type=MEDIA_TYPE)
    packer = zlib.compressobj(_LEVEL, wbits=zlib.MAX_WBITS | _AS_GZIP)
    packed = [*map(packer.compress, parts), packer.flush()]
    return Response(b"".join(packed), headers={**told, "content-encoding": "gzip"}, media_type=MEDIA_TYPE)


@cache
def _program() -> str:
    return version("epic-events-crm")
