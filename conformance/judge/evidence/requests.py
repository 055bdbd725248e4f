"""The requests of a connection and what became of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from conformance.judge.evidence.session import Moment
from conformance.judge.evidence.settling import Settling, is_request
from conformance.wire.transcript import Frame

BACKEND = ("internalerror", "internal service error", "connect call failed", "response timeout", "<400>", "<500>")
THROTTLED = ("throttl", "too many requests", "to many requests")


@dataclass
class Request:
    """A client frame that wants an answer.

    `answers` are its acknowledgements and `errors` what may be its refusal.  `passed_over`: a later request was
    answered before it.  `alone`: nothing else of the client waited while it did, so what came is its own.
    `contenders`: by index, requests of its kind that were given an answer which may as well have been its own, and
    theirs: of all these one more was answered than anybody can tell.
    """

    frame: Frame
    moment: Moment
    alone: bool
    answers: list[Frame] = field(default_factory=list)
    errors: list[Frame] = field(default_factory=list)
    contenders: dict[int, Request] = field(default_factory=dict)
    passed_over: bool = False

    @property
    def type(self) -> str:
        """The type of the event that was sent."""
        return str(self.frame.type)

    @property
    def open(self) -> bool:
        """Whether nothing has answered it, nor had a contender an error instead of the answer that it was given."""
        return not self.answers and not self.errors and not any(other.errors for other in self.contenders.values())

    def unanswered_at(self, index: int) -> bool:
        """Whether it was sent, and nothing had surely answered it, when the frame of this index came."""
        sure = (*self.answers, *self.errors) if self.alone else self.answers
        return self.frame.index < index and not any(answer.index < index for answer in sure)

    @property
    def called(self) -> str:
        """The request in a sentence: its type, and its label where it has one."""
        return f"{self.type} ({self.frame.label})" if self.frame.label else self.type


def requests(frames: Iterable[Frame], then: Sequence[Moment], settled: Settling) -> list[Request]:
    """All requests that have an acknowledgement, in order, with what may have answered them (`settling`)."""
    found: dict[int, Request] = {}
    waiting: deque[Request] = deque()
    for frame in frames:
        if is_request(frame):
            found[frame.index] = Request(frame, then[frame.index], alone=frame.index not in settled.crowded)
            waiting.append(found[frame.index])
            continue
        meant = [found[sent.index] for sent in settled.meant.get(frame.index, ()) if sent.index in found]
        if frame.type == "error":
            for request in meant:
                request.errors.append(frame)
        elif meant:
            meant[0].answers.append(frame)
            for rival in meant[1:]:
                rival.contenders |= {meant[0].frame.index: meant[0]} | meant[0].contenders
            # What was looked at once needs no second look: a request that has its answer never loses it.
            while waiting and waiting[0].frame.index < meant[0].frame.index:
                request = waiting.popleft()
                request.passed_over = request.open
    return list(found.values())


def message(frame: Frame) -> str:
    """What an error event says, in lower case: message, code and type."""
    error = frame.event.get("error")
    if not isinstance(error, dict):
        return ""
    return " ".join(str(error.get(name) or "") for name in ("message", "code", "type")).lower()
