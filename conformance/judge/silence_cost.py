"""What idle audio costs: billed input tokens against idle seconds, as a line through the sessions of a conversation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from conformance.judge.evidence.frames import size
from conformance.wire.transcript import Frame, Leg, Transcript

INPUT_HZ = 16_000
IDLE = "idle"
"""The label of idle audio, or its first word: `idle noise -60 dBFS` is another kind."""
NEAR = 0.25  # of the rate at which audio is billed: how far a slope may be from it
FREE = 0.1  # tokens a second: a session of an hour at this rate costs less than a minute of speech
SURE = 3  # standard errors
GRAIN = 0.5  # tokens: every count is a whole number, so no line is known better than this
Point = tuple[float, int]
"""Seconds of idle audio before the speech, and the audio tokens billed as input."""

Answer = Literal["billed", "in-part", "not-billed", "unclear"]


@dataclass(frozen=True)
class Line:
    """Least squares: tokens = level + slope * seconds; `error` is the slope's standard error, in tokens a second."""

    slope: float
    level: float
    error: float

    def answer(self, rate: float) -> Answer:
        """What an idle second costs, held against what a second of audio costs.

        `not-billed` needs a slope that is small and within the error of nothing; what is surely more and surely not the
        rate is billed in part; a slope that is neither small nor sure tells nothing.
        """
        sure = abs(self.slope) > SURE * self.error
        if abs(self.slope - rate) <= NEAR * rate and sure:
            return "billed"
        if abs(self.slope) < FREE and not sure:
            return "not-billed"
        return "in-part" if 0 < self.slope < rate and sure else "unclear"


def fit(points: Sequence[Point]) -> Line:
    """The line through the points; at least three, not all at the same seconds."""
    count = len(points)
    mean_x = math.fsum(x for x, _ in points) / count
    mean_y = math.fsum(y for _, y in points) / count
    spread = math.fsum((x - mean_x) ** 2 for x, _ in points)
    slope = math.fsum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    level = mean_y - slope * mean_x
    rest = math.fsum((y - level - slope * x) ** 2 for x, y in points) / (count - 2)
    return Line(slope, level, math.sqrt(max(rest, GRAIN**2) / spread))


def points(transcript: Transcript, kind: str = IDLE) -> list[Point]:
    """A point for each connection with idle audio of this kind, or with none, whose first reply tells its usage."""
    found = []
    for leg in transcript.legs:
        if any(label != kind for label in _idle_labels(leg)):
            continue
        billed = next((tokens for tokens in map(audio_tokens, leg.frames) if tokens is not None), None)
        if billed is not None:
            found.append((idle_seconds(leg), billed))
    return found


def idle_seconds(leg: Leg) -> float:
    """Seconds of audio in the frames that are labelled as idle."""
    labels = _idle_labels(leg)
    audio = (frame.event.get("audio") for frame in leg.frames if frame.side == "client" and frame.label in labels)
    return sum(size(one) or 0 for one in audio) / 2 / INPUT_HZ


def _idle_labels(leg: Leg) -> set[str]:
    labels = {frame.label for frame in leg.frames if frame.side == "client" and frame.label}
    return {label for label in labels if label.partition(" ")[0] == IDLE}


def audio_tokens(frame: Frame) -> int | None:
    """Input audio tokens that a `response.done` reports, or None.  A key that is left out is a zero."""
    if frame.side != "server" or frame.type != "response.done":
        return None
    response = frame.event.get("response")
    usage = response.get("usage") if isinstance(response, dict) else None
    details = usage.get("input_tokens_details") if isinstance(usage, dict) else None
    if not isinstance(details, dict):
        return None
    value = details.get("audio_tokens", 0)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
