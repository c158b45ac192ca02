"""Where in the code something failed, for maintainers: kinds and places, and no value, as values may be personal."""

import traceback
from pathlib import Path


def trace_without_values(error: BaseException) -> list[str]:
    """List the kinds of failure and the places they passed through, the outermost failure first."""
    lines: list[str] = []
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        # The message of an exception may quote what a person typed: only its type is kept.
        lines.append(f"{type(link).__module__}.{type(link).__qualname__}")
        lines += [
            f"  {_place(frame.filename)}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(link.__traceback__)
        ]
        link = link.__cause__ or link.__context__
    return lines


def _place(file: str) -> str:
    # A full path usually holds somebody's name.
    path = Path(file)
    for folder in ("site-packages", "src", "lib"):
        if folder in path.parts[:-1]:
            return str(Path(*path.parts[path.parts.index(folder) :]))
    return path.name
