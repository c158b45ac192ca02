"""The log of the server: what it writes down, and where that goes."""

import logging
import sys
from functools import partial

from src.presentation import log_lines

log = logging.getLogger("epicevents.web")
write_down = partial(log_lines.write_down, log)


def log_as_json_lines() -> None:
    """Send what this process logs to the error output as JSON lines, unless whoever runs it has decided otherwise."""
    if log.handlers or logging.getLogger().handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(log_lines.JsonLines())
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
