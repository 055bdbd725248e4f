"""The session as it stood at each frame: who decides the turns, what is open, how much audio went in."""

from __future__ import annotations

import array
import base64
import binascii
import sys
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal, TypeVar

from conformance.judge.view import Wire
from conformance.wire.transcript import Frame

Result = TypeVar("Result")
Turns = Literal["vad", "semantic", "manual", "unsure"]

BYTES_PER_MS = 32  # 16 kHz mono s16le, the default input format
LOUD = 1000  # peak of a sample, of 32767, above which a packet is not silence


@dataclass(frozen=True)
class Moment:
    """The session just before a frame.

    `audio_ms` counts all audio sent, `quiet_ms` the silence at its end, `speech_ms` the loud audio of spoken fixtures
    since the last detected end of speech; all of them are None once the client has chosen an input format of its own.
    `buffered` says whether audio was sent after the last commit or clear of the client, `buffer_ms` how much.
    """

    turns: Turns = "vad"
    detection: dict[str, Any] = field(default_factory=dict)
    transcribes: bool = True
    active: frozenset[str] = frozenset()
    speaking: str | None = None
    audio_ms: float | None = 0.0
    quiet_ms: float = 0.0
    speech_ms: float = 0.0
    buffered: bool = False
    buffer_ms: float = 0.0
    items: int = 0


def is_client_data(frame: Frame) -> bool:
    """Whether this is a message of the client (no control frame)."""
    return frame.side == "client" and frame.opcode in {"text", "binary"}


def moments(wire: Wire) -> list[Moment]:
    """The session before each frame, and at the end: one entry more than there are frames."""
    return moments_of(wire.frames)


def moments_of(frames: Sequence[Frame]) -> list[Moment]:
    """Like `moments`, of a connection's frames."""
    return once(_moments, frames)


_KEPT: OrderedDict[tuple[Any, int], tuple[Sequence[Frame], int, Any]] = OrderedDict()


def once(fold: Callable[[Sequence[Frame]], Result], frames: Sequence[Frame]) -> Result:
    """The fold over these frames, kept for the rules that come after; each rule looks through a view of its own."""
    key = (fold, id(frames))
    kept = _KEPT.get(key)
    if kept is None or kept[0] is not frames or kept[1] != len(frames):
        kept = _KEPT[key] = (frames, len(frames), fold(frames))
        if len(_KEPT) > 512:
            _KEPT.popitem(last=False)
    result: Result = kept[2]
    return result


def _moments(frames: Sequence[Frame]) -> list[Moment]:
    now = Moment()
    out = []
    pending: list[dict[str, Any]] = []
    cut: set[str] = set()
    for frame in frames:
        out.append(now)
        event = frame.event
        if not isinstance(event, dict):
            continue
        if is_client_data(frame):
            now = _sent(now, frame, event, pending)
            if frame.type == "response.cancel":
                cut |= now.active
        elif frame.side == "server":
            now = _received(now, frame, event, pending, cut)
    out.append(now)
    return out


def _sent(now: Moment, frame: Frame, event: dict[str, Any], pending: list[dict[str, Any]]) -> Moment:
    if frame.type == "session.update":
        session = event.get("session")
        session = session if isinstance(session, dict) else {}
        pending.append(session)
        if "audio" in session:
            now = replace(now, audio_ms=None)
        return replace(now, turns="unsure") if "turn_detection" in session else now
    if frame.type == "input_audio_buffer.append":
        now = replace(now, buffered=True)
        pcm = decoded(event.get("audio"))
        if now.audio_ms is None or pcm is None:
            return replace(now, audio_ms=None)
        ms = len(pcm) / BYTES_PER_MS
        loud = peak(pcm) > LOUD
        spoken = loud and (frame.label or "").startswith("speech")
        return replace(
            now,
            audio_ms=now.audio_ms + ms,
            buffer_ms=now.buffer_ms + ms,
            quiet_ms=0.0 if loud else now.quiet_ms + ms,
            speech_ms=now.speech_ms + (ms if spoken else 0.0),
        )
    if frame.type in {"input_audio_buffer.commit", "input_audio_buffer.clear"}:
        return replace(now, buffered=False, buffer_ms=0.0, speech_ms=0.0)
    return now


def _received(
    now: Moment,
    frame: Frame,
    event: dict[str, Any],
    pending: list[dict[str, Any]],
    cut: set[str],
) -> Moment:
    kind = frame.type or ""
    if kind in {"session.created", "session.updated"}:
        shown = event.get("session")
        asked = pending.pop(0) if kind == "session.updated" and pending else {}
        return _configured(now, shown if isinstance(shown, dict) else {}, asked, pending)
    if kind == "error" and pending:
        pending.pop(0)
        unsure = any("turn_detection" in session for session in pending)
        return replace(now, turns="unsure" if unsure else _turns(now.detection))
    if kind == "conversation.item.created":
        return replace(now, items=now.items + 1)
    if kind == "input_audio_buffer.speech_started":
        cut |= now.active
        return replace(now, speaking=str(event.get("item_id")))
    if kind == "input_audio_buffer.speech_stopped":
        return replace(now, speaking=None, speech_ms=0.0)
    if kind == "input_audio_buffer.committed":
        return replace(now, items=now.items + 1, speaking=None)
    return replace(now, active=_active(now.active, kind, event, cut)) if kind.startswith("response.") else now


def _configured(now: Moment, shown: dict[str, Any], asked: dict[str, Any], pending: list[dict[str, Any]]) -> Moment:
    """What is in force after an echo: its own word where it has one, else what was asked, else what was."""
    detection: Any = now.detection
    if "turn_detection" in asked:
        detection = asked["turn_detection"]
    if isinstance(shown.get("turn_detection"), dict):
        detection = shown["turn_detection"]
    elif "turn_detection" in shown:
        detection = None
    detection = {"type": None} if not isinstance(detection, dict) else detection
    transcribes = now.transcribes
    if "input_audio_transcription" in asked:
        transcribes = asked["input_audio_transcription"] is not None
    unsure = any("turn_detection" in session for session in pending)
    return replace(now, detection=detection, transcribes=transcribes, turns="unsure" if unsure else _turns(detection))


def _turns(detection: dict[str, Any]) -> Turns:
    kind = detection.get("type", "server_vad")
    if kind is None:
        return "manual"
    return "semantic" if kind == "semantic_vad" else "vad" if kind == "server_vad" else "unsure"


def _active(active: frozenset[str], kind: str, event: dict[str, Any], cut: set[str]) -> frozenset[str]:
    """Responses that run: a cancelled or interrupted one is over when an item of it is done (C3, C4)."""
    response = event.get("response")
    key = response.get("id") if isinstance(response, dict) else event.get("response_id")
    if not isinstance(key, str):
        return active
    if kind == "response.created":
        return frozenset({key})
    over = kind == "response.done" or (kind == "response.output_item.done" and key in cut)
    return active - {key} if over else active


def decoded(audio: Any) -> bytes | None:
    """The bytes of a Base64 payload, or None when it is none."""
    try:
        return base64.b64decode(audio, validate=True) if isinstance(audio, str) else None
    except (binascii.Error, ValueError):
        return None


@lru_cache(maxsize=4096)
def peak(pcm: bytes) -> int:
    """The largest sample, regardless of sign."""
    samples = array.array("h", pcm[: len(pcm) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return max(max(samples, default=0), -min(samples, default=0))


def silences(frames: Sequence[Frame]) -> list[int]:
    """Where the client waited for nothing: indexes of its frames that ended a wait in which no frame came.

    A client that waits for an event goes on as soon as it is there, and one that does not wait goes on at once; so a
    gap between a frame and the client's next one says that a wait ran out.  Streamed audio is paced and proves nothing.
    """
    return once(_silences, frames)


def _paced(frame: Frame) -> float:
    """Time (ms) that may pass after a frame without any wait: twice an append's own length, nothing after others."""
    if frame.type != "input_audio_buffer.append" or not isinstance(frame.event, dict):
        return 0.0
    return 2 * len(decoded(frame.event.get("audio")) or b"") / BYTES_PER_MS


def _silences(frames: Sequence[Frame]) -> list[int]:
    found = []
    before: Frame | None = None
    for frame in frames:
        if frame.opcode in {"ping", "pong"}:
            continue
        moved = is_client_data(frame) or (frame.side == "client" and frame.opcode == "close")
        waited = before is not None and frame.at - before.at >= 120.0 + _paced(before)
        if moved and waited and frame.type != "input_audio_buffer.append":
            found.append(frame.index)
        before = frame
    return found
