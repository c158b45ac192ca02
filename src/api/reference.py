"""The reference that people read: made from the same document as programs get, with nothing from elsewhere in it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from src.api.answering import PREFIX
from src.api.errors import PROBLEMS

_FOLDER = Path(__file__).parent / "templates"
_STYLE = "/api/docs.css"


def reference_routes(document: Mapping[str, Any]) -> list[BaseRoute]:
    """Give the addresses of the documentation; everybody may read them, for they tell about no record."""
    files = {
        "/api/docs": (reference_page(document), "text/html; charset=utf-8"),
        _STYLE: ((_FOLDER / "reference.css").read_bytes(), "text/css; charset=utf-8"),
        f"{PREFIX}/openapi.json": (json.dumps(document, ensure_ascii=False).encode(), "application/json"),
    }
    return [_route(path, content, media_type) for path, (content, media_type) in files.items()]


def reference_page(document: Mapping[str, Any]) -> bytes:
    """Write the reference as a page."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    problems = sorted({(problem.status, problem.name, problem.title) for problem in PROBLEMS.values()})
    template = environment.get_template("reference.html")
    return template.render(document=document, operations=_by_noun(document), problems=problems, style=_STYLE).encode()


def _by_noun(document: Mapping[str, Any]) -> dict[str, list[tuple[str, str, Any]]]:
    nouns: dict[str, list[tuple[str, str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            nouns.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    return nouns


def _route(path: str, content: bytes, media_type: str) -> Route:
    async def send(_request: Request) -> Response:
        return Response(content, media_type=media_type)

    return Route(path, send, methods=["GET"])
