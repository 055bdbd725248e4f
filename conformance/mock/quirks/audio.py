"""Lies about the input buffer, commits, and the words that were heard."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from conformance.mock.quirks.base import quirk
from conformance.mock.quirks.making import (
    adds,
    at,
    count,
    doubles,
    drops,
    edits,
    hears,
    ignores,
    nth,
    put,
    refuses,
    says,
    without,
)

if TYPE_CHECKING:
    from conformance.mock.errors import Json
    from conformance.mock.quirks.making import When
    from conformance.mock.session import Session

MANUAL, HEARD, PAYLOADS = ("audio/Manual",), ("audio/Heard",), ("audio/Payloads",)
CLEAR = ("audio/CommitAndClear",)
NEWEST = "qwen3.8-omni-flash-realtime"
APPEND, COMMIT = "input_audio_buffer.append", "input_audio_buffer.commit"
COMMITTED, CLEARED = "input_audio_buffer.committed", "input_audio_buffer.cleared"
HEARD_WORDS = "conversation.item.input_audio_transcription.completed"
EMPTY = says("buffer too small")


@quirk("appends-are-acknowledged", "04", "an append gets an answer", hook="receive", touches=MANUAL)
def _acknowledges(event: Json, session: Session) -> Json:
    if event["type"] == APPEND and count(session, "appends") == 1:
        session.emit("input_audio_buffer.cleared")
    return event


refuses("refuses-commits", "04", "a commit of a second of audio is refused", COMMIT, when=nth("commits", 1),
        touches=MANUAL)  # fmt: skip
edits("committed-without-item", "04", "`committed` names no item", COMMITTED, without("item_id"), touches=MANUAL)
edits("turn-without-audio", "04", "the user's item has a text part", "conversation.item.created",
      lambda event, session: [part.update(type="input_text") for part in at(event, "item.content") or []
                              if part.get("type") == "input_audio"], touches=MANUAL)  # fmt: skip
refuses("slow-ears", "04", "audio that came faster than it sounds can't be committed", COMMIT,
        when=lambda event, session: session.memory.get("count audio", 0) > 30, touches=MANUAL)  # fmt: skip


@quirk("slow-ears", "04", "audio that came faster than it sounds can't be committed", hook="receive")
def _hears_appends(event: Json, session: Session) -> Json:
    if event["type"] == APPEND:
        count(session, "audio")
    return event


edits("turns-share-an-item", "04", "every committed turn bears the id of the first", COMMITTED,
      lambda event, session: event.update(item_id=session.memory.setdefault("first turn", event["item_id"])),
      touches=MANUAL)  # fmt: skip


@quirk("every-append-costs", "04", "each append costs a token more", touches=MANUAL)
def _per_append(event: Json, session: Session) -> list[Json] | None:
    usage = at(event, "response.usage")
    if event["type"] != "response.done" or not usage or "audio_tokens" not in usage["input_tokens_details"]:
        return None
    changed = copy.deepcopy(event)
    usage, more = changed["response"]["usage"], session.memory.get("count audio", 0)
    usage["input_tokens_details"]["audio_tokens"] += more
    usage["input_tokens"] += more
    usage["total_tokens"] += more
    return [changed]


@quirk("every-append-costs", "04", "each append costs a token more", hook="receive")
def _counts_appends(event: Json, session: Session) -> Json:
    if event["type"] == APPEND:
        count(session, "audio")
    return event


edits("empty-commit-is-a-server-error", "04", "a commit of nothing is a fault of the server", "error",
      put("error.type", "server_error"), when=EMPTY, touches=CLEAR)  # fmt: skip
edits("empty-commit-says-nothing", "04", "the error for a commit of nothing is about something else", "error",
      put("error.message", "Bad request."), when=EMPTY, touches=CLEAR)  # fmt: skip
refuses("empty-commit-spoils", "04", "after a commit of nothing no commit is taken", COMMIT,
        when=lambda event, session: count(session, "commits") == 2, touches=CLEAR)  # fmt: skip
refuses("refuses-clears", "04", "a clear with audio in the buffer is refused", "input_audio_buffer.clear",
        when=nth("clears", 1), touches=CLEAR)  # fmt: skip
refuses("refuses-empty-clears", "04", "a clear of an empty buffer is refused", "input_audio_buffer.clear",
        when=nth("clears", 2), touches=CLEAR)  # fmt: skip
ignores(
    "clears-ignored", "04", "a clear is met with silence", "input_audio_buffer.clear", touches=("vad/ManualSpeech",)
)
ignores("commits-ignored", "04", "a commit is met with silence", COMMIT, touches=("audio/CommitMinimum",))
doubles("commits-twice", "04", "a commit is confirmed twice", COMMITTED, touches=("audio/CommitMinimum",))


def _as_committed(event: Json, session: Session) -> None:
    event.clear()
    event.update(event_id=session.ids.make("event"), type=COMMITTED, item_id=session.ids.make("item"))


edits("clears-and-keeps", "04", "a cleared buffer can still be committed", "error", _as_committed,
      when=lambda event, session: EMPTY(event, session) and count(session, "empty") == 3, touches=CLEAR)  # fmt: skip
edits("commits-the-same-again", "04", "what was committed can be committed again", "error", _as_committed,
      when=lambda event, session: EMPTY(event, session) and count(session, "empty") == 2, touches=CLEAR)  # fmt: skip
drops("empty-commit-ignored", "04", "a commit of nothing is met with silence", "error", when=EMPTY, touches=CLEAR)

# -- payloads


def audio_is(*starts: str) -> When:
    """Whether an append's audio begins so."""
    return lambda event, session: str(event.get("audio")).startswith(starts)


refuses("hates-plus-and-slash", "04", "Base64 with `+` or `/` is refused", APPEND,
        when=lambda event, session: "+" in str(event.get("audio")), touches=PAYLOADS)  # fmt: skip
ignores("takes-wrong-padding", "04", "Base64 with wrong padding is taken", APPEND,
        when=lambda event, session: "\n" not in str(event.get("audio")) and len(str(event.get("audio"))) % 4 != 0,
        touches=PAYLOADS)  # fmt: skip
ignores(
    "takes-wrong-alphabet", "04", "what is not Base64 at all is taken", APPEND, when=audio_is("*"), touches=PAYLOADS
)


@quirk("bad-base64-is-fatal", "04", "a payload that is not Base64 ends the session", hook="receive", touches=PAYLOADS)
def _fatal(event: Json, session: Session) -> Json:
    if audio_is("*")(event, session):
        session.after(0.0, lambda: session.close(1007, "bad audio"))
    return event


# -- words

edits("transcript-without-item", "04", "a transcript names no item", HEARD_WORDS, put("item_id", ""), touches=HEARD)
edits("hears-something-else", "04", "the transcript is of another sentence", HEARD_WORDS,
      put("transcript", "Zebras juggle quietly."), touches=HEARD)  # fmt: skip
edits("invented-emotion", "04", "a transcript tells an emotion that is not documented", HEARD_WORDS,
      put("emotion", "hangry"), touches=HEARD)  # fmt: skip
edits("transcript-of-another-item", "04", "a transcript bears another item's id", HEARD_WORDS,
      put("item_id", "item_00000000000000000000"), touches=HEARD)  # fmt: skip
drops("never-transcribes", "04", "speech gets neither a transcript nor its failure", HEARD_WORDS, touches=HEARD)
doubles("transcribes-twice", "04", "speech is transcribed twice", HEARD_WORDS, touches=HEARD)
drops("no-preview", "04", "speech gets no partial transcript",
      "conversation.item.input_audio_transcription.delta", touches=HEARD)  # fmt: skip

# -- formats

refuses("refuses-wav", "04", "a WAV file is refused", APPEND,
        when=lambda event, session: str(event.get("audio")).startswith("UklGR"),
        touches=("audio/DeclaredWav",))  # fmt: skip
hears("ignores-the-rate", "04", "the declared input rate is confirmed and not honoured", "session.update",
      without("session.audio"), touches=("audio/Rates",))  # fmt: skip
refuses("refuses-channels", "04", "audio of two channels can't be committed", COMMIT,
        when=lambda event, session: session.config.input.channels > 1,
        touches=("audio/Channels",), model=NEWEST)  # fmt: skip
adds("clear-answers-twice", "04", "a clear is confirmed twice", CLEARED, lambda event, session: {"type": CLEARED},
     touches=("vad/ManualSpeech",))  # fmt: skip


@quirk("deaf-after-a-commit", "04", "the append that follows a commit at once is lost", hook="receive", touches=MANUAL)
def _deaf_for_one(event: Json, session: Session) -> Json | None:
    lost = event["type"] == APPEND and session.memory.get("last") == COMMIT and session.memory.get("commits", 0) > 1
    session.memory["commits"] = session.memory.get("commits", 0) + (event["type"] == COMMIT)
    session.memory["last"] = event["type"]
    return None if lost else event


adds("previews-what-is-final", "04", "a preview follows the final transcription", HEARD_WORDS,
     lambda event, session: {"type": HEARD_WORDS.replace("completed", "delta"), "item_id": event["item_id"],
                             "content_index": 0, "text": "", "stash": "and", "language": "en", "emotion": "neutral"},
     touches=HEARD)  # fmt: skip
