"""How a check looks at a conversation: `wire.the("session.updated")["session"]["voice"]`.

Reading something that never arrived raises Blocked and names the clause that answers for it, so that one missing
event is one failure and not twenty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from conformance.guarded import object_at
from conformance.judge.verdicts import Blocked, Contrary, Inconclusive, NotHeld
from conformance.spec.catalogue import owners
from conformance.spec.profiles import Profile
from conformance.spec.requests import Excuse
from conformance.spec.unsolicited import is_unsolicited
from conformance.wire.gaps import Gap, OneSided, Unshown, Untimed, torn
from conformance.wire.transcript import UNREAD, Ending, Frame, Handshake, Leg, Transcript

Event = dict[str, Any]


def _untouched(frame: Frame) -> Frame:
    return frame


@dataclass
class Response:
    """All that belongs to one response, in order of arrival."""

    id: str
    frames: list[Frame] = field(default_factory=list)
    touch: Callable[[Frame], Frame] = field(default=_untouched, repr=False, compare=False)
    """Told of each frame that a check looks at."""

    @property
    def types(self) -> list[str]:
        """Types of its events, in order."""
        return [str(frame.type) for frame in self.frames]

    def all(self, *types: str) -> list[Event]:
        """Its events of these types."""
        return [self.touch(frame).event for frame in self.frames if frame.type in types]

    def the(self, type: str) -> Event:  # noqa: A002
        """Its first event of this type; raises Blocked."""
        for frame in self.frames:
            if frame.type == type:
                event: Event = self.touch(frame).event
                return event
        raise Blocked(f"{type} of {self.id}", owners().get(type))

    def shown(self, *types: str) -> list[Frame]:
        """Like `all`, the frames."""
        return [frame for frame in self.frames if frame.type in types]

    def last(self, *types: str) -> Frame:
        """Its last frame of these types, or of any where it has none."""
        return (self.shown(*types) or self.frames)[-1]

    def joined(self, type: str) -> str:  # noqa: A002
        """The concatenation of `delta` over its events of this type."""
        return "".join(str(event.get("delta", "")) for event in self.all(type))

    @property
    def done(self) -> Event:
        """The `response` object of its `response.done`; raises Blocked."""
        return object_at(self.the("response.done"), "response")


def listed(words: Iterable[object]) -> str:
    """`a, b`, or `nothing`: how what came is told in a sentence."""
    return ", ".join(map(str, words)) or "nothing"


def seen(leg: Leg, gaps: Collection[str]) -> Sequence[Frame]:
    """The frames as a recording with these gaps shows them: the same list each time.

    Of a client that is not shown whole no frame is: whoever asks for what it sent must not be told a part.
    """
    veils: dict[str, Any] = {}
    if "times" in gaps:
        veils["at"] = Untimed()
    if "client" in gaps:
        veils["side"] = OneSided("server")
    if not veils and "cut" not in gaps:
        return leg.frames
    kept: list[Frame] | None = leg.__dict__.get("seen")
    if kept is None:
        shown = [frame for frame in leg.frames if "side" not in veils or frame.side == "server"]
        kept = leg.__dict__["seen"] = [_veiled(frame, {**veils, "index": place}) for place, frame in enumerate(shown)]
    return kept


def _veiled(frame: Frame, veils: dict[str, Any]) -> Frame:
    if frame.gap == "cut" and frame.text is not None:
        event = torn(frame.text)
        veils = {**veils, "_event": event, "_type": str(event["type"]) if dict.__contains__(event, "type") else UNREAD}
    return frame.seen_as(**veils)


@dataclass
class Trail:
    """What a check has looked at last: the view and the frame; and where the frames of a place were taken from."""

    last: tuple[Wire, Frame] | None = None
    excuses: Counter[Excuse] = field(default_factory=Counter)
    """What excused an absence, and how often, since somebody took note of it."""
    origin: tuple[int, Sequence[int | None]] | None = None


def _parts(event: Any, held: set[int], deep: int = 3) -> bool:
    """Whether an event, or an object or list within it, is one of those with these identities."""
    if id(event) in held:
        return True
    inner = event.values() if isinstance(event, dict) else event if isinstance(event, list) else ()
    return deep > 0 and any(_parts(one, held, deep - 1) for one in inner if isinstance(one, dict | list))


class Wire:
    """A read-only view of one conversation (of its first connection; `leg(n)` gives the others)."""

    def __init__(self, transcript: Transcript, profile: Profile, leg: int = 0, trail: Trail | None = None) -> None:
        self.transcript = transcript
        self.profile = profile
        self._leg_number = leg
        self._trail = trail or Trail()
        if transcript.trouble is not None:
            raise Inconclusive(f"infrastructure: {transcript.trouble}")
        if transcript.broken_off:
            raise Inconclusive(f"broken off: {transcript.broken_off}")
        if transcript.interrupted:
            raise NotHeld("the run was interrupted while this conversation was held")

    def __repr__(self) -> str:
        return f"<{self.transcript.conversation}>"

    def leg(self, number: int) -> Wire:
        """The view of the conversation's `number`-th connection, from 0."""
        if number >= len(self.transcript.legs):
            raise self._blocked(f"connection {number + 1}")
        return Wire(self.transcript, self.profile, number, self._trail)

    @property
    def _leg(self) -> Leg:
        if self._leg_number >= len(self.transcript.legs):
            raise self._blocked("connection")
        return self.transcript.legs[self._leg_number]

    @contextmanager
    def model_chose(self) -> Iterator[None]:
        """`with wire.model_chose(): assert …` rests on what the model chose to say, and fails when it says so twice."""
        try:
            yield
        except AssertionError as problem:
            raise Contrary(str(problem), self.transcript.doubted) from problem

    @property
    def connection(self) -> Leg:
        """The connection as it was recorded, whatever the recording lacks."""
        return self._leg

    @property
    def handshake(self) -> Handshake:
        """The opening HTTP exchange; raises Unshown where a recording lacks it."""
        self.needs("handshake")
        return self._leg.handshake

    @property
    def opened(self) -> bool:
        """Whether the connection came about: frames crossed, or the upgrade succeeded."""
        return bool(self._leg.frames) if self.lacks("handshake") else self._leg.handshake.status == 101

    @property
    def ending(self) -> Ending:
        """How the connection ended; raises Unshown where a recording does not show it."""
        self.needs("close")
        return self._leg.ending

    @property
    def frames(self) -> Sequence[Frame]:
        """Every frame, both ways, in order; whoever reaches for what a recording lacks meets Unshown."""
        return seen(self._leg, self.transcript.gaps)

    def lacks(self, gap: Gap) -> bool:
        """Whether this is a recording with this gap."""
        return gap in self.transcript.gaps

    def needs(self, gap: Gap) -> None:
        """Raises Unshown where the recording has this gap."""
        if self.lacks(gap):
            raise Unshown(gap)

    @property
    def notes(self) -> dict[str, Any]:
        """What the script noted about its own choices."""
        return self.transcript.notes

    @property
    def status(self) -> dict[str, Any] | None:
        """What the platform says of the session (JSON of a `Reading`); None: nobody asked."""
        return self.transcript.status

    @cached_property
    def received(self) -> list[Frame]:
        """Server frames that hold an event."""
        return [frame for frame in self.frames if frame.side == "server" and frame.type is not None]

    @cached_property
    def types(self) -> list[str]:
        """Types of all server events, in order."""
        return [str(frame.type) for frame in self.received]

    def has(self, *types: str) -> bool:
        """Whether any event of these types came."""
        return any(kind in types for kind in self.types)

    def all(self, *types: str) -> list[Event]:
        """All server events of these types, in order."""
        return [self._touch(frame).event for frame in self.received if frame.type in types]

    def the(self, type: str, nth: int = 0, owner: str | None = None) -> Event:  # noqa: A002
        """The `nth` server event of this type, from 0; raises Blocked when it never came."""
        return self.frame(type, nth, owner).event  # type: ignore[no-any-return]

    def frame(self, type: str, nth: int = 0, owner: str | None = None) -> Frame:  # noqa: A002
        """Like `the`, with its frame."""
        found = [frame for frame in self.received if frame.type == type]
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
        """Server events after that client frame and before the client's next one, but for what comes unasked."""
        start = self.sent(what, nth).index
        found = []
        for frame in self.frames[start + 1 :]:
            if frame.side == "client" and frame.opcode in {"text", "binary"}:
                break
            if frame.side == "server" and frame.type is not None and not is_unsolicited(frame.type):
                found.append(self._touch(frame).event)
        return found

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

    def last(self, opcode: str = "", side: str = "") -> Frame | None:
        """The last frame with this opcode and of this side (empty: any)."""
        for frame in reversed(self.frames):
            if frame.opcode == (opcode or frame.opcode) and frame.side == (side or frame.side):
                return frame
        return None

    def place_of(self, frame: Frame | None) -> tuple[int, int | None]:
        """Connection and index of a frame in the record, whatever part of it this view shows."""
        if frame is not None and self._trail.origin is not None:
            connection, indexes = self._trail.origin
            return connection, indexes[frame.index]
        if frame is None or "client" not in self.transcript.gaps:
            return self._leg_number, None if frame is None else frame.index
        shown = [kept.index for kept in self._leg.frames if kept.side == "server"]  # as `seen` leaves the others out
        return self._leg_number, shown[frame.index]

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
        return found[0].place_of(found[1]) if found is not None else (self._leg_number, None)

    def excused(self, excuse: Excuse | None) -> bool:
        """Take note of what excuses an absence here; whether anything does."""
        if excuse is not None:
            self._trail.excuses[excuse] += 1
        return excuse is not None

    def taken_excuses(self) -> Counter[Excuse]:
        """What was noted since this was last asked."""
        found, self._trail.excuses = self._trail.excuses, Counter()
        return found

    def _touch(self, frame: Frame) -> Frame:
        self._trail.last = self, frame
        return frame

    def after(self, frame: Frame) -> list[Frame]:
        """Server events that came after `frame`."""
        self._touch(frame)
        return [later for later in self.received if later.index > frame.index]

    # -- responses

    @cached_property
    def responses(self) -> list[Response]:
        """Responses in the order of their first event."""
        found: dict[str, Response] = {}
        for frame in self.received:
            event = frame.event
            body = event.get("response")
            key = body.get("id") if isinstance(body, dict) else event.get("response_id")
            if isinstance(key, str):
                found.setdefault(key, Response(key, touch=self._touch)).frames.append(frame)
        return list(found.values())

    def response(self, nth: int = 0) -> Response:
        """The `nth` response, from 0; raises Blocked."""
        if nth < len(self.responses):
            self._touch(self.responses[nth].frames[-1])
            return self.responses[nth]
        raise self._blocked("response.created", "response.created")

    # -- what is missing

    def _blocked(self, missing: str, event: str | None = None, owner: str | None = None) -> Blocked:
        """Who answers for it: the first link that is missing where the script broke off, else the event's owner."""
        # Imported here: the rules look at conversations through this very view.
        from conformance.judge.rules.missing import culprit  # noqa: PLC0415

        stop = self.transcript.stop
        if owner is None and stop is not None:
            found = culprit(self)
            owner = found.clause if found is not None else None
        if owner is None and event is not None:
            owner = owners().get(event)
        return Blocked(missing, owner, stop.why if stop else "")
