"""Whether an endpoint fell silent as a whole: it was suspended, restarted, or cut off from us for a while.

One connection on which nothing comes says something about what was sent on it.  Several on which nothing comes at the
same time say something about the way.
"""

from __future__ import annotations

import time
from collections.abc import Callable

SEVERAL = 3
"""Connections that are open all the while; two may be quiet by chance."""
TIMES = 1.5
"""How much longer than one quiet window a silence is that is no chance."""


class Hush:
    """Hears every connection of a run.  `longest` (ms) is how long all of them may be silent by chance."""

    def __init__(self, longest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._longest = longest / 1000
        self._clock = clock
        self._open = 0
        self._since: float | None = None  # since when nothing was heard while several were open
        self._silences: list[tuple[float, float]] = []

    def opened(self) -> None:
        """A connection is open."""
        self._open += 1
        if self._open == SEVERAL:
            self._since = self._clock()

    def heard(self) -> None:
        """Something came on one of them."""
        self._over()
        if self._open >= SEVERAL:
            self._since = self._clock()

    def closed(self) -> None:
        """A connection is no longer open."""
        self._open -= 1
        if self._open < SEVERAL:
            self._over()

    def silence(self, began: float, ended: float) -> float:
        """The longest silence (ms) that overlaps this time (seconds of the same clock); 0.0: there was none."""
        running = [] if self._since is None else [(self._since, self._clock())]
        found = [last - first for first, last in (*self._silences, *running) if first < ended and last > began]
        return max((1000 * length for length in found if length > self._longest), default=0.0)

    def _over(self) -> None:
        if self._since is not None and (now := self._clock()) - self._since > self._longest:
            self._silences.append((self._since, now))
        self._since = None
