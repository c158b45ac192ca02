"""Small applications to compare the program with: what the server itself costs, and a route that only reads and writes.

DATABASE_URL names what the second one reads.
"""

import os
from functools import cache
from typing import Any

from fastapi import FastAPI
from sqlalchemy import make_url
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from src.db.session import Database
from src.domain.permissions import Actor, Department
from src.presentation.clients import COLUMNS
from src.services.clients import ClientFilter, client_order, select_clients

_NOBODY = Actor(0, "nobody", Department.SALES)


async def _nothing(_request: Request) -> Response:
    return HTMLResponse("nothing" * 1000)


page = Starlette(routes=[Route("/", _nothing)])


clients = FastAPI()


@cache
def _database() -> Database:
    return Database(make_url(os.environ["DATABASE_URL"]), pooled=True)


@clients.get("/")
def list_clients() -> list[dict[str, Any]]:
    """Give the first fifty clients, whoever asks."""
    order = client_order("name")
    statement = select_clients(_NOBODY, ClientFilter()).order_by(*order.by()).limit(50)
    with _database().reading() as session:
        return [{column.key: getattr(row, column.key) for column in COLUMNS} for row in session.execute(statement)]
