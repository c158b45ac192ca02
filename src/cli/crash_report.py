"""What nobody foresaw: the person gets a sentence, the maintainers a file with the places in the code and no values."""

import os
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from src.cli.errors import UNEXPECTED, write_error
from src.cli.folders import state_folder
from src.cli.outcome import NOTHING_SAVED, SAVED, SAVING, current
from src.cli.overview import commands
from src.domain.errors import CrmError
from src.i18n import N_, _

_LONGEST_LOG = 1_000_000
_OUTCOMES = {
    NOTHING_SAVED: N_("Nothing was saved."),
    SAVING: N_("Look whether the change was saved before you repeat it."),
    SAVED: N_("The change was saved."),
}


def report_crash(error: BaseException, arguments: list[str]) -> int:
    """Say that something unexpected failed and where the details are; gives the exit code."""
    if os.environ.get("EPICEVENTS_DEBUG") == "1":
        traceback.print_exception(error)
        return UNEXPECTED
    kind, saved = type(error).__name__, _(_OUTCOMES[current()])
    try:
        log = _record(error, arguments)
    except (OSError, CrmError):
        write_error(
            _(
                "Something unexpected failed ({kind}). {saved} Set EPICEVENTS_DEBUG=1 and repeat to see the details."
            ).format(kind=kind, saved=saved)
        )
    else:
        write_error(
            _(
                "Something unexpected failed ({kind}). {saved} The details, without any personal data, are in {log}."
            ).format(kind=kind, saved=saved, log=log)
        )
    return UNEXPECTED


def _record(error: BaseException, arguments: list[str]) -> Path:
    log = state_folder() / "errors.log"
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if log.exists() and log.stat().st_size > _LONGEST_LOG:
        log.replace(log.with_suffix(".old.log"))
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(_description(error, arguments))
    return log


def _description(error: BaseException, arguments: list[str]) -> str:
    # Only the command's own words: an argument may be a name or an amount.
    words = [word for word in arguments[:2] if word.isascii() and word.replace("-", "").isalpha()]
    command = words[0] if words and words[0] in commands() else "?"
    lines = [
        f"{datetime.now(UTC).isoformat(timespec='seconds')} {command} python {sys.version.split()[0]} {sys.platform}"
    ]
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        # The message of an exception may quote what a person typed: only its type is kept.
        lines.append(f"  {type(link).__module__}.{type(link).__qualname__}")
        lines += [
            f"    {_place(frame.filename)}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(link.__traceback__)
        ]
        link = link.__cause__ or link.__context__
    return "\n".join(lines) + "\n"


def _place(file: str) -> str:
    # A full path usually holds somebody's name.
    path = Path(file)
    for folder in ("site-packages", "src", "lib"):
        if folder in path.parts[:-1]:
            return str(Path(*path.parts[path.parts.index(folder) :]))
    return path.name
