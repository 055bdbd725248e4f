"""Which frames of the client each answer of the server may belong to.

Answers name no request: an acknowledgement tells by its type, and an `error` tells nothing at all.  So whatever of the
client waits for something is kept in order, and every answer is given all that it may be meant for.  Where that is
more than one frame nobody knows whose it is, and rules that need to know stay clear.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.judge.evidence.frames import is_client_data, is_odd
from conformance.spec.requests import ANSWERED_BY
from conformance.wire.transcript import Frame


def is_request(frame: Frame) -> bool:
    """Whether this is a client event that has an acknowledgement."""
    return is_client_data(frame) and frame.type in ANSWERED_BY and isinstance(frame.event, dict)


@dataclass
class Settling:
    """`meant`: index of an answer → the client frames that it may belong to, the likeliest first.

    `crowded`: indexes of the client frames beside which another one waited.  `left`: what waits at the end.
    """

    meant: dict[int, tuple[Frame, ...]] = field(default_factory=dict)
    crowded: set[int] = field(default_factory=set)
    left: list[Frame] = field(default_factory=list)


def settle(frames: Sequence[Frame], pauses: Collection[int]) -> Settling:
    """Who waited for what.

    An acknowledgement goes to the oldest frame of its kind that waits; nothing before that one waits any longer, unless
    it has an acknowledgement of its own to come.  What voice detection may have done by itself leaves it in doubt.  An
    error goes to the frame that it names, else to all that wait: if that is one frame it waits no longer.  A wait that
    ran out ends what has no acknowledgement, or is in doubt.
    """
    found = Settling()
    waiting: list[Frame] = []
    doubted: set[int] = set()
    last: tuple[Frame, ...] = ()
    named: dict[str, Frame] = {}  # the latest client frame of each `event_id`
    pauses = frozenset(pauses)
    voice = _Voice()
    for frame in frames:
        if frame.index in pauses:
            waiting = [other for other in waiting if is_request(other) and other.index not in doubted]
        if is_client_data(frame):
            last = (frame,)
            own = frame.event.get("event_id") if isinstance(frame.event, dict) else None
            if isinstance(own, str):
                named[own] = frame
            if _may_be_refused(frame):
                waiting.append(frame)
                if len(waiting) > 1:
                    found.crowded |= {other.index for other in waiting}
        elif frame.side == "server" and frame.type == "error":
            meant = found.meant[frame.index] = _refused(frame, named, waiting) or last
            if len(meant) > 1:
                doubted |= {other.index for other in meant}
            else:
                waiting = [other for other in waiting if other not in meant]
        elif frame.side == "server" and (meant := tuple(other for other in waiting if _answers(frame, other))):
            found.meant[frame.index] = meant
            first = meant[0].index
            if voice.does(frame):
                doubted.add(first)
                continue
            waiting = [
                other
                for other in waiting
                if other.index > first or (other.index < first and is_request(other) and other.index not in doubted)
            ]
        else:
            voice.does(frame)
    found.left = waiting
    return found


class _Voice:
    """What voice detection does without being asked: commits what it heard, and has it answered."""

    def __init__(self) -> None:
        self._heard: set[Any] = set()
        self._due = 0

    def does(self, frame: Frame) -> bool:
        """Note an event of the server; whether voice detection may be its cause."""
        item = frame.event.get("item_id") if isinstance(frame.event, dict) else None
        if frame.side == "client" or not isinstance(item, str | None):
            return False
        if frame.type in {"input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"}:
            self._heard.add(item)
        elif frame.type == "input_audio_buffer.committed" and item in self._heard:
            self._due += 1
            return True
        elif frame.type == "response.created" and self._due:
            self._due -= 1
            return True
        return False


def _may_be_refused(frame: Frame) -> bool:
    """Whether a client frame may draw an answer: all but audio that nothing is wrong with."""
    if frame.type != "input_audio_buffer.append" or not isinstance(frame.event, dict):
        return True
    return is_odd(frame.event.get("audio"))


def _refused(frame: Frame, by_id: Mapping[str, Frame], waiting: Sequence[Frame]) -> tuple[Frame, ...]:
    error = frame.event.get("error")
    named = error.get("event_id") if isinstance(error, dict) else None
    if isinstance(named, str) and named:
        return (by_id[named],) if named in by_id else tuple(waiting)
    return tuple(waiting)


def _answers(frame: Frame, request: Frame) -> bool:
    if not is_request(request) or ANSWERED_BY[str(request.type)] != frame.type:
        return False
    if request.type != "conversation.item.create":
        return True
    return made_by_client(_item(frame)) and _item(frame).get("type") == _item(request).get("type", "message")


def made_by_client(item: Mapping[str, Any]) -> bool:
    """Whether an item is one that only a client creates: not speech, and not the model's own output."""
    if item.get("type") in {"function_call_output", "mcp_approval_response"}:
        return True
    content = item.get("content")
    spoken = any(isinstance(part, dict) and part.get("type") == "input_audio" for part in content or ())
    shown_by_model = item.get("role") == "assistant" and item.get("status") == "in_progress"
    return item.get("type") == "message" and not spoken and not shown_by_model


def _item(frame: Frame) -> dict[str, Any]:
    item = frame.event.get("item")
    return item if isinstance(item, dict) else {}
