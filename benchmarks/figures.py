"""The figures that the program promises, judged by medians of one and the same run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.measure import Run

MEGABYTE = 1_000_000

NOTHING = "python -c pass"
FLOOR = "python -c 'import sqlalchemy.orm, sqlite3, rich.table'"
HELP = "epicevents --help"
HELP_FR = "epicevents --lang fr --help"
EXPORT = "epicevents client list --csv"
SHELL = "sqlite3 shell, the same CSV"


def list_at(clients: int, *, terminal: bool) -> str:
    """Name the first page of the clients of a company of some size."""
    return f"client list of {clients:,}{', terminal' if terminal else ', no terminal'}"


@dataclass(frozen=True)
class Figure:
    """One promise: what was measured, and the bounds between which it must lie."""

    name: str
    value: float
    unit: str
    most: float
    least: float = 0.0
    aim: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        return self.least <= self.value <= self.most


def figures_from(medians: Mapping[str, Run], sizes: Sequence[int], *, exported: int) -> Iterator[Figure]:
    """Give every promise that these measurements can judge; `exported` is the size of the company written as CSV."""
    for name in (HELP, HELP_FR):
        yield Figure(f"{name}: CPU / pass", medians[name].cpu / medians[NOTHING].cpu, "×", 5.0)
    for terminal in (True, False):
        smallest = medians[list_at(sizes[0], terminal=terminal)]
        for size in sizes:
            name = list_at(size, terminal=terminal)
            page = medians[name]
            yield Figure(f"{name}: CPU / imports", page.cpu / medians[FLOOR].cpu, "×", 1.5, aim=1.3)
            if size != sizes[0]:
                yield Figure(f"{name}: CPU / that of {sizes[0]:,}", page.cpu / smallest.cpu, "×", 1.15, 0.85)
            yield Figure(f"{name}: peak memory", page.memory / MEGABYTE, "MB", 75.0)
    export, start = medians[EXPORT], medians[list_at(exported, terminal=False)]
    if shell := medians.get(SHELL):
        over_cpu, over_time = (export.cpu - start.cpu) / shell.cpu, (export.wall - start.wall) / shell.wall
        yield Figure(f"CSV of {exported:,}: CPU after start-up / shell", over_cpu, "×", 4.0)
        yield Figure(f"CSV of {exported:,}: time after start-up / shell", over_time, "×", 4.0)
    yield Figure(f"CSV of {exported:,}: peak memory", export.memory / MEGABYTE, "MB", 90.0)
