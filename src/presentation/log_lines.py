"""The log of processes that go on, the server and the worker: one JSON object a line, and nothing about a person.

No address, no name, no query (people search for names) and no path as it was typed: a page is logged by its pattern,
a webhook by its number.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from src.presentation.traces import trace_without_values


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


def write_down(
    log: logging.Logger,
    event: str,
    *,
    level: int = logging.INFO,
    failure: BaseException | None = None,
    **facts: Any,
) -> None:
    """Write a line about something that happened; `facts` hold no address, no secret and nothing about a person."""
    log.log(level, event, extra={"facts": {"event": event, **facts}}, exc_info=failure)
