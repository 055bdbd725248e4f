"""Lies about items, tools and calls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.mock.quirks.base import quirk
from conformance.mock.quirks.making import adds, at, count, drops, edits, ignores, nth, put, refuses, renamed, without

if TYPE_CHECKING:
    from conformance.mock.errors import Json
    from conformance.mock.requests import Request
    from conformance.mock.session import Session

TEXT, ODD = ("items/TextItems",), ("items/OddItems",)
ONE, TWO = ("items/OneCall",), ("items/TwoCalls",)
QUIET_CALL = ("items/OddResults",)  # a conversation with a call and hardly a check of its own
SHOWN, CREATE = "conversation.item.created", "conversation.item.create"
ITEM_ADDED, ITEM_DONE = "response.output_item.added", "response.output_item.done"
ARGUMENTS, ARGUMENTS_DONE = "response.function_call_arguments.delta", "response.function_call_arguments.done"


def typed_by_user(event: Json, session: Session) -> bool:
    """Whether an item is a message that the client made."""
    return bool(at(event, "item.role") == "user")


def is_call(event: Json, session: Session) -> bool:
    """Whether an item is a call."""
    return bool(at(event, "item.type") == "function_call")


def is_result(event: Json, session: Session) -> bool:
    """Whether an item is the result of a call."""
    return bool(at(event, "item.type") == "function_call_output")


# -- text items

edits("item-of-another-role", "07", "a user's item is shown as the assistant's", SHOWN, put("item.role", "assistant"),
      when=typed_by_user, touches=TEXT)  # fmt: skip
edits("item-loses-its-text", "07", "a text item is shown with other words", SHOWN,
      lambda event, session: [part.update(text="Or so.") for part in at(event, "item.content") or []],
      when=typed_by_user, touches=TEXT)  # fmt: skip
edits(
    "item-without-id",
    "07",
    "an item is shown with an empty id",
    SHOWN,
    put("item.id", ""),
    when=typed_by_user,
    touches=TEXT,
)
edits("item-loses-emoji", "07", "characters outside the BMP are shown as question marks", SHOWN,
      lambda event, session: [
          part.update(text="".join(letter if ord(letter) < 0x10000 else "?" for letter in str(part.get("text"))))
          for part in at(event, "item.content") or []
      ], when=typed_by_user, touches=TEXT)  # fmt: skip
ignores("second-item-lost", "07", "the second of two text items is lost", CREATE, when=nth("items", 2), touches=TEXT)


@quirk("items-start-replies", "07", "a text item is answered without being asked", hook="receive", touches=TEXT)
def _replies(event: Json, session: Session) -> Json:
    if event["type"] == CREATE and count(session, "items") == 1:
        session.after(0.01, lambda: session.receive_text('{"type":"response.create"}', session.now))
    return event


@quirk("takes-odd-items", "07", "an item of a type that there is not is shown", hook="receive", touches=ODD)
def _takes_odd(event: Json, session: Session) -> Json | None:
    kind = at(event, "item.type")
    if event["type"] == CREATE and isinstance(kind, str) and kind.startswith("conformance"):
        session.emit(SHOWN, item={"id": session.ids.make("item"), "type": "message", "role": "user", "content": []})
        return None
    return event


@quirk("takes-results-of-nothing", "07", "a result without `call_id` is shown", hook="receive", touches=ODD)
def _takes_nameless(event: Json, session: Session) -> Json | None:
    if event["type"] == CREATE and is_result(event, session) and "call_id" not in event["item"]:
        session.emit(
            SHOWN, item={**event["item"], "id": session.ids.make("item"), "call_id": "", "status": "completed"}
        )
        return None
    return event


@quirk("takes-empty-results", "07", "a result without `output` is shown", hook="receive", touches=("items/OddResults",))
def _takes_empty(event: Json, session: Session) -> Json | None:
    if event["type"] == CREATE and is_result(event, session) and "output" not in event["item"]:
        session.emit(SHOWN, item={**event["item"], "id": session.ids.make("item"), "output": "", "status": "completed"})
        return None
    return event


edits(
    "long-items-are-cut",
    "07",
    "a text of 100 KB is shown cut",
    SHOWN,
    lambda event, session: [
        part.update(text=str(part.get("text"))[:50_000]) for part in at(event, "item.content") or []
    ],
    when=typed_by_user,
    touches=ODD,
)

# -- calls

edits("call-begins-with-arguments", "07", "a call is added with its arguments", ITEM_ADDED, put("item.arguments", "{}"),
      when=is_call, touches=ONE)  # fmt: skip
edits("call-changes-its-id", "07", "the arguments of a call bear another `call_id`", ARGUMENTS_DONE,
      put("call_id", "call_00000000000000000000"), touches=ONE)  # fmt: skip
edits("calls-a-stranger", "07", "a function is called that `tools` does not have", (ITEM_ADDED, ITEM_DONE),
      put("item.name", "no_such_function"), when=is_call, touches=ONE)  # fmt: skip


def _arguments(value: str, event: Json, session: Session) -> list[Json]:
    """Other arguments, wherever a call shows them."""
    changed = renamed(event, {})
    for holder in (changed, changed.get("item"), *(at(changed, "response.output") or [])):
        if isinstance(holder, dict) and holder.get("arguments"):
            holder["arguments"] = value
    return [changed]


@quirk("arguments-are-no-json", "07", "the arguments of a call are no JSON", touches=ONE)
def _no_json(event: Json, session: Session) -> list[Json] | None:
    return None if event["type"] == ARGUMENTS else _arguments("city=Hangzhou", event, session)


edits("call-done-differs", "07", "a call that is done has other arguments", ITEM_DONE, put("item.arguments", "{}"),
      when=is_call, touches=ONE)  # fmt: skip
edits("done-loses-calls", "07", "`response.done` lists the first call only", "response.done",
      lambda event, session: event["response"].update(output=event["response"]["output"][:1]), touches=TWO)  # fmt: skip
edits(
    "done-loses-arguments",
    "07",
    "`response.done` lists calls without their arguments",
    "response.done",
    lambda event, session: [item.pop("arguments", None) for item in at(event, "response.output") or []],
    touches=TWO,
)
adds("calls-have-parts", "07", "a call has a content part", ITEM_ADDED,
     lambda event, session: {
         "type": "response.content_part.added", "response_id": event["response_id"], "item_id": event["item"]["id"],
         "output_index": event["output_index"], "content_index": 0, "part": {"type": "text", "text": ""},
     }, when=is_call, touches=ONE)  # fmt: skip
edits("result-loses-its-call", "07", "a result is shown without its `call_id`", SHOWN, without("item.call_id"),
      when=is_result, touches=ONE)  # fmt: skip
refuses("no-reply-to-results", "07", "a create after a result is refused", "response.create",
        when=nth("creates", 2), touches=ONE)  # fmt: skip


@quirk("forgets-results", "07", "the reply after a result does not know it", hook="request", touches=ONE)
def _forgets(request: Request, session: Session) -> Request:
    seen = [item for item in request.history if item.get("type") == "function_call_output"]
    return replace(request, history=request.history[:1], tools=[]) if seen else request


@quirk("calls-interleave", "07", "two calls of one response begin before either is done", touches=TWO)
def _interleaved(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == ITEM_DONE and is_call(event, session) and "held" not in session.memory:
        session.memory["held"] = event
        return []
    if event["type"] == ITEM_DONE and isinstance(session.memory.get("held"), dict):
        held, session.memory["held"] = session.memory["held"], None
        return [held, event]
    return None


edits(
    "second-result-refused",
    "07",
    "the second of two results is not acknowledged",
    SHOWN,
    lambda event, session: event.update(type="conversation.item.created.late"),
    when=lambda event, session: is_result(event, session) and count(session, "results") == 2,
    touches=TWO,
)
drops("arguments-without-deltas", "07", "the arguments of a call come without deltas", ARGUMENTS, touches=TWO)
edits("delta-without-call", "07", "an arguments delta names no call", ARGUMENTS, without("call_id"), touches=TWO)
drops(
    "arguments-never-done",
    "00",
    "a call gets no `response.function_call_arguments.done`",
    ARGUMENTS_DONE,
    touches=QUIET_CALL,
)
edits("arguments-differ", "00", "the arguments at the end are not those of the deltas", ARGUMENTS_DONE,
      put("arguments", '{"city": "Nowhere"}'), touches=QUIET_CALL)  # fmt: skip


@quirk("calls-out-of-order", "07", "a call is shown after its arguments", touches=TWO)
def _late_item(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == SHOWN and is_call(event, session):
        session.memory["shown"] = event
        return []
    return (
        [event, session.memory.pop("shown")] if event["type"] == ARGUMENTS_DONE and "shown" in session.memory else None
    )


edits("shows-calls-with-arguments", "07", "a call is shown with its arguments before it has any", SHOWN,
      put("item.arguments", "{}"), when=is_call, touches=ONE)  # fmt: skip
