"""What became of the change that this command asked for: Ctrl-C must say truly whether something was saved."""

import sys

from src.i18n import N_, _

INTERRUPTED = 130

NOTHING_SAVED = N_("Interrupted. Nothing was saved.")
SAVING = N_("Interrupted while saving: look whether the change was saved before you repeat it.")
SAVED = N_("Interrupted, but the change was saved.")

_state = NOTHING_SAVED


def mark(state: str) -> None:
    """Note how far the change has come: NOTHING_SAVED, SAVING (the commit is on its way) or SAVED."""
    global _state  # noqa: PLW0603 - one process runs one command
    _state = state


def current() -> str:
    """Tell how far the change has come."""
    return _state


def report_interruption() -> int:
    """Tell the person who pressed Ctrl-C what became of their change; gives the exit code."""
    import contextlib  # noqa: PLC0415 - few commands end here, and the overview must not pay for it
    import signal  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient second Ctrl-C must not print a traceback
    with contextlib.suppress(OSError):  # nobody may be reading any more
        print(f"\n{_(_state)}", file=sys.stderr)  # noqa: T201 - click may not be loaded yet
    return INTERRUPTED
