"""Lies about cancelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.mock.quirks.base import quirk
from conformance.mock.quirks.making import adds, count, drops, edits, ignores, nth, put, says

if TYPE_CHECKING:
    from conformance.mock.errors import Json
    from conformance.mock.session import Session

NOTHING, MID_TEXT, MID_SPEECH = ("cancel/NothingToCancel",), ("cancel/MidText",), ("cancel/MidSpeech",)
CANCEL, DONE = "response.cancel", "response.done"
IDLE = says("none active response")
edits("idle-cancel-is-a-server-error", "09", "a cancel without a response is a fault of the server", "error",
      put("error.type", "server_error"), when=IDLE, touches=NOTHING)  # fmt: skip
edits("idle-cancel-says-nothing", "09", "the error for a cancel without a response is about something else", "error",
      put("error.message", "Bad request."), when=IDLE, touches=NOTHING)  # fmt: skip


@quirk("idle-cancel-spoils", "09", "after a cancel without a response the next reply fails", touches=NOTHING)
def _spoils(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == "error" and IDLE(event, session):
        session.memory["spoiled"] = True
    return _failed(event) if event["type"] == DONE and session.memory.pop("spoiled", False) else None


@quirk("late-cancel-ignored", "09", "a cancel after the end is met with silence", touches=NOTHING)
def _late(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == DONE:
        session.memory["done"] = True
    return [] if event["type"] == "error" and IDLE(event, session) and "done" in session.memory else None


def _failed(event: Json) -> list[Json]:
    return [{**event, "response": {**event["response"], "status": "failed"}}]


@quirk("cancel-takes-seconds", "09", "deltas come for seconds after a cancel", touches=MID_TEXT)
def _goes_on(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == "response.text.delta":
        session.memory.setdefault("delta", event)
    return None


@quirk("cancel-takes-seconds", "09", "deltas come for seconds after a cancel", hook="receive")
def _more(event: Json, session: Session) -> Json:
    if event["type"] == CANCEL and count(session, "cancels") == 1:
        for tenth in range(1, 23):
            session.after(tenth / 10, lambda: _delta(session))
    return event


def _delta(session: Session) -> None:
    from conformance.mock.core import SendEvent  # noqa: PLC0415  # core imports this package

    if "delta" in session.memory:  # a spoken reply, or none at all, has no text to go on with
        session.put(SendEvent({**session.memory["delta"], "event_id": session.ids.make("event")}))


drops("cancel-leaves-text-open", "09", "a cancelled text gets no `response.text.done`", "response.text.done",
      when=nth("texts", 1), touches=MID_TEXT)  # fmt: skip
drops(
    "cancel-leaves-sound-open",
    "09",
    "cancelled audio gets no `response.audio.done`",
    "response.audio.done",
    touches=MID_SPEECH,
)
drops("cancel-leaves-item-open", "09", "a cancelled item gets no `response.output_item.done`",
      "response.output_item.done", when=nth("items", 1), touches=MID_TEXT)  # fmt: skip


@quirk("cancel-is-refused", "09", "a cancel works and is answered by an error", hook="receive", touches=MID_TEXT)
def _refused(event: Json, session: Session) -> Json:
    if event["type"] == CANCEL and count(session, "cancels") == 1:
        session.emit("error", error={"type": "invalid_request_error", "message": "Not now.", "code": "", "param": ""})
    return event


@quirk("cancel-spoils-the-next", "09", "the reply after a cancelled one fails", touches=MID_TEXT)
def _spoils_the_next(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == "response.created":
        session.memory["running"] = event["response"]["id"]
    if event["type"] != DONE or session.memory.get("cancelled", "") in {"", event["response"]["id"]}:
        return None
    del session.memory["cancelled"]
    return _failed(event)


@quirk("cancel-spoils-the-next", "09", "the reply after a cancelled one fails", hook="receive")
def _remembers(event: Json, session: Session) -> Json:
    if event["type"] == CANCEL and "running" in session.memory:
        session.memory["cancelled"] = session.memory["running"]
    return event


ignores(
    "second-cancel-ignored",
    "09",
    "a second cancel is met with silence",
    CANCEL,
    when=nth("cancels", 2),
    touches=MID_TEXT,
)
ignores("cancel-does-nothing", "09", "a cancel changes nothing", CANCEL, when=nth("cancels", 1), touches=MID_TEXT)
drops("cancel-stops-the-ears", "09", "with its reply the user's transcript is cancelled",
      "conversation.item.input_audio_transcription.completed", touches=MID_SPEECH)  # fmt: skip
adds(
    "cancelled-and-done-twice",
    "09",
    "the text of a cancelled reply is closed twice",
    "response.text.done",
    lambda event, session: {**event, "event_id": session.ids.make("event")},
    when=nth("texts", 1),
    touches=MID_TEXT,
)
