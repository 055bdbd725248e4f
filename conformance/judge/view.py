"""How a check looks at a conversation: `wire.the("session.updated")["session"]["voice"]`.

Reading something that never arrived raises Blocked and names the clause that answers for it, so that one missing
event is one failure and not twenty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from conformance.cut import listed
from conformance.judge.evidence.connection import Event, Evidence, Response, responses
from conformance.judge.evidence.missing import culprit
from conformance.judge.verdicts import Blocked, Contrary, Inconclusive, NotHeld
from conformance.spec.catalogue import owners
from conformance.spec.profiles import Profile
from conformance.spec.requests import ONLY_ASKED
from conformance.spec.unsolicited import is_unsolicited
from conformance.wire.transcript import Ending, Frame, Leg, Transcript


@dataclass
class Trail:
    """What a check has looked at last: the view and the frame; and where the frames of a place were taken from."""

    last: tuple[Wire, Frame] | None = None
    legs: dict[int, Wire] = field(default_factory=dict)
    origin: tuple[int, Sequence[int | None]] | None = None
    run: Collection[Transcript] = ()


def _parts(event: Any, held: set[int], deep: int = 3) -> bool:
    """Whether an event, or an object or list within it, is one of those with these identities."""
    if id(event) in held:
        return True
    inner = event.values() if isinstance(event, dict) else event if isinstance(event, list) else ()
    return deep > 0 and any(_parts(one, held, deep - 1) for one in inner if isinstance(one, dict | list))


class Wire(Evidence):
    """What a chapter's check looks at: one conversation, its first connection (`leg(n)` gives the others)."""

    def __init__(self, transcript: Transcript, profile: Profile, leg: int = 0, trail: Trail | None = None) -> None:
        super().__init__(transcript, profile, leg)
        self._trail = trail or Trail()
        self._trail.legs.setdefault(leg, self)
        if transcript.trouble is not None:
            raise Inconclusive(f"infrastructure: {transcript.trouble}")
        if transcript.broken_off:
            raise Inconclusive(f"broken off: {transcript.broken_off}")
        if transcript.interrupted:
            raise NotHeld("the run was interrupted while this conversation was held")

    def leg(self, number: int) -> Wire:
        """The view of the conversation's `number`-th connection, from 0."""
        if number >= len(self.transcript.legs):
            raise self._blocked(f"connection {number + 1}")
        if number not in self._trail.legs:
            self._trail.legs[number] = Wire(self.transcript, self.profile, number, self._trail)
        return self._trail.legs[number]

    def among(self, run: Collection[Transcript]) -> Wire:
        """The same, with all conversations of the run: for what one of them can't tell."""
        self._trail.run = run
        return self

    @property
    def run(self) -> Collection[Transcript]:
        """All conversations of the run, as far as anybody told."""
        return self._trail.run

    def again(self) -> Wire:
        """The same for another check: what was folded is kept, and where the last one looked is forgotten."""
        view = Wire(self.transcript, self.profile, self.number, Trail(origin=self._trail.origin, run=self.run))
        view._kept = self._kept
        return view

    @property
    def connection(self) -> Leg:
        """The connection as it was recorded; raises Blocked where there is none."""
        if self.number >= len(self.transcript.legs):
            raise self._blocked("connection")
        return super().connection

    @contextmanager
    def model_chose(self) -> Iterator[None]:
        """`with wire.model_chose(): assert …` rests on what the model chose to say, and fails when it says so twice."""
        try:
            yield
        except AssertionError as problem:
            raise Contrary(str(problem), self.transcript.doubted) from problem

    @property
    def notes(self) -> dict[str, Any]:
        """What the script noted about its own choices."""
        return self.transcript.notes

    @property
    def status(self) -> dict[str, Any] | None:
        """What the platform says of the session (JSON of a `Reading`); None: nobody asked."""
        return self.transcript.status

    @property
    def ending(self) -> Ending:
        """How the connection ended; raises Unshown where a recording does not show it."""
        self._look_at(self.last("close") or self.last())
        return super().ending

    @property
    def types(self) -> list[str]:
        """Types of all server events, in order."""
        self._look_at(self.received[-1] if self.received else None)
        return super().types

    def has(self, *types: str) -> bool:
        """Whether any event of these types came."""
        came = self.of(*types)
        self._look_at(came[0] if came else None)
        return bool(came)

    def all(self, *types: str) -> list[Event]:
        """All server events of these types, in order."""
        return [self._touch(frame).event for frame in self.of(*types)]

    def the(self, type: str, nth: int = 0, owner: str | None = None) -> Event:  # noqa: A002
        """The `nth` server event of this type, from 0; raises Blocked when it never came."""
        return self.frame(type, nth, owner).event  # type: ignore[no-any-return]

    def frame(self, type: str, nth: int = 0, owner: str | None = None) -> Frame:  # noqa: A002
        """Like `the`, with its frame."""
        found = self.of(type)
        if self._trail.origin is None and type in ONLY_ASKED:
            unasked = self.settled.unasked  # it may say anything, and is no answer
            found = [frame for frame in found if frame.index not in unasked]
        if nth < len(found):
            return self._touch(found[nth])
        raise self._blocked(type if nth == 0 else f"{type} number {nth + 1}", type, owner)

    # -- what the client did

    def sent(self, what: str, nth: int = 0) -> Frame:
        """The client's `nth` frame with this label or event type; raises Blocked when the script never got there."""
        found = [
            frame
            for frame in self.frames
            if frame.side == "client" and (frame.label == what or (frame.label is None and frame.type == what))
        ] or [frame for frame in self.frames if frame.side == "client" and frame.type == what]
        if nth < len(found):
            return self._touch(found[nth])
        raise self._blocked(f"the moment to send {what!r}")

    def replies(self, what: str, nth: int = 0) -> list[Event]:
        """The events that answer that client frame."""
        return [self._touch(frame).event for frame in self.answering(self.sent(what, nth))]

    def answering(self, sent: Frame) -> list[Frame]:
        """What answers a client frame, in order.

        What surely belongs to it, wherever it stands, and of what comes before the client's next frame all that
        belongs to no other and that no server says unasked.  Raises Inconclusive where an answer too many leaves it in
        doubt and none names it.
        """
        settled = self.settled
        own = settled.of(sent.index)
        if self._trail.origin is None and sent.index in settled.doubted:
            named = [self.frames[index] for index in own if index in settled.named]
            if named:
                return named
            surplus = self.frames[settled.doubted[sent.index]]
            again = f"{surplus.type} came once more than it was waited for (frame {surplus.index})"
            raise Inconclusive(f"{again}: which of them answers {sent.label or sent.type} is not known")
        found = []
        for frame in self.frames[sent.index + 1 :]:
            if frame.side == "client" and frame.opcode in {"text", "binary"}:
                break
            if frame.side == "server" and frame.type is not None and not is_unsolicited(frame.type):
                found.append(frame)
        end = found[-1].index if found else sent.index
        kept = [frame for frame in found if settled.owner.get(frame.index, sent.index) == sent.index]
        return kept + [self.frames[index] for index in own if index > end]

    def is_answer_to(self, answer: Frame, asked: Iterable[Frame]) -> bool:
        """Whether an event may answer one of these client frames: it belongs to no other one, and was asked for."""
        owner = self.settled.owner.get(answer.index)
        mine = owner is None or any(frame.index == owner for frame in asked)
        return mine and answer.index not in self.settled.unasked

    def answers_to(self, what: str, nth: int = 0) -> list[str]:
        """Types of `replies`."""
        return [str(event["type"]) for event in self.replies(what, nth)]

    def error_to(self, what: str, nth: int = 0) -> Event:
        """The `error` object that answers that client frame; fails when it was answered in another way."""
        replies = self.replies(what, nth)
        errors = [event.get("error") for event in replies if event["type"] == "error"]
        assert errors, f"{what} was answered by {listed(event['type'] for event in replies)}, not by error"
        error = errors[0]
        assert isinstance(error, dict), f"`error` is {error!r}, not an object"
        return error

    def place_of(self, frame: Frame | None) -> tuple[int, int | None]:
        """Connection and index of a frame in the record, also where this is a view of a part of it."""
        if frame is not None and self._trail.origin is not None:
            connection, indexes = self._trail.origin
            return connection, indexes[frame.index]
        return super().place_of(frame)

    def decisive(self, values: Iterable[Any]) -> tuple[int, int | None]:
        """Connection and index of the frame that decides: the last that these values are of, else the last looked at.

        A value is a frame, or (a part of) its event itself, and no copy.
        """
        found = self._trail.last
        wanted = list(values)
        held = {id(one) for one in wanted if isinstance(one, dict | list)}
        for number in range(len(self.transcript.legs)) if wanted else ():
            view = self.leg(number)
            for frame in view.frames:
                if any(one is frame for one in wanted) or _parts(frame.event, held):
                    found = view, frame
        return found[0].place_of(found[1]) if found is not None else (self.number, None)

    def _touch(self, frame: Frame) -> Frame:
        self._trail.last = self, frame
        return frame

    def _look_at(self, frame: Frame | None) -> None:
        if frame is not None:
            self._touch(frame)

    def after(self, frame: Frame) -> list[Frame]:
        """Server events that came after `frame`."""
        self._touch(frame)
        return [later for later in self.received if later.index > frame.index]

    # -- responses

    @cached_property
    def responses(self) -> list[Response]:
        """Responses in the order of their first event; what is read of them leaves a trail."""
        return responses(self.received, self._touch)

    def response(self, nth: int = 0) -> Response:
        """The `nth` response, from 0; raises Blocked."""
        if nth < len(self.responses):
            self._touch(self.responses[nth].frames[-1])
            return self.responses[nth]
        raise self._blocked("response.created", "response.created")

    # -- what is missing

    def prepared(self) -> None:
        """Raises Blocked where the script waited in vain: the state that it was to bring about is not there."""
        stop = self.transcript.stop
        if stop is not None and stop.waiting_for:
            raise self._blocked(" or ".join(stop.waiting_for), stop.waiting_for[0])

    def _blocked(self, missing: str, event: str | None = None, owner: str | None = None) -> Blocked:
        """Who answers for it: the first link that is missing where the script broke off, else the event's owner."""
        stop = self.transcript.stop
        if owner is None and stop is not None:
            found = culprit(self)
            owner = found.clause if found is not None else None
        if owner is None and event is not None:
            owner = owners().get(event)
        return Blocked(missing, owner, stop.why if stop else "")


class Views:
    """The conversations of a run as their checks see them: what was folded of one serves all its checks.

    `wires` are views of connections that others look at, too: what either finds out serves both.
    """

    def __init__(self, transcripts: Mapping[str, Transcript], profile: Profile, wires: Iterable[Wire] = ()) -> None:
        self._transcripts = transcripts
        self._profile = profile
        run = transcripts.values()
        self._kept = {one.transcript.conversation: one.again().among(run) for one in wires if one.number == 0}

    def of(self, conversation: str) -> Wire:
        """A view for one more check; raises Unjudged where nothing can be judged."""
        transcript = self._transcripts[conversation]
        kept = self._kept.get(conversation)
        if kept is None or kept.transcript is not transcript:
            kept = self._kept[conversation] = Wire(transcript, self._profile).among(self._transcripts.values())
        return kept.again()
