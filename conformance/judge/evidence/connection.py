"""`Evidence`: one connection of a conversation, indexed, and everything that rules and chapters ask about it.

It is made of what crossed and never changes.  What takes a pass over the frames is folded when it is first asked for
and kept with the evidence, so that a hundred rules cost no more than one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from conformance.guarded import object_at
from conformance.judge.evidence import frames as reading
from conformance.judge.evidence.gathering import Gathered, Gathering
from conformance.judge.evidence.requests import Request
from conformance.judge.evidence.session import Moment
from conformance.judge.evidence.settling import Settling
from conformance.judge.verdicts import Blocked
from conformance.spec.catalogue import owners
from conformance.spec.profiles import Profile
from conformance.spec.requests import Excuse
from conformance.wire.gaps import Gap, OneSided, Unshown, Untimed, torn
from conformance.wire.transcript import UNREAD, Ending, Frame, Handshake, Leg, Side, Transcript

Event = dict[str, Any]
Folded = TypeVar("Folded")


def _untouched(frame: Frame) -> Frame:
    return frame


@dataclass
class Response:
    """All that belongs to one response, in order of arrival."""

    id: str
    frames: list[Frame] = field(default_factory=list)
    touch: Callable[[Frame], Frame] = field(default=_untouched, repr=False, compare=False)
    """Told of each frame that a check looks at."""

    @cached_property
    def types(self) -> list[str]:
        """Types of its events, in order."""
        return [str(frame.type) for frame in self.frames]

    @cached_property
    def _of(self) -> dict[str, list[Frame]]:
        found: dict[str, list[Frame]] = {}
        for kind, frame in zip(self.types, self.frames, strict=True):
            found.setdefault(kind, []).append(frame)
        return found

    def all(self, *types: str) -> list[Event]:
        """Its events of these types."""
        return [self.touch(frame).event for frame in self.shown(*types)]

    def the(self, type: str) -> Event:  # noqa: A002
        """Its first event of this type; raises Blocked."""
        found = self._of.get(type)
        if found:
            event: Event = self.touch(found[0]).event
            return event
        raise Blocked(f"{type} of {self.id}", owners().get(type))

    def shown(self, *types: str) -> list[Frame]:
        """Like `all`, the frames."""
        if len(types) == 1:
            return self._of.get(types[0], [])
        return [frame for kind, frame in zip(self.types, self.frames, strict=True) if kind in types]

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


class Evidence:
    """One connection; `number` counts a conversation's connections from 0."""

    def __init__(self, transcript: Transcript, profile: Profile, number: int = 0) -> None:
        self.transcript = transcript
        self.profile = profile
        self.number = number
        self._kept: dict[Any, Any] = {}
        self._excuses: Counter[Excuse] = Counter()

    def __repr__(self) -> str:
        return f"<{self.transcript.conversation}>"

    def fold(self, make: Callable[[Evidence], Folded]) -> Folded:
        """What this function makes of the evidence, made once."""
        if make not in self._kept:
            self._kept[make] = make(self)
        found: Folded = self._kept[make]
        return found

    # -- the connection

    @property
    def connection(self) -> Leg:
        """The connection as it was recorded, whatever the recording lacks."""
        return self.transcript.legs[self.number]

    @property
    def handshake(self) -> Handshake:
        """The opening HTTP exchange; raises Unshown where a recording lacks it."""
        self.needs("handshake")
        return self.connection.handshake

    @property
    def opened(self) -> bool:
        """Whether the connection came about: frames crossed, or the upgrade succeeded."""
        return bool(self.connection.frames) if self.lacks("handshake") else self.connection.handshake.status == 101

    @property
    def ending(self) -> Ending:
        """How the connection ended; raises Unshown where a recording does not show it."""
        self.needs("close")
        return self.connection.ending

    def lacks(self, gap: Gap) -> bool:
        """Whether this is a recording with this gap."""
        return gap in self.transcript.gaps

    def needs(self, gap: Gap) -> None:
        """Raises Unshown where the recording has this gap."""
        if self.lacks(gap):
            raise Unshown(gap)

    # -- what crossed

    @property
    def frames(self) -> Sequence[Frame]:
        """Every frame, both ways, in order; whoever reaches for what a recording lacks meets Unshown."""
        return self.fold(_shown)

    @property
    def received(self) -> Sequence[Frame]:
        """Server frames that hold an event."""
        return self.fold(_received)

    @property
    def types(self) -> list[str]:
        """Types of all server events, in order."""
        return [str(frame.type) for frame in self.received]

    def has(self, *types: str) -> bool:
        """Whether any event of these types came."""
        return any(self.places.get(("server", kind)) for kind in types)

    def all(self, *types: str) -> list[Event]:
        """All server events of these types, in order."""
        return [frame.event for frame in self.of(*types)]

    def of(self, *types: str, side: Side = "server") -> list[Frame]:
        """Like `all`, the frames; also those of the client."""
        lists = [found for kind in dict.fromkeys(types) if (found := self.places.get((side, kind)))]
        frames = self.frames
        at = lists[0] if len(lists) == 1 else sorted(index for found in lists for index in found)
        return [frames[index] for index in at]

    def beginning(self, *stems: str) -> list[Frame]:
        """The server events whose types begin with one of these."""
        return self.of(*(kind for side, kind in self.places if side == "server" and kind.startswith(stems)))

    @property
    def data(self) -> list[Frame]:
        """What the client sent, control frames left out."""
        return self.fold(_data)

    @property
    def places(self) -> dict[tuple[str, str], list[int]]:
        """Where each type of event stands, by side and type: indexes in order."""
        return self.fold(_places)

    def next_place(self, side: str, kind: str, index: int) -> int | None:
        """Where the first event of this type after `index` stands, or None."""
        at = self.places.get((side, kind), [])
        place = bisect_right(at, index)
        return at[place] if place < len(at) else None

    def last_place(self, side: str, kind: str, index: int) -> int | None:
        """Where the last event of this type before `index` stands, or None."""
        at = self.places.get((side, kind), [])
        place = bisect_left(at, index)
        return at[place - 1] if place else None

    def last(self, opcode: str = "", side: str = "") -> Frame | None:
        """The last frame with this opcode and of this side (empty: any)."""
        for frame in reversed(self.frames):
            if (not opcode or frame.opcode == opcode) and (not side or frame.side == side):
                return frame
        return None

    def place_of(self, frame: Frame | None) -> tuple[int, int | None]:
        """Connection and index of a frame in the record, whatever part of it is shown here."""
        if frame is None or "client" not in self.transcript.gaps:
            return self.number, None if frame is None else frame.index
        return self.number, self.fold(_recorded)[frame.index]

    # -- what it means

    @property
    def _gathered(self) -> Gathered:
        return self.fold(_gathered)

    @property
    def silences(self) -> list[int]:
        """Where the client waited for nothing (`frames.silences`)."""
        return self.fold(_silences)

    def waited_after(self, index: int) -> bool:
        """Whether a wait of the client ran out after this frame."""
        return bool(self.silences) and self.silences[-1] > index

    @property
    def settled(self) -> Settling:
        """Whose each answer is."""
        return self._gathered.settled

    @property
    def moments(self) -> list[Moment]:
        """The session before each frame, and at the end: one entry more than there are frames."""
        return self._gathered.moments

    @property
    def requests(self) -> list[Request]:
        """All requests that have an acknowledgement, in order, with what may have answered them."""
        return self._gathered.requests

    @property
    def responses(self) -> list[Response]:
        """Responses in the order of their first event."""
        return self.fold(_responses)

    # -- what is let pass

    def excused(self, excuse: Excuse | None) -> bool:
        """Take note of what excuses an absence here; whether anything does."""
        if excuse is not None:
            self._excuses[excuse] += 1
        return excuse is not None

    def taken_excuses(self) -> Counter[Excuse]:
        """What was noted since this was last asked."""
        found, self._excuses = self._excuses, Counter()
        return found


def _shown(evidence: Evidence) -> Sequence[Frame]:
    return seen(evidence.connection, evidence.transcript.gaps)


def _recorded(evidence: Evidence) -> list[int]:
    """Where the frames of a recording without its client stand in the record, as `_shown` leaves the others out."""
    return [one.index for one in evidence.connection.frames if one.side == "server"]


def _received(evidence: Evidence) -> Sequence[Frame]:
    return [frame for frame in evidence.frames if frame.side == "server" and frame.type is not None]


def _data(evidence: Evidence) -> list[Frame]:
    return [frame for frame in evidence.frames if reading.is_client_data(frame)]


def _places(evidence: Evidence) -> dict[tuple[str, str], list[int]]:
    return reading.placed(evidence.frames)


def _silences(evidence: Evidence) -> list[int]:
    return reading.silences(evidence.frames)


def _gathered(evidence: Evidence) -> Gathered:
    gathering = Gathering()
    for frame in evidence.frames:
        gathering.take(frame)
    return gathering.end()


def _responses(evidence: Evidence) -> list[Response]:
    return responses(evidence.received)


def responses(received: Iterable[Frame], touch: Callable[[Frame], Frame] = _untouched) -> list[Response]:
    """The responses that server events belong to."""
    found: dict[str, Response] = {}
    for frame in received:
        body = frame.event.get("response")
        key = body.get("id") if isinstance(body, dict) else frame.event.get("response_id")
        if isinstance(key, str):
            found.setdefault(key, Response(key, touch=touch)).frames.append(frame)
    return list(found.values())


def seen(leg: Leg, gaps: Collection[str]) -> Sequence[Frame]:
    """The frames as a recording with these gaps shows them.

    Of a client that is not shown whole no frame is: whoever asks for what it sent must not be told a part.
    """
    veils: dict[str, Any] = {}
    if "times" in gaps:
        veils["at"] = Untimed()
    if "client" in gaps:
        veils["side"] = OneSided("server")
    if not veils and "cut" not in gaps:
        return leg.frames
    shown = [frame for frame in leg.frames if "side" not in veils or frame.side == "server"]
    return [_veiled(frame, {**veils, "index": place}) for place, frame in enumerate(shown)]


def _veiled(frame: Frame, veils: dict[str, Any]) -> Frame:
    if frame.gap == "cut" and frame.text is not None:
        event = torn(frame.text)
        veils = {**veils, "_event": event, "_type": str(event["type"]) if dict.__contains__(event, "type") else UNREAD}
    return frame.seen_as(**veils)
