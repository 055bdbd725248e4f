"""The shape of every server frame."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judge import schema
from conformance.judge.view import Wire


def is_json_text(wire: Wire) -> Iterator[str]:
    """Every server message is a text frame that holds one JSON object with a string `type`."""
    for frame in wire.frames:
        if frame.side != "server" or frame.opcode not in {"text", "binary"}:
            continue
        if frame.opcode == "binary":
            yield f"a binary frame of {len(frame.data)} bytes came"
        elif frame.text is None:
            yield "a text frame came that is not UTF-8"
        elif not isinstance(frame.event, dict):
            yield f"a text frame holds no JSON object: {frame.text[:80]!r}"
        elif frame.type is None:
            yield f"an event has no string `type`: {frame.text[:80]!r}"


def has_event_id(wire: Wire) -> Iterator[str]:
    """Every event but a failed transcription carries a non-empty string `event_id`."""
    for frame in wire.received:
        given = frame.event.get("event_id")
        if given is None and frame.type == "conversation.item.input_audio_transcription.failed":
            continue
        if not isinstance(given, str) or not given:
            yield f"{frame.type} has the event_id {given!r}"


def event_ids_differ(wire: Wire) -> Iterator[str]:
    """No two server events share an `event_id`, and none takes one of the client's."""
    seen: dict[str, str] = {}
    ours = {
        frame.event.get("event_id") for frame in wire.frames if frame.side == "client" and isinstance(frame.event, dict)
    }
    for frame in wire.received:
        given = frame.event.get("event_id")
        if not isinstance(given, str):
            continue
        if given in seen:
            yield f"{frame.type} repeats the event_id of {seen[given]}"
        elif given in ours:
            yield f"{frame.type} carries an event_id that the client made"
        seen[given] = str(frame.type)


def is_documented(wire: Wire) -> Iterator[str]:
    """Every event type is one that the sources name."""
    known = set(schema.server_types())
    for kind in dict.fromkeys(wire.types):
        if kind not in known:
            yield f"the event type {kind!r} is in no source"


def fits_its_schema(wire: Wire) -> Iterator[str]:
    """Every event of a documented type is valid against that type's schema."""
    known = set(schema.server_types())
    for frame in wire.received:
        if frame.type in known and not schema.is_valid("server", frame.event):
            first = schema.explain("server", frame.event)[0]
            yield f"{frame.type} {first.path}: {first.says}"
