"""The log of the server: one JSON object a line, and nothing in it that tells about a person.

No address, no name, no query (people search for names) and no path as it was typed: a page is logged by its pattern.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from src.presentation.traces import trace_without_values

log = logging.getLogger("epicevents.web")


class JsonLines(logging.Formatter):
    """Writes a record of Python's logging, ours and the server's, as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": moment, "level": record.levelname.lower(), "logger": record.name}
        line |= getattr(record, "facts", {}) or {"message": record.getMessage()}
        if record.exc_info and record.exc_info[1] is not None:
            # Not the traceback as Python writes it: its last line quotes values.
            line["failure"] = trace_without_values(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True)


def write_down(event: str, *, level: int = logging.INFO, failure: BaseException | None = None, **facts: Any) -> None:
    """Write a line about something that happened; `facts` must not tell about a person."""
    log.log(level, event, extra={"facts": {"event": event, **facts}}, exc_info=failure)


def log_as_json_lines() -> None:
    """Send what this process logs to the error output as JSON lines, unless whoever runs it has decided otherwise."""
    if log.handlers or logging.getLogger().handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
