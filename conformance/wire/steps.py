"""The steps of a script.  A step is data; `conformance.wire.call` carries it out.

Every wait ends at the event it waits for, and has a deadline that belongs to the target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from conformance import fixtures


class _Omit:
    """A field that `send` would fill in and that must not be sent."""

    def __repr__(self) -> str:
        return "OMIT"


OMIT: Final = _Omit()
PACKET_MS = 100
"""ms of audio in one append: what the vendor's samples send."""


@dataclass(frozen=True)
class Send:
    """One client event, sent as compact JSON.  An `event_id` is added unless it is given or OMIT."""

    type: str
    fields: Mapping[str, Any]
    label: str | None = None


@dataclass(frozen=True)
class Text:
    """One text frame with exactly this payload (bytes: to send what is not UTF-8)."""

    payload: str | bytes
    label: str | None = None


@dataclass(frozen=True)
class Binary:
    """One binary frame."""

    payload: bytes
    label: str | None = None


@dataclass(frozen=True)
class Ping:
    """A ping; its pong is recorded like any frame."""

    payload: bytes = b""


@dataclass(frozen=True)
class Pong:
    """A pong that nobody asked for (RFC 6455 §5.5.3 allows it)."""

    payload: bytes = b""


@dataclass(frozen=True)
class Fragmented:
    """One text message in several frames; `ping`, where given, goes between the first two (RFC 6455 §5.4)."""

    payload: str
    pieces: int
    ping: bytes | None = None
    label: str | None = None


@dataclass(frozen=True)
class Append:
    """Audio as a run of `input_audio_buffer.append` events of `packet_ms` each (the documented size is 100 ms)."""

    pcm: bytes = field(repr=False)
    packet_ms: int = PACKET_MS
    rate: int = 16000
    label: str | None = None


@dataclass(frozen=True)
class Sized:
    """One append of silence in a text frame of exactly `size` bytes.

    The transcript keeps how much audio it held, and not the audio: nobody looks at megabytes of zeros.
    """

    size: int
    label: str | None = None


@dataclass(frozen=True)
class Until:
    """Wait for the `count`-th next server event of one of these types.

    Events are consumed in order: a later wait never sees an event that an earlier one has passed.  When `required` is
    false the script goes on without it: after the target's quiet window or, where the wait is `patient`, after as much
    silence as a required one would bear.
    """

    types: frozenset[str]
    count: int = 1
    within_ms: float | None = None
    required: bool = True
    patient: bool = True


@dataclass(frozen=True)
class Quiet:
    """Wait until nothing has come for the target's quiet window: the one place where absence is established."""


@dataclass(frozen=True)
class Pause:
    """Let time pass.  Only for conversations about time itself (idle clocks)."""

    ms: float


@dataclass(frozen=True)
class Close:
    """Send a close frame and wait for the end of the connection.  `code=None` sends a close frame without a code."""

    code: int | None = 1000
    reason: str = ""


@dataclass(frozen=True)
class HalfClose:
    """End the client's side of TCP without a close frame, and go on reading."""


@dataclass(frozen=True)
class Drop:
    """End TCP without a close frame, by FIN or by RST."""

    how: Literal["fin", "rst"]


Step = (
    Send | Text | Sized | Binary | Ping | Pong | Fragmented | Append | Until | Quiet | Pause | Close | HalfClose | Drop
)


def send(type: str, /, *, label: str | None = None, **fields: Any) -> Send:  # noqa: A002  # the protocol's own word
    """Send a client event: `send("session.update", session={"voice": "Ethan"})`."""
    return Send(type, fields, label)


def text(payload: str | bytes, *, label: str | None = None) -> Text:
    """Send this text as it stands, JSON or not."""
    return Text(payload, label)


def sized(size: int, *, label: str | None = None) -> Sized:
    """Append silence in a frame of exactly `size` bytes (200 or more)."""
    return Sized(size, label)


def binary(payload: bytes, *, label: str | None = None) -> Binary:
    """Send a binary frame."""
    return Binary(payload, label)


def ping(payload: bytes = b"") -> Ping:
    """Send a ping frame with this payload (at most 125 bytes)."""
    return Ping(payload)


def pong(payload: bytes = b"") -> Pong:
    """Send a pong without having been pinged."""
    return Pong(payload)


def fragmented(payload: str, pieces: int = 3, *, ping: bytes | None = None, label: str | None = None) -> Fragmented:
    """Send one text message in `pieces` frames."""
    return Fragmented(payload, pieces, ping, label)


def append(pcm: bytes, *, packet_ms: int = PACKET_MS, rate: int = 16000, label: str | None = None) -> Append:
    """Append s16le mono samples in packets of `packet_ms`; paced in real time where the target needs it."""
    return Append(pcm, packet_ms, rate, label)


def speak(utterance: str, *, packet_ms: int = PACKET_MS, label: str | None = None) -> Append:
    """Append a spoken fixture (`speech/<utterance>.wav`, 16 kHz)."""
    return Append(fixtures.wav(f"speech/{utterance}.wav"), packet_ms, label=label or f"speech {utterance}")


def silence(ms: int, *, packet_ms: int = PACKET_MS) -> Append:
    """Append digital silence."""
    return Append(fixtures.silence(ms), packet_ms, label=f"silence {ms} ms")


def until(*types: str, count: int = 1, within_ms: float | None = None) -> Until:
    """Wait for the next server event of one of these types; without it the script stops and says so."""
    return Until(frozenset(types), count, within_ms)


def maybe(*types: str, count: int = 1, within_ms: float | None = None) -> Until:
    """Wait for an event that need not come."""
    return Until(frozenset(types), count, within_ms, required=False, patient=False)


def likely(*types: str, count: int = 1) -> Until:
    """Wait as long as for a required event, but go on without it: its coming is another check's business."""
    return Until(frozenset(types), count, required=False)


def either(*waits: Until) -> Until:
    """Wait for whichever of these comes first: `either(until("response.done"), until("error"))`."""
    types = frozenset().union(*(wait.types for wait in waits))
    windows = [wait.within_ms for wait in waits if wait.within_ms is not None]
    return Until(
        types,
        within_ms=max(windows) if windows else None,
        required=all(wait.required for wait in waits),
        patient=any(wait.patient for wait in waits),
    )


def quiet() -> Quiet:
    """Wait until the server has been silent for the target's quiet window."""
    return Quiet()


def pause(ms: float) -> Pause:
    """Let `ms` pass."""
    return Pause(ms)


def close(code: int | None = 1000, reason: str = "") -> Close:
    """Close with this code and wait for the end."""
    return Close(code, reason)


def half_close() -> HalfClose:
    """End the sending half of TCP only."""
    return HalfClose()


def drop(how: Literal["fin", "rst"]) -> Drop:
    """Leave without a close frame."""
    return Drop(how)
