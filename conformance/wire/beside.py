"""How many conversations are held beside each other: as many as were asked for, fewer where there is no room."""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType
from typing import Self


class Beside:
    """A gate for conversations, `most` of them at once, in the order in which they come.

    A server that has no room for another session says so of all that were opened too many; it is then asked for half as
    many, and for half of that again when it still has no room.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._within = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._since = float("-inf")

    async def __aenter__(self) -> Self:
        """Wait for a place."""
        if self._within < self.most:
            self._within += 1
            return self
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._leave()  # it was given a place that it never took
            elif place in self._waiting:
                self._waiting.remove(place)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the place to who waits longest, where there may be as many."""
        self._leave()

    def _leave(self) -> None:
        self._within -= 1
        while self._waiting and self._within < self.most:
            place = self._waiting.popleft()
            if not place.done():
                self._within += 1
                place.set_result(None)

    async def aside(self) -> None:
        """Give up a place that one has and wait for another, behind those that wait."""
        self._leave()
        await self.__aenter__()

    def fewer(self, began: float, now: float) -> bool:
        """There was no room for what began then: whether it may be tried again, beside fewer or beside as many as now.

        What began before the number fell last belongs to the same crowd, and lets it fall no further.
        """
        if began < self._since:
            return True
        if self.most == 1:
            return False
        self.most, self._since = self.most // 2, now
        return True
