"""What the pages cost: a real server on a company of 50,000 and of 1,000,000, asked over 16 connections."""

import gzip
import math
import re
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.serving import Load, Server, print_loads, serving, serving_bare

SIZE, LARGE = 50_000, 1_000_000
_LIST = "/clients"
_PAGES = (_LIST, "/clients/1", "/", "/search?q=martin")


def measure_pages(databases: Path, folder: Path, *, large: bool) -> list[Figure]:
    """Measure, print a table, and give the promises."""
    loads: dict[str, Load] = {}
    with serving_bare("page") as bare:
        loads["a page that does nothing, 1 process"] = bare.load("/", folder)
    with serving(SIZE, databases, workers=1) as server:
        for path in _PAGES:
            loads[f"{path} of {SIZE:,}, 1 process"] = server.load(path, folder)
        weight = _weight(server, _LIST)
    with serving(SIZE, databases, workers=2) as server:
        shared = loads[f"{_LIST} of {SIZE:,}, 2 processes"] = server.load(_LIST, folder)
    if large:
        with serving(LARGE, databases, workers=1) as server:
            for path in _PAGES:
                loads[f"{path} of {LARGE:,}, 1 process"] = server.load(path, folder)
    print_loads(loads)
    return [*_promises(loads, shared), Figure("list page with its style sheet", weight / 1000, "kB", 30.0)]


def _promises(loads: Mapping[str, Load], shared: Load) -> Iterator[Figure]:
    page = loads[f"{_LIST} of {SIZE:,}, 1 process"]
    yield Figure(f"list page of {SIZE:,}: 95 of 100 within", page.p95, "ms", 150.0)
    yield Figure(f"list page of {SIZE:,}: CPU", page.cpu, "ms", 5.0)
    yield Figure(f"list page of {SIZE:,}: pages/s, 2 processes", shared.rate, "", math.inf, 300.0)
    yield Figure("pages that failed under load", sum(load.failed for load in loads.values()), "", 0.0)
    large = loads.get(f"{_LIST} of {LARGE:,}, 1 process")
    if large:
        yield Figure(f"list page of {LARGE:,}: CPU / that of {SIZE:,}", large.cpu / page.cpu, "×", 1.2)


def _weight(server: Server, path: str) -> int:
    """Give how many bytes a page and its style sheet take on the network."""
    page, size = _fetch(server, path)
    [style] = re.findall(r'href="(/static/app\.[^"]+\.css)"', page)
    return size + _fetch(server, style)[1]


def _fetch(server: Server, path: str) -> tuple[str, int]:
    request = urllib.request.Request(server.address + path, headers=dict(server.headers))  # noqa: S310 - our own server
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - the request above, to our own server
        content = answer.read()
    return gzip.decompress(content).decode(), len(content)
