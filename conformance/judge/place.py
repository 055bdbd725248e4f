"""A place in any transcript that a chapter's checks can be asked of, though another script made it.

A chapter says `on = typed_replies.asked("RSP-003 RSP-004", named=("first", "second"))`: these checks hold for every
typed reply, and the frame that a place is about answers to the labels that the chapter's own script gives it.  What
only a particular script can show is not named, and stays what it is.

A place is a view like any other: the greeting, the configuration in force and the frames of the place, and nothing else
of the session.  How the connection ended is part of it only where the place is an end.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from conformance.judge.view import Trail, Wire
from conformance.wire.transcript import Frame, Leg

Find = Callable[[Wire], Iterator[Wire]]


@dataclass(frozen=True)
class Places:
    """A kind of place: its name in the plural, how to find them on a connection, and which checks are asked of each."""

    name: str
    find: Find
    checks: frozenset[str] = frozenset()
    named: tuple[str, ...] = ()

    def asked(self, checks: str, named: Iterable[str] = ()) -> Places:
        """These places, asked by the checks with these ids; `named`: labels of the chapter's script for the frame."""
        return replace(self, checks=frozenset(checks.split()), named=tuple(named))

    def of(self, wire: Wire) -> Iterator[Wire]:
        """The places of a connection, as views.  Raises Unshown where a recording lacks what finding them takes."""
        for view in self.find(wire):
            yield _named(view, self.named) if self.named else view


class Label(str):
    """One label that equals several: what the scripts of a chapter call one and the same frame."""

    __slots__ = ("names",)
    names: frozenset[str]

    def __eq__(self, other: object) -> bool:
        return other in self.names

    __hash__ = str.__hash__


MARK = "the frame of the place"


def view(
    wire: Wire,
    about: Iterable[Frame],
    *,
    marked: Mapping[int, str] | None = None,
    notes: Mapping[str, object] | None = None,
    ends: bool = False,
    asked: bool = False,
) -> Wire:
    """A view of some frames of a connection, with the greeting and the configuration before them.

    `marked` gives labels by index; the label `MARK` stands for those of the chapter.  `ends`: the place is the end of
    the connection, and how it ended is a part of it.  `asked`: before them stands a frame, of nobody, for what the
    chapter's script asked for: here it may have come by itself.
    """
    frames = list(about)
    first = frames[0].index if frames else len(wire.frames)
    context = [*_before(wire, "session.created", first)[:1], *_before(wire, "session.updated", first)[-1:]]
    if asked:
        context.append(Frame(0, "client", frames[0].at, "text", label=MARK))
    shown = [_copy(frame, place, marked) for place, frame in enumerate([*context, *frames])]
    source = wire.transcript
    leg = wire.connection
    part = Leg(leg.url, leg.opened_at_ms, leg.closed_at_ms, leg.handshake, shown, leg.ending)
    # What was veiled stays so: the frames are copies of those that the recording shows.
    gaps = [gap for gap in source.gaps if gap not in {"times", "client"}]
    if not ends and "close" not in gaps:
        gaps.append("close")
    taken = [*context, *frames]
    origin = wire.place_of(None)[0], [None if asked and one is context[-1] else wire.place_of(one)[1] for one in taken]
    return Wire(
        replace(source, legs=[part], stop=None, gaps=tuple(gaps), notes=dict(notes or {}), path=None, status=None),
        wire.profile,
        trail=Trail(origin=origin),
    )


def _before(wire: Wire, kind: str, index: int) -> list[Frame]:
    """The first and the last event of this type of the server before a frame."""
    at = wire.places.get(("server", kind), [])
    end = bisect_left(at, index)
    return [wire.frames[at[place]] for place in (0, end - 1)] if end else []


def _copy(frame: Frame, place: int, marked: Mapping[int, str] | None) -> Frame:
    label = MARK if frame.label == MARK else (marked or {}).get(frame.index)
    return frame.seen_as(index=place, label=label, step=None)


def _named(place: Wire, names: tuple[str, ...]) -> Wire:
    label = Label(names[0])
    label.names = frozenset(names)
    for frame in place.frames:
        if frame.label == MARK:
            object.__setattr__(frame, "label", label)  # it is a copy, made for this view
    return place
