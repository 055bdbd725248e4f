"""Lies about responses: their life cycle, their content, their ids."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.mock.quirks.base import quirk
from conformance.mock.quirks.making import (
    adds,
    at,
    count,
    doubles,
    drops,
    edits,
    ignores,
    nth,
    once,
    put,
    refuses,
    renamed,
)

if TYPE_CHECKING:
    from conformance.mock.errors import Json
    from conformance.mock.quirks.making import Edit
    from conformance.mock.requests import Answer, Request
    from conformance.mock.session import Session

TYPED, SPOKEN = ("responses/Typed",), ("responses/Spoken",)
TEXT_TURN = ("closing/AfterResponse",)  # a written turn and hardly a check of its own
TWO_TURNS = ("usage/TwoTurns",)
SOUND_TURN = ("usage/AudioOut",)  # the same, spoken
ACTIVE, ONE = ("responses/CreateWhileActive",), ("responses/InstructionsForOne",)
CREATED, DONE = "response.created", "response.done"
ITEM_ADDED, ITEM_DONE = "response.output_item.added", "response.output_item.done"
PART_ADDED, PART_DONE = "response.content_part.added", "response.content_part.done"
TEXT, TEXT_DONE = "response.text.delta", "response.text.done"
WORD, WORDS_DONE = "response.audio_transcript.delta", "response.audio_transcript.done"
SOUND, SOUND_DONE = "response.audio.delta", "response.audio.done"
SHOWN = "conversation.item.created"
OTHER = "item_00000000000000000000"


def of_the_model(event: Json, session: Session) -> bool:
    """Whether an item is the model's."""
    return bool(at(event, "item.role") == "assistant")


# -- the beginning

drops("done-without-created", "08", "a response ends that was never announced", CREATED, touches=TEXT_TURN)
refuses("refuses-create", "08", "a bare `response.create` after a text item is refused", "response.create",
        when=nth("creates", 1), touches=TYPED)  # fmt: skip
edits(
    "created-completed",
    "08",
    "a response begins as completed",
    CREATED,
    put("response.status", "completed"),
    touches=TYPED,
)
edits("created-full", "08", "a response begins with an item", CREATED,
      put("response.output", [{"id": OTHER, "type": "message"}]), touches=TYPED)  # fmt: skip
edits("response-of-another-object", "08", "a response calls itself `response`", CREATED,
      put("response.object", "response"), touches=TYPED)  # fmt: skip
edits("response-without-conversation", "08", "a response names no conversation", CREATED,
      put("response.conversation_id", ""), touches=TYPED)  # fmt: skip
edits("response-of-other-modalities", "08", "a response shows modalities that are not in force", CREATED,
      put("response.modalities", ["text", "audio"]), touches=TYPED)  # fmt: skip
edits("response-of-another-voice", "08", "a response shows a voice that is not the session's", CREATED,
      put("response.voice", "Nobody"), touches=TYPED)  # fmt: skip
edits("message-begins-full", "08", "a message begins with text in it", ITEM_ADDED,
      put("item.content", [{"type": "text", "text": "…"}]), touches=TYPED)  # fmt: skip
edits("shows-another-item", "08", "the conversation gets another item than was announced", SHOWN,
      put("item.id", OTHER), when=of_the_model, touches=TYPED)  # fmt: skip
edits(
    "shows-items-completed",
    "08",
    "the conversation gets the item as completed",
    SHOWN,
    put("item.status", "completed"),
    when=of_the_model,
    touches=TYPED,
)
edits("part-begins-full", "08", "a text part begins with text in it", PART_ADDED, put("part.text", "…"), touches=TYPED)
edits("counts-from-one", "08", "the first item has the index 1", ITEM_ADDED, put("output_index", 1), touches=TYPED)

# -- the end

edits("part-done-differs", "08", "the part repeats another text", PART_DONE, put("part.text", "Or so."), touches=TYPED)
edits("text-done-differs", "08", "the text of `response.text.done` is not that of its deltas", TEXT_DONE,
      lambda event, session: event.update(text=event["text"] + " Or so."), touches=TEXT_TURN)  # fmt: skip
edits("message-stays-in-progress", "08", "a message that is done is in progress", ITEM_DONE,
      put("item.status", "in_progress"), touches=TYPED)  # fmt: skip
edits("reply-is-incomplete", "08", "a reply that ran to its end is incomplete", DONE,
      put("response.status", "incomplete"), touches=TYPED)  # fmt: skip


def in_output(**fields: object) -> Edit:
    """Change every item in the output of `response.done`."""
    return lambda event, session: [item.update(fields) for item in at(event, "response.output") or []]


def in_content(**fields: object) -> Edit:
    """Change every content part in the output of `response.done`."""
    return lambda event, session: [
        part.update(fields) for item in at(event, "response.output") or [] for part in item.get("content") or []
    ]


edits(
    "done-repeats-another-text",
    "08",
    "`response.done` repeats another text",
    DONE,
    in_content(text="Or so."),
    touches=TYPED,
)
edits("done-holds-another-part", "08", "the message in `response.done` has a part of another type", DONE,
      in_content(type="output_text"), touches=TYPED)  # fmt: skip
edits("done-items-in-progress", "08", "the items in `response.done` are in progress", DONE,
      in_output(status="in_progress"), touches=TYPED)  # fmt: skip
edits("done-lists-twice", "08", "`response.done` lists its message twice", DONE,
      lambda event, session: event["response"]["output"].extend(copy.deepcopy(event["response"]["output"])),
      touches=TYPED)  # fmt: skip
edits(
    "status-of-its-own",
    "08",
    "a response ends as `finished`",
    DONE,
    put("response.status", "finished"),
    touches=TEXT_TURN,
)


@quirk("says-nothing", "08", "a reply has no words", hook="answer", touches=TYPED)
def _silent(answer: Answer, session: Session) -> Answer:
    return replace(answer, text=" ") if count(session, "answers") == 3 else answer


@quirk("forgets-the-turn-before", "08", "a reply knows nothing of earlier turns", hook="request", touches=TYPED)
def _forgets(request: Request, session: Session) -> Request:
    return replace(request, history=[]) if count(session, "requests") == 2 else request


@quirk("text-comes-late", "08", "a typed reply shows its item after its part", touches=TYPED)
def _item_after_its_part(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == SHOWN and of_the_model(event, session):
        session.memory["held"] = event
        return []
    return [event, session.memory.pop("held")] if event["type"] == PART_ADDED and "held" in session.memory else None


# -- `response.create` with something in it

refuses(
    "refuses-null-instructions",
    "08",
    "`instructions: null` is refused",
    "response.create",
    when=lambda event, session: at(event, "response.instructions") is None and "response" in event,
    touches=ONE,
)
refuses("refuses-own-instructions", "08", "instructions for one response are refused", "response.create",
        when=lambda event, session: bool(at(event, "response.instructions")), touches=ONE)  # fmt: skip


@quirk(
    "ignores-own-instructions",
    "08",
    "instructions for one response are taken and not followed",
    hook="receive",
    touches=ONE,
)
def _deaf(event: Json, session: Session) -> Json:
    if event["type"] == "response.create" and at(event, "response.instructions"):
        return {name: value for name, value in event.items() if name != "response"}
    return event


@quirk("own-modalities-ignored", "08", "modalities for one response are not followed", hook="receive", touches=SPOKEN)
def _speaks_anyway(event: Json, session: Session) -> Json:
    return {"type": event["type"]} if event["type"] == "response.create" else event


@quirk(
    "own-modalities-stay", "08", "modalities for one response hold for all that follow", hook="request", touches=SPOKEN
)
def _stays_written(request: Request, session: Session) -> Request:
    return request


@quirk("own-modalities-stay", "08", "modalities for one response hold for all that follow", hook="receive")
def _keeps_them(event: Json, session: Session) -> Json:
    if event["type"] != "response.create":
        return event
    kept = session.memory.setdefault("kept", {})
    kept.update(event.get("response") or {})
    return {**event, "response": dict(kept)}


@quirk("max-tokens-ignored", "08", "`max_tokens` is confirmed and not honoured", touches=("responses/Limits",))
def _long_usage(event: Json, session: Session) -> list[Json] | None:
    usage = at(event, "response.usage")
    if event["type"] != DONE or not usage:
        return None
    changed = copy.deepcopy(event)
    changed["response"]["usage"]["output_tokens"] += 500
    changed["response"]["usage"]["total_tokens"] += 500
    changed["response"]["usage"]["output_tokens_details"]["text_tokens"] += 500
    return [changed]


# -- a second create

ignores("second-create-ignored", "08", "a second create is met with silence", "response.create",
        when=nth("creates", 2), touches=ACTIVE)  # fmt: skip
edits("second-create-says-nothing", "08", "the error for a second create is about something else", "error",
      put("error.message", "Bad request."), touches=ACTIVE)  # fmt: skip
adds("second-create-kills-the-first", "08", "a second create ends the first reply as failed", "error",
     lambda event, session: {"type": "input_audio_buffer.cleared"}, touches=ACTIVE)  # fmt: skip
edits("second-create-kills-the-first", "08", "a second create ends the first reply as failed", DONE,
      put("response.status", "failed"), when=nth("dones", 1))  # fmt: skip
adds("second-create-announces", "08", "a refused create is announced all the same", "error",
     lambda event, session: {"type": CREATED, "response": {
         "id": "resp_2", "object": "realtime.response", "status": "in_progress", "output": [], "modalities": ["text"],
         "conversation_id": session.conversation.id,
     }}, touches=ACTIVE)  # fmt: skip
refuses("one-refusal-is-for-ever", "08", "after a refused create no other is taken", "response.create",
        when=nth("creates", 3), touches=ACTIVE)  # fmt: skip

# -- manual mode


@quirk(
    "replies-unasked",
    "08",
    "in manual mode a commit is answered by a response",
    hook="receive",
    touches=("responses/ManualTurns",),
)
def _unasked(event: Json, session: Session) -> Json:
    if event["type"] == "input_audio_buffer.commit" and count(session, "commits") == 1:
        session.after(0.02, lambda: session.receive_text('{"type":"response.create"}', session.now))
    return event


ignores("create-needs-a-clear", "08", "a create after a transcribed turn is met with silence", "response.create",
        when=nth("creates", 1), touches=("responses/ManualTurns",))  # fmt: skip

# -- spoken replies


def _audio(change: Callable[[bytes], bytes]) -> Edit:
    return lambda event, session: event.update(
        delta=base64.b64encode(change(base64.b64decode(event["delta"]))).decode()
    )


quirk("words-after-sound", "08", "a spoken reply shows its item after its part", touches=SPOKEN)(_item_after_its_part)
edits(
    "audio-in-lines",
    "08",
    "Base64 of audio has line breaks",
    SOUND,
    lambda event, session: event.update(delta=event["delta"][:76] + "\n" + event["delta"][76:]),
    touches=SPOKEN,
)
edits("half-a-sample", "08", "the last delta ends in the middle of a sample", SOUND, _audio(lambda pcm: pcm[:-1]),
      when=nth("sounds", 1), touches=SPOKEN)  # fmt: skip
edits(
    "audio-done-with-audio",
    "08",
    "`response.audio.done` repeats audio",
    SOUND_DONE,
    put("audio", "AAAA"),
    touches=SPOKEN,
)
edits("done-with-audio", "08", "`response.done` holds audio", DONE, in_content(audio="AAAA" * 40), touches=SPOKEN)
edits(
    "spoken-part-is-text", "08", "a spoken part calls itself text", PART_ADDED, put("part.type", "text"), touches=SPOKEN
)
edits("spoken-part-forgets", "08", "a spoken part repeats other words", PART_DONE,
      lambda event, session: event["part"].update(
          {name: "Or so." for name in ("transcript", "text") if name in event["part"]}), touches=SPOKEN)  # fmt: skip
edits(
    "spoken-done-forgets",
    "08",
    "`response.done` repeats other words than were spoken",
    DONE,
    lambda event, session: [
        part.update({name: "Or so." for name in ("transcript", "text") if name in part})
        for item in at(event, "response.output") or []
        for part in item.get("content") or []
    ],
    touches=SPOKEN,
)
adds(
    "speaks-and-writes",
    "08",
    "a spoken reply comes in text, too",
    WORD,
    lambda event, session: {**event, "type": TEXT, "event_id": session.ids.make("event")},
    when=once,
    touches=SPOKEN,
)


@quirk("sound-after-its-end", "08", "a piece of audio comes after `response.audio.done`", touches=SPOKEN)
def _late_sound(event: Json, session: Session) -> list[Json] | None:
    return _after_its_end(event, session, SOUND, SOUND_DONE)


@quirk("word-after-its-end", "08", "a word comes after `response.audio_transcript.done`", touches=SPOKEN)
def _late_word(event: Json, session: Session) -> list[Json] | None:
    return _after_its_end(event, session, WORD, WORDS_DONE)


def _after_its_end(event: Json, session: Session, delta: str, done: str) -> list[Json] | None:
    if event["type"] == delta:
        session.memory[delta] = {**event, "delta": ""}
    if event["type"] == done and delta in session.memory:
        return [event, {**session.memory[delta], "event_id": session.ids.make("event")}]
    return None


edits(
    "speaks-silence",
    "08",
    "a spoken reply is digital silence",
    SOUND,
    _audio(lambda pcm: bytes(len(pcm))),
    touches=SPOKEN,
)
edits("pcm-with-header", "08", "audio in the default format begins with a WAV header", SOUND,
      _audio(lambda pcm: b"RIFF" + pcm), when=nth("sounds", 1), touches=SPOKEN)  # fmt: skip
edits("spoken-reply-fails", "08", "a spoken reply that ran to its end has failed", DONE,
      put("response.status", "failed"), touches=SPOKEN)  # fmt: skip

# -- ids, changed wherever they stand


def response_of(event: Json) -> str | None:
    """The id of the response that an event belongs to."""
    found = event.get("response_id") or at(event, "response.id")
    return found if isinstance(found, str) else None


@quirk("response-without-id", "08", "the first response has an empty id", touches=TYPED)
def _nameless(event: Json, session: Session) -> list[Json] | None:
    key = response_of(event)
    if key is None or session.memory.setdefault("first", key) != key:
        return None
    return [renamed(event, {key: ""})]


doubles("created-twice", "08", "a response is announced twice", CREATED, touches=TYPED)


@quirk("same-item-id", "00", "every item of the model has the id of the first", touches=TWO_TURNS)
def _same_item(event: Json, session: Session) -> list[Json]:
    names = session.memory.setdefault("items", {})
    if event["type"] == ITEM_ADDED:
        names[event["item"]["id"]] = next(iter(names.values()), event["item"]["id"])
    return [renamed(event, names)]


# -- rules that hold for every response

doubles("done-twice", "00", "a response ends twice", DONE, touches=TEXT_TURN)
drops("never-done", "00", "a response never ends", DONE, touches=("session/UpdateDuringResponse",))


@quirk("talks-after-its-end", "00", "a delta comes after `response.done`", touches=TEXT_TURN)
def _afterthought(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == TEXT:
        session.memory["delta"] = {**event, "delta": ""}
    if event["type"] == DONE and "delta" in session.memory:  # a spoken reply, or a call, has no text
        return [event, {**session.memory["delta"], "event_id": session.ids.make("event")}]
    return None


@quirk("starts-before-created", "00", "an event of a response comes before `response.created`", touches=TEXT_TURN)
def _early(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == CREATED:
        session.memory["created"] = event
        return []
    return (
        [event, session.memory.pop("created")] if event["type"] == ITEM_ADDED and "created" in session.memory else None
    )


drops("item-never-done", "00", "an item is added and never done", ITEM_DONE, touches=TEXT_TURN)
drops("part-never-done", "00", "a part is added and never done", PART_DONE, touches=TEXT_TURN)
drops("item-never-added", "00", "an item is done that was never added", ITEM_ADDED, touches=TEXT_TURN)
drops("part-never-added", "00", "a part is done that was never added", PART_ADDED, touches=TEXT_TURN)
drops("text-never-done", "00", "a text gets no `response.text.done`", TEXT_DONE, touches=TEXT_TURN)
drops("text-without-deltas", "00", "a text comes without deltas", TEXT, touches=TEXT_TURN)
drops("sound-never-done", "00", "audio gets no `response.audio.done`", SOUND_DONE, touches=SOUND_TURN)
drops("speaks-no-sound", "00", "a spoken reply has no audio", SOUND, touches=SOUND_TURN)
drops(
    "words-never-done", "00", "a spoken reply gets no `response.audio_transcript.done`", WORDS_DONE, touches=SOUND_TURN
)
drops("words-without-deltas", "00", "the words of a spoken reply come without deltas", WORD, touches=SOUND_TURN)
edits("words-done-differ", "00", "the words at the end are not those of the deltas", WORDS_DONE,
      put("transcript", "Or so."), touches=SOUND_TURN)  # fmt: skip
edits("done-lists-a-stranger", "00", "`response.done` lists an item that was never announced", DONE,
      in_output(id=OTHER), touches=TEXT_TURN)  # fmt: skip
edits("done-lists-nothing", "00", "`response.done` lists no item", DONE, put("response.output", []), touches=TEXT_TURN)
edits("delta-of-another-response", "00", "a delta names a response that was never announced", TEXT,
      put("response_id", "resp_00000000000000000000"), touches=TEXT_TURN)  # fmt: skip
edits(
    "delta-of-another-item",
    "00",
    "a delta names an item that was never announced",
    TEXT,
    put("item_id", OTHER),
    touches=TEXT_TURN,
)
edits(
    "delta-of-another-index",
    "00",
    "a delta has another index than its item",
    TEXT,
    put("output_index", 3),
    touches=TEXT_TURN,
)
edits(
    "conversation-changes",
    "00",
    "every response is in a conversation of its own",
    CREATED,
    lambda event, session: event["response"].update(conversation_id=session.ids.make("conv")),
    touches=TWO_TURNS,
)
edits("done-of-another-response", "00", "`response.done` ends a response that was never announced", DONE,
      put("response.id", "resp_00000000000000000000"), touches=TEXT_TURN)  # fmt: skip
edits("previous-item-invented", "00", "an item follows one that there is not", SHOWN,
      put("previous_item_id", OTHER), touches=TEXT_TURN)  # fmt: skip
drops("items-not-shown", "00", "an item of the model is not shown", SHOWN, when=of_the_model, touches=TEXT_TURN)
doubles("items-shown-twice", "00", "an item is shown twice", SHOWN, when=of_the_model, touches=TEXT_TURN)
ignores(
    "creates-ignored",
    "00",
    "a create is met with silence",
    "response.create",
    touches=("session/UpdateDuringResponse",),
)
ignores("cancels-ignored", "00", "a cancel is met with silence", "response.cancel", touches=("cancel/NothingToCancel",))


@quirk("two-at-once", "00", "a response is created while another is open", touches=TEXT_TURN)
def _two_at_once(event: Json, session: Session) -> list[Json] | None:
    if event["type"] != ITEM_ADDED:
        return None
    second = {
        "id": "resp_2",
        "object": "realtime.response",
        "status": "in_progress",
        "output": [],
        "modalities": ["text"],
        "conversation_id": session.conversation.id,
    }
    return [{"event_id": session.ids.make("event"), "type": CREATED, "response": second}, event]
