"""The life of a response: created first, each part added and done, done once, nothing after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.judge.evidence import Evidence, Response
from conformance.judge.evidence.connection import Event
from conformance.judge.evidence.excused import cut_short, may_lack_done
from conformance.judge.finding import Breach
from conformance.judge.rules.base import body, completed, final, objects, rule
from conformance.judge.rules.envelope import SEARCH
from conformance.wire.transcript import Frame

CREATED = "response.created"
DONE = "response.done"
ITEM_ADDED, ITEM_DONE = "response.output_item.added", "response.output_item.done"
PART_ADDED, PART_DONE = "response.content_part.added", "response.content_part.done"


@rule("GEN-023", "a response")
def created_comes_first(wire: Evidence) -> Iterator[Breach | None]:
    """`response.created` precedes every other event of its response."""
    for response in wire.responses:
        first = next((frame for frame in response.frames if not str(frame.type).startswith(SEARCH)), None)
        right = first is None or first.type == CREATED
        said = f"{first and first.type} of {response.id} came before its response.created"
        yield None if right else Breach(first, said)


@rule("GEN-024", "a response")
def done_comes_once(wire: Evidence) -> Iterator[Breach | None]:
    """Every response that was created is ended by one `response.done`.

    A missing one is judged where a later response was created, or where the client waited a whole quiet window after
    the last item was done; the response that runs when the client leaves is not.
    """
    later_created = {response.id for response in wire.responses if CREATED in response.types}
    for response in wire.responses:
        later_created.discard(response.id)
        times = response.types.count(DONE)
        if times > 1:
            yield Breach(response.shown(DONE)[1], f"{response.id} was done {times} times")
        elif times == 1:
            yield None
        elif CREATED in response.types and not wire.excused(may_lack_done(wire, response.id)):
            last = response.frames[-1]
            over = last.type == ITEM_DONE and any(index > last.index for index in wire.silences)
            if later_created or over:
                yield Breach(last, f"{response.id} was created and no response.done ended it")


@rule("GEN-025", "a response.done")
def nothing_follows_done(wire: Evidence) -> Iterator[Breach | None]:
    """No event of a response follows its `response.done`."""
    for response in wire.responses:
        if DONE not in response.types:
            continue
        later = response.frames[response.types.index(DONE) + 1 :]
        after = [frame for frame in later if frame.type != DONE and not str(frame.type).startswith(SEARCH)]
        said = f"{after[0].type} of {response.id} came after its response.done" if after else ""
        yield Breach(after[0], said) if after else None


def _item_id(event: Event) -> Any:
    return body(event, "item").get("id") or event.get("item_id")


@rule("GEN-027", "an output item")
def items_are_done(wire: Evidence) -> Iterator[Breach | None]:
    """Every item that is added is done once, before `response.done`."""
    for response in wire.responses:
        done = [(_item_id(frame.event), frame) for frame in response.shown(ITEM_DONE)]
        for item in dict.fromkeys(map(_item_id, response.all(ITEM_ADDED))):
            yield from _done_once(wire, response, f"item {item}", [frame for key, frame in done if key == item])


@rule("GEN-028", "a content part")
def parts_are_done(wire: Evidence) -> Iterator[Breach | None]:
    """Every content part that is added is done once, before its item is done."""
    for response in wire.responses:
        done = [(_part_key(frame.event), frame) for frame in response.shown(PART_DONE)]
        for part in dict.fromkeys(map(_part_key, response.all(PART_ADDED))):
            ends = [frame for key, frame in done if key == part]
            yield from _done_once(wire, response, f"part {part[1]} of {part[0]}", ends)
        over: set[Any] = set()
        for frame in response.frames:
            if frame.type == ITEM_DONE:
                over.add(_item_id(frame.event))
            elif frame.type == PART_DONE and frame.event.get("item_id") in over:
                yield Breach(frame, f"a part of {frame.event.get('item_id')} was done after its item")


def _part_key(event: Event) -> tuple[Any, Any]:
    return event.get("item_id"), event.get("content_index")


def _done_once(wire: Evidence, response: Response, what: str, ends: list[Frame]) -> Iterator[Breach | None]:
    if len(ends) > 1:
        yield Breach(ends[1], f"{what} of {response.id} was done {len(ends)} times")
    elif ends:
        yield None
    elif DONE in response.types and _must_close(wire, response):
        yield Breach(response.last(DONE), f"{what} of {response.id} was added and never done")


def _must_close(wire: Evidence, response: Response) -> bool:
    """Whether what was opened in this response must be closed: it was completed, neither cancelled nor interrupted.

    What a response that failed or stayed incomplete closes is not documented (U14, U18).
    """
    return cut_short(wire, response.id) is None and completed(response) is not None


@rule("GEN-029", "a response.done with output")
def output_was_announced(wire: Evidence) -> Iterator[Breach | None]:
    """Every item in the output of `response.done` was announced by `response.output_item.added`."""
    for response in wire.responses:
        announced = {_item_id(event) for event in response.all(ITEM_ADDED)}
        for item in objects((final(response) or {}).get("output")):
            if isinstance(item.get("id"), str) and not str(item.get("type")).startswith("mcp"):
                known = item["id"] in announced
                said = f"{item['id']} in the output of {response.id} was never announced"
                yield None if known else Breach(response.last(DONE), said)
            elif not announced:
                yield Breach(response.last(DONE), f"{response.id} has output and no response.output_item.added")


@rule("GEN-030", "a completed response with a message")
def messages_have_parts(wire: Evidence) -> Iterator[Breach | None]:
    """Every message in the output of a completed response had a `response.content_part.added`."""
    for response in wire.responses:
        with_parts = {event.get("item_id") for event in response.all(PART_ADDED)}
        for item in objects((completed(response) or {}).get("output")):
            if item.get("type") == "message" and item.get("content"):
                said = f"the message {item.get('id')} had no content_part.added"
                yield None if item.get("id") in with_parts else Breach(response.last(DONE), said)


@rule("GEN-041", "a completed response with output")
def output_lists_the_items(wire: Evidence) -> Iterator[Breach | None]:
    """The output of a completed `response.done` lists the announced items, in the order of their `output_index`."""
    for response in wire.responses:
        done = completed(response)
        if done is None or not isinstance(done.get("output"), list) or cut_short(wire, response.id) is not None:
            continue
        added = response.all(ITEM_ADDED)
        indexes = [event.get("output_index") for event in added]
        announced = [_item_id(event) for event in added]
        if all(isinstance(index, int) for index in indexes) and len(set(indexes)) == len(indexes):
            order = sorted(range(len(added)), key=lambda place: int(indexes[place] or 0))
            announced = [announced[place] for place in order]
        listed = [item.get("id") for item in objects(done["output"])]
        if listed == announced:
            yield None
        elif not any(str(item.get("type")).startswith("mcp") for item in objects(done["output"])):
            said = f"the output of {response.id} lists {listed}; announced were {announced}"
            yield Breach(response.last(DONE), said)


@rule("GEN-068", "a response.status")
def status_is_known(wire: Evidence) -> Iterator[Breach | None]:
    """Every `response.status` is one of the five."""
    for frame in wire.of(CREATED, DONE):
        if "status" in body(frame.event, "response"):
            status = body(frame.event, "response")["status"]
            known = status in ("in_progress", "completed", "failed", "incomplete", "cancelled")
            yield None if known else Breach(frame, f"{frame.type} has the status {status!r}")
