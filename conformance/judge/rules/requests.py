"""The requests of a connection and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.judge.rules.session import Moment, is_client_data, moments_of, once, silences
from conformance.judge.view import Wire
from conformance.wire.transcript import Frame, Stop

ANSWERED_BY = {
    "session.update": "session.updated",
    "input_audio_buffer.commit": "input_audio_buffer.committed",
    "input_audio_buffer.clear": "input_audio_buffer.cleared",
    "conversation.item.create": "conversation.item.created",
    "response.create": "response.created",
    "session.finish": "session.finished",
}
CLAUSE = {
    "session.update": "GEN-011",
    "input_audio_buffer.commit": "GEN-012",
    "input_audio_buffer.clear": "GEN-013",
    "conversation.item.create": "GEN-014",
    "response.create": "GEN-015",
    "session.finish": "GEN-017",
}
BACKEND = ("internalerror", "internal service error", "connect call failed", "response timeout", "<400>", "<500>")
THROTTLED = ("throttl", "too many requests", "to many requests")


@dataclass
class Request:
    """A client frame that wants an answer.

    `answers` are its acknowledgements and `errors` what may be its refusal.  `passed_over`: a later request was
    answered before it.  `alone`: nothing else of the client was open while it was.
    """

    frame: Frame
    moment: Moment
    answers: list[Frame] = field(default_factory=list)
    errors: list[Frame] = field(default_factory=list)
    passed_over: bool = False
    alone: bool = True

    @property
    def type(self) -> str:
        """The type of the event that was sent."""
        return str(self.frame.type)

    @property
    def open(self) -> bool:
        """Whether nothing has answered it."""
        return not self.answers and not self.errors

    @property
    def called(self) -> str:
        """The request in a sentence: its type, and its label where it has one."""
        return f"{self.type} ({self.frame.label})" if self.frame.label else self.type


def requests(wire: Wire) -> list[Request]:
    """All requests that have an acknowledgement, in order, with what answered them.

    An acknowledgement goes to the oldest open request of its kind; an error to the request that it names, else to the
    client's last frame, else to every open request, since nothing says whose it is.
    """
    return once(_requests, wire.frames)


def _requests(frames: Sequence[Frame]) -> list[Request]:
    then = moments_of(frames)
    found: list[Request] = []
    last: Frame | None = None
    for frame in frames:
        if is_client_data(frame):
            last = frame
            if frame.type in ANSWERED_BY and isinstance(frame.event, dict):
                waiting = [request for request in found if request.open]
                for request in waiting:
                    request.alone = False
                found.append(Request(frame, then[frame.index], alone=not waiting))
        elif frame.side == "server" and frame.type is not None:
            if frame.type == "error":
                for request in _refused(frame, found, last):
                    request.errors.append(frame)
            else:
                _acknowledged(frame, found)
    return found


def _acknowledged(frame: Frame, found: list[Request]) -> None:
    for number, request in enumerate(found):
        if request.open and _answers(frame, request):
            request.answers.append(frame)
            for earlier in found[:number]:
                earlier.passed_over |= earlier.open
            return


def _answers(frame: Frame, request: Request) -> bool:
    if ANSWERED_BY[request.type] != frame.type:
        return False
    if request.type != "conversation.item.create":
        return True
    return made_by_client(_item(frame)) and _item(frame).get("type") == _item(request.frame).get("type", "message")


def made_by_client(item: dict[str, Any]) -> bool:
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


def _refused(frame: Frame, found: list[Request], last: Frame | None) -> list[Request]:
    error = frame.event.get("error")
    named = error.get("event_id") if isinstance(error, dict) else None
    if isinstance(named, str) and named:
        return [request for request in found if request.frame.event.get("event_id") == named][-1:]
    waiting = [request for request in found if request.open]
    if waiting and waiting[-1].frame is last:
        return waiting[-1:] if waiting[-1].alone else waiting
    if waiting:
        return waiting
    return [request for request in found[-1:] if request.frame is last]


# -- where a conversation broke off


def stop_of(wire: Wire) -> Stop | None:
    """Where the script broke off, if it did so on this connection."""
    legs = wire.transcript.legs
    return wire.transcript.stop if legs and legs[-1].frames is wire.frames else None


def silent_stop(wire: Wire) -> Stop | None:
    """The stop of a script that waited in vain on an open connection."""
    stop = stop_of(wire)
    return stop if stop is not None and stop.waiting_for and stop.why.startswith("nothing came") else None


def lost(wire: Wire) -> bool:
    """Whether the script broke off because the connection was gone."""
    stop = stop_of(wire)
    return stop is not None and ("ended" in stop.why or "could not send" in stop.why)


def waited_out(wire: Wire, request: Request) -> bool:
    """Whether the client let a whole wait run out after this request, or the script broke off waiting."""
    return silent_stop(wire) is not None or any(index > request.frame.index for index in silences(wire.frames))


def message(frame: Frame) -> str:
    """What an error event says, in lower case: message, code and type."""
    error = frame.event.get("error")
    if not isinstance(error, dict):
        return ""
    return " ".join(str(error.get(name) or "") for name in ("message", "code", "type")).lower()
