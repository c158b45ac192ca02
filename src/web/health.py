"""For whoever watches over the server: is the process alive, and can it serve pages?"""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from src.domain.errors import CrmError
from src.schema.state import require_current
from src.services import CRM
from src.web.desk import Site
from src.web.journal import write_down


def health_routes(site: Site) -> list[BaseRoute]:
    """Give `/healthz`, which asks nobody, and `/readyz`, which asks the database."""

    async def is_alive(_request: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def is_ready(_request: Request) -> Response:
        return await run_in_threadpool(_readiness, site)

    return [Route("/healthz", is_alive, methods=["GET"]), Route("/readyz", is_ready, methods=["GET"])]


def _readiness(site: Site) -> Response:
    try:
        with site.database.reading() as session:
            require_current(session.connection(), CRM)
    except CrmError as refusal:
        # The kind is for the log: what is wrong with the database is nobody's business who can reach this address.
        write_down("not ready", refusal=type(refusal).__name__)
        return PlainTextResponse("not ready\n", status_code=503)
    return PlainTextResponse("ready\n")
