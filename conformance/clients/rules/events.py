"""What a client says: events of this protocol, valid, and with members that mean something here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.clients.rules.base import Finding, depends, rule
from conformance.clients.view import Played, body, words
from conformance.judge import schema

SIBLINGS = {
    "conversation.item.delete",
    "conversation.item.retrieve",
    "conversation.item.truncate",
    "output_audio_buffer.clear",
    "transcription_session.update",
}
"""Events of sibling dialects of which no source says what becomes of them here."""

DIALECT = {
    ("session", "type"): "GA",
    ("session", "output_modalities"): "GA, here `modalities`",
    ("session", "max_output_tokens"): "GA, here `max_tokens`",
    ("session", "max_response_output_tokens"): "beta, here `max_tokens`",
    ("session", "speed"): "beta, nothing here",
    ("session", "tracing"): "GA, nothing here",
    ("session", "include"): "GA, nothing here",
    ("session", "prompt"): "GA, nothing here",
    ("session", "truncation"): "GA, nothing here",
    ("session", "input_audio_noise_reduction"): "beta, nothing here",
    ("session", "audio", "input", "turn_detection"): "GA, here `turn_detection`",
    ("session", "audio", "input", "transcription"): "GA, here `input_audio_transcription`",
    ("session", "audio", "input", "noise_reduction"): "GA, nothing here",
    ("session", "audio", "output", "speed"): "GA, nothing here",
    ("response", "output_modalities"): "GA, here `modalities`",
    ("response", "max_output_tokens"): "GA",
    ("response", "max_response_output_tokens"): "beta",
}
"""Members of OpenAI's dialects that have no effect here (OAI-SPEC against CE), and of which."""


@rule("CLI-010", "sent no message")
def messages_are_text(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for frame in session.messages:
            yield (
                None
                if frame.opcode == "text"
                else session.told(frame, f"sent {len(frame.data)} bytes in a binary message")
            )


@rule("CLI-011", "sent no text")
def messages_are_events(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for frame in session.messages:
            if frame.opcode == "text" and frame.text is not None:
                yield (
                    None if frame.type else session.told(frame, f"{words(frame.text)} is no JSON object with a `type`")
                )


@rule("CLI-012", "sent no event")
def types_are_known(played: Played) -> Iterator[Finding]:
    for session, frame in played.events():
        if frame.type in schema.client_types():
            yield None
        elif frame.type in SIBLINGS:
            yield depends(f"what becomes of {frame.type}, an event of sibling dialects")
        else:
            yield session.told(frame, f"{words(frame.type)} is no client event of this protocol")


@rule("CLI-013", "sent no event of this protocol")
def events_are_valid(played: Played) -> Iterator[Finding]:
    for session, frame in played.events():
        if frame.type not in schema.client_types():
            continue
        for fault in schema.explain("client", frame.event):
            if _others(frame.type, fault.path, fault.rule):
                continue
            if fault.path.startswith("$.session.tools[") and _flat(frame.event):
                yield depends("whether tools in OpenAI's flat form are taken; the documented form is nested")
            else:
                yield session.told(frame, f"{frame.type}: {fault.path}: {fault.says}")
        yield None


def _others(kind: str | None, path: str, broken: str) -> bool:
    """Whether a fault is the business of a clause of its own: payloads of audio and images, the length of an image."""
    return (kind == "input_audio_buffer.append" and path == "$.audio" and broken != "type") or (
        kind == "input_image_buffer.append" and path == "$.image" and broken != "type"
    )


def _flat(event: Any) -> bool:
    tools = body(event, "session").get("tools")
    entries = tools if isinstance(tools, list) else []
    return any(isinstance(tool, dict) and "function" not in tool and "name" in tool for tool in entries)


@rule("CLI-014", "configured nothing")
def members_are_of_this_dialect(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for frame in session.said("session.update", "response.create"):
            found = [(path, what) for path, what in DIALECT.items() if path[-1] in body(frame.event, *path[:-1])]
            for path, what in found:
                yield session.told(frame, f"{frame.type}: `{'.'.join(path)}` has no effect in this protocol ({what})")
            if not found:
                yield None


@rule("CLI-015", "sent no event of this protocol")
def members_are_known(played: Played) -> Iterator[Finding]:
    for session, frame in played.events():
        if frame.type not in schema.client_types():
            continue
        strange = [
            path for path in schema.extra_fields("client", frame.event)
            if not any(path.startswith("$." + ".".join(known)) for known in DIALECT)
            and not (path.startswith("$.session.tools[") and _flat(frame.event))
        ]  # fmt: skip
        yield session.told(frame, f"{frame.type}: no source knows {', '.join(strange[:3])}") if strange else None


@rule("CLI-016", "gave no event an id")
def ids_are_unique(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        seen: set[str] = set()
        for frame in session.sent:
            given = frame.event.get("event_id")
            if isinstance(given, str):
                yield session.told(frame, f"event_id {words(given)} is used again") if given in seen else None
                seen.add(given)


@rule("CLI-017", "sent no text")
def text_is_utf8(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for frame in session.messages:
            if frame.opcode == "text":
                yield session.told(frame, "a text message is not UTF-8") if frame.text is None else None
