"""Ends that are none: codes that may not be sent, reasons that can't be read, ends that never come."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Iterable
from typing import Any, ClassVar

from .kit import CLOSE, Right, closes, finding, frame, text, trouble, untidy
from .relay import Relay, Talk


class ClosesWith(Relay):
    """Puts `code` into every close frame, its answers included."""

    code: ClassVar[int]

    def close(self, talk: Talk, body: bytes) -> Iterable[bytes]:
        return [closes(self.code)]


class ClosesWith0(ClosesWith):
    """Closes with code 0."""

    right = finding(r"the code \d+|status code|close frame")
    code = 0


class ClosesWith999(ClosesWith):
    """Closes with code 999, below all that exist."""

    right = finding(r"the code \d+|status code|close frame")
    code = 999


class ClosesWith1004(ClosesWith):
    """Closes with code 1004, which is reserved."""

    right = finding(r"the code \d+|status code|close frame")
    code = 1004


class ClosesWith1005(ClosesWith):
    """Closes with code 1005, which stands for "no code" and is never sent."""

    right = finding(r"the code \d+|status code|close frame")
    code = 1005


class ClosesWith1006(ClosesWith):
    """Closes with code 1006, which stands for "no close frame" and is never sent."""

    right = finding(r"the code \d+|status code|close frame")
    code = 1006


class ClosesWith1015(ClosesWith):
    """Closes with code 1015, which stands for trouble with TLS and is never sent."""

    right = finding(r"the code \d+|status code|close frame")
    code = 1015


class ClosesWith5000(ClosesWith):
    """Closes with code 5000, above all that exist."""

    right = finding(r"the code \d+|status code|close frame")
    code = 5000


class ClosesWithOneByte(Relay):
    """Sends a close frame with half a code."""

    right = finding("close frame")

    def close(self, talk: Talk, body: bytes) -> Iterable[bytes]:
        return [frame(CLOSE, b"\x03")]


class GivesAReasonThatIsNotUtf8(Relay):
    """Closes with a reason that is not UTF-8."""

    right = finding("UTF-8|utf-8")

    def close(self, talk: Talk, body: bytes) -> Iterable[bytes]:
        return [closes(1000, b"\xff\xfe bye")]


class GivesAReasonThatIsTooLong(Relay):
    """Closes with a reason of 200 bytes (§5.5: at most 123)."""

    right = finding("control frame too long")

    def close(self, talk: Talk, body: bytes) -> Iterable[bytes]:
        return [closes(1000, b"x" * 200)]


class NeverAnswersAClose(Relay):
    """Takes a close frame and goes on as if nothing had been said."""

    right = finding("GEN-060 fail: .* was not answered", seconds=240)

    def close(self, talk: Talk, body: bytes) -> Iterable[bytes]:
        return []

    async def ended(self, talk: Talk) -> None:
        await asyncio.sleep(3600)


class LeavesTcpOpen(Relay):
    """Answers a close frame and never ends TCP, which §7.1.1 of RFC 6455 only advises against."""

    right = untidy("", seconds=240)

    async def ended(self, talk: Talk) -> None:
        await asyncio.sleep(3600)


class HangsUpInsteadOfClosing(Relay):
    """Ends TCP where a close frame should be."""

    right = finding("close")

    def close(self, talk: Talk, body: bytes) -> Iterable[bytes]:
        return []


class ResetsInsteadOfClosing(Relay):
    """Ends TCP by RST where a close frame should be."""

    right = finding("close")

    def close(self, talk: Talk, body: bytes) -> Iterable[bytes]:
        return []

    async def ended(self, talk: Talk) -> None:
        sock = talk.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        talk.writer.transport.abort()


class ClosesTwice(Relay):
    """Sends two close frames, of which the second is no data frame."""

    right = untidy("")

    def close(self, talk: Talk, body: bytes) -> Iterable[bytes]:
        return [frame(CLOSE, body) * 2]


class SpeaksAfterItsCloseFrame(Relay):
    """Sends an event behind its close frame."""

    right = finding("close")

    def close(self, talk: Talk, body: bytes) -> Iterable[bytes]:
        return [frame(CLOSE, body), text({"event_id": "event_late", "type": "session.updated", "session": {}})]


class ClosesAfterTheFirstEvent(Relay):
    """Closes with 1011 after the first event of every conversation."""

    right = Right((1, 10), ("fails", "incomplete", "infrastructure"))
    holds = ("connection/Sanity", "session/FirstUpdate", "responses/Typed")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [text(event), closes(1011, b"Internal service error: null")] if talk.events == 1 else []


class ThrottlesByClosing(Relay):
    """Closes every conversation with 1011 and words of throttling."""

    right = trouble("throttl")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [text(event), closes(1011, b"Throttling: too many requests")] if talk.events == 1 else []


class AnswersACloseAfterFourSeconds(Relay):
    """Answers a close frame four seconds late."""

    right = finding("close", seconds=240)

    async def close(self, talk: Talk, body: bytes) -> AsyncIterator[bytes]:
        await asyncio.sleep(4)
        yield frame(CLOSE, body)
