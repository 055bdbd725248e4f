"""Whose each answer is, and the session at each frame, in one pass: a connection can be fed as it is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.judge.evidence.frames import Silences
from conformance.judge.evidence.requests import Asked, Request
from conformance.judge.evidence.session import Course, Moment
from conformance.judge.evidence.settling import Settler, Settling
from conformance.wire.transcript import Frame


@dataclass
class Gathered:
    """What a pass found.

    `moments`: the session before each frame, and at the end.
    """

    settled: Settling
    moments: list[Moment] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)


class Gathering:
    """One pass over the frames of a connection."""

    def __init__(self) -> None:
        self._settler = Settler()
        settled = self._settler.found
        self._silence, self._course, self._asked = Silences(), Course(settled.meant), Asked(settled)
        self._found = Gathered(settled)
        self._frames: list[Frame] = []

    def take(self, frame: Frame) -> None:
        """Take the next frame."""
        self._frames.append(frame)
        self._settler.take(frame, waited=self._silence.take(frame))
        moment = self._course.take(frame)
        self._found.moments.append(moment)
        self._asked.take(frame, moment)

    def end(self) -> Gathered:
        """What was found once the last frame was taken."""
        found = self._found
        self._settler.end(self._frames)
        found.moments.append(self._course.now)
        found.requests = list(self._asked.found.values())
        return found
