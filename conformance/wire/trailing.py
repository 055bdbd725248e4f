"""What a server sends after its close frame: nothing may follow it, so what does is evidence."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.wire.transcript import Opcode

AFTER_CLOSE: dict[int, Opcode] = {1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}
"""Frames that may be told."""


class Trailing(bytearray):
    """The bytes that followed, as they came."""

    def frames(self) -> Iterator[tuple[Opcode, bytes]]:
        """Take the whole frames (unmasked, RFC 6455 §5.2) from the beginning; what is none ends it."""
        while len(self) >= 2:
            length = self[1]
            extended = {126: 2, 127: 8}.get(length, 0)
            start = 2 + extended
            size = int.from_bytes(self[2:start]) if extended else length
            opcode = AFTER_CLOSE.get(self[0] & 0x0F)
            if opcode is None or len(self) < start + size:
                return
            payload = bytes(self[start : start + size])
            del self[: start + size]
            yield opcode, payload
