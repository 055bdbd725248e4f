"""Sessions with places in them: typed and spoken turns, calls, ends, and what finds them."""

from __future__ import annotations

from typing import Any

from conformance.judge import places
from conformance.judge.checks import load
from conformance.judge.place import Places
from conformance.judge.view import Wire
from conformance.spec.profiles import profile_for
from support.records import MODEL, Stage, example, transcript

PROFILE = profile_for(MODEL)
CHECKS = load().checks
TEXT = {"modalities": ["text"], "instructions": "Be brief.", "turn_detection": None}


def session(**fields: Any) -> dict[str, Any]:
    return example("session.updated", "session") | {"tools": []} | fields


def written(stage: Stage, number: int = 1, **members: Any) -> Stage:
    """A reply in text, in the order of the live recordings."""
    name: dict[str, Any] = {
        "response_id": f"resp_{number}", "item_id": f"item_{number}", "output_index": 0, "content_index": 0,
    }  # fmt: skip
    item = {"id": f"item_{number}", "object": "realtime.item", "type": "message", "role": "assistant"}
    begun = {"id": f"resp_{number}", "object": "realtime.response", "conversation_id": "conv_1", "output": []}
    place = {key: value for key, value in name.items() if key != "item_id"}
    added = {**item, "status": "in_progress", "content": []}
    done = {**item, "status": "completed", "content": [{"type": "text", "text": "yes"}]}
    stage.server("response.created", response={**begun, "status": "in_progress", "modalities": ["text"], **members})
    stage.server("response.output_item.added", response_id=name["response_id"], output_index=0, item=added)
    stage.server("conversation.item.created", item=added)
    stage.server("response.content_part.added", **name, part={"type": "text", "text": ""})
    stage.server("response.text.delta", **name, delta="yes")
    stage.server("response.text.done", **name, text="yes")
    stage.server("response.content_part.done", **name, part={"type": "text", "text": "yes"})
    stage.server("response.output_item.done", response_id=place["response_id"], output_index=0, item=done)
    usage = {"total_tokens": 12, "input_tokens": 10, "output_tokens": 2,
             "input_tokens_details": {"text_tokens": 10}, "output_tokens_details": {"text_tokens": 2}}  # fmt: skip
    return stage.server("response.done", response={**begun, "status": "completed", "output": [done], "usage": usage})


def configured(**fields: Any) -> Stage:
    stage = Stage().greet().client("session.update", session={**TEXT, **fields})
    return stage.server("session.updated", session=session(**{**TEXT, **fields}))


def wire(stage: Stage) -> Wire:
    return Wire(transcript("a call", stage.leg), PROFILE)


def found(kind: Places, stage: Stage) -> list[Wire]:
    return list(kind.of(wire(stage)))


def called(stage: Stage, number: int = 1) -> Stage:
    """A response that calls one function."""
    name: dict[str, Any] = {"response_id": f"resp_{number}", "output_index": 0}
    item = {"id": f"item_{number}", "type": "function_call", "call_id": f"call_{number}", "name": "f"}
    stage.server("response.created", response={"id": name["response_id"], "status": "in_progress"})
    stage.server("response.output_item.added", **name, item={**item, "arguments": "", "status": "in_progress"})
    stage.server("conversation.item.created", item={**item, "arguments": "", "status": "in_progress"})
    stage.server("response.function_call_arguments.done", **name, item_id=item["id"], call_id=item["call_id"],
                 name="f", arguments="{}")  # fmt: skip
    done = {**item, "arguments": "{}", "status": "completed"}
    stage.server("response.output_item.done", **name, item=done)
    return stage.server("response.done", response={"id": name["response_id"], "status": "completed", "output": [done]})


def given(stage: Stage) -> Stage:
    """The result of the call, shown."""
    result = {"type": "function_call_output", "call_id": "call_1", "output": "31"}
    stage.client("conversation.item.create", item=result)
    return stage.server("conversation.item.created", item={**result, "id": "item_9", "status": "completed"})


def turn(stage: Stage, item: str = "item_1") -> Stage:
    stage.server("input_audio_buffer.speech_started", item_id=item, audio_start_ms=100)
    stage.server("input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=900)
    stage.server("input_audio_buffer.committed", item_id=item)
    return stage.server("conversation.item.created", item={"id": item, "type": "message", "role": "user"})


def closing(stage: Stage, code: int = 1000) -> list[Wire]:
    stage.close(code, "", code)
    return found(places.closes, stage)
