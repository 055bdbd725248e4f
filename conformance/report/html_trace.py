"""A transcript as the page shows it: frames without audio bytes, runs folded, everything embedded once.

A row of the embedded trace is an object with short names, because there are twenty thousand of them:
`i` index, `l` connection (from 1), `s` side (`c` or `s`), `t` ms, `k` kind (event type or opcode), `n` label,
`b` payload as text, `a` seconds of audio, `e` schema errors as `[path, message]`.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.report.html_text import LONG, cut, shown, size, visible
from conformance.wire.transcript import Frame, Leg, Side, Transcript

Explain = Callable[[Side, Any], list[tuple[str, str]]]
"""`(direction, event)` to the schema's complaints, as `(path, message)`."""

RATES = {"client": 16_000, "server": 24_000}  # Hz of PCM16 mono unless a session says otherwise (CE, RT)
BIG = 600
"""A Base64 text of this many characters is media and shown as size and digest."""

PAYLOAD = 20 * LONG
"""Characters of one frame's payload that are shown; what is cut off is counted."""

SHORT = 64
DEEPEST = 40

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{%d,}={0,2}" % BIG)  # noqa: UP031  # braces of the pattern
_BASE64ISH = re.compile(r"[A-Za-z0-9+/_=\s-]*")
_MEDIA = {"audio", "image", "video_frame", "delta", "data"}


@dataclass(frozen=True)
class Media:
    """A payload that is not shown: its size in bytes, its digest, and its duration where it is audio."""

    bytes: int
    digest: str
    seconds: float | None = None

    def __str__(self) -> str:
        duration = f", {self.seconds:.2f} s" if self.seconds is not None else ""
        return f"⟨{size(self.bytes)}{duration}, SHA-256 {self.digest}⟩"


@functools.lru_cache(maxsize=4096)
def media(text: str, side: str, audio: bool) -> Media:
    """What a Base64 text holds.  `audio`: whether its length is a duration."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raw = text.encode("utf-8", "backslashreplace")
    digest = hashlib.sha256(raw).hexdigest()[:12]
    return Media(len(raw), digest, len(raw) / 2 / RATES[side] if audio else None)


def audio_of(frame: Frame) -> Media | None:
    """The audio in a frame, if it carries any."""
    kind = frame.type
    if kind is None or "audio" not in kind or "transcript" in kind:
        return None
    text = frame.event.get("audio" if frame.side == "client" else "delta")
    if not isinstance(text, str) or not text:
        return None
    if len(text) <= SHORT and not _BASE64ISH.fullmatch(text):
        return None  # a probe's deliberate nonsense says more than its digest
    return media(text, frame.side, audio=True)


def payload(frame: Frame) -> str:
    """The payload as text that is safe to show and of bounded length.

    An event without media is kept exactly as it crossed the wire, with its own order, numbers and repeated names.
    """
    if frame.text is None:
        if not frame.data:
            return ""
        if frame.opcode == "close":
            return close_words(frame)
        if len(frame.data) <= SHORT:
            return f"hex {frame.data.hex()}"  # in one piece, so that a key in it is found
        return str(Media(len(frame.data), hashlib.sha256(frame.data).hexdigest()[:12]))
    if frame.opcode != "text" or frame.event is None:
        return shown(frame.text)
    sound = audio_of(frame)
    if sound is None and len(frame.text) <= BIG:
        return visible(frame.text)
    slim = _slim(frame.event, frame, sound)
    return visible(cut(json.dumps(slim, ensure_ascii=False), PAYLOAD))


def close_words(frame: Frame) -> str:
    """Code and reason of a close frame (RFC 6455 §5.5.1)."""
    if len(frame.data) < 2:
        return "without a code"
    reason = shown(frame.data[2:].decode("utf-8", "replace"), 125)
    return f"{int.from_bytes(frame.data[:2], 'big')} {reason}".strip()


def _slim(value: Any, frame: Frame, sound: Media | None, name: str = "", depth: int = 0) -> Any:
    if depth > DEEPEST and isinstance(value, dict | list):
        return "… nested more deeply than is shown"
    if isinstance(value, dict):
        return {cut(str(key), 200): _slim(item, frame, sound, key, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        shortened = [_slim(item, frame, sound, name, depth + 1) for item in value[:200]]
        return [*shortened, f"… {len(value) - 200} more"] if len(value) > 200 else shortened
    if not isinstance(value, str):
        return value
    if sound is not None and name == ("audio" if frame.side == "client" else "delta"):
        return str(sound)
    if len(value) >= BIG and name in _MEDIA and _BASE64.fullmatch(value):
        return str(media(value, frame.side, audio=False))
    return cut(value)


@dataclass
class Row:
    """Neighbouring frames of one side that are shown as one arrow."""

    side: str
    frames: list[Frame]

    @property
    def at(self) -> float:
        """When the first crossed, in ms."""
        return self.frames[0].at

    @property
    def kinds(self) -> dict[str, int]:
        """Types in the run and how often each came."""
        found: dict[str, int] = {}
        for frame in self.frames:
            found[kind(frame)] = found.get(kind(frame), 0) + 1
        return found

    @property
    def seconds(self) -> float:
        """Audio in the run, in seconds."""
        return sum(found.seconds or 0.0 for frame in self.frames if (found := audio_of(frame)))


def kind(frame: Frame) -> str:
    """What a frame is called: its event type, or what kind of frame it is."""
    if frame.type is not None:
        return frame.type
    if frame.opcode != "text":
        return frame.opcode
    return "text that is not UTF-8" if frame.text is None else "text without a type"


def _folds(frame: Frame) -> bool:
    name = frame.type or ""
    return name.endswith((".delta", ".append")) or frame.opcode in {"ping", "pong"}


def rows(leg: Leg) -> list[Row]:
    """The frames of a connection with runs of deltas and appends folded, whatever their types."""
    found: list[Row] = []
    for frame in leg.frames:
        last = found[-1] if found else None
        if last is not None and last.side == frame.side and _folds(frame) and _folds(last.frames[-1]):
            last.frames.append(frame)
        else:
            found.append(Row(frame.side, [frame]))
    return found


MOST_EXPLAINED = 500


@dataclass
class Complaints:
    """What the schemas say of the frames of one conversation, by connection and index."""

    found: dict[tuple[int, int], list[tuple[str, str]]] = field(default_factory=dict)

    def listed(self, transcript: Transcript) -> Iterator[tuple[int, Frame, list[tuple[str, str]]]]:
        """Connection number from 1, frame, complaints."""
        for (leg, index), said in self.found.items():
            yield leg + 1, transcript.legs[leg].frames[index], said


def complaints(transcript: Transcript, explain: Explain | None) -> Complaints:
    """Judge the events of a conversation by their schemas, until so many are known to be wrong."""
    out = Complaints()
    if explain is None:
        return out
    for number, leg in enumerate(transcript.legs):
        for frame in leg.frames:
            if len(out.found) == MOST_EXPLAINED:  # it takes a millisecond each, and the next one tells nothing new
                return out
            if isinstance(frame.event, dict) and frame.type is not None:
                said = explain(frame.side, frame.event)
                if said:
                    out.found[number, frame.index] = [(shown(path, 200), shown(text, 400)) for path, text in said[:8]]
    return out


def frames(transcript: Transcript, said: Complaints, most: int = PAYLOAD) -> list[dict[str, Any]]:
    """The frames for the page's script, in short names; `most` characters of each payload."""
    found = []
    for number, leg in enumerate(transcript.legs):
        for frame in leg.frames:
            row: dict[str, Any] = {
                "i": frame.index,
                "l": number + 1,
                "s": frame.side[0],
                "t": round(frame.at),
                "k": shown(kind(frame), 120),
                "b": cut(payload(frame), most),
            }
            if frame.label and frame.label != frame.type:
                row["n"] = shown(frame.label, 120)
            sound = audio_of(frame)
            if sound is not None and sound.seconds:
                row["a"] = round(sound.seconds, 3)
            if (number, frame.index) in said.found:
                row["e"] = said.found[number, frame.index]
            found.append(row)
    return found
