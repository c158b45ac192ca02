"""Noting once a minute that somebody is still there, whatever they read meanwhile: reading must not wait to write."""

import threading
from datetime import datetime, timedelta

_ONCE_IN = timedelta(minutes=1)
_MOST_KEPT = 10_000


class LastNoted:
    """When this process last noted the use of each session, or of each token."""

    def __init__(self) -> None:
        self._noted: dict[int, datetime] = {}
        self._guard = threading.Lock()

    def is_due(self, used: int, *, now: datetime) -> bool:
        """Tell whether a use is to be noted now: this process noted none for a minute."""
        with self._guard:
            last = self._noted.get(used)
            if last is not None and timedelta(0) <= now - last < _ONCE_IN:
                return False
            if len(self._noted) >= _MOST_KEPT:
                self._noted.clear()
            self._noted[used] = now
            return True
