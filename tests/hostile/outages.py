"""Servers that go away in the middle: trouble of the line, never a finding, never green."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from .kit import finding, text, trouble, weather
from .relay import Relay, Talk


class GoesAway(Relay):
    """Takes part in some connections and then goes away."""

    holds = ("connection/Sanity", "responses/Typed", "session/FirstUpdate", "connection/TwoAtOnce")
    right = trouble("")
    turn = 21

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.met >= self.turn_at:
            await self.away(reader, writer)
        else:
            await super().meet(reader, writer)

    async def away(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What becomes of a further connection."""
        raise NotImplementedError


class RefusesFromThe21stConnectionOn(GoesAway):
    """Takes twenty connections, then stops listening."""

    async def away(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.listening.close()
        writer.transport.abort()


class IsSilentFromThe21stConnectionOn(GoesAway):
    """Answers twenty connections, and no more handshakes."""

    async def away(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()


class FailsFromThe21stConnectionOn(GoesAway):
    """Answers twenty connections, and then HTTP 503."""

    async def away(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()


class DiesInTheMiddle(Relay):
    """Is killed at the 40th connection: everything that is open ends, and nothing listens any more."""

    right = trouble("")
    turn = 40
    holds = GoesAway.holds

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open = getattr(self, "open", set()) | {writer}
        if self.met >= self.turn_at:
            self.listening.close()
            for one in self.open:
                one.transport.abort()
            return
        await super().meet(reader, writer)


class RestartsInTheMiddle(Relay):
    """Is killed at the 40th connection, and there again two seconds later."""

    right = trouble("")
    turn = 40
    holds = GoesAway.holds

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open = getattr(self, "open", set()) | {writer}
        if self.met == self.turn_at:
            self.back = asyncio.get_running_loop().time() + 2
            for one in self.open:
                one.transport.abort()
        if self.met >= self.turn_at and asyncio.get_running_loop().time() < self.back:
            writer.transport.abort()
            return
        await super().meet(reader, writer)


class LosesEveryFifthConnection(Relay):
    """Loses every fifth connection at its third event."""

    right = weather()

    turn = 5

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        if talk.number % self.turn_at == 0 and talk.events == 3:
            talk.writer.transport.abort()
        return [text(event)]


class DropsEveryConnectionAtTheThirdEvent(Relay):
    """Ends TCP at the third event of every conversation, always at the same place: that is no weather."""

    right = finding("")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        if talk.events == 3:
            talk.writer.transport.abort()
        return [text(event)]
