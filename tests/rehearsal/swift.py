"""Time that passes only while everybody waits, and then at once.

Nothing in the suite is scaled: deadlines, pacing, audio, lags and the mock itself keep their seconds.  What changes is
the clock under all of them.  It stands still while the program works, so that a slow or loaded machine makes nobody
late, and when the event loop has nothing to do before its next timer, the clock goes to that timer.  Both ends of every
connection have to be in the one loop: what a third process does would take no time.
"""

from __future__ import annotations

import selectors
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from conformance.wire import pulse

BEAT = 1.0
"""Seconds between two heartbeats, which are never late here: at their own twenty a second more than half of what the
loop wakes up for is a heartbeat."""
SPEED = 10.0
"""Seconds of ours in a real one while a thread works beside the loop: what it does takes real time."""


class Swift:
    """A clock, and the selectors that move it."""

    def __init__(self) -> None:
        self.now = time.monotonic()
        self._real = time.monotonic
        self._threads = threading.active_count()

    def selector(self) -> Any:
        """A selector for one loop."""
        clock = self

        class Selector(selectors.SelectSelector):  # the others round every wait up to a millisecond
            def select(self, timeout: float | None = None) -> Any:
                if timeout is None or timeout <= 0:
                    return super().select(timeout)
                began = clock._real()
                ready = super().select(timeout / SPEED if clock.accompanied else 0)
                if not ready:
                    clock.now += timeout
                elif clock.accompanied:
                    clock.now += min(timeout, (clock._real() - began) * SPEED)
                return ready

        return Selector()

    @property
    def accompanied(self) -> bool:
        """Whether a thread works beside the loop."""
        return threading.active_count() > self._threads


@contextmanager
def swift() -> Iterator[Swift]:
    """Make the time of this process swift: `time.monotonic`, and every event loop that is made meanwhile."""
    clock = Swift()
    real, selector, beat = time.monotonic, selectors.DefaultSelector, pulse.BEAT
    time.monotonic = lambda: clock.now
    selectors.DefaultSelector = clock.selector  # type: ignore[assignment, misc]
    pulse.BEAT = BEAT
    try:
        yield clock
    finally:
        time.monotonic, selectors.DefaultSelector = real, selector  # type: ignore[misc]
        pulse.BEAT = beat
