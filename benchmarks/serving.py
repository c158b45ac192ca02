"""A real server process and a load on it: what wrk measures from outside, what /proc says of the processor it took.

Linux only. wrk takes some of the same processors, as do other programs: what does nothing, asked in the same run, tells
how fast the machine was at that moment.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.companies import PROJECT, database_of, prepared

CONNECTIONS = 16
SECONDS = 8
_WARM = 200
_REPORT = """
done = function(summary, latency, requests)
  io.write(string.format("MEASURED %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(95),
    latency:percentile(99),
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
"""


@dataclass(frozen=True)
class Load:
    """What became of one address under load: answers a second, milliseconds until 95 and 99 of 100 were there and of
    processor.
    """

    rate: float
    p95: float
    p99: float
    cpu: float
    failed: int


@dataclass(frozen=True)
class Server:
    """A server that runs, and how it is asked."""

    address: str
    process: "subprocess.Popen[str]"
    headers: Mapping[str, str] = field(default_factory=dict)

    def load(self, path: str, folder: Path) -> Load:
        """Ask for one address over and over, once every process has answered often enough to be warm."""
        script = folder / "report.lua"
        script.write_text(_REPORT, encoding="utf-8")
        for _time in range(5):
            if self._ask(path, script, seconds=2)[0] >= _WARM:
                break
        before = cpu_of(self.process.pid)
        requests, microseconds, p95, p99, failed = self._ask(path, script, seconds=SECONDS)
        cpu = (cpu_of(self.process.pid) - before) / max(requests, 1)
        return Load(requests / microseconds * 1e6, p95 / 1000, p99 / 1000, cpu * 1000, failed)

    def _ask(self, path: str, script: Path, *, seconds: int) -> list[int]:
        threads = ["wrk", "-t", "2", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--latency", "-s", str(script)]
        headers = [word for name, value in self.headers.items() for word in ("-H", f"{name}: {value}")]
        done = subprocess.run(
            [*threads, *headers, self.address + path], capture_output=True, encoding="utf-8", check=True
        )
        [measured] = re.findall(r"^MEASURED (.*)", done.stdout, re.MULTILINE)
        return [int(number) for number in measured.split()]


def can_be_measured() -> bool:
    """Tell whether this machine has what it takes."""
    return sys.platform.startswith("linux") and shutil.which("wrk") is not None


def browser(token: str) -> Mapping[str, str]:
    """Give the headers of a browser that follows a link of ours."""
    cookie = f"epicevents-session={token}"
    return {"Cookie": cookie, "Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"}


def program(token: str) -> Mapping[str, str]:
    """Give the headers of a program."""
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def serving(
    clients: int, databases: Path, *, workers: int = 1, interface: str = "web", copied_to: Path | None = None
) -> Iterator[Server]:
    """Serve a company of so many clients to a member of sales: to their browser, or to their program.

    What is to be written goes to a copy.
    """
    file = database_of(clients, databases)
    print(f"Serving {file} with {workers} process{'es' if workers > 1 else ''}", flush=True)
    token = prepared(file, clients, interface=interface)
    if copied_to is not None:
        file = Path(shutil.copy(file, copied_to / "written.db"))
    installed = str(Path(sys.executable).parent / "epicevents")
    command = [installed, "serve", "--port", "0", "--workers", str(workers)]
    settings = {"DATABASE_URL": f"sqlite:///{file}", "EPICEVENTS_API_RATE": "99999"}
    headers = program(token) if interface == "api" else browser(token)
    with _running(command, settings, headers, workers) as server:
        yield server


@contextmanager
def serving_bare(application: str, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Serve a small application of `benchmarks.bare`, to compare with."""
    command = [sys.executable, "-m", "uvicorn", f"benchmarks.bare:{application}", "--port", "0", "--no-access-log"]
    with _running(command, settings or {}, {}, 1) as server:
        yield server


@contextmanager
def _running(
    command: Sequence[str], settings: Mapping[str, str], headers: Mapping[str, str], workers: int
) -> Iterator[Server]:
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env={**os.environ, **settings},
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
        yield Server(address, process, headers)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def cpu_of(pid: int) -> float:
    """Give the seconds of processor that a process and those it started have taken."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return 0.0
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_of(int(child)) for child in children)


def print_loads(loads: Mapping[str, Load]) -> None:
    """Print what became of each address."""
    width = max(map(len, loads))
    print(f"\n{'':<{width}}  {'answers/s':>9}  {'95 of 100':>9}  {'99 of 100':>9}  {'CPU':>8}")
    for name, load in loads.items():
        print(f"{name:<{width}}  {load.rate:>9.0f}  {load.p95:>6.0f} ms  {load.p99:>6.0f} ms  {load.cpu:>5.2f} ms")
