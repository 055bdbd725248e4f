"""Lies about voice activity: what is heard, when, and what becomes of a turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.mock.quirks.base import quirk
from conformance.mock.quirks.making import adds, at, count, drops, edits, hears, ignores, put, without

if TYPE_CHECKING:
    from conformance.mock.errors import Json
    from conformance.mock.quirks.making import When
    from conformance.mock.session import Session

TURN, BARGE = ("vad/Turn",), ("vad/BargeIn",)
QUIET_TURN = ("usage/Silence",)  # a conversation with whole turns and no check of its own
STARTED, STOPPED = "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"
COMMITTED, SHOWN = "input_audio_buffer.committed", "conversation.item.created"
APPEND = "input_audio_buffer.append"


def since(name: str, number: int) -> When:
    """From the `number`-th event of its kind in a session on, from 1."""
    return lambda event, session: count(session, name) >= number


def users_item(event: Json, session: Session) -> bool:
    """Whether an item is one that the user spoke."""
    return any(part.get("type") == "input_audio" for part in at(event, "item.content") or [])


@quirk("hears-silence", "05", "silence is announced as speech", hook="receive", touches=TURN)
def _hears_silence(event: Json, session: Session) -> Json:
    if event["type"] == APPEND and count(session, "appends") == 48:  # 960 ms, in the first of two sessions only
        session.emit(STARTED, audio_start_ms=900, item_id=session.ids.make("item"))
    return event


@quirk("stops-before-it-starts", "05", "`speech_stopped` comes before `speech_started`", touches=TURN)
def _swapped(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == STARTED:
        session.memory["held"] = event
        return []
    return [event, session.memory.pop("held")] if event["type"] == STOPPED and "held" in session.memory else None


@quirk("words-stay-off", "05", "transcription that was switched off never comes on again", hook="configure",
       touches=("vad/ThreeUtterances",))  # fmt: skip
def _stay_off(before: Json, patch: Json, after: Json, session: Session) -> Json:
    return {**after, "input_audio_transcription": None} if before["input_audio_transcription"] is None else after


@quirk("words-stay-off", "05", "transcription that was switched off never comes on again")
def _echoed(event: Json, session: Session) -> list[Json] | None:
    asked = at(session.current, "session.input_audio_transcription")
    if event["type"] != "session.updated" or not asked:
        return None
    return [{**event, "session": {**event["session"], "input_audio_transcription": asked}}]


edits("start-without-ms", "05", "`audio_start_ms` is a string", STARTED,
      lambda event, session: event.update(audio_start_ms=str(event["audio_start_ms"])), touches=TURN)  # fmt: skip
edits("stop-without-item", "05", "`speech_stopped` names no item", STOPPED, put("item_id", ""), touches=TURN)
edits("start-of-nothing", "05", "`audio_start_ms` is always 0", STARTED, put("audio_start_ms", 0), touches=TURN)
edits("turns-of-a-moment", "05", "a turn ends when it starts", STOPPED,
      lambda event, session: event.update(audio_end_ms=session.memory.get("start", 0)), touches=TURN)  # fmt: skip


@quirk("turns-of-a-moment", "05", "a turn ends when it starts")
def _start(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == STARTED:
        session.memory["start"] = event["audio_start_ms"]
    return None


edits("user-item-of-another-id", "05", "the user's item bears an id of its own", SHOWN,
      put("item.id", "item_00000000000000000000"), when=users_item, touches=TURN)  # fmt: skip
drops("never-replies", "05", "a turn gets no reply",
      tuple(f"response.{kind}" for kind in ("created", "done", "output_item.added", "output_item.done", "text.delta",
                                            "text.done", "content_part.added", "content_part.done")),
      touches=TURN)  # fmt: skip


@quirk("long-appends-are-late", "05", "what comes in long appends is heard half a second later", touches=TURN)
def _late(event: Json, session: Session) -> list[Json] | None:
    late = session.memory.get("long", 0)
    if event["type"] == STARTED and late:
        return [{**event, "audio_start_ms": event["audio_start_ms"] + 500}]
    return None


@quirk("long-appends-are-late", "05", "what comes in long appends is heard half a second later", hook="receive")
def _long(event: Json, session: Session) -> Json:
    if event["type"] == APPEND and len(str(event.get("audio"))) > 20_000:
        session.memory["long"] = 1
    return event


# -- manual mode, settings


@quirk("hears-in-manual-mode", "05", "speech is announced with voice detection off", hook="receive",
       touches=("vad/ManualSpeech",))  # fmt: skip
def _hears_in_manual(event: Json, session: Session) -> Json:
    if event["type"] == APPEND and count(session, "appends") == 5:
        session.emit(STARTED, audio_start_ms=100, item_id=session.ids.make("item"))
    return event


@quirk("commits-in-manual-mode", "05", "speech is committed with voice detection off", hook="receive",
       touches=("vad/ManualSpeech",))  # fmt: skip
def _commits_in_manual(event: Json, session: Session) -> Json:
    if event["type"] == APPEND and count(session, "appends") == 20:
        session.emit(COMMITTED, item_id=session.ids.make("item"))
    return event


drops("deaf-after-manual-mode", "05", "after manual mode nobody listens",
      (STARTED, STOPPED, COMMITTED), touches=("vad/ManualSpeech",))  # fmt: skip
hears("silence-duration-ignored", "05", "`silence_duration_ms` is confirmed and not honoured", "session.update",
      without("session.turn_detection.silence_duration_ms"), when=since("updates", 2),
      touches=("vad/Settings",))  # fmt: skip

# -- several turns

drops("deaf-to-the-third", "05", "the third utterance is not committed", COMMITTED, when=since("turns", 3),
      touches=("vad/ThreeUtterances",))  # fmt: skip
edits("clock-runs-back", "05", "the second utterance starts before the first ended", STARTED,
      put("audio_start_ms", 100), when=since("starts", 2), touches=("vad/ThreeUtterances",))  # fmt: skip
edits("clock-runs-ahead", "05", "an utterance ends in audio that was not sent yet", STOPPED,
      lambda event, session: event.update(audio_end_ms=event["audio_end_ms"] + 60_000), touches=QUIET_TURN)  # fmt: skip
hears("deaf-to-speech", "05", "speech is taken for silence", APPEND,
      lambda event, session: event.update(audio="A" * (len(event["audio"]) // 4 * 4)),
      touches=("vad/ThreeUtterances",))  # fmt: skip
ignores("never-hears-the-end", "05", "silence after speech is not heard", APPEND,
        when=lambda event, session: not str(event.get("audio")).strip("A="), touches=("audio/Heard",))  # fmt: skip
edits("stop-of-another-item", "05", "`speech_stopped` bears another item's id than its start", STOPPED,
      put("item_id", "item_00000000000000000000"), touches=QUIET_TURN)  # fmt: skip
drops("deaf-after-a-clear", "05", "after a clear in mid-speech nobody listens", STARTED, when=since("starts", 2),
      touches=("vad/Clear",))  # fmt: skip
drops("semantic-vad-never-decides", "05", "with `semantic_vad` no turn ends", COMMITTED, touches=("vad/Semantic",))
adds("commits-a-turn-twice", "05", "a turn is committed twice", COMMITTED,
     lambda event, session: {"type": COMMITTED, "item_id": event["item_id"]}, touches=QUIET_TURN)  # fmt: skip

# -- barge-in

drops(
    "deaf-while-speaking", "05", "speech into a reply is not announced", STARTED, when=since("starts", 2), touches=BARGE
)


@quirk("talks-on", "05", "a reply goes on for seconds after the user interrupted it", touches=BARGE)
def _talks_on(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == "response.audio.delta":
        session.memory.setdefault("sound", event)
    if event["type"] == STARTED and count(session, "starts") == 2 and "sound" in session.memory:
        for tenth in range(1, 23):
            session.after(tenth / 10, lambda: _more(session))
    return None


def _more(session: Session) -> None:
    from conformance.mock.core import SendEvent  # noqa: PLC0415  # core imports this package

    session.put(SendEvent({**session.memory["sound"], "event_id": session.ids.make("event")}))


@quirk("interruptions-get-no-reply", "05", "the turn that interrupted gets no reply", touches=BARGE)
def _no_second_reply(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == "response.created":
        first = session.memory.setdefault("first response", event["response"]["id"])
        return None if event["response"]["id"] == first else []
    key = event.get("response_id") or at(event, "response.id")
    return [] if key and key != session.memory.get("first response") else None


SHORT = 200_000  # characters: about 4.7 seconds of audio


hears("hears-one-utterance-an-append", "05", "what follows the first utterance in an append is dropped", APPEND,
      lambda event, session: event.update(audio=event["audio"][: 32_000 * 2 * 4 // 3]),
      when=lambda event, session: len(event["audio"]) > SHORT, touches=TURN)  # fmt: skip


@quirk("one-number-ends-detection", "05", "an update of one number of `turn_detection` is echoed and ends it",
       hook="receive", touches=("vad/ThreeUtterances",))  # fmt: skip
def _deaf_since(event: Json, session: Session) -> Json | None:
    named = at(event, "session.turn_detection")
    if isinstance(named, dict) and "type" not in named:
        session.memory["deaf"] = True
    return None if event["type"] == APPEND and session.memory.get("deaf") else event


def _words_before(event: Json, session: Session) -> None:
    own = event["transcript"]
    event["transcript"] = session.memory.get("words", own)
    session.memory["words"] = own


edits("words-of-the-turn-before", "05", "a transcription has the words of the utterance before",
      "conversation.item.input_audio_transcription.completed", _words_before,
      touches=("vad/ThreeUtterances",))  # fmt: skip
