"""What single frames hold, and where the client paused."""

from __future__ import annotations

import array
import base64
import binascii
import sys
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from conformance.wire.gaps import Elided
from conformance.wire.transcript import Frame

BYTES_PER_MS = 32  # 16 kHz mono s16le, the default input format
USUAL = 100_000  # characters of Base64 that are worth remembering
LOUD = 1000  # peak of a sample, of 32767, above which a packet is not silence


def is_client_data(frame: Frame) -> bool:
    """Whether this is a message of the client (no control frame)."""
    return frame.side == "client" and frame.opcode in {"text", "binary"}


def placed(frames: Iterable[Frame]) -> dict[tuple[str, str], list[int]]:
    """Where each type of event stands, by side and type: indexes in order."""
    found: dict[tuple[str, str], list[int]] = {}
    for frame in frames:
        if frame.type is not None:
            found.setdefault((frame.side, frame.type), []).append(frame.index)
    return found


def decoded(audio: Any) -> bytes | None:
    """The bytes of a Base64 payload, or None when it is none.  Raises Unshown for one that was left out."""
    if not isinstance(audio, str):
        return None
    kept = len(audio) <= USUAL and not isinstance(audio, Elided)
    return _decoded(audio) if kept else _decoded.__wrapped__(audio)


@lru_cache(maxsize=2048)  # conversations send the same few sounds, and many rules look at each
def _decoded(audio: str) -> bytes | None:
    try:
        return base64.b64decode(audio, validate=True)
    except (binascii.Error, ValueError):
        return None


def size(audio: Any) -> int | None:
    """How many bytes a Base64 payload stands for, left out or not; None when it is none."""
    if isinstance(audio, Elided):
        return audio.size
    pcm = decoded(audio)
    return None if pcm is None else len(pcm)


def head(audio: Any) -> bytes | None:
    """The first three bytes of a Base64 payload, left out or not; None when it is none."""
    return decoded(audio.head if isinstance(audio, Elided) else audio[:4]) if isinstance(audio, str) else None


def is_loud(audio: Any) -> bool | None:
    """Whether a Base64 payload is anything but silence; None when it was left out and nobody knows."""
    return None if isinstance(audio, Elided) else peak(decoded(audio) or b"") > LOUD


def is_odd(audio: Any) -> bool:
    """Whether an endpoint may refuse this Base64: there is no audio, half a sample, or a file's header (U12)."""
    length = size(audio)
    return not length or length % 2 == 1 or head(audio) == b"RIF"


@lru_cache(maxsize=4096)
def peak(pcm: bytes) -> int:
    """The largest sample, regardless of sign."""
    samples = array.array("h", pcm[: len(pcm) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return max(max(samples, default=0), -min(samples, default=0))


class Silences:
    """Where the client waited for nothing, frame by frame.

    A client that waits for an event goes on as soon as it is there, and one that does not wait goes on at once; so a
    gap between a frame and the client's next one says that a wait ran out.  Streamed audio is paced and proves nothing.
    """

    def __init__(self) -> None:
        self._before: Frame | None = None

    def take(self, frame: Frame) -> bool:
        """Take the next frame; whether it is one of the client's that ended a wait in which no frame came."""
        if frame.opcode in {"ping", "pong"}:
            return False
        before, self._before = self._before, frame
        moved = is_client_data(frame) or (frame.side == "client" and frame.opcode == "close")
        waited = before is not None and frame.at - before.at >= 120.0 + _paced(before)
        return moved and waited and frame.type != "input_audio_buffer.append"


def silences(frames: Iterable[Frame]) -> list[int]:
    """The indexes of the frames that ended such a wait."""
    silence = Silences()
    return [frame.index for frame in frames if silence.take(frame)]


def _paced(frame: Frame) -> float:
    """Time (ms) that may pass after a frame without any wait: twice an append's own length, nothing after others."""
    if frame.type != "input_audio_buffer.append" or not isinstance(frame.event, dict):
        return 0.0
    return 2 * (size(frame.event.get("audio")) or 0) / BYTES_PER_MS
