"""One connection of a recording as it is put together, whatever form it came in."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from conformance import guarded
from conformance.intake import scrub
from conformance.judge import schema
from conformance.spec.profiles import DEFAULT_MODEL, UnknownModel, profile_for
from conformance.wire.gaps import GAPS, Unshown
from conformance.wire.transcript import Ending, Frame, Handshake, Leg, Opcode, Side, Transcript

_AUDIO = re.compile(r"(?i)audio|base64|buffer|byte")


class Unread(ValueError):  # noqa: N818  # it says what became of the file
    """A file, or a part of it, that fits no form; the message names the line and the nearest form."""


def side_of(kind: object) -> Side | None:
    """Which side sends events of this type, as far as the sources name it; None: either, or nobody."""
    if not isinstance(kind, str):
        return None
    if kind in schema.server_types():
        return "server"
    return "client" if kind in schema.client_types() else None


@dataclass
class Connection:
    """What a form tells of one connection.

    `origin` names the form in words.  `gaps` are those that the form itself has; others show when it is finished.
    Times are in ms, on any clock; None: not told.
    """

    origin: str
    url: str = ""
    gaps: set[str] = field(default_factory=set)
    keep_audio: bool = False
    handshake: Handshake | None = None
    ending: Ending | None = None
    began: float | None = None  # ms since 1970
    frames: list[Frame] = field(default_factory=list)
    times: list[float | None] = field(default_factory=list)

    def take(
        self,
        side: Side,
        at: float | None,
        *,
        text: str | None = None,
        data: bytes = b"",
        opcode: Opcode = "text",
        fragments: int = 1,
        cut: bool = False,
    ) -> None:
        """Take a message; a text is kept without its audio and without what looks like a key."""
        gap: Literal["", "audio", "cut"] = "cut" if cut else ""
        if text is not None:
            text = scrub.words(text)
            if not self.keep_audio and not cut:
                text, silent = scrub.silent(text)
                gap = "audio" if silent else gap
            if not cut and "[left out: " in text:
                gap = "audio"
        self.times.append(at)
        self.frames.append(Frame(len(self.frames), side, 0.0, opcode, text, data, fragments=fragments, gap=gap))

    def close(self, side: Side, at: float | None, code: int | None, reason: str = "") -> None:
        """Take a close frame; `code` None: one without."""
        data = b"" if code is None else code.to_bytes(2, "big") + reason.encode()
        self.take(side, at, opcode="close", data=data)

    def finish(self, name: str) -> Transcript:
        """The conversation, with its gaps."""
        gaps = set(self.gaps)
        clock = self._clock(gaps)
        first = clock[0] if clock else 0.0
        frames, self.frames, self.times = self.frames, [], []
        for frame, at in zip(frames, clock, strict=True):
            # Nobody has seen it yet, and of a long recording there is no second copy.
            object.__setattr__(frame, "at", at - first)
        gaps |= {frame.gap for frame in frames if frame.gap}
        if self.handshake is None:
            gaps.add("handshake")
        ending = self.ending or _ending(frames)
        if ending is None:
            gaps.add("close")
        _look(frames, gaps)
        began = self.began if self.began is not None else first if first > 1e11 else 0.0
        last = frames[-1].at if frames else 0.0
        leg = Leg(
            scrub.url(self.url), int(began), int(began + last), self.handshake or Handshake(None, 0.0), frames,
            ending or Ending(),
        )  # fmt: skip
        return Transcript(
            name, _iso(began), [leg], model=_model(leg), seconds=round(last / 1000, 3), origin=self.origin,
            gaps=tuple(gap for gap in GAPS if gap in gaps),
        )  # fmt: skip

    def _clock(self, gaps: set[str]) -> list[float]:
        """The times of the frames; without them all, or where they run backwards, there are none."""
        known = [at for at in self.times if at is not None]
        if len(known) < len(self.times) or any(after < before for before, after in itertools.pairwise(known)):
            gaps.add("times")
            return [0.0] * len(self.times)
        return known


def _look(frames: Iterable[Frame], gaps: set[str]) -> None:
    """Add the gaps that show in what there is: a beginning that is missing, and requests that were not written down."""
    frames = list(frames)
    events = [frame for frame in frames if frame.opcode == "text"]
    first = next((frame for frame in events if frame.side == "server"), None)
    if "handshake" in gaps and (first is None or _type(first) != "session.created"):
        gaps.add("start")
    sent = {_type(frame) for frame in events if frame.side == "client"}
    silent = "input_audio_buffer.append" not in sent  # logs often leave the audio out
    if not sent or (silent and any(map(_of_audio, events))):
        gaps.add("client")


def _type(frame: Frame) -> str | None:
    try:
        return frame.type
    except Unshown:
        return None


def _of_audio(frame: Frame) -> bool:
    """Whether a server event shows that audio was sent: it was heard, or refused."""
    if frame.side != "server":
        return False
    refused = _type(frame) == "error" and _AUDIO.search(frame.text or "") is not None
    return refused or _type(frame) in {"input_audio_buffer.speech_started", "input_audio_buffer.committed"}


def _ending(frames: list[Frame]) -> Ending | None:
    """How the connection ended, by its two close frames; with one alone nobody knows whether the other is missing."""
    closes = [frame for frame in frames if frame.opcode == "close"]
    told = {frame.side: _close(frame.data) for frame in reversed(closes)}
    if len(told) < 2:
        return None
    return Ending(
        first=closes[0].side,
        code_sent=told["client"][0],
        reason_sent=told["client"][1],
        code_received=told["server"][0],
        reason_received=told["server"][1],
        clean=True,
        seconds=round((frames[-1].at - closes[0].at) / 1000, 3),
        tcp="fin",
    )


def _close(data: bytes) -> tuple[int, str]:
    return (int.from_bytes(data[:2]), data[2:].decode("utf-8", "replace")) if len(data) >= 2 else (1005, "")


def _model(leg: Leg) -> str:
    """The model that the address or the session names: one that we know, else the first; the usual one without any."""
    named = list(parse_qs(urlsplit(leg.url).query).get("model", []))
    for frame in leg.frames:
        if frame.side == "server" and frame.gap != "cut" and frame.type in {"session.created", "session.updated"}:
            session = frame.event.get("session")
            told = session.get("model") if isinstance(session, dict) else None
            named += [guarded.shortened(told, 200)] if isinstance(told, str) and told else []
            break
    for name in named:
        try:
            return profile_for(name).model
        except UnknownModel:
            continue
    return named[0] if named else DEFAULT_MODEL


def _iso(ms: float) -> str:
    try:
        told = dt.datetime.fromtimestamp(ms / 1000, dt.UTC)
    except (OverflowError, ValueError, OSError):
        told = dt.datetime.fromtimestamp(0, dt.UTC)
    return told.strftime("%Y-%m-%dT%H:%M:%S.") + f"{told.microsecond // 1000:03d}Z"
