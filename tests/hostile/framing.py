"""Frames that RFC 6455 forbids, or that nobody awaits: a finding."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterable
from typing import Any, ClassVar

from .kit import BINARY, CONT, MB, PATIENT, PING, TEXT, either, finding, frame, harmless, text, untidy
from .relay import Relay, Talk


def _bomb(megabytes: int) -> bytes:
    """So many megabytes of nothing, compressed by itself each, as RFC 7692 wants it."""
    squeezed = zlib.compressobj(9, wbits=-15)
    return (squeezed.compress(bytes(MB)) + squeezed.flush(zlib.Z_FULL_FLUSH)) * megabytes


BOMB = _bomb(256)


def _payload(event: dict[str, Any]) -> bytes:
    whole = text(event)
    return whole[{126: 4, 127: 10}.get(whole[1], 2) :]


class Breaks(Relay):
    """Puts `piece` between the first events of a response."""

    piece: ClassVar[bytes]

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        yield text(event)
        if event["type"] == "response.created":
            yield self.piece


class MasksItsFrames(Relay):
    """Masks what it sends (§5.1 forbids it to a server)."""

    right = either("mask")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [frame(TEXT, _payload(event), masked=True)]


class SetsReservedBits(Breaks):
    """Sets bits that no extension has given a meaning (§5.2)."""

    right = finding("reserved")
    piece = frame(TEXT, b"{}", rsv=7)


class CompressesUnasked(Breaks):
    """Compresses a message though no compression was agreed on (RFC 7692 §6)."""

    right = finding("reserved")
    piece = frame(TEXT, zlib.compress(b'{"type":"x"}')[2:-4], rsv=4)


class SendsABombThatNobodyCanOpen(Breaks):
    """Sends 256 MB in 256 KB, compressed, though no compression was agreed on."""

    right = finding("reserved")
    piece = frame(TEXT, BOMB, rsv=4)


class SendsADecompressionBomb(Relay):
    """Agrees to compression where it is offered, and sends 256 MB in 256 KB."""

    right = untidy(r"GEN-070.*a message of more than \d+ MB")
    holds = ("connection/Sanity", "connection/Offers")

    def upgrade(self, talk: Talk, answered: bytes) -> bytes:
        self.bombs = b"permessage-deflate" in talk.head
        chosen = b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        return answered.replace(b"\r\n\r\n", chosen) if self.bombs else answered

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        if b"permessage-deflate" not in talk.head:
            return [text(event)]
        return [frame(TEXT, BOMB, rsv=4)]


class UsesAReservedOpcode(Breaks):
    """Sends a frame of a kind that does not exist."""

    right = finding("opcode")
    piece = frame(3, b"?")


class SendsAControlFrameThatIsTooLong(Breaks):
    """Sends a ping of 126 bytes (§5.5: at most 125)."""

    right = finding("control frame too long")
    piece = frame(PING, b"x" * 126)


class FragmentsAControlFrame(Breaks):
    """Sends a ping in two pieces."""

    right = finding("fragmented control frame")
    piece = frame(PING, b"x", fin=False) + frame(CONT, b"x")


class ContinuesWhatWasNotBegun(Breaks):
    """Sends a continuation of nothing."""

    right = finding("continuation")
    piece = frame(CONT, b"{}")


class BeginsAMessageInsideAnother(Breaks):
    """Begins a message before the last one has ended."""

    right = finding("continuation|fragment")
    piece = frame(TEXT, b'{"type":', fin=False) + frame(TEXT, b"{}")


class NeverEndsItsMessage(Breaks):
    """Begins a message, never ends it, and falls silent."""

    right = finding("", seconds=PATIENT)
    piece = frame(TEXT, b'{"type":', fin=False)

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        if talk.broken:
            return []
        talk.broken = event["type"] == "response.created"
        return super().event(talk, event)


class SendsTextThatIsNotUtf8(Breaks):
    """Sends a text frame that is not UTF-8 (§5.6)."""

    right = finding("UTF-8|JSON")
    piece = frame(TEXT, b'{"type":"\xff\xfe\xed\xa0\x80"}')


class SaysEverythingInBinary(Relay):
    """Sends its events in binary frames."""

    right = either("binary|session.created")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [frame(BINARY, _payload(event))]


class SendsEmptyMessages(Breaks):
    """Sends text frames that are empty."""

    right = finding("JSON")
    piece = frame(TEXT) * 3


class PingsALot(Relay):
    """Sends a ping with binary content before each event, which it may."""

    right = harmless()

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [frame(PING, bytes(range(125))), text(event)]


class DripsItsFrames(Relay):
    """Sends each event in pieces of TCP of a few bytes, which it may."""

    right = harmless()

    async def event(self, talk: Talk, event: dict[str, Any]) -> AsyncIterator[bytes]:
        whole = text(event)
        size = max(3, len(whole) // 4)
        for start in range(0, len(whole), size):
            yield whole[start : start + size]
