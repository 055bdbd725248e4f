"""How fast connections may be opened: a pace for live endpoints, and slower after throttling.

The quota of these models is counted by the minute and may be enforced by the second (60 requests and 100,000 tokens a
minute, for each account and model), and every connection counts as a request.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

MINUTE = 60.0
MARGIN = 1.0
"""Seconds: a quota counts connections where they arrive, and a line may bring them closer together than they began."""
TOKENS_A_MINUTE = 100_000
BACK_OFF = 60.0
"""Seconds of rest after throttling that names none."""
RECONNECT = 0.25
"""Of the back-off: a new connection worked 2 to 16 s after a loss (F6)."""
MOST_TIMES = 3
"""How often a run goes on more slowly before it gives up."""


class Clock(Protocol):
    """Where time comes from: tests bring their own."""

    def now(self) -> float:
        """Seconds from any beginning, never going back."""

    async def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""


class LoopClock:
    """The time of this machine."""

    def now(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let the loop do other things for so long."""
        await asyncio.sleep(seconds)


class Pacer:
    """Gives out turns to connect, in the order in which they are asked for.

    `rpm`: connections a minute (None: as fast as they are asked for); up to sixty a minute they are at least a second
    apart, faster ones evenly spread.  After throttling nothing starts for a while, and then at half the rate.
    `waited` are the seconds that turns were held back for the pace, `rested` those for throttling.
    """

    def __init__(
        self,
        rpm: int | None = None,
        *,
        tokens_a_minute: int | None = None,
        back_off: float = BACK_OFF,
        clock: Clock | None = None,
        on_wait: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self.rpm = rpm
        self.waited = 0.0
        self.rested = 0.0
        self.slowed = 0
        self._tokens_a_minute = tokens_a_minute
        self._back_off = back_off
        self._clock = clock or LoopClock()
        self._on_wait = on_wait
        self._one_by_one = asyncio.Lock()
        self._started: deque[float] = deque()
        self._spent: deque[tuple[float, int]] = deque()
        self._rest_until = self._pause_until = float("-inf")

    def now(self) -> float:
        """The time of this pacer's clock."""
        return self._clock.now()

    @property
    def resting(self) -> bool:
        """Whether nothing starts because of throttling."""
        return self._rest_until > self.now()

    async def turn(self) -> None:
        """Wait until another connection may start, and count it."""
        async with self._one_by_one:
            while (wait := self._due() - self.now()) > 0:
                began, resting = self.now(), self.resting
                self._on_wait(wait)
                try:
                    await self._clock.sleep(wait)
                finally:
                    if resting:
                        self.rested += self.now() - began
                    else:
                        self.waited += self.now() - began
                    self._on_wait(0.0)
            self._started.append(self.now())

    def pause(self, seconds: float) -> None:
        """Start nothing for so long: something is in the way that may pass."""
        self._pause_until = max(self._pause_until, self.now() + seconds)

    def spent(self, tokens: int) -> None:
        """Tokens were used just now."""
        self._spent.append((self.now(), tokens))

    def slow_down(self, began: float, seconds: float | None) -> bool:
        """A connection that began at `began` was throttled, and was asked to wait so long (None: it was not said).

        False: the run has slowed down as often as it may.  What began before the last rest was over belongs to the
        same throttling and slows nothing down further.
        """
        if began < self._rest_until:
            return True
        if self.slowed == MOST_TIMES:
            return False
        self.slowed += 1
        self._rest_until = self.now() + (self._back_off if seconds is None else seconds)
        return True

    def _due(self) -> float:
        return max(self._rest_until, self._pause_until, self._connection_due(), self._tokens_due())

    def _connection_due(self) -> float:
        if self.rpm is None or not self._started:
            return float("-inf")
        most = max(1, self.rpm >> self.slowed)
        while len(self._started) > self.rpm:
            self._started.popleft()
        gap = min(1.0, MINUTE / self.rpm) * float(2**self.slowed)
        full = self._started[-most] + MINUTE + MARGIN if len(self._started) >= most else float("-inf")
        return max(self._started[-1] + gap, full)

    def _tokens_due(self) -> float:
        if self._tokens_a_minute is None:
            return float("-inf")
        while self._spent and self._spent[0][0] <= self.now() - MINUTE:
            self._spent.popleft()
        over = sum(tokens for _, tokens in self._spent) - self._tokens_a_minute
        for at, tokens in self._spent:
            if over < 0:
                break
            over -= tokens
            if over < 0:
                return at + MINUTE
        return float("-inf")


def seconds_for(connections: int, rpm: int | None) -> float:
    """Seconds that pass before the last of so many connections may start, at this rate and without throttling."""
    if rpm is None or connections < 2:
        return 0.0
    minutes, rest = divmod(connections - 1, rpm)
    return minutes * (MINUTE + MARGIN) + rest * min(1.0, MINUTE / rpm)
