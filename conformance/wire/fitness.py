"""Whether an endpoint can be used at all, told by the first conversations held with it."""

from __future__ import annotations

from conformance.cut import cut
from conformance.spec.trouble import Kind
from conformance.wire.target import Target
from conformance.wire.transcript import Transcript

ANSWERS = ("response.", "conversation.", "input_audio_buffer.", "session.updated", "session.finished", "error")


def unusable(target: Target, first: Transcript) -> tuple[Kind, str] | None:
    """Whose trouble it is, and in words, that no other session is worth opening after this one; or None."""
    name, asked = target.name, target.model
    if (said := _no_websocket(first)) is not None:
        return "line", said
    if target.kind != "live":
        return None
    if (served := _other_model(first, asked)) is not None:
        ask = "check the name in --model, and what the account has been given"
        return "account", f"{name} serves the model {served} where {asked} was asked for; {ask}"
    if first.lost and first.session_id is None:
        broken = next((f" ({leg.ending.problem})" for leg in first.legs if leg.ending.problem), "")
        return "service", f"{name} gave no session for {asked}: {first.lost}{broken}"
    return None


def deaf(target: Target, ready: Transcript) -> tuple[Kind, str] | None:
    """Whether the endpoint answers nothing of what every session needs."""
    if target.kind != "live" or ready.stop is None or not ready.stop.waiting_for or not ready.legs:
        return None
    frames = ready.legs[0].frames
    asked = next((frame.index for frame in frames if frame.side == "client" and frame.text is not None), None)
    if asked is None:
        return None
    answered = any(frame.side == "server" and (frame.type or "").startswith(ANSWERS) for frame in frames[asked:])
    if answered:
        return None
    ending = ready.legs[0].ending
    if ending.code_sent is not None and ending.code_received is None and ending.tcp == "timeout":
        return "service", f"{target.name} reads nothing any more: {ready.stop.why}, nor was the close answered"
    return "service", f"{target.name} answers nothing: {ready.stop.why}"


def _no_websocket(transcript: Transcript) -> str | None:
    """Why this is no endpoint at all, when that is how its handshake was answered."""
    for leg in transcript.legs[:1]:
        if leg.handshake.status != 101:
            return f"the handshake was answered with HTTP {leg.handshake.status}, and no WebSocket was opened"
        if leg.handshake.problem is not None:
            return f"the upgrade is none that a client may take: {leg.handshake.problem}"
    return None


def _other_model(transcript: Transcript, asked: str) -> str | None:
    """The model that greets instead of the one that was asked for, or None.

    A snapshot (`…-2025-09-15`) is the model itself, `…-latest` stands for any, and a server need not name it at all.
    """
    stem = asked.removesuffix("-latest")
    for leg in transcript.legs[:1]:
        for frame in leg.frames:
            if frame.side == "server" and frame.type == "session.created":
                session = frame.event.get("session")
                echoed = session.get("model") if isinstance(session, dict) else None
                known = not isinstance(echoed, str) or not echoed or echoed == stem or echoed.startswith(f"{stem}-")
                return None if known else cut(str(echoed), 100)
    return None
