"""A connection that stands in the weather: its bytes take time, and it may come to an end that nobody asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from websockets.frames import Frame, Opcode

from conformance.mock.link import Link
from conformance.mock.weather import Fate, Sky

DATA = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})
LONGEST_REASON = 123  # RFC 6455 §5.5


class _Late:
    """A one-way street: whatever is put in comes out after the delay, in its order."""

    def __init__(self, clock: Callable[[], float], at: Callable[..., object], delay: Callable[[], float]) -> None:
        self._clock, self._at, self._delay = clock, at, delay
        self._waiting: deque[Callable[[], object]] = deque()
        self._due = 0.0

    def put(self, act: Callable[[], object]) -> None:
        """Do this after the delay."""
        self._waiting.append(act)
        self._due = max(self._due, self._clock() + self._delay())
        # The loop may swap two calls that are due at once, so a call does whatever is next.
        self._at(self._due, self._next)

    def _next(self) -> None:
        self._waiting.popleft()()


class Exposed(Link):
    """A `Link` under a sky.

    The library's own callbacks are what is late, so that pings, closes and ends of TCP are late with the rest and in
    their order.  Only the handshakes of TCP and TLS take no time.
    """

    def __init__(self, *args: Any, sky: Sky, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chance, self._fate = sky.next()
        weather = sky.weather

        def delay() -> float:
            return (weather.lag_ms + weather.jitter_ms * chance.random()) / 1000

        self._in = _Late(self.loop.time, self.loop.call_at, delay)
        self._out = _Late(self.loop.time, self.loop.call_at, delay)
        self._crossed = 0
        self._mute = False

    # -- time

    def data_received(self, data: bytes) -> None:
        """Take bytes from the client, late."""
        self._in.put(lambda: super(Exposed, self).data_received(data))

    def eof_received(self) -> None:
        """Learn, late, that the client has ended its side."""
        self._in.put(super().eof_received)

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn, late, that TCP is gone."""
        self._in.put(lambda: super(Exposed, self).connection_lost(exc))

    def send_data(self) -> None:
        """Send what the protocol has to say, late."""
        chunks = self.protocol.data_to_send()
        self._out.put(lambda: self._write(chunks))

    def _write(self, chunks: list[bytes]) -> None:
        for chunk in chunks:
            if self.transport.is_closing():
                return
            if chunk:
                self.transport.write(chunk)
            elif self.transport.can_write_eof():
                self.transport.write_eof()
            else:
                self.transport.close()

    # -- fate

    def process_event(self, event: Any) -> None:
        """Take a frame of the client."""
        data = isinstance(event, Frame) and event.opcode in DATA
        if data and self._mute:
            return
        super().process_event(event)
        if data:
            self._passed(asked=b'"response.create"' in bytes(event.data))

    def _shaped(self, frame: Frame) -> None:
        data = frame.opcode in DATA
        if data and self._fate is not None and self._fate.after == 0:
            self._strike(self._fate)
            return
        if data and self._mute:
            return
        super()._shaped(frame)
        if data:
            self._passed(asked=False)

    def _passed(self, *, asked: bool) -> None:
        self._crossed += 1
        fate = self._fate
        if fate is not None and (asked if fate.after is None else self._crossed >= fate.after):
            self._strike(fate)

    def _strike(self, fate: Fate) -> None:
        self._fate = None
        if fate.event is not None:
            self.protocol.send_text(fate.event.encode())
        self._mute = True
        if fate.close is not None and len(fate.close[1]) <= LONGEST_REASON:
            self.protocol.send_close(*fate.close)
        self.send_data()
        if fate.close is not None and len(fate.close[1]) > LONGEST_REASON:
            code, reason = fate.close
            self._out.put(lambda: self._overlong(code, reason))
        if fate.drop:
            self._out.put(self.transport.abort)

    def _overlong(self, code: int, reason: str) -> None:
        """Send a close frame that no library would write, and be gone."""
        body = code.to_bytes(2, "big") + reason.encode()
        self._write([bytes([0x80 | Opcode.CLOSE, 126]) + len(body).to_bytes(2, "big") + body])
        self.transport.close()
