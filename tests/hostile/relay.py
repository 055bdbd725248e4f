"""A faithful server whose stream is spoiled on its way: the mock, behind a relay that reads every frame."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer

from .kit import CLOSE, TEXT, Arrived, Endpoint, Head, arrived, asked, event_of, frame, text


class Talk:
    """One connection that is relayed: the caller's key, how many events the server has sent, and both ends."""

    def __init__(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.key = head.key
        self.head = head.raw
        self.number = number
        self.events = 0
        self.reader = reader
        self.writer = writer
        self.deaf = False
        """Whether nothing more is to be read from the client."""
        self.broken = False
        """Whether what an endpoint does to a connection is done."""
        self.kept: list[bytes] = []
        """What is kept back."""
        self._also: list[asyncio.Task[None]] = []

    def beside(self, doing: Coroutine[Any, Any, None]) -> None:
        """Do something else for as long as the connection lasts."""
        self._also.append(asyncio.ensure_future(doing))

    async def over(self) -> None:
        """End what was done beside."""
        for task in self._also:
            task.cancel()
        await asyncio.gather(*self._also, return_exceptions=True)

    async def put(self, data: bytes) -> None:
        """Send bytes to the client."""
        self.writer.write(data)
        await self.writer.drain()


class Relay(Endpoint):
    """Overrides of these four spoil it: each gives the bytes that take the place of what came from the mock."""

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes] | AsyncIterator[bytes]:
        """An event of the server."""
        return [text(event)]

    def close(self, talk: Talk, body: bytes) -> Iterable[bytes] | AsyncIterator[bytes]:
        """A close frame of the server."""
        return [frame(CLOSE, body)]

    def heard(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes] | AsyncIterator[bytes]:
        """An event of the client, which goes on to the mock."""
        return []

    def upgrade(self, talk: Talk, answered: bytes) -> bytes:
        """The response to the handshake, whatever its status."""
        return answered

    async def ended(self, talk: Talk) -> None:
        """The mock has ended its TCP; the client's ends when this returns."""

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[None]:
        """The mock."""
        async with MockServer(MockOptions()) as server:
            self._port = server.port
            yield

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection."""
        head = await asked(reader)
        mock_reader, mock_writer = await asyncio.open_connection("127.0.0.1", self._port)
        talk = Talk(head, reader, writer, self.met)
        try:
            mock_writer.write(head.raw)
            answered = await asked(mock_reader)
            # It is not to be known as the mock: what is judged is an endpoint that nobody knows.
            lines = [line for line in answered.raw.split(b"\r\n") if not line.lower().startswith(b"server:")]
            await talk.put(self.upgrade(talk, b"\r\n".join(lines)))
            if answered.path != "101":
                while data := await mock_reader.read(65536):
                    await talk.put(data)
                return
            up = asyncio.ensure_future(self._up(talk, mock_writer))
            try:
                await self._down(talk, mock_reader)
            finally:
                up.cancel()
                await asyncio.wait([up])
        finally:
            await talk.over()
            mock_writer.close()

    async def _up(self, talk: Talk, mock: asyncio.StreamWriter) -> None:
        """What the client sends, byte by byte the same; where its TCP ends without a close frame, the mock's does."""
        try:
            while not talk.deaf:
                one = await self._passed(talk, mock)
                if one.opcode == TEXT:
                    await _all(talk, self.heard(talk, event_of(one.payload)))
        except (ConnectionError, asyncio.IncompleteReadError):
            with suppress(OSError):
                mock.write_eof()

    async def _passed(self, talk: Talk, mock: asyncio.StreamWriter) -> Arrived:
        one = await arrived(talk.reader)
        mock.write(frame(one.opcode, one.payload, fin=one.fin, masked=True))
        await mock.drain()
        return one

    async def _down(self, talk: Talk, mock: asyncio.StreamReader) -> None:
        while True:
            try:
                one = await arrived(mock)
            except asyncio.IncompleteReadError:
                await self.ended(talk)
                return
            if one.opcode == TEXT:
                talk.events += 1
                await _all(talk, self.event(talk, event_of(one.payload)))
            elif one.opcode == CLOSE:
                await _all(talk, self.close(talk, one.payload))
            else:
                await talk.put(frame(one.opcode, one.payload, fin=one.fin))


async def _all(talk: Talk, pieces: Iterable[bytes] | AsyncIterator[bytes]) -> None:
    if isinstance(pieces, AsyncIterator):
        async for piece in pieces:
            await talk.put(piece)
        return
    for piece in pieces:
        await talk.put(piece)
