"""The whole API: every operation of every noun, and its documentation."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from src.api import (
    audit,
    bulk,
    calendar_feeds,
    clients,
    contract_lines,
    contracts,
    events,
    me,
    payments,
    search,
    users,
    webhooks,
)
from src.api.answering import PREFIX, route_of
from src.api.desk import Office
from src.api.feeds import feed_route
from src.api.limits import Limits
from src.api.openapi import describe
from src.api.operations import Operation
from src.api.problems import fail, refuse
from src.api.reference import reference_routes
from src.config import Settings
from src.db.session import Database
from src.domain.errors import CrmError

# Every noun's operations; a new file is added here.
NOUNS = (me, clients, bulk, contracts, payments, contract_lines, events, calendar_feeds, users, audit, search, webhooks)


@dataclass(frozen=True)
class Programs:
    """What the server needs to answer programs: where they ask, and how they are refused."""

    routes: list[BaseRoute]
    refuse: Callable[[Request, CrmError], Response]
    fail: Callable[[Request], Response]
    path: str = "/api/"
    largest_body: int = bulk.LARGEST


def every_operation() -> list[Operation]:
    """Give every operation there is."""
    return [operation for noun in NOUNS for operation in noun.operations.operations]


def build_api(settings: Settings, database: Database) -> Programs:
    """Build the API; nothing is asked of the database yet."""
    office = Office(settings, database, Limits(settings.api_rate))
    by_path: dict[str, list[Operation]] = {}
    for operation in every_operation():
        by_path.setdefault(operation.path, []).append(operation)
    documentation = reference_routes(describe(every_operation()))
    operations = [route_of(at_one_address, office) for at_one_address in by_path.values()]
    return Programs([*documentation, feed_route(office), Mount(PREFIX, routes=operations)], refuse, fail)
