"""How late this machine is: a heartbeat in the recorder's own loop.

What a peer seems to do late may be our own doing: on a loaded machine the loop comes late to what has long arrived.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

BEAT = 0.05  # seconds between two beats
STALL = 500.0  # ms: a loop that comes this late tells nothing about a peer's time


class Pulse:
    """Beats while it is watched over; `worst` is the most (ms) that a beat came late."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self.worst = 0.0
        self._clock = clock or time.monotonic
        self._stalls: list[tuple[float, float]] = []
        self._due: float | None = None

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Beat as long as the block runs."""
        task = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            self._due = None

    async def _beat(self) -> None:
        while True:
            began = self._clock()
            self._due = began + BEAT
            await asyncio.sleep(BEAT)
            self.beaten(began)

    def beaten(self, began: float) -> None:
        """A beat that began then is over now."""
        now = self._clock()
        late = (now - began - BEAT) * 1000
        self.worst = max(self.worst, late)
        if late > STALL:
            self._stalls.append((began, now))

    def stall(self, began: float, ended: float) -> float:
        """The longest stall (ms) that overlaps this time (seconds of the same clock); 0.0: there was none."""
        running = [] if self._due is None else [(self._due - BEAT, self._clock())]
        late = [
            (last - first - BEAT) * 1000 for first, last in (*self._stalls, *running) if first < ended and last > began
        ]
        return max((ms for ms in late if ms > STALL), default=0.0)
