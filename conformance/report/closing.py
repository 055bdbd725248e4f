"""The close paths of a run: what the client did, what came of it on the wire, how the platform lists the session."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from conformance.judge.leaving import leaving
from conformance.report.answer import NOT_READ
from conformance.report.record import Record
from conformance.report.ways import way
from conformance.wire.transcript import Frame, Leg, Stop, Transcript

GREETING = "session.created"
_ANSWERED = {None: "the close was not answered", 1005: "the close was answered without a code"}
_CLOSED = {"fin": "TCP closed by the server", "rst": "TCP reset by the server", "timeout": "TCP left open"}


def close_paths(record: Record) -> list[dict[str, Any]]:
    """A row for each conversation that is about a close path, by its name.

    `behaviour` and the columns beside it are the wire's; `status`, `attribution` and `platform_usage` the platform's.
    """
    does = {check["conversation"]: check.get("scenario", "") for check in record.catalogue["checks"].values()}
    found = [item for item in record.transcripts.values() if item.path is not None and item.legs]
    return [row(item, does.get(item.conversation, "")) for item in sorted(found, key=lambda item: str(item.path))]


def row(transcript: Transcript, does: str = "") -> dict[str, Any]:
    """The row of one conversation; `does` says what the client does in it."""
    leg, reading = transcript.legs[-1], transcript.status or {}
    ending, scenario = leg.ending, transcript.notes.get("scenario")
    return {
        "path": transcript.path,
        "way": f"{scenario}: {leaving(leg).words}" if scenario else way(str(transcript.path)),
        "conversation": transcript.conversation,
        "does": does,
        "behaviour": behaviour(leg),
        "client_code": ending.code_sent,
        "server_code": ending.code_received,
        "server_reason": ending.reason_received,
        "who_first": ending.first,
        "clean": ending.clean,
        "seconds": round(ending.seconds, 3),
        "complete": not (stopped := unfinished(transcript)),
        "stopped": stopped,
        "finish": finish_met(leg),
        "replies": sum(frame.side == "server" and frame.type == "response.created" for frame in leg.frames),
        "said_after": said_after(leg),
        "pending": pending(leg),
        "usage": transcript.usage,
        "session_id": transcript.session_id,
        "status": reading.get("status", NOT_READ),
        "attribution": reading.get("attribution", "none"),
        "status_error": reading.get("error", ""),
        "status_why": reading.get("why", ""),
        "status_lag_s": reading.get("lag_s"),
        "platform_usage": reading.get("usage"),
    }


OF_THE_SERVER = frozenset({"fatal-error", "idle-with-silence", "closed by the server", "left open"})
"""Paths whose end is the server's move, or nobody's."""


def unfinished(transcript: Transcript) -> str:
    """Why a conversation says nothing about its path, in words; empty when the path was walked to its end."""
    leg = transcript.legs[-1]
    if transcript.trouble is not None:
        return transcript.trouble
    if transcript.broken_off:
        return transcript.broken_off
    if _sent(leg, "session.finish") is not None or transcript.path in OF_THE_SERVER:
        return ""
    if transcript.stop is not None and ("finish" in (transcript.path or "") or GREETING in transcript.stop.waiting_for):
        return stopped(transcript.stop)
    if leg.ending.first == "server":
        code = leg.ending.code_received
        return f"the server left {'without a close frame' if code is None else f'with {code}'} before the client could"
    if transcript.stop is not None and leg.ending.first != "client":
        return stopped(transcript.stop)
    return "" if leg.ending.first == "client" else "the client never left"


def stopped(stop: Stop) -> str:
    """Why a script broke off, in words: something may well have come, only not what was waited for."""
    names = " or ".join(f"`{name}`" for name in stop.waiting_for)
    return f"{names} did not come" if stop.cause == "silence" and names else stop.why


def finish_met(leg: Leg) -> str:
    """What answered `session.finish`: `finished`, `error`, `both`, `closed`, `silent`; empty where it was not sent.

    An error counts as an answer until the client asks for something else.
    """
    sent = _sent(leg, "session.finish")
    if sent is None:
        return ""
    met: set[str] = set()
    alone = True
    for frame in leg.frames[sent.index + 1 :]:
        alone = alone and not (frame.side == "client" and frame.opcode == "text")
        if frame.side == "server" and (frame.type == "session.finished" or (frame.type == "error" and alone)):
            met.add("finished" if frame.type == "session.finished" else "error")
    if not met:
        return "closed" if leg.ending.first == "server" else "silent"
    return "both" if len(met) == 2 else met.pop()


def behaviour(leg: Leg) -> str:
    """What the wire shows of the end, in words."""
    words = []
    answer = finish_answer(leg)
    if answer is not None:
        words.append(answer)
    ending = leg.ending
    if ending.first == "server":
        code = "without a close frame" if ending.code_received is None else f"with {ending.code_received}"
        words.append(f"the server closed {code}")
    elif ending.first == "client" and ending.code_sent is None:
        words.append(f"the client left without a close frame; {_CLOSED.get(ending.tcp, 'nothing more was seen')}")
    elif ending.first == "client":
        words.append(_ANSWERED.get(ending.code_received, f"the close was answered by {ending.code_received}"))
    else:
        words.append("nobody closed")
    return "; ".join(words)


def walked(leg: Leg) -> str:
    """The close path that a connection walked, in the words of the chapter about closing."""
    ending = leg.ending
    finish = _sent(leg, "session.finish")
    if ending.first == "nobody":
        return "left open"
    if ending.first == "server":
        return "finish-and-wait" if finish is not None else "closed by the server"
    if ending.code_sent is None:
        return "finish-then-drop" if finish is not None else "drop"
    if finish is not None:
        return "finish-then-close"
    code = "without-code" if ending.code_sent == 1005 else str(ending.code_sent)
    return f"close-{code}-{_state(leg)}" if code == "1000" else f"close-{code}"


def _state(leg: Leg) -> str:
    """What the session was about when the client left."""
    kinds = [frame.type for frame in leg.frames]
    if kinds.count("response.created") > kinds.count("response.done"):
        return "mid-response"
    if "response.done" in kinds:
        return "after-response"
    return "with-audio" if "input_audio_buffer.append" in kinds else "idle"


def finish_answer(leg: Leg) -> str | None:
    """What answered `session.finish`, in words; None: it was not sent."""
    sent = _sent(leg, "session.finish")
    if sent is None:
        return None
    for frame in leg.frames[sent.index :]:
        if frame.side == "server" and frame.type in {"session.finished", "error"}:
            return "`session.finished` came" if frame.type == "session.finished" else "`session.finish` was refused"
    return "`session.finish` was not answered"


def said_after(leg: Leg) -> list[str]:
    """Types of the server's events after the client's move to leave, each once, with how often it came."""
    move = _move(leg)
    if move is None:
        return []
    types = Counter(frame.type for frame in leg.frames[move.index :] if frame.side == "server")
    return [kind if count == 1 else f"{kind} \N{MULTIPLICATION SIGN}{count}" for kind, count in types.items() if kind]


def pending(leg: Leg) -> str:
    """Whether a response was running at the client's move, and whether its end and its usage still came."""
    move = _move(leg)
    if move is None:
        return ""
    begun = {_id(frame) for frame in leg.frames[: move.index] if frame.type == "response.created"}
    ended = {_id(frame) for frame in leg.frames[: move.index] if frame.type == "response.done"}
    if not begun - ended:
        return ""
    done = [frame for frame in leg.frames[move.index :] if frame.type == "response.done"]
    if not done:
        return "its response never ended"
    response = done[0].event.get("response")
    usage = isinstance(response, dict) and isinstance(response.get("usage"), dict)
    return f"its response ended {'with' if usage else 'without'} usage"


def _id(frame: Frame) -> str:
    response = frame.event.get("response")
    return json.dumps(response.get("id") if isinstance(response, dict) else None)


def _move(leg: Leg) -> Frame | None:
    """The client's first step towards the end: `session.finish`, a cancel, or its close frame."""
    for kind in ("session.finish", "response.cancel"):
        sent = _sent(leg, kind)
        if sent is not None:
            return sent
    return next((frame for frame in leg.frames if frame.side == "client" and frame.opcode == "close"), None)


def _sent(leg: Leg, kind: str) -> Frame | None:
    return next((frame for frame in leg.frames if frame.side == "client" and frame.type == kind), None)
