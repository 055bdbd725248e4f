"""More than anybody asked for, or without end: broken off by name, in bounded memory and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

from conformance.wire.limits import Limits

from .kit import BINARY, CONT, MB, PATIENT, PING, TEXT, Right, either, finding, frame, text, trouble, untidy, unusable
from .relay import Relay, Talk

NOISE = text({"type": "response.audio.delta", "event_id": "event_x", "delta": "AAAA"})
BROKEN_OFF = "broken off"
PAUSE = 0.001  # seconds: in one process with it, a flood would leave its client no turn
# Who fills any bound fills a small one, too, in a tenth of the work; where the bounds of a run are is for
# wire/test_limits.py and for whole runs (test_whole.py, `python -m tests.hostile`).
SMALL = Limits(frames=2_000, size=3 * MB, message=MB, after_close=MB // 8, run=5 * MB)


class Floods(Relay):
    """Sends the greeting, and then `more` for ever."""

    limits = SMALL
    more = b""

    async def event(self, talk: Talk, event: dict[str, Any]) -> AsyncIterator[bytes]:
        yield text(event)
        while event["type"] == "session.created":
            yield self.more
            await asyncio.sleep(PAUSE)


class SendsEventsWithoutEnd(Floods):
    """Sends small events as fast as TCP goes."""

    right = unusable(BROKEN_OFF)
    more = NOISE * 100


class SendsPingsWithoutEnd(Floods):
    """Sends empty pings as fast as TCP goes."""

    right = unusable(BROKEN_OFF)
    more = frame(PING) * 100


class SendsPongsWithoutEnd(Floods):
    """Sends unasked pongs of 125 bytes as fast as TCP goes."""

    right = unusable(BROKEN_OFF)
    more = frame(10, b"x" * 125) * 100


class SendsBinaryWithoutEnd(Floods):
    """Sends binary messages of 64 KB as fast as TCP goes."""

    right = unusable(BROKEN_OFF)
    more = frame(BINARY, b"\0\xff" * 32768) * 4


class SendsFragmentsWithoutEnd(Relay):
    """Begins a message and sends fragments of it, and never the last."""

    right = unusable(BROKEN_OFF)

    async def event(self, talk: Talk, event: dict[str, Any]) -> AsyncIterator[bytes]:
        yield text(event) + frame(TEXT, b'{"type":"', fin=False)
        while True:
            yield frame(CONT, b"x" * 1000, fin=False) * 100
            await asyncio.sleep(PAUSE)


class SendsEmptyFragmentsWithoutEnd(Relay):
    """Begins a message and sends fragments that are empty, and never the last."""

    right = unusable(BROKEN_OFF)

    async def event(self, talk: Talk, event: dict[str, Any]) -> AsyncIterator[bytes]:
        yield text(event) + frame(TEXT, b'{"type":"', fin=False)
        while True:
            yield frame(CONT, fin=False) * 1000
            await asyncio.sleep(PAUSE)


class SendsFragmentsOfOneByte(Relay):
    """Sends every event in fragments of one byte, which it may, as long as they are not too many."""

    right = Right((0, 10), ("conforms", "incomplete", "infrastructure"), "^Conforms|more than 20,000 frames")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        whole = text(event)
        payload = whole[2:] if whole[1] < 126 else whole[4:]
        yield frame(TEXT, payload[:1], fin=False)
        yield b"".join(frame(CONT, payload[n : n + 1], fin=False) for n in range(1, len(payload)))
        yield frame(CONT)


class SendsAFrameOf31Megabytes(Relay):
    """Sends one text frame of 31 MB behind the greeting."""

    right = unusable(BROKEN_OFF)

    async def event(self, talk: Talk, event: dict[str, Any]) -> AsyncIterator[bytes]:
        yield text(event)
        if event["type"] == "session.created":
            yield frame(TEXT, b"", length=31 * MB)
            for _ in range(31 * 16):
                yield b"x" * (MB // 16)


class AnnouncesTwoToThe62Bytes(Relay):
    """Sends the header of a frame of 2^62 bytes and goes on sending."""

    right = unusable(BROKEN_OFF)

    async def event(self, talk: Talk, event: dict[str, Any]) -> AsyncIterator[bytes]:
        yield text(event) + frame(TEXT, b"", length=2**62)
        while True:
            yield b"x" * 65536
            await asyncio.sleep(PAUSE)


class SaysEverythingInFiveMegabytes(Relay):
    """Puts a string of 5 MB into every event."""

    right = Right((1, 10), ("fails", "incomplete", "infrastructure"), BROKEN_OFF)

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [text({**event, "padding": "x" * 5 * MB})]


class GoesOnAfterItsCloseFrame(Relay):
    """Sends events without end behind its close frame."""

    right = either("broken off|GEN-061")
    limits = SMALL

    async def close(self, talk: Talk, body: bytes) -> AsyncIterator[bytes]:
        yield frame(8, body)
        while True:
            yield NOISE * 5
            await asyncio.sleep(PAUSE)


class SendsAHundredMegabytesAfterItsCloseFrame(Relay):
    """Sends a frame of 100 MB behind its close frame."""

    right = trouble(BROKEN_OFF)

    async def close(self, talk: Talk, body: bytes) -> AsyncIterator[bytes]:
        yield frame(8, body) + frame(BINARY, b"", length=100 * MB)
        for _ in range(1600):
            yield b"x" * (MB // 16)


class AnswersWithMalformedEventsByTheDozen(Relay):
    """Answers each event of the client with two dozen that are none."""

    right = finding("no JSON", seconds=240)

    def heard(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [frame(TEXT, b'{"type":"error","error":{"message":null,"code":[') * 12 + text({"type": None}) * 12]


class AnswersWithAThousandErrors(Relay):
    """Answers each event of the client with a thousand errors."""

    right = either(f"{BROKEN_OFF}|GEN-|stood still", seconds=240)

    def heard(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        about = {"type": "invalid_request_error", "code": "invalid_value", "message": "No.", "param": None}
        return [text({"event_id": "event_1", "type": "error", "error": about}) * 1000]


class PingsAndNeverReads(Relay):
    """Sends the greeting, pings five times a second, and reads nothing any more."""

    right = either("not answered|broken off", seconds=240)

    async def event(self, talk: Talk, event: dict[str, Any]) -> AsyncIterator[bytes]:
        talk.deaf = True
        yield text(event)
        while True:
            yield frame(PING, b"still here")
            await asyncio.sleep(0.2)


class NeverReads(Relay):
    """Sends the greeting and reads nothing any more."""

    right = finding("reads nothing any more")

    async def event(self, talk: Talk, event: dict[str, Any]) -> AsyncIterator[bytes]:
        talk.deaf = True
        yield text(event)
        await asyncio.Event().wait()


class OnlyEverSendsHeartbeats(Relay):
    """Upgrades, and sends a ping a second and no event."""

    right = unusable("gave no session", seconds=120)

    async def event(self, talk: Talk, event: dict[str, Any]) -> AsyncIterator[bytes]:
        while True:
            yield frame(PING)
            await asyncio.sleep(1)


class SendsAnUnaskedEventEvery400Milliseconds(Relay):
    """Is faithful, and sends an event that nobody waits for every 0.4 s."""

    right = untidy("", seconds=PATIENT)

    async def event(self, talk: Talk, event: dict[str, Any]) -> AsyncIterator[bytes]:
        yield text(event)
        if event["type"] == "session.created":
            talk.beside(self._trickles(talk))

    async def _trickles(self, talk: Talk) -> None:
        while True:
            await asyncio.sleep(0.4)
            await talk.put(text({"event_id": "event_x", "type": "heartbeat"}))


class SendsOneEventEveryNineSeconds(Relay):
    """Sends the greeting, and then an event every nine seconds, and never the one that is awaited."""

    right = either("not answered|broken off", seconds=300)

    async def event(self, talk: Talk, event: dict[str, Any]) -> AsyncIterator[bytes]:
        yield text(event)
        while True:
            await asyncio.sleep(9)
            yield text({"event_id": "event_x", "type": "heartbeat"})
