"""A difference with the frames that show it: what the client sent last, and what each of the two did then."""

from __future__ import annotations

import json
from collections.abc import Iterator

from conformance.against.difference import Difference
from conformance.cut import cut
from conformance.wire.transcript import Frame, Leg, Transcript

BEFORE = 6  # frames that lead to it
AFTER = 3  # frames that one sent while the other sent something else
LONGEST = 500  # characters of a frame
ARROWS = {"client": "→", "server": "←"}

Excerpt = tuple[list[str], list[str]]


def excerpt(one: Difference, pair: tuple[Transcript, Transcript]) -> Excerpt:
    """The frames that lead to a difference and those that differ, a line each, of the one target and of the other."""
    legs = [transcript.legs[one.connection] for transcript in pair]
    found = []
    for leg, frame, beside, other in zip(legs, one.frames, reversed(legs), reversed(one.frames), strict=True):
        at = frame if frame is not None else _beside(leg, beside, other)
        found.append(list(_lines(leg, at, AFTER if frame is None else 1)))
    return found[0], found[1]


def _beside(leg: Leg, other: Leg, frame: int | None) -> int:
    """Where a connection stood when the other one had reached a frame: behind as many frames of the client."""
    if frame is None:
        return len(leg.frames)
    sent = sum(one.side == "client" and one.opcode != "close" for one in other.frames[:frame])
    for one in leg.frames:
        if not sent:
            return one.index
        sent -= one.side == "client" and one.opcode != "close"
    return len(leg.frames)


def _lines(leg: Leg, at: int, after: int) -> Iterator[str]:
    """The frames before `at`, runs of one type as one, and `after` frames from it on."""
    before: list[tuple[Frame, int]] = []
    for frame in leg.frames[:at]:
        if before and (before[-1][0].side, before[-1][0].type) == (frame.side, frame.type) and frame.type is not None:
            before[-1] = (frame, before[-1][1] + 1)
        else:
            before.append((frame, 1))
    for frame, times in before[-BEFORE:]:
        yield _line(frame) + (f"  ({times} of these)" if times > 1 else "")
    for frame in leg.frames[at : at + after]:
        yield _line(frame)
    if at >= len(leg.frames):
        ending = leg.ending
        yield f"  (the end: {ending.first} first, {ending.code_received or ending.tcp_words})"


def _line(frame: Frame) -> str:
    words = frame.text if frame.text is not None else f"{frame.opcode} of {len(frame.data)} bytes"
    if isinstance(frame.event, dict):
        shown = {"type": frame.type} if frame.type is not None else {}  # first, since the end may be cut
        shown |= {name: _short(value) for name, value in frame.event.items() if name != "event_id"}
        words = json.dumps(shown, ensure_ascii=False)
    return f"{ARROWS[frame.side]} {cut(words, LONGEST)}"


def _short(value: object) -> object:
    return f"{len(value)} characters" if isinstance(value, str) and len(value) > 200 else value
