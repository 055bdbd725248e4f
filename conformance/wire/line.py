"""The TCP side of a connection: writing, waiting, and every way of leaving it."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Literal

from conformance.wire.parting import Parting


class Line(asyncio.Protocol):
    """A line to the endpoint; `clock` gives ms."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._transport: asyncio.Transport | None = None
        self._heard = asyncio.Event()
        self._ended = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._parting = Parting(clock)
        self._half_closed = False

    # -- writing

    async def drained(self, within_ms: float) -> None:
        """Let what was sent leave this process before more is sent; who reads nothing meanwhile is broken off.

        Raises ConnectionError when it is.
        """
        if not self._writable.is_set():  # a time-out that nobody needs costs as much as what is sent
            try:
                async with asyncio.timeout(within_ms / 1000):
                    await self._writable.wait()
            except TimeoutError:
                self.break_off(f"nothing of what was sent was read within {within_ms / 1000:g} s")
                raise ConnectionError(self._parting.broken_off) from None
        await asyncio.sleep(0)  # give the reader its turn: a script that only sends must still listen

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The transport's buffer has room again."""
        self._writable.set()

    # -- waiting

    async def heard(self, within: float) -> bool:
        """Wait until anything arrives or the connection ends, at most `within` seconds; whether it did.

        A timer that wakes the waiter: to cancel it, as `asyncio.timeout` does, takes twice as long as most waits.
        """
        over = False

        def wake() -> None:
            nonlocal over
            over = not self._heard.is_set()
            self._heard.set()

        self._heard.clear()
        timer = asyncio.get_running_loop().call_later(within, wake)
        try:
            await self._heard.wait()
        finally:
            timer.cancel()
        return not over

    @property
    def open_(self) -> bool:
        """Whether the server may still send."""
        return not self._ended.is_set()

    async def ended(self, wait_ms: float) -> None:
        """Wait for the end of TCP, at most `wait_ms`."""
        try:
            async with asyncio.timeout(wait_ms / 1000):
                await self._ended.wait()
        except TimeoutError:
            return

    # -- leaving

    def half_close(self) -> bool:
        """Send FIN and go on reading; False when the transport (TLS) can't."""
        if self._transport is None or self._transport.is_closing() or not self._transport.can_write_eof():
            return False
        self._parting.moved("client")
        self._half_closed = True
        self._transport.write_eof()
        return True

    def drop(self, how: Literal["fin", "rst"]) -> None:
        """End TCP with no close frame."""
        if self._transport is None or self._ended.is_set():
            return
        self._parting.moved("client")
        self._parting.left = True
        sock = self._transport.get_extra_info("socket")
        if how == "rst" and sock is not None:
            # SO_LINGER with a zero time-out makes the kernel send RST instead of FIN.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        else:
            self._transport.close()

    def abandon(self) -> None:
        """Free the socket whatever state it is in."""
        self._parting.left = True
        if self._transport is not None:
            self._transport.abort()

    def break_off(self, passed: str) -> None:
        """Cut the line because of a bound, in words, that the server passed; the first one counts."""
        if not self._parting.broken_off and not self._ended.is_set():
            self._parting.broken_off = passed
            self._parting.moved("client")
            self.abandon()
            self._heard.set()
