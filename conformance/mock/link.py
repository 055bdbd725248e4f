"""A WebSocket connection that tells text from binary, and whose close frames can be shaped."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State

from conformance.mock.crowd import Crowd
from conformance.mock.witness import Witness

BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
TURNED_AWAY = 1.0  # seconds until TCP of a client that is turned away is cut

Shape = Callable[[int | None, str], tuple[int | None, str] | None]


TRAILING = 65_536
"""Bytes after a close frame that are looked at."""

TOGETHER = 65_536
"""Characters that leave at once, however much is said at one moment."""

MOST_WAITING = 16
"""Whole messages that wait for a session until nothing more is read: TCP tells the client to be slower."""


class Message(NamedTuple):
    """A message: its kind, its bytes, in how many frames it came, and whether a ping or pong came between them."""

    kind: Opcode
    data: bytes
    frames: int
    pinged: bool


class Link(ServerConnection):
    """The server's side of one connection."""

    def __init__(self, *args: Any, crowd: Crowd | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._crowd = crowd or Crowd()
        self._turned_away = False
        self._unread: asyncio.TimerHandle | None = None
        self._coming = 0
        """Bytes of messages that have arrived, whole or in part, and were not received."""
        self.refusal: tuple[int, str] | None = None
        """With which code and reason the connection is to be closed right after the upgrade."""
        self.on_control: Callable[[Opcode], None] | None = None
        self.shape_close: Shape | None = None
        self.at_close: Callable[[list[tuple[int, bytes]]], list[tuple[int, bytes]]] = lambda frames: frames
        self.hold = (0.0, 0.0)
        """Seconds that the close frame is kept back, and seconds that TCP stays open after it."""
        self.shape_frame: Callable[[int, bytes], list[tuple[int, bytes]]] | None = None
        self.first_close: tuple[Literal["client", "server"], int | None] | None = None
        self.witness = Witness()
        self.left: Literal["client", "server"] | None = None
        """Who ended TCP first; None while it is up."""
        self.reset = False
        """Whether the client ended it by a reset."""
        self._messages: deque[Message] = deque()
        self._kind = Opcode.TEXT
        self._partial = bytearray()  # of the message that is coming; pieces without a byte take no room in it
        self._pieces, self._pinged = 0, False
        self._full = False
        self._waiter: asyncio.Future[None] | None = None
        self._unsent = 0  # characters that were said since the last of them left
        # The library answers a close frame by itself, with its reason; the service answers with the code alone.
        self._put_frame = self.protocol.send_frame
        # It answers pings and closes while it reads, before anybody is told of what was read.
        self._take_frame = self.protocol.recv_frame
        self.protocol.recv_frame = self._taken  # type: ignore[method-assign]
        self._discard = self.protocol.reader.discard
        self.protocol.reader.discard = self._keep  # type: ignore[method-assign]
        self._trailing = bytearray()
        self.protocol.send_frame = self._shaped  # type: ignore[method-assign]

    # -- how much

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take part, or be turned away: by an answer as soon as anything is asked, or in silence after a second."""
        if self._crowd.full:
            assert isinstance(transport, asyncio.Transport)
            self._turned_away, self.transport = True, transport
            self.loop.call_later(TURNED_AWAY, transport.abort)
            return
        self._crowd.links.add(self)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take bytes; who alone fills what is left for everybody is closed with 1013."""
        if self._turned_away:
            self.transport.write(BUSY)
            self.transport.close()
            return
        super().data_received(data)
        held = self._coming + len(self.protocol.reader.buffer)
        self._crowd.note(self, held)
        if held > len(data) and not self._crowd.has_room():
            self.protocol.fail(1013, "The server holds too much for all its sessions.")
            super().send_data()
            self._crowd.note(self, 0)
            self.loop.call_later(TURNED_AWAY, self.transport.abort)

    def pause_writing(self) -> None:
        """The client does not take what is sent: for a while."""
        super().pause_writing()
        self._unread = self.loop.call_later(self._crowd.limits.unread_seconds, self.drop)

    def resume_writing(self) -> None:
        """The client takes it again."""
        if self._unread is not None:
            self._unread.cancel()
        super().resume_writing()

    # -- what is told of it

    def process_event(self, event: Any) -> None:
        """Keep what is of a message; the library's own queue tells neither its kind nor in how many frames it came."""
        if isinstance(event, Frame) and event.opcode in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}:
            self._take_part(event)
            return
        if isinstance(event, Frame) and event.opcode in {Opcode.PING, Opcode.PONG}:
            self._pinged = self._pieces > 0
            if self.on_control is not None:
                self.on_control(event.opcode)
        super().process_event(event)

    def _take_part(self, frame: Frame) -> None:
        if frame.opcode is not Opcode.CONT:
            self._kind = frame.opcode
        self._pieces += 1
        self._coming += len(frame.data)
        self._partial += frame.data
        if not frame.fin:
            return
        self._messages.append(Message(self._kind, bytes(self._partial), self._pieces, self._pinged))
        self._partial.clear()
        self._pieces, self._pinged = 0, False
        if len(self._messages) > MOST_WAITING and not self._full:
            self._full = True
            self.transport.pause_reading()
        self._wake()

    def drop(self) -> None:
        """End TCP without a close frame."""
        self.left = self.left or "server"
        self.transport.abort()

    def eof_received(self) -> None:
        """Note that the client has ended its side, or both."""
        if self._turned_away:
            return
        self.left = self.left or "client"
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note who ended TCP: what we end ourselves comes without an exception."""
        self._crowd.links.discard(self)
        self._crowd.note(self, 0)
        if self._unread is not None:
            self._unread.cancel()
        if self._turned_away:
            return
        if self.left is None:
            self.left, self.reset = ("server", False) if exc is None else ("client", True)
        super().connection_lost(exc)
        self._wake()
        for frame in _masked_frames(self._trailing):
            self.witness.crossed(self, "client", frame)
        self.witness.ended(self)

    def _keep(self) -> None:
        """Keep some of what the library would discard: what follows a client's close frame is its fault to tell."""
        if self.protocol.close_rcvd is not None and len(self._trailing) < TRAILING:
            self._trailing += self.protocol.reader.buffer
        self._discard()

    async def say(self, text: str) -> None:
        """Send a text message, at the latest with `flush`: what is said at one moment leaves together.

        Raises ConnectionClosed when nothing can be sent any more.
        """
        if self.protocol.state is not State.OPEN:
            await self.send(text)  # the library knows what to raise, and when
        self.protocol.send_text(text.encode())
        self._unsent += len(text)
        if self._unsent >= TOGETHER:
            await self.flush()

    async def flush(self) -> None:
        """Let what was said leave; who does not take it holds up whoever says more."""
        if self._unsent:
            self._unsent = 0
            self.send_data()
            try:
                await self.drain()
            except OSError:  # the client is gone: the exception of the line, where others expect that of WebSocket
                raise self._closed() from None

    @property
    def waiting(self) -> int:
        """Whole messages that have arrived and were not received."""
        return len(self._messages)

    def receive(self) -> Message:
        """Return the next message that waits, not decoded."""
        message = self._messages.popleft()
        self._coming -= len(message.data)
        if self._full and len(self._messages) <= MOST_WAITING // 2:
            self._full = False
            self.transport.resume_reading()
        return message

    async def arrival(self, within: float | None) -> None:
        """Wait until a message waits, at most `within` seconds (None: as long as it takes).

        Raises ConnectionClosed when there is none and none can come any more.
        """
        if self._messages:
            return
        if self.connection_lost_waiter.done():
            raise self._closed()
        self._waiter = self.loop.create_future()
        timer = None if within is None else self.loop.call_later(within, self._wake)
        try:
            await self._waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def _closed(self) -> ConnectionClosed:
        assert self.protocol.close_exc is not None
        return self.protocol.close_exc

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def vanish(self) -> None:
        """End TCP instead of answering the handshake."""
        self.transport.abort()
        await self.connection_lost_waiter

    def _taken(self, frame: Frame) -> None:
        self.witness.crossed(self, "client", frame)
        self._take_frame(frame)

    def _send_frame(self, frame: Frame) -> None:
        self._put_frame(frame)
        if not self.transport.is_closing():  # the library says goodbye even where we have dropped the line
            self.witness.crossed(self, "server", frame)

    def _shaped(self, frame: Frame) -> None:
        if frame.opcode is Opcode.PONG and self.transport.get_write_buffer_size() > self._crowd.limits.unread_bytes:
            self.loop.call_soon(self.drop)
            return
        if frame.opcode is not Opcode.CLOSE:
            if self.shape_frame is None:
                self._send_frame(frame)
                return
            for opcode, data in self.shape_frame(frame.opcode, bytes(frame.data)):
                self._send_frame(Frame(Opcode(opcode), data, fin=frame.fin))
            return
        answers = self.protocol.close_rcvd is not None
        code: int | None = None
        reason = ""
        if frame.data:
            parsed = Close.parse(bytes(frame.data))
            code, reason = parsed.code, "" if answers else parsed.reason
        if self.first_close is None:
            self.first_close = ("client" if answers else "server", code)
        shaped = (code, reason) if self.shape_close is None else self.shape_close(code, reason)
        if shaped is None:
            return
        code, reason = shaped
        body = b"" if code is None else code.to_bytes(2, "big") + reason.encode()
        frames = self.at_close([(Opcode.CLOSE, body)])
        if self.hold[0]:
            self.loop.call_later(self.hold[0], self._say, frames)
        else:
            self._say(frames)

    def _say(self, frames: list[tuple[int, bytes]]) -> None:
        for opcode, data in frames:
            self._send_frame(Frame(Opcode(opcode), data))
        if self.hold[0]:
            super().send_data()

    def send_data(self) -> None:
        """Send what the protocol has to say; its end of TCP is kept back where a lie asks for it."""
        if not any(self.hold):
            super().send_data()
            return
        for data in self.protocol.data_to_send():
            if data:
                self.transport.write(data)
            else:
                self.loop.call_later(sum(self.hold), self.transport.close)


def _masked_frames(data: bytearray) -> Iterator[Frame]:
    """The whole frames of a client at the beginning of these bytes (RFC 6455 §5.2)."""
    at = 0
    while len(data) - at >= 6:
        length = data[at + 1] & 0x7F
        extended = {126: 2, 127: 8}.get(length, 0)
        start = at + 2 + extended
        size = int.from_bytes(data[at + 2 : start]) if extended else length
        known = data[at] & 0x0F in set(Opcode)
        if not known or not data[at + 1] & 0x80 or len(data) < start + 4 + size:
            return
        mask, masked = data[start : start + 4], data[start + 4 : start + 4 + size]
        plain = bytes(byte ^ mask[place % 4] for place, byte in enumerate(masked))
        yield Frame(Opcode(data[at] & 0x0F), plain, fin=bool(data[at] & 0x80))
        at = start + 4 + size


__all__ = ["Link", "Opcode", "Request"]
