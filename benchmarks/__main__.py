"""`python -m benchmarks`: measures the program, prints a table, marks what misses its bound; always exits with 0."""

import argparse
import csv
import importlib
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import figures
from benchmarks.companies import database_of, default_folder, prepared
from benchmarks.measure import Command, CommandFailedError, Run, in_turns
from benchmarks.rebuilds import measure_rebuild

FEWEST_ROUNDS = 7
SIZES = (5, 100_000, 1_000_000)
QUICK_SIZES = (5, 100_000)

# What the program writes, in the words of SQLite: moments in ISO 8601, an apostrophe before what a spreadsheet would
# run as a formula, names instead of numbers for the people in charge.
_GUARDED = "CASE WHEN substr({0}, 1, 1) IN ('=', '+', '-', '@') THEN '''' || {0} ELSE {0} END AS {1}"
_TEXTS = ("first_name", "last_name", "company_name", "email", "phone")
_MOMENT = "strftime('%Y-%m-%dT%H:%M:%S+00:00', clients.{0}) AS {0}"
_SAME_CSV = (
    "SELECT clients.id, "  # noqa: S608 - from the words above
    + ", ".join(_GUARDED.format(f"clients.{field}", field) for field in _TEXTS)
    + ", users.username AS sales_contact, "
    + ", ".join(_MOMENT.format(field) for field in ("last_contact_at", "created_at"))
    + " FROM clients JOIN users ON users.id = clients.sales_contact_id ORDER BY clients.name_key, clients.id"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without the company of a million clients")
    parser.add_argument("--sizes", type=_sizes, help="numbers of clients, separated by commas, 3 at least")
    parser.add_argument("--rounds", type=int, default=FEWEST_ROUNDS, help="how often each command runs, 7 at least")
    parser.add_argument("--databases", type=Path, default=default_folder(), help="where the databases are kept")
    parser.add_argument("--guard", action="store_true", help="only what it costs that a migration is watched")
    parser.add_argument("--pages", action="store_true", help="only the pages")
    parser.add_argument("--api", action="store_true", help="only the API")
    chosen = parser.parse_args(arguments)
    if chosen.guard:
        importlib.import_module("benchmarks.guard").main()  # whoever measures commands must stay small
        return 0
    sizes = chosen.sizes or (QUICK_SIZES if chosen.quick else SIZES)
    try:
        with tempfile.TemporaryDirectory(prefix="epicevents-benchmarks-") as folder:
            everything = not (chosen.pages or chosen.api)
            if everything:
                _measure(sizes, max(chosen.rounds, FEWEST_ROUNDS), chosen.databases.absolute(), Path(folder))
            # Last, and loaded only now: whoever measures commands must stay small.
            serving = importlib.import_module("benchmarks.serving")
            if not serving.can_be_measured():
                print("\nPages and API are not measured: that takes Linux and wrk (Debian: apt-get install wrk).")
                return 0
            place, extent = (chosen.databases.absolute(), Path(folder)), {"large": not chosen.quick}
            if chosen.pages or everything:
                _print_figures(importlib.import_module("benchmarks.pages").measure_pages(*place, **extent))
            if chosen.api or everything:
                _print_figures(importlib.import_module("benchmarks.api").measure_api(*place, **extent))
    except (CommandFailedError, subprocess.CalledProcessError) as error:
        print(f"Not measured: {error}")
    except KeyboardInterrupt:
        print("\nInterrupted.")
    return 0


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted({max(3, int(size)) for size in text.split(",")}))


def _measure(sizes: Sequence[int], rounds: int, databases: Path, folder: Path) -> None:
    # CSV of the company that is nearest to the size of the promise.
    exported = min(sizes, key=lambda size: abs(size - 100_000))
    commands = [
        _python(figures.NOTHING, "pass", folder),
        _python(figures.FLOOR, "import sqlalchemy.orm, sqlite3, rich.table", folder),
        _epicevents(figures.HELP, ["--help"], folder),
        _epicevents(figures.HELP_FR, ["--lang", "fr", "--help"], folder),
    ]
    for size in sizes:
        file = database_of(size, databases)
        print(f"{'Using' if file.exists() else 'Making'} {file}", flush=True)
        place = {"DATABASE_URL": f"sqlite:///{file}", "EPICEVENTS_TOKEN": prepared(file, size)}
        for terminal in (True, False):
            name = figures.list_at(size, terminal=terminal)
            commands.append(_epicevents(name, ["client", "list"], folder, place, terminal=terminal))
        if size == exported:
            out = folder / "epicevents.csv"
            commands.append(_epicevents(figures.EXPORT, ["client", "list", "--csv"], folder, place, output=out))
            if shutil.which("sqlite3"):
                commands.append(_shell(file, folder))
    medians = in_turns(commands, rounds, told=_tell)
    _tell("")
    print(f"\nMedians of {rounds} runs by turns. {platform.python_implementation()} {platform.python_version()}.\n")
    _print_medians(medians)
    if figures.SHELL in medians:
        same = _rows(folder / "epicevents.csv") == _rows(folder / "sqlite3.csv")
        print(f"\nThe two CSV files hold {'the same' if same else 'DIFFERENT'} rows.")
    else:
        print("\nThe sqlite3 shell is not installed: the export is not compared with it.")
    _tell("a rebuild of a table")
    rebuild = measure_rebuild(folder, rounds)
    _tell("")
    _print_figures([*figures.figures_from(medians, sizes, exported=exported), rebuild])


def _python(name: str, statement: str, folder: Path) -> Command:
    return Command(
        name=name, arguments=[sys.executable, "-c", statement], environment=_environment(folder), folder=folder
    )


def _epicevents(
    name: str,
    words: Sequence[str],
    folder: Path,
    place: Mapping[str, str] | None = None,
    *,
    terminal: bool = False,
    output: Path = Path(os.devnull),
) -> Command:
    installed = Path(sys.executable).parent / "epicevents"
    return Command(
        name=name,
        arguments=[str(installed), *words],
        environment=_environment(folder) | dict(place or {}),
        folder=folder,
        terminal=terminal,
        output=output,
    )


def _shell(file: Path, folder: Path) -> Command:
    return Command(
        name=figures.SHELL,
        arguments=["sqlite3", "-readonly", "-csv", "-header", str(file), _SAME_CSV],
        environment=_environment(folder),
        folder=folder,
        output=folder / "sqlite3.csv",
    )


def _environment(folder: Path) -> dict[str, str]:
    # Nothing of the person's own settings counts, and nothing of theirs is read.
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "TERM": "xterm-256color"}


def _rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.reader(opened))


def _print_medians(medians: Mapping[str, Run]) -> None:
    width = max(map(len, medians))
    print(f"{'':<{width}}  {'CPU':>9}  {'time':>9}  {'peak':>8}")
    for name, run in medians.items():
        memory = run.memory / figures.MEGABYTE
        print(f"{name:<{width}}  {run.cpu * 1000:>6.0f} ms  {run.wall * 1000:>6.0f} ms  {memory:>5.1f} MB")


def _print_figures(judged: Sequence[figures.Figure]) -> None:
    width = max(len(figure.name) for figure in judged)
    print(f"\n{'Promise':<{width}}  {'measured':>10}  {'bound':>14}")
    for figure in judged:
        bound = f"≤ {figure.most:g}" if not figure.least else f"{figure.least:g} – {figure.most:g}"
        bound = f"≥ {figure.least:g}" if figure.most == math.inf else bound
        verdict = "ok" if figure.holds else "MISSED"
        if figure.holds and figure.aim is not None and figure.value > figure.aim:
            verdict = f"ok (aim: {figure.aim:g})"
        print(f"{figure.name:<{width}}  {figure.value:>7.2f} {figure.unit:<2}  {bound:>11} {figure.unit:<2}  {verdict}")
    missed = sum(not figure.holds for figure in judged)
    print(f"\n{len(judged) - missed} of {len(judged)} hold." + (f" {missed} MISSED." if missed else ""))


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
