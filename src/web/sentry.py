"""Failures that nobody foresaw, told to the Sentry that the installation names: kinds and places, and no value."""

import logging
from typing import TYPE_CHECKING

import sentry_sdk

from src.web.journal import log

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint


class _TellSentry(logging.Handler):
    """Passes on what the log says of a failure: the number of the request, the pattern of the page."""

    def emit(self, record: logging.LogRecord) -> None:
        failure = record.exc_info[1] if record.exc_info else None
        if failure is None:
            return
        facts = getattr(record, "facts", {})
        with sentry_sdk.new_scope() as scope:
            for name in ("id", "method", "page"):
                scope.set_tag(name, str(facts.get(name, "-")))
            scope.capture_exception(failure)


def tell_sentry_of_failures(dsn: str) -> None:
    """Tell Sentry of what the log calls a failure, from now on."""
    sentry_sdk.init(
        dsn,
        # Nothing is collected by itself: requests, queries, variables and the log tell about people.
        default_integrations=False,
        auto_enabling_integrations=False,
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        before_send=_without_values,
    )
    log.addHandler(_TellSentry(logging.ERROR))


def _without_values(event: "Event", _hint: "Hint") -> "Event":
    # What an exception says may quote what a person typed, and the computer may bear a person's name.
    event.pop("server_name", None)
    for link in event.get("exception", {}).get("values", []):
        link["value"] = ""
        for frame in link.get("stacktrace", {}).get("frames", []):
            frame.pop("abs_path", None)
    return event
