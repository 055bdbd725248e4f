"""Which frames of the client each answer of the server may belong to.

An error may name its request by `error.event_id`, and then it is that one's.  Beside that an acknowledgement tells by
its type, and an `error` tells nothing at all.  So whatever of the client waits for something is kept in order, and
every answer is given all that it may be meant for.  Where that is more than one frame nobody knows whose it is, and
rules that need to know stay clear.

An acknowledgement that nobody waited for may be the one that counts, and an earlier one the surplus: which of them was
meant for which request is not known before it, and all of them are in doubt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from conformance.judge.evidence.frames import is_client_data, is_odd
from conformance.spec.requests import ANSWERED_BY, ONLY_ASKED, TABLE
from conformance.wire.transcript import Frame

ACKNOWLEDGES = frozenset(ANSWERED_BY.values())
HEARD = frozenset({"input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"})
BY_VOICE = HEARD | {"input_audio_buffer.committed", "response.created"}
"""What voice detection does, or may have done."""


def is_request(frame: Frame) -> bool:
    """Whether this is a client event that has an acknowledgement."""
    return is_client_data(frame) and frame.type in ANSWERED_BY and isinstance(frame.event, dict)


@dataclass
class Settling:
    """`meant`: index of an answer → the client frames that it may belong to, the likeliest first.

    `crowded`: indexes of the client frames beside which another one waited.  `left`: what waits at the end.  `owner`:
    index of an answer → index of the client frame that it surely belongs to; `named` are those that name it.
    `surplus`: indexes of acknowledgements that nobody waited for; `unasked` those of them that came before there was
    anything to acknowledge, `beyond` those with which more had come than were asked for.  `doubted`: indexes of the
    requests that a surplus leaves in doubt, with that surplus.
    """

    meant: dict[int, tuple[Frame, ...]] = field(default_factory=dict)
    crowded: set[int] = field(default_factory=set)
    left: list[Frame] = field(default_factory=list)
    owner: dict[int, int] = field(default_factory=dict)
    named: set[int] = field(default_factory=set)
    surplus: list[int] = field(default_factory=list)
    unasked: set[int] = field(default_factory=set)
    beyond: list[int] = field(default_factory=list)
    doubted: dict[int, int] = field(default_factory=dict)

    def of(self, index: int) -> list[int]:
        """Where the answers are that surely belong to a client frame."""
        return self._answers.get(index, [])

    @cached_property
    def _answers(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for answer, asked in sorted(self.owner.items()):
            found.setdefault(asked, []).append(answer)
        return found


class Settler:
    """Who waited for what, frame by frame.

    An acknowledgement goes to the oldest frame of its kind that waits; nothing before that one waits any longer, unless
    it has an acknowledgement of its own to come.  What voice detection may have done by itself leaves it in doubt.  An
    error goes to the frame that it names, else to all that wait and to the audio that was streamed last: if that is one
    frame it waits no longer.  A wait that ran out ends what has no acknowledgement, or is in doubt.
    """

    def __init__(self) -> None:
        self.found = Settling()
        self._waiting: list[Frame] = []
        self._doubted: set[int] = set()
        self._last: tuple[Frame, ...] = ()
        self._named: dict[str, Frame] = {}  # the latest client frame of each `event_id`
        self._voice = _Voice()
        self._asked: Counter[str] = Counter()  # how many acknowledgements of each type were asked for, and how many
        self._came: Counter[str] = Counter()  # came
        self._streamed: tuple[Frame, ...] = ()  # the last audio since the server answered: it may be what is refused
        self._unsure: dict[int, tuple[Frame, ...]] = {}

    def take(self, frame: Frame, *, waited: bool) -> None:
        """Take the next frame; `waited`: a wait of the client ran out before it."""
        if waited:
            self._waiting = [one for one in self._waiting if is_request(one) and one.index not in self._doubted]
        if is_client_data(frame):
            self._sent(frame)
        elif frame.side == "server" and frame.type == "error":
            self._refused(frame)
        elif frame.type in ACKNOWLEDGES and (meant := tuple(one for one in self._waiting if _answers(frame, one))):
            self._acknowledged(frame, meant)
        else:
            self._voice.does(frame)
            if frame.side == "server" and frame.type in ONLY_ASKED and not any(map(_is_stranger, self._waiting)):
                self._surplus(frame, frame.type)

    def end(self, frames: Sequence[Frame]) -> Settling:
        """What was found, after the last of these frames."""
        self.found.left = self._waiting
        _eliminate(self.found, self._unsure)
        _doubt(self.found, frames)
        return self.found

    def _sent(self, frame: Frame) -> None:
        self._last = (frame,)
        own = frame.event.get("event_id") if isinstance(frame.event, dict) else None
        if isinstance(own, str):
            self._named[own] = frame
        if not _may_be_refused(frame):
            self._streamed = (frame,)
            return
        self._waiting.append(frame)
        self._asked[ANSWERED_BY.get(str(frame.type), "")] += 1
        if len(self._waiting) > 1:  # of more than two the others have been in the crowd before
            self.found.crowded |= {frame.index, self._waiting[-2].index}

    def _refused(self, frame: Frame) -> None:
        found, waiting = self.found, self._waiting
        sure = _named(frame, self._named)
        meant = found.meant[frame.index] = sure or (*waiting, *self._streamed) or self._last
        self._streamed = ()
        if sure:
            found.named.add(frame.index)
        if sure or (waiting and len(meant) == 1):
            found.owner[frame.index] = meant[0].index
        if len(meant) > 1:
            self._doubted |= {other.index for other in meant}
            self._unsure[frame.index] = meant
        else:
            self._waiting = [other for other in waiting if other not in meant]

    def _acknowledged(self, frame: Frame, meant: tuple[Frame, ...]) -> None:
        self.found.meant[frame.index] = meant
        self._came[str(frame.type)] += 1
        self._streamed = ()
        first = meant[0].index
        if self._voice.does(frame):
            self._doubted.add(first)
            return
        if len(meant) == 1:
            self.found.owner[frame.index] = first
        self._waiting = [
            other
            for other in self._waiting
            if other.index > first or (other.index < first and is_request(other) and other.index not in self._doubted)
        ]

    def _surplus(self, frame: Frame, kind: str) -> None:
        self._came[kind] += 1
        self.found.surplus.append(frame.index)
        if not self._asked[kind]:
            self.found.unasked.add(frame.index)
        if self._came[kind] > self._asked[kind]:
            self.found.beyond.append(frame.index)


def _eliminate(found: Settling, unsure: Mapping[int, tuple[Frame, ...]]) -> None:
    """Of those that an error may be meant for, whoever got an acknowledgement of its own is not the one."""
    acknowledged = {asked for answer, asked in found.owner.items() if answer not in found.named}
    for index, meant in unsure.items():
        left = [other.index for other in meant if other.index not in acknowledged]
        if len(left) == 1:
            found.owner[index] = left[0]


def _doubt(found: Settling, frames: Sequence[Frame]) -> None:
    """Which requests a surplus leaves in doubt.

    The last of each kind: every earlier request of its kind, since any of the answers may be the one too many.  The
    first of each kind with which more had come than was asked for: every later request of its kind, though it wait
    alone.  A server that answers twice may send its second answer when the next request has gone out: that request
    seems answered, and what seems so is the copy.  Only when the last copy of all has come does the count show it, and
    a connection may end before.  The first of all: of other kinds what comes later and did not wait alone, since a
    script that took it for an answer has run ahead.

    What was unasked came before anything was asked for, so that no copy of it is to come: a request that waits alone
    after it, and gets its answer, adds up.  So does one of another kind.
    """
    if not found.surplus:
        return
    first = found.surplus[0]
    last = {frames[index].type: index for index in found.surplus if index not in found.unasked}
    copied: dict[str | None, int] = {}
    for index in found.beyond:
        if index not in found.unasked:
            copied.setdefault(frames[index].type, index)
    for frame in frames:
        kind = ANSWERED_BY.get(str(frame.type)) if is_client_data(frame) else None
        if kind in last and frame.index < last[kind]:
            found.doubted[frame.index] = last[kind]
        elif kind in copied and frame.index > copied[kind]:
            found.doubted[frame.index] = copied[kind]
        elif frame.index > first and frame.index in found.crowded:
            found.doubted[frame.index] = first


class _Voice:
    """What voice detection does without being asked: commits what it heard, and has it answered."""

    def __init__(self) -> None:
        self._heard: set[Any] = set()
        self._due = 0

    def does(self, frame: Frame) -> bool:
        """Note an event of the server; whether voice detection may be its cause."""
        if frame.type not in BY_VOICE or frame.side == "client":
            return False
        item = frame.event.get("item_id")
        if not isinstance(item, str | None):
            return False
        if frame.type in HEARD:
            self._heard.add(item)
        elif frame.type == "input_audio_buffer.committed" and item in self._heard:
            self._due += 1
            return True
        elif frame.type == "response.created" and self._due:
            self._due -= 1
            return True
        return False


def _is_stranger(frame: Frame) -> bool:
    """Whether a client frame is none of the protocol's events: nobody knows what acknowledges it."""
    return frame.type not in TABLE


def _may_be_refused(frame: Frame) -> bool:
    """Whether a client frame may draw an answer: all but audio that nothing is wrong with."""
    if frame.type != "input_audio_buffer.append" or not isinstance(frame.event, dict):
        return True
    return is_odd(frame.event.get("audio"))


def _named(frame: Frame, by_id: Mapping[str, Frame]) -> tuple[Frame, ...]:
    """The client frame that an error names; none where it names none of them."""
    error = frame.event.get("error")
    named = error.get("event_id") if isinstance(error, dict) else None
    return (by_id[named],) if isinstance(named, str) and named in by_id else ()


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
