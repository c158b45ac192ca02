"""When the answer itself cannot be written: a closed pipe (`| head`) ends quietly, a full disk is said."""

import errno
import os
import sys
from typing import TextIO

from src.cli import outcome
from src.cli.file_reasons import reason_of
from src.i18n import N_, _

PIPE_CLOSED = 141  # 128 + SIGPIPE, as every Unix tool ends
LOCAL_FILE = 21

_MESSAGE = N_("The output could not be written: {reason}.")
_BUT_SAVED = N_("The output could not be written: {reason}. The change was saved.")


def is_output_trouble(error: OSError) -> bool:
    """Tell a failed write to standard output from any other trouble with files."""
    return isinstance(error, BrokenPipeError) or (
        error.filename is None and error.errno in {errno.ENOSPC, errno.EIO, errno.EBADF, errno.EINVAL, errno.EFBIG}
    )


def report_output_trouble(error: OSError) -> int:
    """Say why the output could not be written, unless nobody is reading any more; gives the exit code."""
    _discard(sys.stdout)
    if isinstance(error, BrokenPipeError):
        return PIPE_CLOSED
    message = _(_BUT_SAVED if outcome.current() == outcome.SAVED else _MESSAGE).format(reason=reason_of(error))
    try:
        print(_("Error: {message}").format(message=message), file=sys.stderr, flush=True)  # noqa: T201 - click may not be loaded
    except OSError:
        _discard(sys.stderr)  # the exit code still tells
    return LOCAL_FILE


def _discard(stream: TextIO) -> None:
    # What is still buffered would fail again when Python flushes at exit, with a message and an exit code of its own.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    except (OSError, ValueError):
        return
    finally:
        os.close(nowhere)
