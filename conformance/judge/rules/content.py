"""What a response is made of: deltas that add up to what is done, and only of the kinds that were asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from conformance.judge.evidence import Evidence, Response
from conformance.judge.evidence.connection import Event
from conformance.judge.evidence.excused import cut_short
from conformance.judge.finding import Breach
from conformance.judge.rules.base import body, completed, objects, rule
from conformance.judge.rules.life_cycle import PART_ADDED, PART_DONE
from conformance.wire.transcript import Frame

ARGUMENTS = "response.function_call_arguments."
Key = tuple[Any, Any]


def _key(event: Event) -> Key:
    return event.get("item_id"), event.get("content_index")


def _parts(response: Response, kind: str) -> dict[Key, Frame]:
    """The content parts of one kind that were announced, as (item, content index), with what first announced each."""
    found: dict[Key, Frame] = {}
    for frame in response.shown(PART_ADDED):
        if body(frame.event, "part").get("type") == kind:
            found.setdefault(_key(frame.event), frame)
    return found


def _closed_once(wire: Evidence, kind: str, closing: str, *, if_completed: bool = False) -> Iterator[Breach | None]:
    """Every part of a kind is closed by one event of a type; a missing one counts once the part itself was done."""
    for response in wire.responses:
        counted = [_key(event) for event in response.all(closing)]
        # What a response that did not complete closes is open (U14, U18), but for parts that it says are done.
        over = {_key(event) for event in response.all(PART_DONE)} if completed(response) is None else None
        spared = cut_short(wire, response.id) is not None
        for part, added in _parts(response, kind).items():
            times = counted.count(part)
            if times > 1:
                again = [frame for frame in response.shown(closing) if _key(frame.event) == part][1]
                yield Breach(again, f"the {kind} part of {part[0]} got {closing} {times} times")
            elif times == 1:
                yield None
            elif not spared and (completed(response) or (not if_completed and (over is None or part in over))):
                yield Breach(added, f"the {kind} part of {part[0]} got no {closing}")


def _has_deltas(wire: Evidence, kind: str, member: str) -> Iterator[Breach | None]:
    """A done event with content follows a delta of its part."""
    for response in wire.responses:
        seen: set[Key] = set()
        for frame in response.frames:
            if frame.type == f"{kind}.delta":
                seen.add(_key(frame.event))
            elif frame.type == f"{kind}.done" and frame.event.get(member):
                said = f"{kind}.done of {_key(frame.event)[0]} follows no delta"
                yield None if _key(frame.event) in seen else Breach(frame, said)


def _adds_up(wire: Evidence, kind: str, member: str) -> Iterator[Breach | None]:
    """The done event repeats its deltas, joined."""
    for response in wire.responses:
        if cut_short(wire, response.id) is not None:
            continue
        joined: dict[Key, str] = defaultdict(str)
        for frame in response.frames:
            if frame.type == f"{kind}.delta":
                joined[_key(frame.event)] += str(frame.event.get("delta", ""))
            elif frame.type == f"{kind}.done" and _key(frame.event) in joined:
                said, added = frame.event.get(member), joined[_key(frame.event)]
                differs = f"{kind}.done says {_brief(said)}; its deltas say {_brief(added)}"
                yield None if said == added else Breach(frame, differs)


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:60]}… ({len(text)} characters)"


@rule("GEN-031", "a text part")
def text_parts_are_closed(wire: Evidence) -> Iterator[Breach | None]:
    """Every text part is closed by one `response.text.done`."""
    return _closed_once(wire, "text", "response.text.done")


@rule("GEN-032", "a response.text.done with text")
def text_comes_in_deltas(wire: Evidence) -> Iterator[Breach | None]:
    """A `response.text.done` with text follows a delta of its part."""
    return _has_deltas(wire, "response.text", "text")


@rule("GEN-033", "an audio part")
def audio_parts_are_closed(wire: Evidence) -> Iterator[Breach | None]:
    """Every audio part is closed by one `response.audio.done`."""
    return _closed_once(wire, "audio", "response.audio.done")


@rule("GEN-034", "a completed response with audio")
def audio_comes_in_deltas(wire: Evidence) -> Iterator[Breach | None]:
    """Every audio part of a completed response has a `response.audio.delta`."""
    for response in wire.responses:
        if completed(response) is None or cut_short(wire, response.id) is not None:
            continue
        heard = {_key(event) for event in response.all("response.audio.delta")}
        for part, added in _parts(response, "audio").items():
            said = f"the audio part of {part[0]} has no response.audio.delta"
            yield None if part in heard else Breach(added, said)


@rule("GEN-035", "a completed response with audio")
def transcripts_are_closed(wire: Evidence) -> Iterator[Breach | None]:
    """Every audio part of a completed response is closed by one `response.audio_transcript.done`."""
    return _closed_once(wire, "audio", "response.audio_transcript.done", if_completed=True)


@rule("GEN-036", "a response.audio_transcript.done with words")
def transcripts_come_in_deltas(wire: Evidence) -> Iterator[Breach | None]:
    """A `response.audio_transcript.done` with words follows a delta of its part."""
    return _has_deltas(wire, "response.audio_transcript", "transcript")


@rule("GEN-037", "a function call that is done")
def calls_have_their_arguments(wire: Evidence) -> Iterator[Breach | None]:
    """Every function call that is done had one `response.function_call_arguments.done`."""
    for response in wire.responses:
        counted: dict[Any, int] = defaultdict(int)
        for frame in response.frames:
            if frame.type == ARGUMENTS + "done":
                counted[frame.event.get("item_id")] += 1
        calls = [body(event, "item") for event in response.all("response.output_item.done")]
        calls += objects((completed(response) or {}).get("output"))
        for item in dict.fromkeys(call.get("id") for call in calls if call.get("type") == "function_call"):
            times = counted[item]
            said = f"the call {item} got function_call_arguments.done {times or 'no'} times"
            yield None if times == 1 else Breach(response.last(ARGUMENTS + "done", "response.output_item.done"), said)


@rule("GEN-038", "a response.text.done with deltas")
def text_adds_up(wire: Evidence) -> Iterator[Breach | None]:
    """The text of `response.text.done` is that of its deltas."""
    return _adds_up(wire, "response.text", "text")


@rule("GEN-039", "a response.audio_transcript.done with deltas")
def transcripts_add_up(wire: Evidence) -> Iterator[Breach | None]:
    """The words of `response.audio_transcript.done` are those of its deltas."""
    return _adds_up(wire, "response.audio_transcript", "transcript")


@rule("GEN-040", "a call whose arguments came in deltas")
def arguments_add_up(wire: Evidence) -> Iterator[Breach | None]:
    """Arguments that came in deltas add up to those of the done event."""
    return _adds_up(wire, "response.function_call_arguments", "arguments")


@rule("GEN-066", "a response whose modalities are text alone")
def text_alone_has_no_sound(wire: Evidence) -> Iterator[Breach | None]:
    """A response whose modalities are text alone has no audio and no transcript events."""
    for response in wire.responses:
        created = response.all("response.created")
        if not created or body(created[0], "response").get("modalities") != ["text"]:
            continue
        sound = ("response.audio.", "response.audio_transcript.")
        loud = [frame for frame in response.frames if str(frame.type).startswith(sound)]
        yield Breach(loud[0], f"{response.id} is text alone and has {loud[0].type}") if loud else None
