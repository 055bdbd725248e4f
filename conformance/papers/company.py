"""Connections beside each other: in which order they went on, as a program has to let them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.papers.facts import Courses, Fact
from conformance.papers.script import LEAST_PAUSE, Step, acted, leaves
from conformance.papers.trace import Draft, Edit, Trace

NEVER = float("inf")


@dataclass(frozen=True)
class Line:
    """A connection to be played: how it is opened, what the client does on it, and when it did what.

    `headers` may hold `{key}`; `moments` are in ms on the clock of the conversation: when the connection opened, each
    step, and when it ended (or never); empty where it is played by itself or after others.
    """

    query: str
    headers: dict[str, str]
    steps: list[Step]
    moments: tuple[float, ...] = ()

    def beside(self, other: Line) -> bool:
        """Whether another may suffer from it: it was there before the end of that, and was opened with the same key."""
        if self.moments[0] > other.moments[-1]:
            return False
        mine, theirs = (line.headers.get("Authorization", "").lower() for line in (self, other))
        return (self.query, mine) == (other.query, theirs)


def turns(lines: Sequence[Line]) -> list[int]:
    """Whose turn it is, move by move: as it was, or one after the other."""
    moves = [
        (at, number)
        for number, line in enumerate(lines)
        for at in (line.moments or [float(number)] * (len(line.steps) + 2))
    ]
    return [number for _, number in sorted(moves)]


def moments(trace: Trace) -> tuple[float, ...]:
    """When a connection opened, each of its steps, and when it ended."""
    leg = trace.leg
    times = [frame.at for frame in leg.frames] or [0.0]
    ended = leg.ending.first != "nobody" or leg.handshake.status != 101
    return (*acted(leg, trace.script), times[-1] if ended else NEVER)


def beside(traces: Sequence[Trace], lines: Sequence[Line]) -> list[Line]:
    """The lines as they went on beside each other: what one waited while others acted it does not wait again."""
    every = sorted(frame.at for trace in traces for frame in trace.leg.frames)
    found = []
    for trace, line in zip(traces, lines, strict=True):
        when = moments(trace)
        steps = [
            [*step[:2], _pause(step[2], at, every), *step[3:]] for step, at in zip(line.steps, when[1:], strict=False)
        ]
        found.append(Line(line.query, line.headers, steps, when))
    return found


def _pause(own: float, at: float, every: Sequence[float]) -> float:
    gap = (at - max((one for one in every if one < at), default=at)) / 1000
    return min(own, round(gap, 2)) if gap > LEAST_PAUSE else 0


def shared(courses: Courses) -> list[Fact]:
    """What is named as something of another connection is, and is not where another endpoint is asked."""
    return courses.telling(_shared(courses))


def _shared(courses: Courses) -> Iterator[Fact]:
    theirs: dict[str, str] = {}
    for number, seen in enumerate(courses.mine.beside):
        for value, (kind, nth, path) in _names(seen.got).items():
            theirs.setdefault(value, f"seen.beside[{number}].value({kind!r}, 0, {nth}, {path!r})")
    for value, (kind, nth, path) in _names(courses.mine.got).items():
        if value in theirs:
            edit, where = _renamed(courses, value)
            yield Fact(
                f"GONE != seen.value({kind!r}, 0, {nth}, {path!r}) == {theirs[value]}",
                f"`{path}` of `{kind}` is no other connection's", repr(value), 1, edit, where,
            )  # fmt: skip


def _names(got: Sequence[tuple[int, Any]]) -> dict[str, tuple[str, int, str]]:
    """Where each name stands first: type, which of its type, path."""
    found: dict[str, tuple[str, int, str]] = {}
    counted: dict[str, int] = {}
    for _, event in got:
        kind = str(event.get("type"))
        nth = counted[kind] = counted.get(kind, -1) + 1
        for path, value in leaves(event):
            if path.endswith("id") and isinstance(value, str) and value:
                found.setdefault(value, (kind, nth, path))
    return found


def _renamed(courses: Courses, name: str) -> tuple[Edit, tuple[int, ...]]:
    places = [
        (entry.key, path) for entry in courses.said for path, value in leaves(entry.event) if value == name
    ]  # fmt: skip

    def edit(draft: Draft) -> None:
        for key, path in places:
            draft.put(key, path, f"{name}-of-this-one")

    return edit, tuple(dict.fromkeys(key for key, _ in places))
