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
from src.presentation.traces import trace_without_values

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
    lines += [f"  {line}" for line in trace_without_values(error)]
    return "\n".join(lines) + "\n"
