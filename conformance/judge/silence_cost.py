"""What idle audio costs: billed input tokens against idle seconds, as a line through the sessions of a conversation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.judge.rules.frames import size
from conformance.wire.transcript import Frame, Leg, Transcript

INPUT_HZ = 16_000
NEAR = 0.25  # of the rate at which audio is billed: how far a slope may be from it, or from nothing
Point = tuple[float, int]
"""Seconds of idle audio before the speech, and the audio tokens billed as input."""


@dataclass(frozen=True)
class Line:
    """Least squares: tokens = level + slope * seconds; `error` is the slope's standard error, in tokens a second."""

    slope: float
    level: float
    error: float

    def grows_by(self, rate: float) -> bool:
        """Whether every idle second costs what a second of audio costs, beyond what the error leaves open."""
        return abs(self.slope - rate) <= NEAR * rate and self.slope > 3 * self.error

    def is_flat(self, rate: float) -> bool:
        """Whether an idle second costs next to nothing."""
        return abs(self.slope) + self.error <= NEAR * rate


def fit(points: Sequence[Point]) -> Line:
    """The line through the points; at least three, not all at the same seconds."""
    count = len(points)
    mean_x = math.fsum(x for x, _ in points) / count
    mean_y = math.fsum(y for _, y in points) / count
    spread = math.fsum((x - mean_x) ** 2 for x, _ in points)
    slope = math.fsum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    level = mean_y - slope * mean_x
    rest = math.fsum((y - level - slope * x) ** 2 for x, y in points)
    return Line(slope, level, math.sqrt(rest / (count - 2) / spread))


def points(transcript: Transcript) -> list[Point]:
    """A point for each connection whose first reply tells its usage."""
    found = []
    for leg in transcript.legs:
        billed = next((tokens for tokens in map(audio_tokens, leg.frames) if tokens is not None), None)
        if billed is not None:
            found.append((idle_seconds(leg), billed))
    return found


def idle_seconds(leg: Leg) -> float:
    """Seconds of audio in the frames labelled `idle`."""
    audio = (frame.event.get("audio") for frame in leg.frames if frame.side == "client" and frame.label == "idle")
    return sum(size(one) or 0 for one in audio) / 2 / INPUT_HZ


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
