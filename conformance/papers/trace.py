"""A recorded connection that can be mended: the same conversation, had the server sent something else."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from conformance import guarded
from conformance.papers.player import Seen, read
from conformance.papers.script import Script, acted
from conformance.wire.transcript import Echo, Frame, Leg, Transcript


@dataclass(eq=False)
class Entry:
    """One frame.  `event` is what the server said (None: the client's, or no message), `key` its place at first."""

    key: int
    step: int
    frame: Frame
    event: Any
    changed: bool = False

    def fresh(self) -> Entry:
        """The same for a draft of its own."""
        return Entry(self.key, self.step, self.frame, self.event)

    def changing(self) -> Any:
        """The event, to be changed: one that no other draft has."""
        if not self.changed:
            self.event, self.changed = copy.deepcopy(self.event), True
        return self.event


@dataclass
class Draft:
    """A connection that is being changed."""

    entries: list[Entry]
    leg: Leg
    known: dict[int, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known = {entry.key: entry for entry in self.entries}

    def end(self, **changes: Any) -> None:
        """Let the connection end in another way."""
        self.leg = replace(self.leg, ending=replace(self.leg.ending, **changes))

    def date(self, key: int, at: float) -> None:
        """Let a frame have crossed at another time."""
        entry = self.known[key]
        entry.frame = entry.frame.seen_as(at=at)

    def put(self, key: int, path: str, value: Any) -> None:
        """Give a member another value; makes the objects on the way to it."""
        entry = self.known.get(key)
        if entry is None or entry not in self.entries:
            return
        *way, last = path.split(".")
        inner = entry.changing()
        for name in way:
            inner = inner[int(name)] if isinstance(inner, list) else inner.setdefault(name, {})
        if isinstance(inner, list):
            inner[int(last) : int(last) + 1] = [value]
        else:
            inner[last] = value

    def take(self, key: int, path: str) -> None:
        """Take a member away."""
        *way, last = path.split(".")
        inner = self.known[key].changing()
        for name in way:
            inner = inner[int(name)] if isinstance(inner, list) else inner[name]
        if isinstance(inner, list):
            del inner[int(last) : int(last) + 1]
        else:
            inner.pop(last, None)

    def drop(self, keys: Iterable[int]) -> None:
        """Take frames away."""
        gone = set(keys)
        self.entries = [entry for entry in self.entries if entry.key not in gone]

    def move(self, keys: Iterable[int], before: int) -> None:
        """Let frames come just before another."""
        moved = [self.known[key] for key in keys]
        rest = [entry for entry in self.entries if entry not in moved]
        place = next((n for n, entry in enumerate(rest) if entry.key == before), len(rest))
        self.entries = [*rest[:place], *moved, *rest[place:]]

    def add(self, event: Any, step: int, before: int | None) -> None:
        """Let the server say one thing more: before another frame, or at the end of a step."""
        place = next((n for n, entry in enumerate(self.entries) if entry.key == before), None)
        if place is None:
            last = [n for n, entry in enumerate(self.entries) if entry.step <= step and entry.frame.opcode != "close"]
            place = last[-1] + 1 if last else 0
        at = self.entries[place - 1].frame.at if place else 0.0
        frame = Frame(0, "server", at, "text", text=json.dumps(event, ensure_ascii=False))
        self.entries.insert(place, Entry(-1 - len(self.entries), step, frame, event))


Edit = Callable[[Draft], None]


class Trace:
    """One connection of a transcript, its steps, and what was seen on it."""

    def __init__(self, transcript: Transcript, number: int, steps: Script) -> None:
        self.transcript, self.number, self.script = transcript, number, steps
        self.leg = transcript.legs[number]
        self.entries = [
            Entry(key, begun, frame, _said(frame))
            for key, (frame, begun) in enumerate(zip(self.leg.frames, steps.begun, strict=True))
        ]

    def on(self, transcript: Transcript) -> Trace:
        """The same connection of a transcript whose other connections have been changed."""
        return Trace(transcript, self.number, self.script)

    @property
    def said(self) -> list[Entry]:
        """What the server said, in order."""
        return [entry for entry in self.entries if entry.event is not None]

    def seen(self) -> Seen:
        """The connection as a reproduction would have seen it."""
        seen = Seen([(entry.step, entry.event) for entry in self.said])
        ending = self.leg.ending
        # What passed a bound was not kept, and its size not either.
        seen.sizes = [len(entry.frame.text or entry.frame.data) for entry in self.said]
        seen.quoted = [_place(self.leg, echo) for echo in self.leg.echoes or () if echo.whole]
        seen.acted = {step - 1: at / 1000 for step, at in enumerate(acted(self.leg, self.script))}
        seen.times = [entry.frame.at / 1000 for entry in self.said]
        closes = {frame.side: frame.at for frame in self.leg.frames if frame.opcode == "close"}
        if ending.first == "client" and len(closes) > 1:
            over = float("inf") if ending.tcp == "timeout" else ending.seconds
            seen.closing = ((closes["server"] - closes["client"]) / 1000, over)
        seen.sizes += [float("inf")] * bool(ending.broken_off)
        seen.status = self.leg.handshake.status or 0
        seen.closed_by, seen.code, seen.reason = ending.first, ending.code_received or 0, ending.reason_received
        return seen

    def mended(self, edits: Iterable[Edit]) -> Transcript:
        """The transcript as it would be after these edits."""
        draft = Draft([entry.fresh() for entry in self.entries], self.leg)
        for edit in edits:
            edit(draft)
        return self.with_frames([_frame(entry) for entry in draft.entries], draft.leg)

    def with_frames(self, frames: Iterable[Frame], leg: Leg | None = None) -> Transcript:
        """The transcript with these frames, numbered anew, in the place of the connection's."""
        made = replace(leg or self.leg, frames=[frame.seen_as(index=place) for place, frame in enumerate(frames)])
        legs = [made if number == self.number else one for number, one in enumerate(self.transcript.legs)]
        # Where the script stopped for want of an answer, it stopped for what the server did.
        return replace(self.transcript, legs=legs, stop=None)


def _place(leg: Leg, echo: Echo) -> str:
    """Where a key was quoted: in an event of which type, in a close, or in the handshake."""
    if echo.place != "frame":
        return "the handshake"
    frame = leg.frames[int(echo.at)] if int(echo.at) < len(leg.frames) else None
    return "(not kept)" if frame is None else frame.type or frame.opcode


def _said(frame: Frame) -> Any:
    if frame.side != "server" or frame.opcode not in {"text", "binary"}:
        return None
    text = frame.text or ""
    if isinstance(frame.event, dict) and (frame.gap or guarded.is_plain(text, frame.event)):
        return dict(frame.event)
    noted = read(text or frame.data)
    return dict(frame.event) if isinstance(frame.event, dict) and "(a name twice)" not in str(noted) else noted


def _frame(entry: Entry) -> Frame:
    if not entry.changed:
        return entry.frame
    return Frame(0, "server", entry.frame.at, "text", text=json.dumps(entry.event, ensure_ascii=False))
