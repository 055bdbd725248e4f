"""What a script's wait may rest on: which of its requests was refused, and which acknowledgement nobody asked for.

Fed with the frames of a connection in order.  It is surer than a judge need be: a wait that goes on costs seconds, and
one that ends too early a conversation.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from conformance.spec.requests import ANSWERED_BY, ONLY_ASKED, TABLE, answers
from conformance.wire import steps
from conformance.wire.transcript import Frame

VOICE = "input_audio_buffer.speech_started"
END = "response.done"


class Asking:
    """The requests of one connection that wait for their answers."""

    def __init__(self) -> None:
        self._waiting: list[Frame] = []
        self._other: Frame | None = None  # what an unnamed error may be about beside them
        self._running = False
        self._heard = False
        self._asked = 0  # messages in a row, before anything answered
        self._answered = False
        self._said: list[dict[str, Any]] = []  # the errors since then

    def surplus(self, frame: Frame) -> bool:
        """Take note of a frame; whether it is no wait's answer: an acknowledgement nobody asked for, an error twice."""
        kind = str(frame.type)
        if frame.side == "client":
            if frame.opcode in {"text", "binary"}:
                self._sent(frame)
            return False
        if kind == "error":
            return self._again(frame)
        if kind == "response.created":
            self._running = True
        elif kind == END:
            self._running = False
        self._heard |= kind == VOICE
        mine = next((one for one in self._waiting if ANSWERED_BY[str(one.type)] == kind), None)
        if mine is not None:
            self._waiting.remove(mine)
            self._answered = True
            if self._other is not None and self._other.index < mine.index:
                self._other = None
            return False
        strange = self._other is not None and self._other.type not in TABLE
        return kind in ONLY_ASKED and not strange

    def _again(self, error: Frame) -> bool:
        """Whether an error says what the one before it said, and there are more of them than messages."""
        told = {name: value for name, value in error.event.items() if name != "event_id"}
        again = len(self._said) >= self._asked and told in self._said[-1:]
        self._said.append(told)
        self._answered = True
        return again

    def _sent(self, frame: Frame) -> None:
        if self._answered:
            self._asked, self._answered, self._said = 0, False, []
        self._asked += 1
        if frame.type in ANSWERED_BY and isinstance(frame.event, dict):
            self._waiting.append(frame)
        else:
            self._other = frame

    def refused(self, frame: Frame) -> Frame | None:
        """The request that an error surely refuses: the one that it names, or the only one that it can be about."""
        error = frame.event.get("error") if frame.type == "error" else None
        if frame.side != "server" or frame.type != "error":
            return None
        named = error.get("event_id") if isinstance(error, dict) else None
        if isinstance(named, str) and named:
            found = [one for one in self._waiting if one.event.get("event_id") == named]
        else:
            found = self._waiting if len(self._waiting) == 1 and self._other is None and not self._running else []
        if not found:
            return None
        self._waiting = [one for one in self._waiting if one is not found[0]]
        return found[0]

    def in_vain(self, refused: Frame, types: Collection[str]) -> bool:
        """Whether a wait for events of these types is over once this request was refused."""
        mine = set(answers(str(refused.type)))
        if refused.type == "response.create" and not self._heard and not self._running:
            mine.add(END)
        others = {kind for one in self._waiting for kind in answers(str(one.type))}
        return set(types) <= mine and not others & set(types)


def lesser(frames: Sequence[Frame], rest: Sequence[steps.Step]) -> dict[str, Any] | None:
    """What to ask for in place of a script's last update, which was refused; None where all of it is needed.

    Manual mode is needed by who sends audio, and asked for by every script that types.
    """
    updates = [frame for frame in frames if frame.side == "client" and frame.type == "session.update"]
    asked = updates[-1].event.get("session") if updates and updates[-1].label is None else None
    audio = any(
        isinstance(one, steps.Append | steps.Sized | steps.Text | steps.Binary)
        or (isinstance(one, steps.Send) and one.type.startswith("input_audio_buffer."))
        for one in rest
    )
    if not isinstance(asked, dict) or asked.get("turn_detection", 0) is not None or audio or not rest:
        return None
    return {name: value for name, value in asked.items() if name != "turn_detection"} or None
