"""What the pages cost: a real server on a company of 50,000 and of 1,000,000, asked by wrk over 16 connections.

Linux only, as it reads from /proc how much processor the server and its processes took; wrk takes some of the same
processors, as do other programs. The bare page in the table tells how fast the machine was at that moment.
"""

import gzip
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.companies import PROJECT, database_of, prepared
from benchmarks.figures import Figure

SIZE, LARGE = 50_000, 1_000_000
CONNECTIONS = 16
SECONDS = 8
_WARM = 200
_LIST = "/clients"
_PAGES = (_LIST, "/clients/1", "/", "/search?q=martin")
_REPORT = """
done = function(summary, latency, requests)
  io.write(string.format("MEASURED %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(95),
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
"""


@dataclass(frozen=True)
class Load:
    """What became of one page under load: pages a second, milliseconds until 95 of 100 were there and of processor."""

    rate: float
    p95: float
    cpu: float
    failed: int


@dataclass(frozen=True)
class Server:
    """A server that runs, and whom it knows."""

    address: str
    process: "subprocess.Popen[str]"
    token: str

    def load(self, path: str, script: Path) -> Load:
        """Ask for one page over and over, once every process has answered often enough to be warm."""
        for _time in range(5):
            if self._ask(path, script, seconds=2)[0] >= _WARM:
                break
        before = _cpu_of(self.process.pid)
        requests, microseconds, p95, failed = self._ask(path, script, seconds=SECONDS)
        cpu = (_cpu_of(self.process.pid) - before) / max(requests, 1)
        return Load(requests / microseconds * 1e6, p95 / 1000, cpu * 1000, failed)

    def weight(self, path: str) -> int:
        """Give how many bytes a page and its style sheet take on the network."""
        page, size = self._fetch(path)
        [style] = re.findall(r'href="(/static/app\.[^"]+\.css)"', page)
        return size + self._fetch(style)[1]

    def _ask(self, path: str, script: Path, *, seconds: int) -> list[int]:
        threads = ["wrk", "-t", "2", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--latency", "-s", str(script)]
        headers = [word for name, value in self._headers.items() for word in ("-H", f"{name}: {value}")]
        done = subprocess.run(
            [*threads, *headers, self.address + path], capture_output=True, encoding="utf-8", check=True
        )
        [measured] = re.findall(r"^MEASURED (.*)", done.stdout, re.MULTILINE)
        return [int(number) for number in measured.split()]

    def _fetch(self, path: str) -> tuple[str, int]:
        request = urllib.request.Request(self.address + path, headers=self._headers)  # noqa: S310 - our own server
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - the request above, to our own server
            content = answer.read()
        return gzip.decompress(content).decode(), len(content)

    @property
    def _headers(self) -> dict[str, str]:
        # As a browser asks when somebody follows a link of ours.
        cookie = f"epicevents-session={self.token}"
        return {"Cookie": cookie, "Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"}


def measure_pages(databases: Path, folder: Path, *, large: bool) -> list[Figure]:
    """Measure, print a table, and give the promises; nothing where it cannot be measured."""
    if not shutil.which("wrk") or not sys.platform.startswith("linux"):
        print("\nThe pages are not measured: that takes Linux and wrk (Debian: apt-get install wrk).")
        return []
    script = folder / "report.lua"
    script.write_text(_REPORT, encoding="utf-8")
    loads: dict[str, Load] = {}
    with _bare() as bare:
        loads["a page that does nothing, 1 process"] = bare.load("/", script)
    with _serving(SIZE, databases, workers=1) as server:
        for path in _PAGES:
            loads[f"{path} of {SIZE:,}, 1 process"] = server.load(path, script)
        weight = server.weight(_LIST)
    with _serving(SIZE, databases, workers=2) as server:
        shared = loads[f"{_LIST} of {SIZE:,}, 2 processes"] = server.load(_LIST, script)
    if large:
        with _serving(LARGE, databases, workers=1) as server:
            for path in _PAGES:
                loads[f"{path} of {LARGE:,}, 1 process"] = server.load(path, script)
    _print_loads(loads)
    return [*_promises(loads, shared), Figure("list page with its style sheet", weight / 1000, "kB", 30.0)]


def _promises(loads: dict[str, Load], shared: Load) -> Iterator[Figure]:
    page = loads[f"{_LIST} of {SIZE:,}, 1 process"]
    yield Figure(f"list page of {SIZE:,}: 95 of 100 within", page.p95, "ms", 150.0)
    yield Figure(f"list page of {SIZE:,}: CPU", page.cpu, "ms", 5.0)
    yield Figure(f"list page of {SIZE:,}: pages/s, 2 processes", shared.rate, "", math.inf, 300.0)
    yield Figure("pages that failed under load", sum(load.failed for load in loads.values()), "", 0.0)
    large = loads.get(f"{_LIST} of {LARGE:,}, 1 process")
    if large:
        yield Figure(f"list page of {LARGE:,}: CPU / that of {SIZE:,}", large.cpu / page.cpu, "×", 1.2)


@contextmanager
def _serving(clients: int, databases: Path, *, workers: int) -> Iterator[Server]:
    file = database_of(clients, databases)
    print(f"Serving {file} with {workers} process{'es' if workers > 1 else ''}", flush=True)
    token = prepared(file, clients, interface="web")
    program = str(Path(sys.executable).parent / "epicevents")
    command = [program, "serve", "--port", "0", "--workers", str(workers)]
    with _running(command, {"DATABASE_URL": f"sqlite:///{file}"}, token, workers) as server:
        yield server


@contextmanager
def _bare() -> Iterator[Server]:
    command = [sys.executable, "-m", "uvicorn", "benchmarks.bare:app", "--port", "0", "--no-access-log"]
    with _running(command) as server:
        yield server


@contextmanager
def _running(
    command: Sequence[str], settings: dict[str, str] | None = None, token: str = "", workers: int = 1
) -> Iterator[Server]:
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env={**os.environ, **(settings or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        address, ready = "", 0
        while not address or ready < workers:
            line = process.stderr.readline()
            assert line, "the server ended"
            found = re.search(r"http://127\.0\.0\.1:[1-9]\d*", line)
            address, ready = found[0] if found else address, ready + ("startup complete" in line)
        # What it says is read and dropped: a full pipe would stop it.
        threading.Thread(target=lambda: sum(1 for _line in process.stderr or ()), daemon=True).start()
        yield Server(address, process, token)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _cpu_of(pid: int) -> float:
    """Give the seconds of processor that a process and those it started have taken."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return 0.0
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(_cpu_of(int(child)) for child in children)


def _print_loads(loads: dict[str, Load]) -> None:
    width = max(map(len, loads))
    print(f"\n{'':<{width}}  {'pages/s':>8}  {'95 of 100':>9}  {'CPU':>8}")
    for name, load in loads.items():
        print(f"{name:<{width}}  {load.rate:>8.0f}  {load.p95:>6.0f} ms  {load.cpu:>5.2f} ms")
