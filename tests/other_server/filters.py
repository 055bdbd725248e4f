"""Defects that sit between the session and its socket: each takes an event and gives what is sent in its place."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
from typing import TYPE_CHECKING, Any

from .ways import Filter, Json

if TYPE_CHECKING:
    from collections.abc import Callable

FILTERS: dict[str, tuple[str, Filter]] = {}
"""By name: what the server does, in words, and the filter."""


def lie(name: str, words: str) -> Callable[[Filter], Filter]:
    """Register a defect."""

    def keep(filter_: Filter) -> Filter:
        FILTERS[name] = (words, filter_)
        return filter_

    return keep


def simple(name: str, words: str, kind: str, change: Callable[[Json, Any], Json | list[Json]]) -> None:
    """A defect that shows in events of one type."""

    def filter_(event: Json, session: Any) -> list[Json]:
        if event["type"] != kind:
            return [event]
        after = change(copy.deepcopy(event), session)
        return after if isinstance(after, list) else [after]

    FILTERS[name] = (words, filter_)


def without(event: Json, name: str) -> Json:
    return {member: value for member, value in event.items() if member != name}


def within(event: Json, *path: str, to: Any) -> Json:
    """The event with another value at a place."""
    place = event
    for name in path[:-1]:
        place = place[name]
    if callable(to):
        place[path[-1]] = to(place.get(path[-1]))
    else:
        place[path[-1]] = to
    return event


def once(session: Any, name: str) -> bool:
    """Whether this is the first time in the session."""
    done = session.memory.setdefault("once", set())
    if name in done:
        return False
    done.add(name)
    return True


def later(session: Any, event: Json, seconds: float = 0.05) -> None:
    """Send an event by itself after a while, past the filters."""

    async def work() -> None:
        await asyncio.sleep(seconds)
        session.link.send(json.dumps({**event, "event_id": session.new_id("event")}))

    session.task(work())


TRANSCRIBED = "conversation.item.input_audio_transcription.completed"
PREVIEW = "conversation.item.input_audio_transcription.delta"
STARTED, STOPPED = "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"

# -- nothing after the end


def repeated(name: str, words: str, kind: str, seconds: float = 0.05) -> None:
    """An event that comes once more, later."""

    def change(event: Json, session: Any) -> Json:
        later(session, event, seconds)
        return event

    simple(name, words, kind, change)


repeated("transcribes-again-later", "a transcription is completed a second time", TRANSCRIBED, 0.2)
repeated("item-done-again", "an item is done a second time, after its reply", "response.output_item.done", 0.4)
repeated("part-done-again", "a content part is done a second time", "response.content_part.done", 0.1)
repeated("done-again", "a reply is done a second time, later", "response.done", 0.1)
repeated("created-again", "a reply is created a second time, after it has begun", "response.created", 0.06)
repeated("finished-again", "session.finished comes twice", "session.finished", 0.05)
repeated("updated-again", "session.updated comes once more, unasked", "session.updated", 0.3)
repeated("committed-again", "a commit is told twice", "input_audio_buffer.committed", 0.1)
repeated("item-created-again", "an item is told again in the next turn", "conversation.item.created", 0.5)
repeated("cleared-again", "one clear is told twice", "input_audio_buffer.cleared", 0.05)


@lie("preview-after-transcript", "a preview follows the final transcription")
def _preview(event: Json, session: Any) -> list[Json]:
    if event["type"] != TRANSCRIBED:
        return [event]
    preview = {
        **without(event, "transcript"),
        "type": PREVIEW,
        "text": "",
        "stash": "and",
        "language": "en",
        "emotion": "neutral",
    }
    later(session, preview, 0.03)
    return [event]


@lie("delta-after-done", "a text delta follows the reply's end, in the next turn")
def _late_delta(event: Json, session: Any) -> list[Json]:
    if event["type"] in {"response.text.delta", "response.audio_transcript.delta"}:
        session.memory["a delta"] = event
    if event["type"] == "response.done" and "a delta" in session.memory:
        later(session, session.memory["a delta"], 0.08)
    return [event]


@lie("audio-after-done", "audio goes on after the reply's end")
def _late_audio(event: Json, session: Any) -> list[Json]:
    if event["type"] == "response.audio.delta":
        session.memory["an audio"] = event
    if event["type"] == "response.done" and "an audio" in session.memory:
        later(session, session.memory["an audio"], 0.02)
    return [event]


@lie("updated-after-finished", "something follows session.finished")
def _after_finished(event: Json, session: Any) -> list[Json]:
    if event["type"] == "session.finished":
        later(session, {"type": "session.updated", "session": session.shown()}, 0.05)
    return [event]


@lie("stops-again", "one utterance stops twice")
def _stops(event: Json, session: Any) -> list[Json]:
    if event["type"] == STOPPED:
        later(session, {**event, "audio_end_ms": event["audio_end_ms"] + 10}, 0.04)
    return [event]


# -- envelope

simple("no-event-id", "deltas have no event_id", "response.text.delta", lambda e, s: without(e, "event_id"))
simple("same-event-id", "every error has the same event_id", "error", lambda e, s: {**e, "event_id": "event_TODO"})
simple("error-is-a-string", "the error is a string", "error", lambda e, s: {**e, "error": e["error"]["message"]})
simple(
    "error-without-message",
    "errors have no message",
    "error",
    lambda e, s: {**e, "error": without(e["error"], "message")},
)
simple("swallows-errors", "what is refused is refused without a word", "error", lambda e, s: [])
simple(
    "error-and-closes",
    "every error closes the connection",
    "error",
    lambda e, s: (s.link.send(json.dumps(e)), s.link.close(1011, ""), [])[2],
)
simple("errors-twice", "every error comes twice", "error", lambda e, s: [e, {**e, "event_id": s.new_id("event")}])
simple(
    "ga-text",
    "text deltas have the names of another dialect",
    "response.text.delta",
    lambda e, s: {**e, "type": "response.output_text.delta"},
)
simple(
    "ga-items",
    "items are told as conversation.item.added",
    "conversation.item.created",
    lambda e, s: {**e, "type": "conversation.item.added"},
)
simple(
    "conversation-created",
    "conversation.created follows the greeting",
    "session.created",
    lambda e, s: [e, {"type": "conversation.created", "event_id": s.new_id("event"), "conversation": {"id": "c"}}],
)
simple(
    "rate-limits",
    "rate_limits.updated follows every reply",
    "response.done",
    lambda e, s: [e, {"type": "rate_limits.updated", "event_id": s.new_id("event"), "rate_limits": []}],
)


@lie("pretty-json-lines", "two events travel in one frame")
def _joined(event: Json, session: Any) -> list[Json]:
    if event["type"] == "response.content_part.done":
        session.memory["joined"] = event
        return []
    if "joined" in session.memory:
        before = session.memory.pop("joined")
        session.link.send(json.dumps(before) + "\n" + json.dumps(event))
        return []
    return [event]


# -- session

simple("no-updated", "updates take effect and are not acknowledged", "session.updated", lambda e, s: [])
simple(
    "updated-shows-the-greeting",
    "session.updated shows what was in force before",
    "session.updated",
    lambda e, s: {**e, "session": s.memory.setdefault("shown first", e["session"])},
)
simple(
    "updated-without-detection",
    "session.updated leaves out voice detection",
    "session.updated",
    lambda e, s: within(e, "session", to=lambda c: without(c, "turn_detection")),
)
simple(
    "updated-loses-silence",
    "session.updated loses silence_duration_ms",
    "session.updated",
    lambda e, s: within(e, "session", "turn_detection", to=lambda t: t and without(t, "silence_duration_ms")),
)
simple(
    "updated-new-id",
    "the session has another id after an update",
    "session.updated",
    lambda e, s: within(e, "session", "id", to=s.new_id("sess")),
)
simple(
    "instructions-cut",
    "instructions are cut after 60 characters",
    "session.updated",
    lambda e, s: within(e, "session", "instructions", to=lambda t: t and t[:60]),
)
simple(
    "another-model",
    "the greeting names another model",
    "session.created",
    lambda e, s: within(e, "session", "model", to="qwen-omni-turbo-realtime"),
)
simple(
    "greets-twice",
    "the greeting comes twice",
    "session.created",
    lambda e, s: [e, {**e, "event_id": s.new_id("event")}],
)
simple(
    "key-in-greeting",
    "the greeting shows the API key",
    "session.created",
    lambda e, s: within(e, "session", "api_key", to=s.key),
)
simple(
    "key-in-update",
    "session.updated shows the end of the API key",
    "session.updated",
    lambda e, s: within(e, "session", "account", to="…" + s.key[-10:]),
)
simple(
    "key-in-error",
    "errors quote the key",
    "error",
    lambda e, s: within(e, "error", "message", to=lambda m: f"{m} (Bearer {s.key})"),
)
simple(
    "key-in-base64",
    "response.created holds the key in Base64",
    "response.created",
    lambda e, s: within(e, "response", "trace", to=base64.b64encode(s.key.encode()).decode()),
)

# -- audio

simple(
    "commit-id-of-nobody",
    "the committed item is another than the one that is made",
    "input_audio_buffer.committed",
    lambda e, s: {**e, "item_id": s.new_id("item")},
)
simple("not-committed", "a turn is not told as committed", "input_audio_buffer.committed", lambda e, s: [])
simple("no-cleared", "clear has no answer", "input_audio_buffer.cleared", lambda e, s: [])
simple("no-stop", "speech never stops", STOPPED, lambda e, s: [])
simple("start-without-ms", "speech starts without a time", STARTED, lambda e, s: without(e, "audio_start_ms"))
simple(
    "start-id-of-nobody",
    "speech starts for an item that never comes",
    STARTED,
    lambda e, s: {**e, "item_id": s.new_id("item")},
)
simple(
    "stop-in-seconds",
    "speech stops at a number of seconds",
    STOPPED,
    lambda e, s: {**e, "audio_end_ms": e["audio_end_ms"] / 1000},
)
simple("stop-before-start", "speech stops before it started", STOPPED, lambda e, s: {**e, "audio_end_ms": 0})
simple(
    "ms-in-samples",
    "times of speech are samples",
    STARTED,
    lambda e, s: {**e, "audio_start_ms": e["audio_start_ms"] * 16},
)
simple(
    "transcript-of-the-last",
    "a transcription repeats the turn before",
    TRANSCRIBED,
    lambda e, s: {
        **e,
        "transcript": s.memory.pop("words", e["transcript"])
        if not s.memory.update({"words": s.memory.get("now", e["transcript"])})
        and not s.memory.update({"now": e["transcript"]})
        else "",
    },
)
simple("no-transcript", "no transcription is ever completed", TRANSCRIBED, lambda e, s: [])
simple("transcript-of-nobody", "transcriptions name no item", TRANSCRIBED, lambda e, s: {**e, "item_id": ""})
simple(
    "previews-shrink", "previews lose what they had", PREVIEW, lambda e, s: {**e, "text": e["stash"][:1], "stash": 7}
)
