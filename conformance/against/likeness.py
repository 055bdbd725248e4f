"""What of a conversation is the same on any two endpoints that do the same: masked events, each in its stream.

Ids, times, words, audio and numbers differ between two runs of one and the same server, so they are masked: what is
left of an event is its members, their types, and the words that a protocol is made of (types, roles, statuses, codes,
and a session's settings).  Streams that run beside each other have no order among themselves: what concerns the
session, each response and each transcription is a stream of its own.  How a reply is cut into deltas is the sender's
business: of deltas only their kinds are kept.  Where a reply was broken off is a race, so nothing is kept of its
inside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.wire.transcript import Frame, Leg, Transcript

WORDS = frozenset({"type", "object", "role", "status", "code", "format", "reason"})
"""Members whose strings belong to the protocol."""
VARYING = frozenset({"event_id", "expires_at", "created_at"})
"""Members that say nothing of the endpoint, and that some send at times only."""
ITEM = "conversation.item."
TRANSCRIPTION = "conversation.item.input_audio_transcription."
RESPONSE = "response."
CREATED, DONE, STATUS = "response.created", "response.done", "response.status"
COMPLETED, CANCELLED = '"completed"', '"cancelled"'
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_NAME = re.compile(r"\b(?=[\w-]*\d)[\w-]+\b")  # whatever holds a digit: ids, numbers, times
SESSION = "session"


@dataclass(frozen=True)
class Said:
    """One event as it is compared: its type, the masked members by path, and where it stands in its connection."""

    type: str
    members: Mapping[str, str]
    frame: int


@dataclass
class Heard:
    """A connection as it is compared.

    `streams` are its events by stream; `status` is that of the handshake; `over` says how it ended; `left_at` is the
    frame after which the client left, so that what is missing behind it is missing for that reason (None: it waited).
    """

    status: int | None
    streams: dict[str, list[Said]] = field(default_factory=dict)
    over: str = ""
    left_at: int | None = None


def heard(transcript: Transcript, quiet: float) -> list[Heard]:
    """Each connection of a conversation; `quiet`: after how many ms of silence nothing more was to come."""
    return [_leg(leg, quiet) for leg in transcript.legs]


def _leg(leg: Leg, quiet: float) -> Heard:
    made = Heard(leg.handshake.status, over=_ending(leg), left_at=_left(leg, quiet))
    streams: dict[str, list[Said]] = {}
    names = _Names(leg)
    for frame in leg.frames:
        if frame.side == "server" and frame.opcode in {"text", "binary"}:
            said = Said(_kind(frame), dict(_members(frame.event)), frame.index)
            streams.setdefault(names.stream(frame), []).append(said)
    for stream, events in streams.items():
        made.streams[stream] = (
            events if stream == SESSION else _reply(events) if stream.startswith("response") else _at_once(events)
        )
    return made


class _Names:
    """Which stream an event belongs to; replies and transcriptions are counted, since their ids differ."""

    def __init__(self, leg: Leg) -> None:
        self._counts: dict[str, int] = {}
        self._known: dict[str, str] = {}
        self._latest = SESSION  # the reply that began last
        self._made = {
            name: frame.event.get("response_id")
            for frame in leg.frames
            if frame.side == "server" and frame.type == "response.output_item.added"
            if isinstance(name := _inside(frame.event, "item", "id"), str)
        }

    def stream(self, frame: Frame) -> str:
        """The stream of one event of the server."""
        event, kind = frame.event, frame.type or ""
        if kind.startswith(RESPONSE):
            self._latest = self._of("response", event.get("response_id") or _inside(event, "response", "id"))
            return self._latest
        if kind.startswith(TRANSCRIPTION):
            return self._of("transcription", event.get("item_id"))
        if kind.startswith(ITEM):  # a reply's own item belongs to the reply, and comes when that does
            name = _inside(event, "item", "id")
            if name in self._made:
                return self._of("response", self._made[name])
            if _inside(event, "item", "role") == "assistant":
                return self._latest
        return SESSION

    def _of(self, what: str, name: Any) -> str:
        known = f"{what} {name}"
        if known not in self._known:
            self._counts[what] = self._counts.get(what, 0) + 1
            self._known[known] = f"{what} {self._counts[what]}"
        return self._known[known]


def _inside(event: Any, *way: str) -> Any:
    """The member at the end of this way, or None."""
    for name in way:
        event = event.get(name) if isinstance(event, dict) else None
    return event


def _kind(frame: Frame) -> str:
    if frame.opcode == "binary":
        return "a binary frame"
    return frame.type if frame.type is not None else "a frame that is no event"


def _reply(events: list[Said]) -> list[Said]:
    """A reply that came to its end, its deltas as one set before that; of any other its beginning and how it ended."""
    if not is_whole(events):
        return [_bare(one) if one.type == DONE else one for one in events if one.type in {CREATED, DONE}]
    return _at_once(events)


def _at_once(events: list[Said]) -> list[Said]:
    """A stream with its deltas as one set before its end."""
    kinds = {one.type: one for one in reversed(events) if one.type.endswith(".delta")}
    whole = [one for one in events if one.type not in kinds]
    return [*whole[:-1], *(kinds[name] for name in sorted(kinds)), *whole[-1:]]


def _bare(done: Said) -> Said:
    """The end of a reply without what it had come to."""
    inside = ("response.output", "response.usage")
    return Said(
        done.type, {path: word for path, word in done.members.items() if not path.startswith(inside)}, done.frame
    )


def is_reply(stream: str) -> bool:
    """Whether a stream is that of a reply."""
    return stream.startswith("response ")


def is_whole(events: list[Said]) -> bool:
    """Whether a reply came to a good end."""
    return any(one.type == DONE and one.members.get(STATUS) == COMPLETED for one in events)


def is_race(here: list[Said], there: list[Said]) -> bool:
    """Whether a reply was broken off on one side alone: whether it was over before that is a race."""
    return _broken_off(here) != _broken_off(there)


def _broken_off(events: list[Said]) -> bool:
    """Whether a reply did not come to an end of its own."""
    ended = [one for one in events if one.type == DONE]
    return not ended or ended[-1].members.get(STATUS) == CANCELLED


def _ending(leg: Leg) -> str:
    """How the connection ended, where the server had a say in it."""
    ending = leg.ending
    if ending.first == "server":
        reason = _masked_words(ending.reason_received)
        closed = f"closed with {ending.code_received}" if ending.code_received is not None else "ended TCP"
        return f"the server {closed}{f' {reason!r}' if reason else ''}"
    if ending.first == "client" and ending.code_sent is not None:
        return (
            f"a close was answered with {ending.code_received}" if ending.code_received else "a close was not answered"
        )
    return ""


def _left(leg: Leg, quiet: float) -> int | None:
    """After which frame the client left without having waited for what was still to come."""
    if leg.ending.first == "server":
        return None
    texts = [frame for frame in leg.frames if frame.opcode in {"text", "binary"}]
    if not texts:
        return 0
    closing = next((frame for frame in leg.frames if frame.side == "client" and frame.opcode == "close"), None)
    if closing is None:
        return texts[-1].index
    before = [frame.at for frame in texts if frame.index < closing.index]
    return None if before and closing.at - before[-1] >= quiet else closing.index


def _members(value: Any, at: str = "", plain: bool = False) -> Iterator[tuple[str, str]]:
    """The members of an event by path, masked; those of a session's settings as they are."""
    if isinstance(value, dict):
        if not value and at:
            yield at, "{}"
        for name, inner in value.items():
            if name not in VARYING:
                path = f"{at}.{name}" if at else str(name)
                yield from _members(inner, path, plain or path == SESSION)
    elif isinstance(value, list) and plain:
        yield at, json.dumps(value, ensure_ascii=False, sort_keys=True)
    elif isinstance(value, list):
        yield at, "[]"
        for inner in value:
            yield from _members(inner, f"{at}[]")
    else:
        yield at, _masked(at, value, plain)


def _masked(path: str, value: Any, plain: bool) -> str:
    name = path.rpartition(".")[2]
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        if path == "error.message":
            return _masked_words(value)
        if name in WORDS or (plain and path != "session.id"):
            return json.dumps(value, ensure_ascii=False)
        return "text"
    return json.dumps(value) if plain else "a number"


def _masked_words(words: str) -> str:
    """A sentence of a server without what it quotes, names and counts."""
    return _NAME.sub("#", _QUOTED.sub("…", words)).strip()
