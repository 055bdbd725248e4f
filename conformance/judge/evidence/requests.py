"""The requests of a connection and what became of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Set as AbstractSet
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
    crowded: AbstractSet[int] = field(repr=False)
    """Indexes of the client frames beside which another one waited."""
    answers: list[Frame] = field(default_factory=list)
    errors: list[Frame] = field(default_factory=list)
    contenders: dict[int, Request] = field(default_factory=dict)
    passed_over: bool = False

    @property
    def alone(self) -> bool:
        """Whether nothing else of the client waited while it did, so that what came is its own."""
        return self.frame.index not in self.crowded

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


class Asked:
    """All requests that have an acknowledgement, frame by frame, with what may have answered them (`settling`)."""

    def __init__(self, settled: Settling) -> None:
        self.found: dict[int, Request] = {}
        self._settled = settled
        self._waiting: deque[Request] = deque()

    def take(self, frame: Frame, moment: Moment) -> None:
        """Take the next frame, whose answer is attributed, and the session before it."""
        if is_request(frame):
            request = self.found[frame.index] = Request(frame, moment, self._settled.crowded)
            self._waiting.append(request)
            return
        answers = self._settled.meant.get(frame.index)
        if answers is None:
            return
        found = self.found
        meant = [found[sent.index] for sent in answers if sent.index in found]
        if frame.type == "error":
            for request in meant:
                request.errors.append(frame)
        elif meant:
            meant[0].answers.append(frame)
            for rival in meant[1:]:
                rival.contenders |= {meant[0].frame.index: meant[0]} | meant[0].contenders
            # What was looked at once needs no second look: a request that has its answer never loses it.
            while self._waiting and self._waiting[0].frame.index < meant[0].frame.index:
                request = self._waiting.popleft()
                request.passed_over = request.open


def message(frame: Frame) -> str:
    """What an error event says, in lower case: message, code and type."""
    error = frame.event.get("error")
    if not isinstance(error, dict):
        return ""
    return " ".join(str(error.get(name) or "") for name in ("message", "code", "type")).lower()
