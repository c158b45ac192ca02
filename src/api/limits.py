"""How often a program may ask: so many requests a minute for each token, counted in this process.

Tokens are counted by their hash before the database is asked, so that a flood costs the others nothing.
"""

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from src.api.errors import TooManyRequests

WINDOW_SECONDS = 60
_MOST_KEPT = 10_000


@dataclass(frozen=True)
class Standing:
    """What is left of somebody's minute."""

    most: int
    left: int
    seconds: int

    def headers(self) -> Mapping[str, str]:
        """Give the standard headers that tell a program how it stands."""
        return {
            "ratelimit-policy": f'"default";q={self.most};w={WINDOW_SECONDS}',
            "ratelimit": f'"default";r={self.left};t={self.seconds}',
        }


class Limits:
    """The counts of all programs."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._counts: dict[str, tuple[float, int]] = {}
        self._guard = threading.Lock()

    def take(self, who: str) -> Standing:
        """Count one request of somebody's.

        Raises:
            TooManyRequests.
        """
        now = time.monotonic()
        with self._guard:
            began, count = self._counts.get(who, (now, 0))
            if now - began >= WINDOW_SECONDS:
                began, count = now, 0
            if len(self._counts) >= _MOST_KEPT and who not in self._counts:
                self._counts.clear()
            self._counts[who] = (began, count + 1)
        seconds = max(1, math.ceil(began + WINDOW_SECONDS - now))
        if count >= self.most:
            raise TooManyRequests(retry_after_seconds=seconds)
        return Standing(self.most, self.most - count - 1, seconds)
