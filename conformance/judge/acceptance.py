"""What an endpoint did with one client event: accepted, refused, ignored, or fatal.

Refusals as an *unknown type* are told from other refusals by comparison with what an invented type got in the same
conversation, the types' names masked: no wording of an error is taken for granted.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from conformance.judge.evidence.connection import Event
from conformance.judge.verdicts import Blocked
from conformance.judge.view import Wire
from conformance.spec.requests import RESPONSE, is_silent
from conformance.wire.transcript import Transcript

INVENTED = "conformance.no_such_event"
CONVERSATION = "acceptance/Family"

Fate = Literal["accepted", "refused", "refused as unknown", "ignored", "fatal", "not reached"]


@dataclass(frozen=True)
class Acceptance:
    """One row of the table.  `answers` are event types; `error` is the error object where there was one."""

    type: str
    fate: Fate
    answers: tuple[str, ...] = ()
    error: dict[str, Any] | None = None
    close: str = ""
    alive: bool = True

    def to_json(self) -> dict[str, Any]:
        """The row as the summary shows it."""
        return asdict(self)


def leg_with(wire: Wire, label: str) -> Wire | None:
    """The connection of a conversation on which the frame with this label went out."""
    for number in range(len(wire.transcript.legs)):
        leg = wire.leg(number)
        if any(frame.side == "client" and frame.label == label for frame in leg.frames):
            return leg
    return None


def of(wire: Wire, label: str) -> Acceptance:
    """What became of the event sent under this label.

    An event that got neither acknowledgement nor error is accepted when it is one that the sources acknowledge by
    silence, and ignored otherwise.
    """
    leg = leg_with(wire, label)
    if leg is None:
        return Acceptance(label, "not reached", alive=False)
    replies = [event for event in leg.replies(label) if not str(event["type"]).startswith(RESPONSE)]
    answers = tuple(str(event["type"]) for event in replies)
    error = next((event.get("error") for event in replies if event["type"] == "error"), None)
    last = label == last_label(leg)
    died = last and leg.ending.first == "server"
    close = f"{leg.ending.code_received} {leg.ending.reason_received}".strip() if died else ""
    fate: Fate
    if died:
        fate = "fatal"
    elif error is not None:
        fate = "refused as unknown" if _is_unknown(wire, label, error) else "refused"
    elif answers or is_silent(label):
        fate = "accepted"
    else:
        fate = "ignored"
    return Acceptance(label, fate, answers, error if isinstance(error, dict) else None, close, not died)


def reached(wire: Wire, label: str) -> Acceptance:
    """Like `of`, for an event that was sent; raises Blocked when the script never got there."""
    row = of(wire, label)
    if row.fate == "not reached":
        try:
            wire.leg(len(wire.transcript.legs) - 1).sent(label)
        except Blocked as blocked:
            raise Blocked(blocked.missing, blocked.owner or "GEN-001") from None
    return row


def last_label(leg: Wire) -> str | None:
    """The label of the last labelled frame that the client sent on this connection."""
    labels = [frame.label for frame in leg.frames if frame.side == "client" and frame.label]
    return labels[-1] if labels else None


def _is_unknown(wire: Wire, label: str, error: Any) -> bool:
    leg = leg_with(wire, INVENTED)
    if leg is None:
        return False
    replies: list[Event] = leg.replies(INVENTED)
    pattern = next((event.get("error") for event in replies if event["type"] == "error"), None)
    return pattern is not None and masked(pattern, INVENTED) == masked(error, label)


def masked(error: Any, name: str) -> str:
    """An error as text, without the type that it refuses and the id of the request that it names."""
    if isinstance(error, dict):  # the id of the request that it names always differs
        error = {name: value for name, value in error.items() if name != "event_id"}
    return json.dumps(error, sort_keys=True, ensure_ascii=False).replace(name, "TYPE")


def table(transcript: Transcript, wire: Wire) -> list[dict[str, Any]]:
    """All rows in the order in which the events were sent."""
    labels = [
        frame.label
        for leg in transcript.legs
        for frame in leg.frames
        if frame.side == "client" and frame.label and frame.label != INVENTED
    ]
    return [of(wire, label).to_json() for label in dict.fromkeys(labels)]
