"""Ids join what belongs together and keep apart what does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.judge import schema
from conformance.judge.evidence import Evidence
from conformance.judge.finding import Breach
from conformance.judge.rules.base import body, objects, rule
from conformance.judge.rules.envelope import SEARCH
from conformance.spec.unsolicited import PREVIEW, TRANSCRIPTION

CLEARED = "input_audio_buffer.cleared"
CREATED, DONE = "response.created", "response.done"
ADDED = "response.output_item.added"
STREAMED = (
    "response.text.",
    "response.audio.",
    "response.audio_transcript.",
    "response.function_call_arguments.",
    "response.content_part.",
)


@rule("GEN-021", "two session events")
def session_stays_the_same(wire: Evidence) -> Iterator[Breach | None]:
    """All session events of a connection show the same `id`, `model` and `object`."""
    first: dict[str, Any] | None = None
    names = ["id", "model", "object"]
    told = [*wire.of("session.created", "session.updated"), *wire.of("session.update", side="client")]
    for frame in sorted(told, key=lambda one: one.index):
        if frame.side == "client":
            if "model" in body(frame.event, "session"):
                names = ["id", "object"]  # what `session.model` does is open (U5)
            continue
        session = body(frame.event, "session")
        if first is None:
            first = session
            continue
        changed = [name for name in names if name in session and name in first and session[name] != first[name]]
        if not changed:
            yield None
            continue
        said = f"{frame.type} shows the {changed[0]} {session[changed[0]]!r}; it was {first[changed[0]]!r}"
        yield Breach(frame, said)


@rule("GEN-042", "an event of a response")
def response_ids_are_announced(wire: Evidence) -> Iterator[Breach | None]:
    """Every event of a response names a `response_id` that `response.created` announced, before or after it."""
    announced = {body(event, "response").get("id") for event in wire.all(CREATED)}
    known = set(schema.server_types())
    for frame in wire.beginning("response."):
        kind = str(frame.type)
        if kind in {CREATED, DONE} or kind.startswith(("response.mcp", SEARCH)):
            continue
        given = frame.event.get("response_id")
        if given is None and kind not in known:
            continue  # what no source names may be of no response; the type is GEN-008's business
        known_one = isinstance(given, str) and given in announced
        yield None if known_one else Breach(frame, f"{kind} names the response {given!r}")


@rule("GEN-043", "a delta or done event of a response")
def item_ids_are_announced(wire: Evidence) -> Iterator[Breach | None]:
    """Every delta and done event names an `item_id` that `response.output_item.added` announced."""
    announced = {body(event, "item").get("id") for event in wire.all(ADDED)}
    for frame in wire.beginning(*STREAMED):
        given = frame.event.get("item_id")
        known = isinstance(given, str) and given in announced
        yield None if known else Breach(frame, f"{frame.type} names the item {given!r}")


@rule("GEN-044", "an event of an output item")
def indexes_stay(wire: Evidence) -> Iterator[Breach | None]:
    """An item's events keep its `output_index`, and a part's events the `content_index` it was added under."""
    outputs: dict[Any, Any] = {}
    parts: dict[Any, set[Any]] = {}
    for frame in wire.beginning("response."):
        event = frame.event
        item = body(event, "item").get("id") or event.get("item_id")
        kind = str(frame.type)
        if kind.startswith("response.mcp") or not isinstance(item, str):
            continue
        if kind == ADDED:
            outputs[item] = event.get("output_index")
            continue
        if item in outputs and "output_index" in event:
            same = event["output_index"] == outputs[item]
            said = f"{kind} has output_index {event['output_index']}; {item} has {outputs[item]}"
            yield None if same else Breach(frame, said)
        if kind == "response.content_part.added":
            parts.setdefault(item, set()).add(event.get("content_index"))
        elif item in parts and "content_index" in event and event["content_index"] not in parts[item]:
            added = ", ".join(map(str, parts[item]))
            yield Breach(frame, f"{kind} of {item} has content_index {event['content_index']}; added was {added}")


@rule("GEN-045", "an id")
def ids_differ(wire: Evidence) -> Iterator[Breach | None]:
    """No two responses, items or calls of a session share an id."""
    begun, added = wire.of(CREATED), wire.of(ADDED)
    responses = [(body(frame.event, "response").get("id"), frame) for frame in begun]
    items = [(body(frame.event, "item").get("id"), frame) for frame in added]
    calls = [
        (body(frame.event, "item").get("call_id"), frame)
        for frame in added
        if body(frame.event, "item").get("type") == "function_call"
    ]
    for what, given in (("response", responses), ("item", items), ("call", calls)):
        seen: set[str] = set()
        for key, frame in given:
            if isinstance(key, str):
                yield Breach(frame, f"two {what}s have the id {key}") if key in seen else None
                seen.add(key)
    named = {key for key, _ in responses if isinstance(key, str)}
    crossing = {key: frame for key, frame in items if isinstance(key, str) and key in named}
    for key, frame in sorted(crossing.items()):
        yield Breach(frame, f"a response and an item have the id {key}")


@rule("GEN-046", "two responses with a conversation_id")
def one_conversation(wire: Evidence) -> Iterator[Breach | None]:
    """All responses of a session show the same `conversation_id`."""
    first: Any = None
    for frame in wire.of(CREATED, DONE):
        given = body(frame.event, "response").get("conversation_id")
        if given is None:
            continue
        if first is not None:
            said = f"{frame.type} shows the conversation {given!r}; it was {first!r}"
            yield None if given == first else Breach(frame, said)
        first = first if first is not None else given


@rule("GEN-047", "a previous_item_id")
def previous_items_were_shown(wire: Evidence) -> Iterator[Breach | None]:
    """A `previous_item_id` names an item that the session has shown before."""
    shown: set[Any] = set()
    for frame in wire.received:
        previous = frame.event.get("previous_item_id")
        if previous is not None and previous != "":
            said = f"{frame.type} follows the item {previous!r}, which was never shown"
            yield None if previous in shown else Breach(frame, said)
        shown.add(frame.event.get("item_id"))
        shown.add(body(frame.event, "item").get("id"))
        shown.update(item.get("id") for item in objects(body(frame.event, "response").get("output")))


@rule("GEN-048", "a user item of speech, and no transcription")
def speech_keeps_its_id(wire: Evidence) -> Iterator[Breach | None]:
    """The committed speech, the user's item and its transcription bear one `item_id`."""
    committed = {event.get("item_id") for event in wire.all("input_audio_buffer.committed")}
    spoken = {event.get("item_id") for event in wire.all("input_audio_buffer.speech_started")}
    if not wire.of("input_audio_buffer.append", side="client"):
        return
    items = {body(event, "item").get("id") for event in wire.all("conversation.item.created")}
    for frame in wire.of("conversation.item.created"):
        item = body(frame.event, "item")
        content = objects(item.get("content"))
        if any(part.get("type") == "input_audio" for part in content) and committed:
            joined = item.get("id") in committed | spoken
            said = f"the speech item {item.get('id')!r} was never committed under that id"
            yield None if joined else Breach(frame, said)
    known = committed | spoken | items
    for frame in wire.beginning(TRANSCRIPTION):
        item_id = frame.event.get("item_id")
        joined = item_id in known
        if not joined and frame.type == PREVIEW and not _committed_after(wire, frame.index):
            continue  # a preview of audio that waits, and was never committed (F16)
        said = f"{frame.type} names the item {item_id!r}, which was neither spoken nor committed"
        yield None if joined else Breach(frame, said)


def _committed_after(wire: Evidence, index: int) -> bool:
    """Whether the audio that waited at this frame was committed: a commit came before any clear did."""
    committed = wire.next_place("server", "input_audio_buffer.committed", index)
    cleared = wire.next_place("server", CLEARED, index)
    return committed is not None and (cleared is None or committed < cleared)


@rule("GEN-067", "a response.done")
def done_ends_what_was_created(wire: Evidence) -> Iterator[Breach | None]:
    """The `response.id` of `response.done` is that of a `response.created`."""
    created: set[Any] = set()
    for frame in wire.of(CREATED, DONE):
        key = body(frame.event, "response").get("id")
        if frame.type == CREATED:
            created.add(key)
        elif frame.type == DONE:
            said = f"response.done ends {key!r}, which was never created"
            yield None if key in created else Breach(frame, said)
