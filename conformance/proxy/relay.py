"""Two TCP connections made one: bytes go on as they come, and so do half-closes and resets.

After the handshake nothing is interpreted on the way.  A reader that is slower than its peer's sender stops that sender
(`pause_reading`), so no more than the transports' bounds waits here.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Literal

HIGH = 1 << 20
"""Bytes that may wait to be written to one side before the other is no longer read."""

Moved = Literal["data", "eof", "lost"]


class End(asyncio.Protocol):
    """One side of the relay.  `told` hears of everything that it does: data, the end of its half, and its loss."""

    def __init__(self, told: Callable[[Moved, bytes, Exception | None], None]) -> None:
        self.transport: asyncio.Transport | None = None
        self.peer: End | None = None
        self.told = told
        self.ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(HIGH)
        plain = transport.get_extra_info("socket")
        if plain is not None:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Pass bytes on, then tell of them: nobody waits for what is written down."""
        if self.peer is not None:
            self.peer.write(data)
        self.told("data", data, None)

    def eof_received(self) -> bool:
        """The half of this side is over; the other half stays, as it would without us."""
        self.told("eof", b"", None)
        self.ended = True
        peer = self.peer
        if peer is None or peer.transport is None or not peer.transport.can_write_eof():
            return False  # TLS knows no half-close
        if peer.ended:  # both halves are over, and nothing more can come
            peer.transport.close()
            return False
        if not peer.transport.is_closing():
            peer.transport.write_eof()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """This side is gone: the other goes in the same way."""
        self.told("lost", b"", exc)
        peer, self.peer = self.peer, None
        if peer is None or peer.transport is None:
            return
        if isinstance(exc, ConnectionResetError):
            peer.reset()
        else:
            peer.transport.close()
        peer.resume()

    def pause_writing(self) -> None:
        """This side takes no more: the other is not read."""
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        """This side takes more again."""
        if self.peer is not None:
            self.peer.resume()

    def resume(self) -> None:
        """Read this side again."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def write(self, data: bytes) -> None:
        """Send bytes, unless the connection is going."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def reset(self) -> None:
        """End TCP by a reset, as the other side did."""
        if self.transport is None:
            return
        plain = self.transport.get_extra_info("socket")
        if plain is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
