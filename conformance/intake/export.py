"""Conversations in the forms of others: JSON lines that carry all that a wire shows, and HAR, which carries less."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from conformance.wire.transcript import Frame, Leg, Transcript

OPCODES = {"text": 1, "binary": 2}
WORDS = {"client": "send", "server": "receive"}


def json_lines(transcripts: Iterable[Transcript]) -> Iterator[str]:
    """A line for each connection's beginning, message and end; the times are ms since 1970."""
    number = 0
    for transcript in transcripts:
        for leg in transcript.legs:
            number += 1
            shown = leg.handshake
            yield _line(
                connection=number, event="open", url=leg.url, time=leg.opened_at_ms, status=shown.status,
                handshake_ms=shown.ms, request_headers=shown.request_headers, response_headers=shown.response_headers,
                body=shown.body,
            )  # fmt: skip
            for frame in leg.frames:
                yield _line(connection=number, direction=WORDS[frame.side], **_message(leg, frame))
            yield _line(connection=number, event="end", **asdict(leg.ending))


def _line(**fields: Any) -> str:
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _time(leg: Leg, frame: Frame) -> float:
    return leg.opened_at_ms + round(frame.at, 3)


def _message(leg: Leg, frame: Frame) -> dict[str, Any]:
    told: dict[str, Any] = {"time_ms": _time(leg, frame)}
    if frame.opcode == "close":
        code = int.from_bytes(frame.data[:2]) if len(frame.data) >= 2 else None
        return {**told, "opcode": "close", "data": base64.b64encode(frame.data).decode(), "code": code,
                "reason": frame.data[2:].decode("utf-8", "replace")}  # fmt: skip
    if frame.text is not None:
        return told | ({"fragments": frame.fragments} if frame.fragments > 1 else {}) | {"data": frame.text}
    data = base64.b64encode(frame.data).decode()
    return {**told, "opcode": frame.opcode, "encoding": "base64", "data": data}


def har(transcripts: Iterable[Transcript]) -> str:
    """A HAR document as browsers write it: an entry for each connection, messages in seconds, no control frames."""
    entries = [_entry(leg) for transcript in transcripts for leg in transcript.legs]
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "", "version": ""}, "entries": entries}})


def _entry(leg: Leg) -> dict[str, Any]:
    shown = leg.handshake
    return {
        "request": {"method": "GET", "url": leg.url, "headers": _fields(shown.request_headers)},
        "response": {
            "status": shown.status or 0,
            "headers": _fields(shown.response_headers),
            "content": {"text": shown.body},
        },
        "_resourceType": "websocket",
        "_webSocketMessages": [
            {
                "type": WORDS[frame.side],
                "time": _time(leg, frame) / 1000,
                "opcode": OPCODES[frame.opcode],
                "data": frame.text if frame.text is not None else base64.b64encode(frame.data).decode(),
            }
            for frame in leg.frames
            if frame.opcode in OPCODES
        ],
    }


def _fields(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]
