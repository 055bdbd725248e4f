"""The session as it stood at each frame: who decides the turns, what is open, how much audio went in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from conformance.judge.evidence.frames import BYTES_PER_MS, is_client_data, is_loud, size
from conformance.wire.transcript import Frame

LIVES = frozenset({"response.created", "response.output_item.done", "response.done"})
"""What a response begins and ends with."""
TELLS = LIVES | {
    "session.created",
    "session.updated",
    "error",
    "conversation.item.created",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
}
"""The server's events after which the session is another."""
Turns = Literal["vad", "semantic", "manual", "unsure"]


@dataclass(frozen=True, slots=True)
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


class Course:
    """The session as it goes on, frame by frame; `meant` is whose each answer may be (`settling`)."""

    def __init__(self, meant: Mapping[int, tuple[Frame, ...]]) -> None:
        self.now = Moment()
        self._pending = _Pending(meant)
        self._cut: set[str] = set()

    def take(self, frame: Frame) -> Moment:
        """Take the next frame, whose answer is attributed; the session just before it."""
        before, event = self.now, frame.event
        if isinstance(event, dict) and is_client_data(frame):
            self.now = _sent(before, frame, event, self._pending)
            if frame.type == "response.cancel":
                self._cut |= self.now.active
        elif frame.type in TELLS and frame.side == "server":
            self.now = _received(before, frame, event, self._pending, self._cut)
        return before


def moments(frames: Iterable[Frame], meant: Mapping[int, tuple[Frame, ...]]) -> list[Moment]:
    """The session before each frame, and at the end: one entry more than there are frames."""
    course = Course(meant)
    return [*map(course.take, frames), course.now]


class _Pending:
    """The updates that are not answered; `doubted` once it is not known which of them was refused, if one was."""

    def __init__(self, meant: Mapping[int, tuple[Frame, ...]]) -> None:
        self._meant = meant
        self._sessions: dict[int, dict[str, Any]] = {}
        self.doubted = False

    def add(self, frame: Frame, session: dict[str, Any]) -> None:
        self._sessions[frame.index] = session
        self.doubted &= len(self._sessions) > 1

    def accepted(self, frame: Frame) -> dict[str, Any]:
        """What the update asked for that this echo confirms."""
        mine = next((sent for sent in self._meant.get(frame.index, ()) if sent.index in self._sessions), None)
        return self._sessions.pop(mine.index) if mine else {}

    def refused(self, frame: Frame) -> bool:
        """Note an error; whether it says that an update was, or may have been, refused."""
        meant = self._meant.get(frame.index, ())
        mine = [sent for sent in meant if sent.index in self._sessions]
        if len(meant) == 1:
            for sent in mine:
                del self._sessions[sent.index]
        self.doubted |= bool(mine) and len(meant) > 1
        return bool(mine)

    def asks(self, name: str) -> bool:
        """Whether one of them names this field."""
        return any(name in session for session in self._sessions.values())


def _sent(now: Moment, frame: Frame, event: dict[str, Any], pending: _Pending) -> Moment:
    if frame.type == "session.update":
        session = event.get("session")
        session = session if isinstance(session, dict) else {}
        pending.add(frame, session)
        if "audio" in session:
            now = replace(now, audio_ms=None)
        return replace(now, turns="unsure") if "turn_detection" in session else now
    if frame.type == "input_audio_buffer.append":
        now = replace(now, buffered=True)
        audio = event.get("audio")
        length = size(audio)
        if now.audio_ms is None or length is None:
            return replace(now, audio_ms=None)
        ms = length / BYTES_PER_MS
        heard = is_loud(audio)
        loud = heard is not False  # what was left out ends no speech, and is none that had to be heard
        spoken = heard is True and (frame.label or "").startswith("speech")
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
    pending: _Pending,
    cut: set[str],
) -> Moment:
    kind = frame.type or ""
    if kind in {"session.created", "session.updated"}:
        shown = event.get("session")
        return _configured(now, shown if isinstance(shown, dict) else {}, pending.accepted(frame), pending)
    if kind == "error" and pending.refused(frame):
        return replace(now, turns="unsure" if pending.asks("turn_detection") else _turns(now.detection))
    if kind == "conversation.item.created":
        return replace(now, items=now.items + 1)
    if kind == "input_audio_buffer.speech_started":
        cut |= now.active
        return replace(now, speaking=str(event.get("item_id")))
    if kind == "input_audio_buffer.speech_stopped":
        return replace(now, speaking=None, speech_ms=0.0)
    if kind == "input_audio_buffer.committed":
        return replace(now, items=now.items + 1, speaking=None)
    active = _active(now.active, kind, event, cut)
    return now if active == now.active else replace(now, active=active)


def _configured(now: Moment, shown: dict[str, Any], asked: dict[str, Any], pending: _Pending) -> Moment:
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
        transcribes = asked["input_audio_transcription"] is not None and not pending.doubted
    unsure = pending.asks("turn_detection")
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
