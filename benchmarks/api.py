"""What the API costs: a real server on a company of 50,000 and of 1,000,000, asked over 16 connections.

Its list is compared with a bare FastAPI route that gives the same rows by the same query, and knows nobody.
"""

import json
import math
import statistics
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.companies import database_of
from benchmarks.figures import Figure
from benchmarks.pages import LARGE, SIZE
from benchmarks.serving import Load, Server, print_loads, serving, serving_bare

_LIST = "/api/v1/clients?limit=50"
_ROUNDS = 3
_BULK, _BULKS = 10_000, 3


def measure_api(databases: Path, folder: Path, *, large: bool) -> list[Figure]:
    """Measure, print a table, and give the promises."""
    loads: dict[str, Load] = {}
    bare, ours = [], []
    place = {"DATABASE_URL": f"sqlite:///{database_of(SIZE, databases)}"}
    with serving(SIZE, databases, interface="api") as server, serving_bare("clients", place) as compared:
        for _round in range(_ROUNDS):
            bare.append(compared.load("/", folder))
            ours.append(server.load(_LIST, folder))
        loads[f"the same {SIZE:,} by a bare route"] = _median(bare)
        loads[f"{_LIST} of {SIZE:,}"] = _median(ours)
    bulk = {SIZE: _bulk(SIZE, databases, folder)}
    if large:
        with serving(LARGE, databases, interface="api") as server:
            loads[f"{_LIST} of {LARGE:,}"] = server.load(_LIST, folder)
        bulk[LARGE] = _bulk(LARGE, databases, folder)
    print_loads(loads)
    return list(_promises(loads, [mine.rate / other.rate for mine, other in zip(ours, bare, strict=True)], bulk))


def _promises(loads: Mapping[str, Load], ratios: Sequence[float], bulk: Mapping[int, float]) -> Iterator[Figure]:
    page = loads[f"{_LIST} of {SIZE:,}"]
    yield Figure("API list of 50: answers/s / a bare route's", statistics.median(ratios), "×", math.inf, 0.9)
    yield Figure("API list of 50: 99 of 100 within", page.p99, "ms", 120.0)
    yield Figure(f"API of {SIZE:,}: clients added at once, a second", bulk[SIZE], "", math.inf, 5000.0)
    yield Figure("API answers that failed under load", sum(load.failed for load in loads.values()), "", 0.0)
    large = loads.get(f"{_LIST} of {LARGE:,}")
    if large:
        yield Figure(f"API list at {LARGE:,}: CPU / that at {SIZE:,}", large.cpu / page.cpu, "×", 1.2)
        yield Figure(f"API: clients added at once, time at {LARGE:,} / {SIZE:,}", bulk[SIZE] / bulk[LARGE], "×", 1.2)


def _median(loads: Sequence[Load]) -> Load:
    return sorted(loads, key=lambda load: load.rate)[len(loads) // 2]


def _bulk(clients: int, databases: Path, folder: Path) -> float:
    """Give how many clients a second are added, ten thousand a request."""
    rates = []
    with serving(clients, databases, interface="api", copied_to=folder) as server:
        for number in range(_BULKS):
            rows = [_client(f"{number}-{row}", row) for row in range(_BULK)]
            began = time.perf_counter()
            _add_many(server, rows)
            rates.append(_BULK / (time.perf_counter() - began))
    for left in folder.glob("written.db*"):
        left.unlink()
    return statistics.median(rates)


def _add_many(server: Server, rows: Sequence[Mapping[str, str]]) -> None:
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{server.address}/api/v1/clients/bulk",
        data=json.dumps(rows).encode(),
        headers={**server.headers, "Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - the request above, to our own server
        assert json.load(answer)["count"] == len(rows)


def _client(name: str, row: int) -> Mapping[str, str]:
    return {
        "first_name": "Élodie",
        "last_name": f"Martin {row}",
        "email": f"elodie.{name}@bulk.example",
        "phone": f"01 42 {row % 10000 // 100:02} {row % 100:02} 00",
        "company_name": "Martin & Filles",
    }
