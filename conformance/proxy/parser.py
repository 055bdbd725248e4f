"""Reading along one direction of a WebSocket connection: messages and control frames, out of bytes as they pass.

The bytes are not ours to change, so nothing here answers or refuses.  What does not follow RFC 6455 ends the reading
and is told; the bytes go on.  A message is kept up to `KEPT` bytes; of a longer one the beginning is.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.wire.transcript import Opcode

try:
    from websockets.speedups import apply_mask
except ImportError:  # a build without the C part
    from websockets.utils import apply_mask

KEPT = 17_000_000
"""Bytes of one message that are kept: past 16 MB, the largest that these endpoints are known to take."""
LARGEST_CONTROL = 125
OPCODES: dict[int, Opcode] = {1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}


class Broken(ValueError):  # noqa: N818  # reads as what it says
    """The bytes are no frames of RFC 6455; the message says what is wrong."""


@dataclass
class Message:
    """A message or a control frame; `cut`: more of it passed than is kept."""

    opcode: Opcode
    data: bytes
    fragments: int = 1
    cut: bool = False


@dataclass
class Reader:
    """One direction.  `deflate`: how the other side inflates (window bits, and whether each message starts anew)."""

    deflate: tuple[int, bool] | None = None
    _rest: bytearray = field(default_factory=bytearray)
    _head: tuple[int, int, bytes] | None = None  # first byte, payload left, mask
    _at: int = 0  # bytes of the payload that passed: the mask goes on from there
    _payload: bytearray = field(default_factory=bytearray)
    _parts: list[bytes] = field(default_factory=list)
    _size: int = 0
    _opcode: int = 0
    _compressed: bool = False
    _fragments: int = 0
    _cut: bool = False
    _inflater: zlib._Decompress | None = None

    @property
    def held(self) -> int:
        """Bytes that are held now."""
        return len(self._rest) + len(self._payload) + self._size

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take bytes; gives what they complete.  Raises Broken."""
        self._rest += data
        while True:
            if self._head is None and not self._begin():
                return
            done = self._pass()
            if done is None:
                return
            first, payload = done
            message = self._ended(first, payload)
            if message is not None:
                yield message

    def _begin(self) -> bool:
        """Read the head of a frame, once all of it is there."""
        rest = self._rest
        if len(rest) < 2:
            return False
        length, need = rest[1] & 0x7F, 2
        if length == 126:
            need = 4
        elif length == 127:
            need = 10
        masked = bool(rest[1] & 0x80)
        need += 4 if masked else 0
        if len(rest) < need:
            return False
        if length >= 126:
            length = int.from_bytes(rest[2 : 4 if length == 126 else 10])
        mask = bytes(rest[need - 4 : need]) if masked else b""
        first = rest[0]
        del rest[:need]
        opcode = first & 0x0F
        if opcode not in {0, *OPCODES}:
            raise Broken(f"opcode {opcode}")
        if opcode >= 8 and (length > LARGEST_CONTROL or not first & 0x80):
            raise Broken("a control frame that is fragmented or too long")
        self._head, self._at = (first, length, mask), 0
        return True

    def _pass(self) -> tuple[int, bytes] | None:
        """Take what there is of the payload; the frame's first byte and its payload once it is whole."""
        assert self._head is not None
        first, left, mask = self._head
        piece = bytes(self._rest[:left])
        if piece:
            del self._rest[: len(piece)]
            room = max(0, KEPT - self._size - len(self._payload)) if first & 0x0F < 8 else len(piece)
            kept = piece[:room]
            self._cut = self._cut or len(kept) < len(piece)
            if kept:
                turn = self._at % 4
                self._payload += apply_mask(kept, mask[turn:] + mask[:turn]) if mask else kept
            self._at += len(piece)
        left -= len(piece)
        if left:
            self._head = (first, left, mask)
            return None
        self._head = None
        payload = bytes(self._payload)
        self._payload.clear()
        return first, payload

    def _ended(self, first: int, payload: bytes) -> Message | None:
        opcode = first & 0x0F
        if opcode >= 8:
            return Message(OPCODES[opcode], payload)
        if opcode:
            self._opcode, self._compressed, self._fragments = opcode, bool(first & 0x40), 0
            self._parts.clear()
            self._size = 0
        elif not self._opcode:
            raise Broken("a continuation of nothing")
        self._fragments += 1
        self._parts.append(payload)
        self._size += len(payload)
        if not first & 0x80:
            return None
        data, cut = b"".join(self._parts), self._cut
        made = Message(OPCODES[self._opcode], data, self._fragments, cut)
        self._parts.clear()
        self._size, self._opcode, self._cut = 0, 0, False
        if self._compressed:
            made.data, more = self._inflated(data, cut)
            made.cut = cut or more
        return made

    def _inflated(self, data: bytes, cut: bool) -> tuple[bytes, bool]:
        if self.deflate is None:
            raise Broken("a compressed frame without an extension")
        bits, anew = self.deflate
        if self._inflater is None or anew:
            self._inflater = zlib.decompressobj(wbits=-bits)
        try:
            out = self._inflater.decompress(data + (b"" if cut else b"\x00\x00\xff\xff"), KEPT)
        except zlib.error as problem:
            raise Broken(f"compressed data: {problem}") from None
        return out, bool(self._inflater.unconsumed_tail)


_EXTENSION = re.compile(r"permessage-deflate(?P<parameters>[^,]*)")


def deflation(header: str | None) -> tuple[tuple[int, bool] | None, tuple[int, bool] | None]:
    """How client and server compress, by `Sec-WebSocket-Extensions` of the answer; None: they do not."""
    found = _EXTENSION.search(header or "")
    if found is None:
        return None, None
    said = {
        name.strip(): value.strip().strip('"')
        for name, _, value in (part.partition("=") for part in found["parameters"].split(";"))
    }

    def side(name: str) -> tuple[int, bool]:
        bits = said.get(f"{name}_max_window_bits", "")
        return (int(bits) if bits.isdecimal() and 8 <= int(bits) <= 15 else 15), f"{name}_no_context_takeover" in said

    return side("client"), side("server")
