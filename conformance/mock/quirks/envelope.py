"""Lies about events in general and about errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.mock.quirks.base import quirk
from conformance.mock.quirks.making import at, count, doubles, drops, edits, ignores, put, refuses, says, without

if TYPE_CHECKING:
    from conformance.mock.errors import Json
    from conformance.mock.session import Session

UNKNOWN = ("envelope/UnknownType",)
MALFORMED = ("envelope/Malformed",)
SPELLING = ("envelope/Spelling",)
TURN = ("closing/AfterResponse",)
SDK_ID = re.compile(r"event_[0-9a-f]{32}")


@quirk("duplicate-event-id", "02", "every event bears the id of the first", touches=TURN)
def _same_id(event: Json, session: Session) -> list[Json]:
    return [{**event, "event_id": session.memory.setdefault("first id", event["event_id"])}]


@quirk("error-kills-connection", "02", "every error ends the connection with 1011", touches=("cancel/NothingToCancel",))
def _fatal_error(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == "error":
        # The close follows the error: what an action puts on the agenda comes after what is being sent.
        session.after(0.0, lambda: session.close(1011, "goodbye"))
    return None


@quirk("error-ends-normally", "02", "every error ends the connection with 1000", touches=UNKNOWN)
def _normal_end(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == "error":
        session.after(0.0, lambda: session.close(1000))
    return None


@quirk("unknown-type-ignored", "02", "an unknown event type is met with silence", hook="receive", touches=UNKNOWN)
def _deaf_to_unknown(event: Json, session: Session) -> Json | None:
    return event if session.knows(event["type"]) else None


@quirk("unknown-type-deafens", "02", "after an unknown event type no update is heard", hook="receive", touches=UNKNOWN)
def _deafened(event: Json, session: Session) -> Json | None:
    if not session.knows(event["type"]):
        session.memory["deaf"] = True
    return None if session.memory.get("deaf") and event["type"] == "session.update" else event


@quirk("slow-error", "02", "an error takes 2.2 seconds to come", touches=UNKNOWN)
def _slow_error(event: Json, session: Session) -> list[Json] | None:
    from conformance.mock.core import SendEvent  # noqa: PLC0415  # core imports this package

    if event["type"] != "error":
        return None
    session.after(2.2, lambda: session.put(SendEvent(event)))
    return []


# What a side of an open question may do and a clause asks not to: the switch is the lie.
quirk("binary-drops-connection", "02", "a binary frame ends TCP without a word", touches=MALFORMED,
      switches={"binary-frame": "dropped"})(lambda event, session: None)  # fmt: skip
quirk("bad-utf8-drops-connection", "02", "what is not UTF-8 ends TCP without a word", touches=MALFORMED,
      switches={"invalid-utf8": "dropped"})(lambda event, session: None)  # fmt: skip
edits("error-without-message", "02", "an error says nothing", "error", put("error.message", ""), touches=UNKNOWN)
edits("error-without-type", "02", "an error has an empty type", "error", put("error.type", ""), touches=UNKNOWN)
edits("error-code-is-a-number", "02", "an error's code is 400", "error", put("error.code", 400), touches=UNKNOWN)
doubles("errors-come-twice", "02", "every error comes twice", "error", touches=UNKNOWN)
drops("bad-json-ignored", "02", "what is not JSON is met with silence", "error", when=says("not valid JSON"),
      touches=MALFORMED)  # fmt: skip
drops("array-ignored", "02", "an array is met with silence", "error", when=says("'event'", "an array"),
      touches=MALFORMED)  # fmt: skip
drops("scalar-ignored", "02", "a string or number is met with silence", "error",
      when=lambda event, session: says("'event'")(event, session) and not says("an array")(event, session),
      touches=MALFORMED)  # fmt: skip
drops("missing-type-ignored", "02", "an event without a type is met with silence", "error",
      when=says("Missing", "'type'"), touches=MALFORMED)  # fmt: skip
drops("odd-type-ignored", "02", "an event whose type is a number is met with silence", "error",
      when=says("expected", "'type'"), touches=MALFORMED)  # fmt: skip
refuses("needs-event-ids", "02", "an event without an id is refused", "session.update",
        when=lambda event, session: "event_id" not in event, touches=SPELLING)  # fmt: skip
refuses("hates-sdk-ids", "02", "an id in the form of the SDKs is refused", "session.update",
        when=lambda event, session: bool(SDK_ID.fullmatch(str(event.get("event_id")))), touches=SPELLING)  # fmt: skip
refuses("order-matters", "02", "an event must begin with its id or type", "session.update",
        when=lambda event, session: next(iter(event)) == "session", touches=SPELLING)  # fmt: skip
edits("ascii-only", "02", "characters outside ASCII become question marks", "session.updated",
      lambda event, session: put("session.instructions", str(at(event, "session.instructions"))
                                 .encode("ascii", "replace").decode())(event, session),
      touches=SPELLING)  # fmt: skip
edits("errors-wear-out", "02", "after three errors every response fails", "response.done",
      put("response.status", "failed"), when=lambda event, session: session.memory.get("count errors", 0) >= 3,
      touches=("envelope/MistakesInARow",))  # fmt: skip


@quirk("errors-wear-out", "02", "after three errors every response fails")
def _counts_errors(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == "error":
        count(session, "errors")
    return None


# -- rules that hold for every event

edits("event-without-type", "00", "a confirmation has no type", "session.updated", without("type"), touches=TURN)
edits(
    "event-without-id", "00", "events of a response have no id", "response.created", without("event_id"), touches=TURN
)
edits("borrowed-event-id", "00", "a confirmation bears the id of its request", "session.updated",
      lambda event, session: event.update(event_id=(session.current or {}).get("event_id")), touches=TURN)  # fmt: skip
edits("invented-event", "00", "a type comes that no page lists", "conversation.item.created",
      put("type", "conversation.item.appeared"), touches=TURN)  # fmt: skip
edits("later-dialect", "00", "text comes under its later name", "response.text.delta",
      put("type", "response.output_text.delta"), touches=TURN)  # fmt: skip
edits(
    "content-index-is-text",
    "00",
    "an index is a string",
    "response.text.delta",
    put("content_index", "0"),
    touches=TURN,
)
ignores("updates-ignored", "00", "an update is met with silence", "session.update", touches=TURN)
edits("session-changes-its-model", "00", "a confirmation names another model", "session.updated",
      put("session.model", "qwen-omni-turbo-realtime"), touches=TURN)  # fmt: skip


@quirk("not-json", "00", "a line break is left in a string", hook="frame", touches=TURN)
def _bad_json(opcode: int, data: bytes) -> list[tuple[int, bytes]] | None:
    return [(opcode, data[:-1])] if b'"response.text.done"' in data else None


@quirk("a-name-twice", "00", "`delta` stands twice in an event", hook="frame", touches=TURN)
def _twice(opcode: int, data: bytes) -> list[tuple[int, bytes]] | None:
    return [(opcode, b'{"delta":"",' + data[1:])] if b'"response.text.delta"' in data else None


@quirk("infinite-usage", "00", "a count of tokens is Infinity", hook="frame", touches=TURN)
def _infinite(opcode: int, data: bytes) -> list[tuple[int, bytes]] | None:
    return [(opcode, re.sub(rb'"total_tokens":\d+', b'"total_tokens":Infinity', data))] if opcode == 1 else None


@quirk("nine-megabytes", "00", "an event is padded to nine megabytes", hook="frame", touches=TURN)
def _huge(opcode: int, data: bytes) -> list[tuple[int, bytes]] | None:
    return [(opcode, data[:-1] + b" " * (9 * 2**20) + b"}")] if b'"response.text.done"' in data else None


@quirk(
    "continues-nothing",
    "00",
    "a continuation frame comes that continues nothing",
    hook="frame",
    touches=("usage/TwoTurns",),
)
def _continues(opcode: int, data: bytes) -> list[tuple[int, bytes]] | None:
    return [(opcode, data), (0, b"")] if b'"response.done"' in data else None


@quirk("hangs-up", "00", "after a completed response the server leaves with 1000", touches=("usage/TwoTurns",))
def _hangs_up(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == "response.done":
        session.after(0.0, lambda: session.close(1000))
    return None


@quirk("drops-the-line", "00", "after a completed response TCP ends without a close frame", touches=("usage/TwoTurns",))
def _drops(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == "response.done":
        session.after(0.0, session.drop)
    return None
