"""§12  Acceptance: every client event type of the protocol family, and what becomes of it."""

import base64
from typing import Any

from conformance import fixtures
from conformance.cases.shared import user
from conformance.cut import listed
from conformance.judge import acceptance
from conformance.judge.verdicts import Inconclusive, Seen, other
from conformance.spec import must, observe, should
from conformance.spec.requests import answers, is_silent
from conformance.wire import close, likely, maybe, send, until

ITEM = user("Say yes.")
AUDIO = base64.b64encode(fixtures.tone(400)).decode()
IMAGE = base64.b64encode(fixtures.image("tiny_16x16.jpg")).decode()
TURN = {"input_audio_buffer.commit", "response.create"}  # what these start is let run to its end

# The whole family's client events (sibling services and self-hosted servers of this vocabulary), `session.finish`
# first: it is what people ask about.  Each is as well-formed as its own dialect wants it.
EVENTS: dict[str, dict[str, Any]] = {
    "session.finish": {},
    "session.update": {"session": {"modalities": ["text"], "max_tokens": 16, "turn_detection": None}},
    "input_audio_buffer.append": {"audio": AUDIO},
    "input_image_buffer.append": {"image": IMAGE},
    "input_audio_buffer.commit": {},
    "input_audio_buffer.clear": {},
    "conversation.item.create": {"item": ITEM},
    "response.create": {},
    "response.cancel": {},
    "conversation.item.retrieve": {"item_id": "FIRST"},
    "conversation.item.truncate": {"item_id": "FIRST", "content_index": 0, "audio_end_ms": 0},
    "conversation.item.delete": {"item_id": "FIRST"},
    "output_audio_buffer.clear": {},
    "transcription_session.update": {"session": {"input_audio_format": "pcm16"}},
    "input_text_buffer.append": {"text": "hello"},
    "input_text_buffer.commit": {},
    "input_text_buffer.clear": {},
    "session.close": {},
    "session.input_audio_buffer.append": {"audio": AUDIO},
    "input_audio_buffer.append_video_frame": {"video_frame": IMAGE},
    "input_audio.turn.start": {},
    "input_audio.clear": {},
    "session.avatar.connect": {"client_sdp": ""},
    "mcp_approval_response": {"approval_request_id": "none", "approve": False},
    "transcription.done": {},
    "sglang.input_audio.end": {},
    "Session.Update": {"session": {"modalities": ["text"]}},
}
SIBLINGS = ("input_text_buffer.append", "input_text_buffer.commit", "input_text_buffer.clear")


class TestFamily:
    """The client sends every event type of the family, one after the other, and reconnects where one was fatal."""

    urgent = True

    async def talk(self, call):
        await call(until("session.created"), send(acceptance.INVENTED, label=acceptance.INVENTED), maybe("error"))
        first = "item_none"
        for kind, fields in EVENTS.items():
            if not call.alive:
                await call.connect()
                await call(until("session.created"))
            if kind == "input_image_buffer.append":
                await call(send("input_audio_buffer.append", audio=AUDIO))
            filled = {name: first if value == "FIRST" else value for name, value in fields.items()}
            await call(send(kind, label=kind, **filled))
            if is_silent(kind):
                await call(maybe("error"))
                continue
            answer = await call(maybe("error", *answers(kind)))
            if answer is None or answer.type == "error" or not call.alive:
                continue
            if answer.type == "session.finished":
                await call(close(1000))  # what a finished session still answers is a question of its own
            if kind == "conversation.item.create":
                first = answer.event.get("item", {}).get("id", first)
            if kind == "response.create":
                await call(likely("response.done"))

    @must("ACC-001")
    def test_session_update_is_known(self, wire):
        is_known(wire, "session.update")

    @must("ACC-002")
    def test_append_is_known(self, wire):
        is_known(wire, "input_audio_buffer.append")

    @must("ACC-003")
    def test_commit_is_known(self, wire):
        is_known(wire, "input_audio_buffer.commit")

    @must("ACC-004")
    def test_clear_is_known(self, wire):
        is_known(wire, "input_audio_buffer.clear")

    @must("ACC-005")
    def test_image_append_is_known(self, wire):
        is_known(wire, "input_image_buffer.append")

    @should("ACC-006")
    def test_item_create_is_known(self, wire):
        is_known(wire, "conversation.item.create")

    @must("ACC-007")
    def test_response_create_is_known(self, wire):
        is_known(wire, "response.create")

    @must("ACC-008")
    def test_response_cancel_is_known(self, wire):
        is_known(wire, "response.cancel")

    @should("ACC-010")
    def test_types_are_exact(self, wire):
        row = acceptance.reached(wire, "Session.Update")
        assert row.fate in {"refused", "refused as unknown"}, f"`Session.Update` was {row.fate}: {listed(row.answers)}"

    @should("ACC-011")
    def test_no_event_is_fatal(self, wire):
        fatal = [row["type"] for row in acceptance.table(wire.transcript, wire) if row["fate"] == "fatal"]
        assert not fatal, f"the connection ended after {', '.join(fatal)}"

    @should("ACC-012")
    def test_a_siblings_event_is_refused(self, wire):
        for name in SIBLINGS:
            row = acceptance.reached(wire, name)
            assert row.fate in {"refused", "refused as unknown"}, f"`{name}` was {row.fate}"

    @observe("Q-ITEM-DELETE")
    def question_what_answers_delete(self, wire):
        return answer(wire, "conversation.item.delete")

    @observe("Q-ITEM-RETRIEVE")
    def question_what_answers_retrieve(self, wire):
        return answer(wire, "conversation.item.retrieve")

    @observe("Q-ITEM-TRUNCATE")
    def question_what_answers_truncate(self, wire):
        return answer(wire, "conversation.item.truncate")

    @observe("Q-OUTPUT-BUFFER-CLEAR")
    def question_what_answers_output_buffer_clear(self, wire):
        return answer(wire, "output_audio_buffer.clear")

    @observe("Q-TRANSCRIPTION-SESSION-UPDATE")
    def question_what_answers_transcription_session_update(self, wire):
        return answer(wire, "transcription_session.update")


def is_known(wire, kind):
    """The event is not refused in the way in which an invented type is refused."""
    row = acceptance.reached(wire, kind)
    if row.fate == "ignored" and acceptance.of(wire, acceptance.INVENTED).fate == "ignored":
        raise Inconclusive("an invented type is ignored too, so silence tells nothing")
    assert row.fate != "refused as unknown", f"`{kind}` is refused like an invented type: {row.error}"
    assert row.fate != "fatal", f"`{kind}` ended the connection: {row.close}"


def answer(wire, kind) -> Seen:
    """What came back, in the words of the questions."""
    row = acceptance.reached(wire, kind)
    if row.error is not None:
        return Seen("error", str(row.error))
    if row.fate == "ignored":
        return Seen("silent")
    return Seen("accepted", ", ".join(row.answers)) if row.fate == "accepted" else other(row)
