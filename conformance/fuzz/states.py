"""What generated conversations have seen: pairs of what is sent and the state that it meets, as the client believes.

Mistakes live where an event meets a state that nobody thought of, so a long script goes where the run has not been.
"""

from __future__ import annotations

from conformance.fuzz.view import ODD_SOUNDS, Move, View
from conformance.judge import schema

Pair = tuple[str, str]
"""What is sent, and the state that it meets."""


def pair(move: Move, view: View) -> Pair | None:
    """What a move sends and the state that it meets; None for one that sends nothing."""
    sent = _sent(move)
    return (sent, state(view)) if sent is not None else None


def _sent(move: Move) -> str | None:
    match move["do"]:
        case "wait":
            return None
        case "reconnect":
            return "a new connection"
        case "text":
            return "text that is no event"
        case "audio":
            return "odd audio" if move["sound"] in ODD_SOUNDS else "input_audio_buffer.append"
        case "image":
            return "input_image_buffer.append"
        case "result":
            return "a call's result"
    event = move["event"]
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in schema.client_types():
        return "an event of no known type"
    return kind if schema.is_valid("client", event) else f"{kind}, broken"


def state(view: View) -> str:
    """The state of a session in words: how turns end, and what is under way."""
    if view.called:
        doing = "a call is open"
    elif view.active:
        doing = "a reply runs"
    elif view.waiting:
        doing = "audio waits"
    elif view.asked:
        doing = "a text waits"
    else:
        doing = "idle"
    return f"{'manual' if view.manual else 'VAD'}, {doing}"
