"""Transcripts written by hand: `talk("C session.update", s("session.updated", session={…}))` → Wire."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import Any, Literal

from conformance.judge.view import Wire
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.wire.transcript import Ending, Frame, Handshake, Leg, Opcode, Side, Stop, Transcript, cause_of

SESSION: dict[str, Any] = {
    "id": "sess_A1b2C3d4E5f6G7h8I9j0K",
    "object": "realtime.session",
    "model": DEFAULT_MODEL,
    "modalities": ["text", "audio"],
    "voice": "Tina",
    "input_audio_format": "pcm",
    "output_audio_format": "pcm",
    "turn_detection": {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 800},
}


@dataclass(frozen=True)
class Line:
    """One frame to be: who sends what, and how long (ms) nothing came before it."""

    side: Side
    opcode: Opcode
    payload: str | bytes
    label: str | None = None
    after: float = 1.0


def c(kind: str, *, label: str | None = None, after: float = 1.0, **fields: Any) -> Line:
    """A client event."""
    return Line("client", "text", json.dumps({"type": kind, **fields}), label, after)


def s(kind: str, *, after: float = 1.0, **fields: Any) -> Line:
    """A server event; an `event_id` is added unless it is given (None: left out)."""
    return Line("server", "text", json.dumps({"type": kind, **fields}), None, after)


def audio(ms: int, *, loud: bool = True, label: str | None = None, packet_ms: int = 100) -> list[Line]:
    """Appended audio in packets of 100 ms, speech by its label where it is loud."""
    packet = (b"\x00\x40" if loud else b"\x00\x00") * (packet_ms * 16)
    spoken = label or ("speech" if loud else "silence")
    text = base64.b64encode(packet).decode()
    return [c("input_audio_buffer.append", label=spoken, audio=text) for _ in range(ms // packet_ms)]


def waited(line: str | Line, ms: float = 1000.0) -> Line:
    """The same line, sent after a wait in which nothing came."""
    return replace(_line(line), after=ms)


def _line(line: str | Line) -> Line:
    """`C session.update {"session":{}}`, `S binary`, `S text [1]`, `C close 1000 reason`."""
    if isinstance(line, Line):
        return line
    who, _, rest = line.partition(" ")
    side: Side = "client" if who == "C" else "server"
    kind, _, more = rest.partition(" ")
    if kind == "close":
        code, _, reason = more.partition(" ")
        return Line(side, "close", int(code).to_bytes(2, "big") + reason.encode() if code else b"")
    if kind == "binary":
        return Line(side, "binary", more.encode())
    if kind == "text":
        return Line(side, "text", more)
    return Line(side, "text", json.dumps({"type": kind, **(json.loads(more) if more else {})}))


def talk(
    *lines: str | Line | list[Line],
    stop: str | None = None,
    why: str = "nothing came",
    ending: Ending | None = None,
    model: str = DEFAULT_MODEL,
    greeting: bool = True,
    status: int = 101,
) -> Wire:
    """A conversation with these frames, greeted first and ended by the client, unless the lines say otherwise.

    `stop` names what its script waited for in vain when it broke off.
    """
    flat: list[Line] = [s("session.created", session=SESSION)] if greeting else []
    for line in lines:
        flat += line if isinstance(line, list) else [_line(line)]
    if ending is None and not any(line.opcode == "close" for line in flat):
        flat += [_line("C close 1000"), _line("S close 1000")]
    frames: list[Frame] = []
    now = 0.0
    for line in flat:
        now += line.after
        frames.append(_frame(len(frames), line, now))
    leg = Leg(url="wss://example", handshake=Handshake(status, 5.0), frames=frames, ending=ending or _ending(flat))
    said = f"{why} while waiting for {stop}"
    broke = Stop(len(frames), tuple(sorted(stop.split())), 300.0, said, cause_of(said)) if stop else None
    transcript = Transcript("test/Talk", "2026-10-04T00:00:00.000Z", legs=[leg], stop=broke, model=model)
    return Wire(transcript, profile_for(model))


def _frame(index: int, line: Line, at: float) -> Frame:
    if isinstance(line.payload, bytes):
        return Frame(index, line.side, at, line.opcode, data=line.payload, label=line.label)
    text = line.payload
    event = json.loads(text) if text.startswith("{") else None
    if line.side == "server" and isinstance(event, dict):
        event.setdefault("event_id", f"event_{index:021d}")
    elif isinstance(event, dict):
        event.setdefault("event_id", f"record_{index:03d}")
    if isinstance(event, dict):
        text = json.dumps({name: value for name, value in event.items() if name != "event_id" or value is not None})
    return Frame(index, line.side, at, line.opcode, text, label=line.label)


def _ending(lines: list[Line]) -> Ending:
    closes = [line for line in lines if line.opcode == "close"]
    codes: dict[Side, int] = {}
    reasons: dict[Side, str] = {}
    for line in closes:
        assert isinstance(line.payload, bytes)
        codes[line.side] = int.from_bytes(line.payload[:2], "big") if line.payload else 1005
        reasons[line.side] = line.payload[2:].decode("utf-8", "replace")
    first: Literal["client", "server"] = closes[0].side
    return Ending(
        first=first,
        code_sent=codes.get("client"),
        code_received=codes.get("server"),
        reason_received=reasons.get("server", ""),
        clean=len(codes) == 2,
        tcp="fin",
    )


# -- pieces of conversations, as recorded live (WS-REC) or documented (SE)


def greeting_update(**session: Any) -> list[Line]:
    """An update and its echo."""
    echo = {key: value for key, value in {**SESSION, **session}.items() if value is not None}
    return [c("session.update", session=session), s("session.updated", session=echo)]


def manual() -> list[Line]:
    """The switch to manual turns; the echo lacks the key, as seen live."""
    return greeting_update(turn_detection=None, modalities=["text"])


def message(item: str = "item_user", text: str = "Hello") -> list[Line]:
    """A typed message and its acknowledgement."""
    content = [{"type": "input_text", "text": text}]
    sent = {"type": "message", "role": "user", "content": content}
    shown = {"id": item, "object": "realtime.item", "status": "completed", **sent}
    return [c("conversation.item.create", item=sent), s("conversation.item.created", item=shown)]


def response(key: str = "resp_1", status: str = "in_progress", **fields: Any) -> dict[str, Any]:
    """A response object."""
    return {
        "id": key,
        "object": "realtime.response",
        "conversation_id": "conv_1",
        "status": status,
        "modalities": ["text"],
        "voice": "Tina",
        "output_audio_format": "pcm",
        "output": [],
        **fields,
    }


USAGE = {
    "total_tokens": 350,
    "input_tokens": 341,
    "output_tokens": 9,
    "input_tokens_details": {"text_tokens": 341},
    "output_tokens_details": {"text_tokens": 9},
}


def text_reply(
    key: str = "resp_1", item: str = "item_1", deltas: tuple[str, ...] = ("Hel", "lo", "."), **usage: Any
) -> list[Line]:
    """A text answer, in the exact order of §3.11 C of the protocol's description."""
    at: dict[str, Any] = {"response_id": key, "item_id": item, "output_index": 0, "content_index": 0}
    shown = {"id": item, "object": "realtime.item", "type": "message", "role": "assistant"}
    new = {**shown, "status": "in_progress", "content": []}
    full = "".join(deltas)
    return [
        s("response.created", response=response(key)),
        s("response.output_item.added", response_id=key, output_index=0, item=new),
        s("conversation.item.created", item=new),
        s("response.content_part.added", **at, part={"type": "text", "text": ""}),
        *[s("response.text.delta", **at, delta=delta) for delta in deltas],
        s("response.text.done", **at, text=full),
        s("response.content_part.done", **at, part={"type": "text", "text": full}),
        s(
            "response.output_item.done",
            response_id=key,
            output_index=0,
            item={**shown, "status": "completed", "content": [{"type": "text"}]},
        ),
        s(
            "response.done",
            response=response(
                key,
                "completed",
                output=[{**shown, "status": "completed", "content": [{"type": "text", "text": full}]}],
                usage=usage.get("usage", USAGE),
            ),
        ),
    ]


def audio_reply(key: str = "resp_1", item: str = "item_1") -> list[Line]:
    """A spoken answer, as documented (§3.11 A)."""
    at: dict[str, Any] = {"response_id": key, "item_id": item, "output_index": 0, "content_index": 0}
    shown = {"id": item, "object": "realtime.item", "type": "message", "role": "assistant"}
    new = {**shown, "status": "in_progress", "content": []}
    done = {**shown, "status": "completed", "content": [{"type": "audio", "transcript": "Hello."}]}
    both: dict[str, Any] = {"modalities": ["text", "audio"]}
    return [
        s("response.created", response=response(key, **both)),
        s("response.output_item.added", response_id=key, output_index=0, item=new),
        s("conversation.item.created", item=new),
        s("response.content_part.added", **at, part={"type": "audio", "text": ""}),
        s("response.audio_transcript.delta", **at, delta="Hel"),
        s("response.audio.delta", **at, delta="AAAA"),
        s("response.audio_transcript.delta", **at, delta="lo."),
        s("response.audio_transcript.done", **at, transcript="Hello."),
        s("response.audio.done", **at),
        s("response.content_part.done", **at, part={"type": "audio", "text": "Hello."}),
        s("response.output_item.done", response_id=key, output_index=0, item=done),
        s("response.done", response=response(key, "completed", output=[done], usage=USAGE, **both)),
    ]


def tool_reply(key: str = "resp_1", calls: tuple[str, ...] = ("call_1", "call_2")) -> list[Line]:
    """Two tool calls in one response; only the first has a delta (§3.11 D)."""
    lines = [s("response.created", response=response(key))]
    output = []
    for index, call in enumerate(calls):
        item = {"id": f"item_{call}", "object": "realtime.item", "type": "function_call", "name": "weather"}
        new = {**item, "status": "in_progress", "call_id": call, "arguments": ""}
        done = {**new, "status": "completed", "arguments": ' {"city":"X"}'}
        at: dict[str, Any] = {"response_id": key, "item_id": item["id"], "output_index": index, "call_id": call}
        lines += [
            s("response.output_item.added", response_id=key, output_index=index, item=new),
            s("conversation.item.created", item=new),
        ]
        if index == 0:
            lines.append(s("response.function_call_arguments.delta", **at, delta=' {"city":"X"}', obfuscation="x"))
        lines += [
            s("response.function_call_arguments.done", **at, name="weather", arguments=' {"city":"X"}'),
            s("response.output_item.done", response_id=key, output_index=index, item=done),
        ]
        output.append(done)
    return [*lines, s("response.done", response=response(key, "completed", output=output, usage=USAGE))]


def tool_output(call: str, item: str) -> list[Line]:
    """The result of a call and its acknowledgement."""
    sent = {"type": "function_call_output", "call_id": call, "output": "42"}
    shown = {"id": item, "object": "realtime.item", "status": "completed", **sent}
    return [c("conversation.item.create", item=sent), s("conversation.item.created", item=shown)]


TRANSCRIPTION = "conversation.item.input_audio_transcription."


def speech(item: str = "item_speech", start: int = 0, end: int = 1000) -> list[Line]:
    """What voice detection announces for one turn, after the audio."""
    shown = {
        "id": item,
        "object": "realtime.item",
        "type": "message",
        "status": "in_progress",
        "role": "user",
        "content": [{"type": "input_audio"}],
    }
    return [
        s("input_audio_buffer.speech_started", audio_start_ms=start, item_id=item),
        s("input_audio_buffer.speech_stopped", audio_end_ms=end, item_id=item),
        s("input_audio_buffer.committed", item_id=item),
        s("conversation.item.created", item=shown),
    ]


def preview(item: str = "item_speech") -> Line:
    """A preview of the transcription."""
    return s(
        TRANSCRIPTION + "delta", item_id=item, content_index=0, text="", stash="Hel", language="en", emotion="neutral"
    )


def heard(item: str = "item_speech") -> Line:
    """The end of the transcription."""
    return s(TRANSCRIPTION + "completed", item_id=item, content_index=0, transcript="Hello.")


# -- breaking what was right


def _kind(line: Line) -> str | None:
    if line.opcode != "text" or not isinstance(line.payload, str) or not line.payload.startswith("{"):
        return None
    return str(json.loads(line.payload).get("type"))


def without(lines: list[Line], *kinds: str) -> list[Line]:
    """The same lines without events of these types."""
    return [line for line in lines if _kind(line) not in kinds]


def twice(lines: list[Line], kind: str) -> list[Line]:
    """The same lines with every event of this type doubled."""
    return [again for line in lines for again in ([line, line] if _kind(line) == kind else [line])]


def changed(lines: list[Line], kind: str, **fields: Any) -> list[Line]:
    """The same lines with other fields in events of this type; a dict is merged into the one that is there."""
    out = []
    for line in lines:
        if _kind(line) == kind:
            event = json.loads(str(line.payload))
            for name, value in fields.items():
                event[name] = {**event[name], **value} if isinstance(value, dict) else value
            line = replace(line, payload=json.dumps(event))  # noqa: PLW2901
        out.append(line)
    return out
