"""When the answer itself cannot be written: a closed pipe (`| head`) ends quietly, a full disk is said."""

import errno
import os
import sys

from src.cli.file_reasons import reason_of
from src.i18n import N_, _

PIPE_CLOSED = 141  # 128 + SIGPIPE, as every Unix tool ends
LOCAL_FILE = 21

_MESSAGE = N_("The output could not be written: {reason}.")


def is_output_trouble(error: OSError) -> bool:
    """Tell a failed write to standard output from any other trouble with files."""
    return isinstance(error, BrokenPipeError) or (
        error.filename is None and error.errno in {errno.ENOSPC, errno.EIO, errno.EBADF, errno.EINVAL, errno.EFBIG}
    )


def report_output_trouble(error: OSError) -> int:
    """Say why the output could not be written, unless nobody is reading any more; gives the exit code."""
    _discard_output()
    if isinstance(error, BrokenPipeError):
        return PIPE_CLOSED
    message = _(_MESSAGE).format(reason=reason_of(error))
    print(_("Error: {message}").format(message=message), file=sys.stderr)  # noqa: T201 - click may not be loaded
    return LOCAL_FILE


def _discard_output() -> None:
    # What is still buffered would fail again when Python flushes at exit, with a message of its own.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):
        return
    finally:
        os.close(nowhere)
