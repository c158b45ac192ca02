"""A page that does nothing: what the server itself costs, as the floor for the program's own pages."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route


async def _nothing(_request: Request) -> Response:
    return HTMLResponse("nothing" * 1000)


app = Starlette(routes=[Route("/", _nothing)])
