"""Defects of replies, their cost and their items, which sit between the session and its socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .filters import lie, simple, within, without

if TYPE_CHECKING:
    from collections.abc import Callable

    from .ways import Json

# -- replies

simple("no-done", "replies have no response.done", "response.done", lambda e, s: [])
simple(
    "no-done-when-cancelled",
    "a reply that is broken off has no end of any kind",
    "response.done",
    lambda e, s: e if e["response"]["status"] == "completed" else [],
)
simple(
    "done-is-empty", "response.done has no output", "response.done", lambda e, s: within(e, "response", "output", to=[])
)
simple(
    "done-of-another",
    "response.done names another reply",
    "response.done",
    lambda e, s: within(e, "response", "id", to=s.new_id("resp")),
)
simple(
    "done-says-other-words",
    "response.done has other words than the deltas",
    "response.done",
    lambda e, s: within(e, "response", "output", to=lambda items: json.loads(json.dumps(items).replace("e", "o"))),
)
simple(
    "text-done-is-cut",
    "response.text.done misses its end",
    "response.text.done",
    lambda e, s: {**e, "text": e["text"][:-3]},
)
simple("no-text-done", "text is never done", "response.text.done", lambda e, s: [])
simple("no-audio-done", "audio is never done", "response.audio.done", lambda e, s: [])
simple("no-part-added", "content parts are done and never added", "response.content_part.added", lambda e, s: [])
simple("no-item-done", "items are added and never done", "response.output_item.done", lambda e, s: [])
simple(
    "always-completed",
    "a reply that is broken off is told as completed",
    "response.done",
    lambda e, s: within(e, "response", "status", to="completed"),
)
simple(
    "a-status-of-its-own",
    "replies end as `finished`",
    "response.done",
    lambda e, s: within(e, "response", "status", to="finished"),
)
simple(
    "index-from-one",
    "output_index begins at 1",
    "response.output_item.added",
    lambda e, s: {**e, "output_index": e["output_index"] + 1},
)
simple(
    "another-conversation",
    "each reply has a conversation of its own",
    "response.created",
    lambda e, s: within(e, "response", "conversation_id", to=s.new_id("conv")),
)
simple(
    "audio-in-wrong-base64",
    "audio deltas have no padding",
    "response.audio.delta",
    lambda e, s: {**e, "delta": e["delta"].rstrip("=")[:-1]},
)
simple("silent-audio", "the audio of a reply is empty", "response.audio.delta", lambda e, s: {**e, "delta": ""})
simple(
    "half-the-audio",
    "every second audio delta is lost",
    "response.audio.delta",
    lambda e, s: e if s.memory.update({"n": s.memory.get("n", 0) + 1}) or s.memory["n"] % 2 else [],
)
simple(
    "call-id-changes",
    "the call in response.done has another id",
    "response.function_call_arguments.done",
    lambda e, s: {**e, "call_id": s.new_id("call")},
)
simple(
    "arguments-as-object",
    "arguments are an object",
    "response.function_call_arguments.done",
    lambda e, s: {**e, "arguments": json.loads(e["arguments"] or "{}")},
)
simple(
    "arguments-cut",
    "the last delta of arguments is lost in what is done",
    "response.function_call_arguments.done",
    lambda e, s: {**e, "arguments": e["arguments"][:-2]},
)
simple("arguments-never-done", "arguments are never done", "response.function_call_arguments.done", lambda e, s: [])


@lie("done-before-item", "response.done precedes the item's end")
def _early_done(event: Json, session: Any) -> list[Json]:
    if event["type"] == "response.output_item.done":
        session.memory["kept item"] = event
        return []
    kept = session.memory.pop("kept item", None) if event["type"] == "response.done" else None
    return [event, kept] if kept else [event]


@lie("item-before-added", "the assistant's item is told before it is added to its reply")
def _item_first(event: Json, session: Any) -> list[Json]:
    if event["type"] == "response.output_item.added":
        session.memory["kept added"] = event
        return []
    kept = session.memory.pop("kept added", None) if event["type"] == "conversation.item.created" else None
    return [event, kept] if kept else [event]


@lie("created-late", "response.created comes after the first item")
def _late_created(event: Json, session: Any) -> list[Json]:
    if event["type"] == "response.created":
        session.memory["kept created"] = event
        return []
    kept = session.memory.pop("kept created", None) if event["type"] == "response.output_item.added" else None
    return [event, kept] if kept else [event]


# -- numbers


def counted(name: str, words: str, change: Callable[[Json, Any], Json]) -> None:
    """A defect of the usage; whatever it does, totals are set right again unless it is about them."""

    def after(event: Json, session: Any) -> Json:
        usage = change(event["response"]["usage"], session)
        for side in ("input", "output"):
            usage[f"{side}_tokens"] = sum(usage[f"{side}_tokens_details"].values())
        usage["total_tokens"] = usage["input_tokens"] + usage["output_tokens"]
        return within(event, "response", "usage", to=usage)

    simple(name, words, "response.done", after)


def factor(side: str, kind: str, by: float) -> Callable[[Json, Any], Json]:
    def change(usage: Json, _session: Any) -> Json:
        details = usage[f"{side}_tokens_details"]
        if kind in details:
            details[kind] = round(details[kind] * by)
        return usage

    return change


def _history_lost(usage: Json, session: Any) -> Json:
    details = usage["input_tokens_details"]
    before = session.memory.get("input before", {})
    session.memory["input before"] = dict(details)
    return {**usage, "input_tokens_details": {k: max(1, v - before.get(k, 0)) for k, v in details.items()}}


def _adds_up(usage: Json, session: Any) -> Json:
    before = session.memory.get("output before", {})
    details = {k: v + before.get(k, 0) for k, v in usage["output_tokens_details"].items()}
    session.memory["output before"] = details
    return {**usage, "output_tokens_details": details}


def _history_twice(usage: Json, session: Any) -> Json:
    details = usage["input_tokens_details"]
    before = session.memory.get("input before", {})
    session.memory["input before"] = dict(details)
    return {**usage, "input_tokens_details": {k: v + before.get(k, 0) for k, v in details.items()}}


def _second_turn(usage: Json, session: Any) -> Json:
    session.memory["turns billed"] = turns = session.memory.get("turns billed", 0) + 1
    return factor("input", "audio_tokens", 1.1)(usage, session) if turns > 1 else usage


def _pictures(usage: Json, _session: Any) -> Json:
    return {**usage, "input_tokens_details": without(usage["input_tokens_details"], "image_tokens")}


counted("hears-a-tenth-more", "input audio costs a tenth more", factor("input", "audio_tokens", 1.1))
counted("hears-a-tenth-less", "input audio costs a tenth less", factor("input", "audio_tokens", 0.9))
counted("hears-twice", "input audio is billed twice", factor("input", "audio_tokens", 2))
counted("speaks-a-tenth-more", "spoken replies cost a tenth more", factor("output", "audio_tokens", 1.1))
counted("speaks-twice", "spoken replies are billed twice", factor("output", "audio_tokens", 2))
counted("writes-twice", "text of replies is billed twice", factor("output", "text_tokens", 2))
counted("pictures-are-free", "pictures cost nothing", _pictures)
counted("pictures-twice", "pictures are billed twice", factor("input", "image_tokens", 2))
counted("pictures-a-tenth-more", "pictures cost a tenth more", factor("input", "image_tokens", 1.1))
counted("history-twice", "what was said before the last turn is billed twice", _history_twice)
counted("second-turn-a-tenth-more", "from the second turn on input audio costs a tenth more", _second_turn)
counted("writes-a-tenth-more", "text of replies costs a tenth more", factor("output", "text_tokens", 1.1))
counted("history-is-free", "only the last turn is billed as input", _history_lost)
counted("output-adds-up", "output tokens are those of all replies so far", _adds_up)
simple(
    "no-usage",
    "replies have no usage",
    "response.done",
    lambda e, s: {**e, "response": without(e["response"], "usage")},
)
simple(
    "usage-nothing",
    "usage is always 0",
    "response.done",
    lambda e, s: within(
        e,
        "response",
        "usage",
        to=lambda u: json.loads(
            json.dumps({n: 0 if isinstance(c, int) else dict.fromkeys(c, 0) for n, c in u.items()})
        ),
    ),
)
simple(
    "usage-total-wrong",
    "total_tokens is one more than its parts",
    "response.done",
    lambda e, s: within(e, "response", "usage", "total_tokens", to=lambda n: n + 1),
)
simple(
    "usage-in-other-names",
    "usage has the names of another dialect",
    "response.done",
    lambda e, s: within(
        e, "response", "usage", to=lambda u: json.loads(json.dumps(u).replace("_tokens_details", "_token_details"))
    ),
)

# -- items

simple(
    "item-role-system",
    "what the user says is an item of the system",
    "conversation.item.created",
    lambda e, s: within(e, "item", to=lambda i: {**i, "role": "system"} if i.get("role") == "user" else i),
)
simple(
    "item-without-content",
    "items of the client lose their content",
    "conversation.item.created",
    lambda e, s: within(
        e, "item", to=lambda i: {**i, "content": []} if i["status"] == "completed" and "content" in i else i
    ),
)
simple(
    "previous-is-itself",
    "previous_item_id is the item's own",
    "conversation.item.created",
    lambda e, s: {**e, "previous_item_id": e["item"]["id"]},
)
simple(
    "item-ids-repeat",
    "all items of the user have one id",
    "conversation.item.created",
    lambda e, s: within(e, "item", to=lambda i: {**i, "id": "item_1"} if i["status"] == "completed" else i),
)
simple(
    "output-not-told",
    "tool outputs are taken without an answer",
    "conversation.item.created",
    lambda e, s: [] if e["item"]["type"] == "function_call_output" else e,
)
