"""One WebSocket connection that hides nothing: an asyncio shell around the I/O-free core of `websockets`.

The high-level client of the same library answers pings, closes and errors out of sight.  A conformance suite has to
see them, and has to be able to misbehave (half-close, FIN, RST), so it drives the protocol core itself.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Literal

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidURI, PayloadTooBig, ProtocolError
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Close as CloseFrame
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode as Op
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from conformance.cut import MASK
from conformance.wire.guard import Guard
from conformance.wire.limits import Meter, Room
from conformance.wire.line import Line
from conformance.wire.reaching import unreached
from conformance.wire.route import Route
from conformance.wire.trailing import Trailing
from conformance.wire.transcript import Frame, Handshake, Leg, Opcode, Side

NO_CODE = 1005  # RFC 6455 §7.1.5: a close frame without a code; never on the wire


class Unreachable(ConnectionError):  # noqa: N818  # reads as what it says
    """No WebSocket came to be; the message says why and the leg's handshake holds what there was of one."""


class Connection(Line):
    """A client connection.  Frames go into `leg.frames` in the order they crossed the wire.

    What comes in passes the `guard` before it is kept; `url` is what to dial where it is not what may be kept.
    """

    def __init__(
        self,
        leg: Leg,
        *,
        clock: Callable[[], float],
        headers: list[tuple[str, str]],
        deflate: bool = False,
        subprotocols: tuple[str, ...] = (),
        ca_file: str | None = None,
        guard: Guard | None = None,
        url: str | None = None,
        room: Room | None = None,
    ) -> None:
        super().__init__(clock)
        self.leg = leg
        self._ca_file = ca_file
        room = room or Room()
        self._meter = Meter(room)
        self._hush = room.hush
        self._clock = clock
        self._guard = guard or Guard()
        leg.echoes = self._guard.echoes
        extensions = [ClientPerMessageDeflateFactory()] if deflate else None
        try:
            self._uri = parse_uri(url or leg.url)
        except InvalidURI as problem:
            raise Unreachable(self._guard.words(str(problem))) from None
        self._core = ClientProtocol(
            self._uri,
            extensions=extensions,
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            max_size=room.limits.message,
        )
        self._trailing = Trailing()
        self._discard = self._core.reader.discard
        self._core.reader.discard = self._keep  # type: ignore[method-assign]
        self._headers = headers
        self._partial: list[WireFrame] = []
        self._upgraded = asyncio.Event()
        self.step: int | None = None

    # -- opening

    async def open(self, connect_ms: float) -> None:
        """Connect and upgrade within `connect_ms`.  Raises Unreachable."""
        began = self._clock()
        problem: str | None = None
        route: Route | None = None
        try:
            async with asyncio.timeout(connect_ms / 1000):
                route = Route(self.leg.url, self._ca_file)
                await route.lead(self)
                await self._upgraded.wait()
        except TimeoutError:
            problem = f"no WebSocket handshake within {connect_ms:.0f} ms"
            if route is not None and not route.opened:
                problem = f"the proxy {route.proxy} opened no tunnel within {connect_ms:.0f} ms"
        except OSError as error:
            problem = unreached(self._uri, error)
        if problem is None and self._core.handshake_exc is not None:
            problem = str(self._core.handshake_exc)
        if problem is None and self.leg.handshake.status is None:
            problem = "the connection ended before the handshake was answered"
        if problem is not None:
            problem = self._guard.words(problem)
            done = self.leg.handshake
            self.leg.handshake = Handshake(
                done.status,
                self._clock() - began,
                done.request_headers,
                done.response_headers,
                done.body,
                problem,
            )
            self.abandon()
            raise Unreachable(problem)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TCP (and TLS) is up: send the upgrade request."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._hush.opened()
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in {socket.AF_INET, socket.AF_INET6}:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._asked_at = self._clock()
        request = self._core.connect()
        if any(name.lower() == "authorization" for name, _ in self._headers):
            request.headers.pop("Authorization", None)  # of a login in the URL; two of them are no request
        for name, value in self._headers:
            request.headers[name] = value
        self._request_headers = tuple(
            (name, _masked(value) if name.lower() in {"authorization", "api-key"} else self._guard.words(value))
            for name, value in request.headers.raw_items()
        )
        self.leg.handshake = Handshake(None, 0.0, self._request_headers)
        self._core.send_request(request)
        self._flush()

    # -- what arrives

    def data_received(self, data: bytes) -> None:
        """Feed the core and record what it understood."""
        self._hush.heard()
        if self._parting.broken_off:
            return
        behind = self._parting.code_received is not None
        passed = self._meter.followed(len(data)) if behind else self._meter.received(len(data))
        if passed is not None:
            self.break_off(passed)
            return
        self._core.receive_data(data)
        self._pump()

    def eof_received(self) -> bool:
        """The server ended its side of TCP."""
        self._parting.eof()
        self._core.receive_eof()
        self._pump()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """TCP is gone."""
        if self._transport is not None:
            self._hush.closed()
        self._parting.lost(exc)
        if self._core.state is State.CONNECTING or not self._upgraded.is_set():
            self._core.receive_eof()
            self._pump()
        self._upgraded.set()
        self._writable.set()
        self._ended.set()
        self._heard.set()

    def _pump(self) -> None:
        for event in self._core.events_received():
            if isinstance(event, Response):
                answer = Handshake(
                    event.status_code,
                    self._clock() - self._asked_at,
                    self._request_headers,
                    tuple(event.headers.raw_items()),
                    (event.body or b"").decode("utf-8", "replace"),
                )
                self.leg.handshake = self._guard.handshake(answer)
                self._upgraded.set()
            elif isinstance(event, WireFrame) and self._counted(len(event.data), last=event.fin):
                self._frame_arrived(event)
        # An end of TCP, wherever it comes, is told by `tcp` and is no breach of the framing.
        broken = self._core.parser_exc is not None and not isinstance(self._core.parser_exc, EOFError)
        if broken and self._parting.problem is None:
            self._parting.problem = self._guard.words(
                f"{type(self._core.parser_exc).__name__}: {self._core.parser_exc}"
            )
            if isinstance(self._core.parser_exc, PayloadTooBig):
                self.break_off(self._meter.too_long)
            if self._core.close_sent is not None and self._parting.code_sent is None:
                self._note_close("client", self._core.close_sent)
        if self._core.handshake_exc is not None:
            self._upgraded.set()
        self._after_close()
        self._flush()
        self._heard.set()

    def _keep(self) -> None:
        """Keep what the protocol core would discard: what follows a close frame must not be there, and is evidence."""
        if self._parting.code_received is not None or self._core.close_rcvd is not None:
            self._trailing += self._core.reader.buffer
        self._discard()

    def _after_close(self) -> None:
        """Write down the frames that followed the server's close frame."""
        if self._parting.code_received is None:
            return
        for opcode, payload in self._trailing.frames():
            if not self._counted(len(payload)):
                return
            self._record("server", opcode, payload)

    def _counted(self, size: int, *, last: bool = True) -> bool:
        """Count a frame with a payload of so many bytes: whether it may be kept."""
        if not self._parting.broken_off and (passed := self._meter.frame(size, last=last)) is not None:
            self.break_off(passed)
        return not self._parting.broken_off

    def _frame_arrived(self, frame: WireFrame) -> None:
        if frame.opcode in {Op.TEXT, Op.BINARY, Op.CONT}:
            self._partial.append(frame)
            if frame.fin:
                parts, self._partial = self._partial, []
                payload = b"".join(bytes(part.data) for part in parts)
                kind: Opcode = "text" if parts[0].opcode is Op.TEXT else "binary"
                self._record("server", kind, payload, fragments=len(parts))
        elif frame.opcode is Op.PING:
            self._record("server", "ping", bytes(frame.data))
            self._record("client", "pong", bytes(frame.data))  # the core answers by itself
        elif frame.opcode is Op.PONG:
            self._record("server", "pong", bytes(frame.data))
        elif frame.opcode is Op.CLOSE:
            self._note_close("server", self._core.close_rcvd)
            if self._core.close_rcvd_then_sent and self._parting.code_sent is None:
                self._note_close("client", self._core.close_sent)

    # -- what is sent

    def send(
        self,
        opcode: Literal["text", "binary", "ping", "pong"],
        payload: bytes,
        *,
        label: str | None = None,
        kept: str | None = None,
    ) -> None:
        """Send one message or ping; `kept` is what the transcript keeps instead, audio left out.

        Raises ConnectionError when the connection is gone.
        """
        if not self.writable:
            raise ConnectionError("the connection is no longer open")
        if opcode == "text":
            self._core.send_text(payload)
        elif opcode == "binary":
            self._core.send_binary(payload)
        elif opcode == "ping":
            self._core.send_ping(payload)
        else:
            self._core.send_pong(payload)
        self._record(
            "client", opcode, payload if kept is None else kept.encode(), label=label, gap="audio" if kept else ""
        )
        self._flush()

    def send_fragmented(self, payload: bytes, pieces: int, ping: bytes | None, *, label: str | None) -> None:
        """Send one text message in several frames, with a ping after the first if asked."""
        if not self.writable:
            raise ConnectionError("the connection is no longer open")
        size = -(-len(payload) // pieces)
        parts = [payload[start : start + size] for start in range(0, len(payload), size)]
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            if number == 0:
                self._core.send_text(part, fin=last)
                if ping is not None:
                    self._core.send_ping(ping)
                    self._record("client", "ping", ping)
            else:
                self._core.send_continuation(part, fin=last)
        self._record("client", "text", payload, label=label, fragments=len(parts))
        self._flush()

    def _record(
        self,
        side: Side,
        opcode: Opcode,
        payload: bytes,
        *,
        label: str | None = None,
        fragments: int = 1,
        gap: Literal["", "audio"] = "",
    ) -> None:
        text: str | None = None
        data = payload
        if opcode == "text":
            try:
                text, data = payload.decode(), b""
            except UnicodeDecodeError:
                text = None  # kept as bytes: a text frame must be UTF-8 and a rule says so
        frame = Frame(
            len(self.leg.frames), side, round(self._clock(), 3), opcode, text, data, label, self.step, fragments, gap
        )
        self.leg.frames.append(self._guard.frame(frame))

    @property
    def writable(self) -> bool:
        """Whether the client may still send: no close frame has gone either way."""
        return self._core.state is State.OPEN and not self._half_closed and not self._ended.is_set()

    # -- leaving

    async def close(self, code: int | None, reason: str, wait_ms: float) -> None:
        """Close by the book and wait for the end; after `wait_ms` TCP is cut from here."""
        if self._core.state is State.OPEN and not self._half_closed:
            self._parting.moved("client")
            self._core.send_close(code, reason) if code is not None else self._core.send_close()
            self._note_close("client", CloseFrame(NO_CODE if code is None else code, reason))
            self._flush()
        await self.ended(wait_ms)
        if not self._ended.is_set():
            self._parting.tcp = "timeout"
            self.abandon()
            await self.ended(1000)

    def break_off(self, passed: str) -> None:
        """Cut the connection because of a bound, in words, that the server passed; the first one counts."""
        if self.open_:
            self._partial.clear()
            self._trailing.clear()
        super().break_off(passed)

    def _flush(self) -> None:
        for chunk in self._core.data_to_send():
            if self._transport is None or self._transport.is_closing():
                continue
            if chunk:
                self._transport.write(chunk)
            elif self._transport.can_write_eof() and not self._half_closed:
                self._transport.write_eof()
            else:
                self._transport.close()

    def _note_close(self, side: Literal["client", "server"], close: CloseFrame | None) -> None:
        if close is None:
            return
        self._parting.moved(side)
        payload = b"" if close.code == NO_CODE else close.serialize()
        self._parting.said(side, int(close.code), self._guard.words(close.reason))
        self._record(side, "close", payload)

    def finish(self) -> None:
        """Write the ending into the leg; called once, when nothing more will be read."""
        self.leg.ending = self._parting.ending()


def _masked(value: str) -> str:
    """A credential without its secret: how it is sent is none, and servers differ in `Bearer` and `bearer`."""
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MASK}" if space and scheme.lower() == "bearer" else MASK


__all__ = ["Connection", "ProtocolError", "Unreachable"]
