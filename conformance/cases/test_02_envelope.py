"""§2  Envelope and errors: what an event needs, and what a mistake gets."""

import json

from conformance.cases.shared import MANUAL, configured, errors_to, fate, leg_of, probe, said_to
from conformance.cut import listed
from conformance.guarded import object_at
from conformance.judge.places import refusals
from conformance.judge.verdicts import Blocked, Inconclusive, Seen, other
from conformance.spec import must, observe, should
from conformance.wire import OMIT, binary, close, either, maybe, send, text, until

# A harmless update: what answers it shows whether the session is still there.
ALIVE = {"modalities": ["text"]}
# `instructions` with characters inside and outside the Basic Multilingual Plane.
MIXED = "Antworte mit „ja“. 回答“是”。 🙂"


def answers(wire, label):
    """What a malformed frame got: the types of the events, or how the connection ended."""
    said = [event["type"] for event in said_to(wire, label)]
    if said:
        return said[:-1] if said[-1] == "session.updated" else said
    ending = leg_of(wire, label).ending
    return [f"close {ending.code_received}"] if ending.first == "server" and ending.code_received else []


def is_answered(wire, label):
    """An `error` or a close frame, never silence."""
    said = answers(wire, label)
    assert said, f"{label} was met with silence"
    assert said[0] == "error" or said[0].startswith("close "), f"{label} was answered by {listed(said)}"


def open_fate(wire, label) -> Seen:
    """The outcome of a malformed frame in the words of the questions: error-open, ignored, closed."""
    seen = fate(wire, label)
    return Seen("error-open", seen.evidence) if seen.outcome == "error" else seen


def frame_fate(wire, label, code) -> Seen:
    """Like `open_fate`, with the outcomes of the questions about frames: the code of the close matters."""
    seen, ending = open_fate(wire, label), leg_of(wire, label).ending
    if seen.outcome != "closed":
        return seen
    if ending.code_received is None:
        return Seen("dropped", ending.tcp)
    outcome = f"close-{code}" if ending.code_received == code else "close-other"
    return Seen(outcome, f"{ending.code_received} {ending.reason_received}")


def not_dropped(wire, label):
    """The connection may be closed, but by a close frame."""
    seen, ending = fate(wire, label), leg_of(wire, label).ending
    assert seen.outcome != "closed" or ending.code_received is not None, f"dropped: {ending.tcp_words}"


def the_error(wire):
    """The error for the unknown type; whether it comes is ENV-004's business."""
    if "error" not in wire.answers_to("unknown type"):
        raise Blocked("error", "ENV-004")
    return wire.error_to("unknown type")


class TestUnknownType:
    """The client sends an event of a type that no dialect knows, then goes on."""

    on = refusals.asked("ENV-001 ENV-003", named=("unknown type",))

    script = [
        until("session.created"),
        send("conformance.no_such_event", event_id="event_unknown_type", label="unknown type"),
        maybe("error", within_ms=2500),
        send("session.update", label="update", session=ALIVE),
        until("session.updated"),
        close(1000),
    ]

    @should("ENV-004")
    def test_an_unknown_type_is_answered_by_error(self, wire):
        assert "error" in wire.answers_to("unknown type")

    @should("ENV-018")
    def test_one_mistake_gets_one_error(self, wire):
        the_error(wire)
        wire.the("session.updated")
        assert wire.types.count("error") == 1

    @should("ENV-019")
    def test_the_error_comes_promptly(self, wire):
        the_error(wire)
        assert wire.frame("error").at - wire.sent("unknown type").at <= 2000

    @should("ENV-005")
    def test_the_session_survives_an_unknown_type(self, wire):
        assert wire.answers_to("update") == ["session.updated"]

    @must("ENV-001")
    def test_an_error_has_a_message(self, wire):
        error = the_error(wire)
        assert isinstance(error.get("message"), str)
        assert error["message"]

    @should("ENV-002")
    def test_an_error_has_a_type(self, wire):
        error = the_error(wire)
        assert isinstance(error.get("type"), str)
        assert error["type"]

    @should("ENV-003")
    def test_code_and_param_are_strings(self, wire):
        error = the_error(wire)
        for name in ("code", "param"):
            assert isinstance(error.get(name), str | None), f"error.{name} is {error[name]!r}"

    @observe("Q-UNKNOWN-TYPE")
    def question_what_an_unknown_type_gets(self, wire):
        return open_fate(wire, "unknown type")

    @observe("Q-ERROR-EVENT-ID")
    def question_does_the_error_name_the_event(self, wire):
        error = the_error(wire)
        if error.get("event_id") == "event_unknown_type":
            return "echoed"
        if error.get("event_id") is None and "event_unknown_type" not in json.dumps(error):
            return "absent"
        return Seen("elsewhere", json.dumps(error, ensure_ascii=False))


class TestMalformed:
    """Frames that are no event, one after the other, and after each a harmless update; anew where the server closed."""

    frames = (
        text("{bad", label="bad JSON"),
        text("[]", label="array"),
        text('"hello"', label="string"),
        text("42", label="number"),
        text('{"event_id":"event_1","session":{}}', label="no type"),
        text('{"type":7}', label="type 7"),
        binary(b"\x00\x01\x02\x03", label="binary"),
        text(b'{"type":"\xff"}', label="FF"),
    )

    async def talk(self, call):
        await call(*configured(ALIVE, needed=False))
        for frame in self.frames:
            await probe(call, frame, session=ALIVE)

    @should("ENV-006")
    def test_bad_json_is_not_met_with_silence(self, wire):
        is_answered(wire, "bad JSON")

    @observe("Q-NOT-JSON")
    def question_what_bad_json_gets(self, wire):
        return open_fate(wire, "bad JSON")

    @should("ENV-007")
    def test_an_array_is_not_met_with_silence(self, wire):
        is_answered(wire, "array")

    @observe("Q-ARRAY-FRAME")
    def question_what_an_array_gets(self, wire):
        return open_fate(wire, "array")

    @should("ENV-008")
    def test_a_scalar_is_not_met_with_silence(self, wire):
        is_answered(wire, "string")
        is_answered(wire, "number")

    @should("ENV-009")
    def test_a_missing_type_is_not_met_with_silence(self, wire):
        is_answered(wire, "no type")

    @observe("Q-MISSING-TYPE")
    def question_what_a_missing_type_gets(self, wire):
        return open_fate(wire, "no type")

    @should("ENV-010")
    def test_a_number_as_type_is_not_met_with_silence(self, wire):
        is_answered(wire, "type 7")

    @should("ENV-011")
    def test_a_binary_frame_is_not_answered_by_a_drop(self, wire):
        not_dropped(wire, "binary")

    @observe("Q-BINARY-FRAME")
    def question_what_a_binary_frame_gets(self, wire):
        return frame_fate(wire, "binary", 1003)

    @should("ENV-012")
    def test_invalid_utf8_is_not_answered_by_a_drop(self, wire):
        not_dropped(wire, "FF")

    @observe("Q-INVALID-UTF8")
    def question_what_invalid_utf8_gets(self, wire):
        return frame_fate(wire, "FF", 1007)


class TestSpelling:
    """The same event in different spellings: with and without an id, with white space, escaped."""

    script = [
        until("session.created"),
        send("session.update", event_id=OMIT, label="without id", session=ALIVE),
        until("session.updated"),
        send("session.update", label="SDK id", session=ALIVE),
        until("session.updated"),
        text('\n{ "session" : {"modalities":\t["text"]},\r\n "type" : "session.update" }\n', label="white space"),
        until("session.updated"),
        text(
            json.dumps({"type": "session.update", "session": {"instructions": MIXED}}, ensure_ascii=True),
            label="escaped",
        ),
        until("session.updated"),
        text(
            json.dumps({"type": "session.update", "session": {"instructions": MIXED}}, ensure_ascii=False),
            label="not escaped",
        ),
        until("session.updated"),
        send("session.update", event_id="event_again", label="first use", session=ALIVE),
        either(until("session.updated"), until("error")),
        send("session.update", event_id="event_again", label="second use", session=ALIVE),
        either(until("session.updated"), until("error")),
        send("session.update", event_id="e" * 512, label="512 characters", session=ALIVE),
        either(until("session.updated"), until("error")),
        close(1000),
    ]

    @must("ENV-013")
    def test_an_event_needs_no_id(self, wire):
        assert wire.answers_to("without id") == ["session.updated"]

    @must("ENV-014")
    def test_the_sdks_form_of_an_id_is_accepted(self, wire):
        assert wire.answers_to("SDK id") == ["session.updated"]

    @must("ENV-015")
    def test_white_space_and_order_mean_nothing(self, wire):
        assert wire.answers_to("white space") == ["session.updated"]

    @should("ENV-016")
    def test_escapes_mean_what_they_stand_for(self, wire):
        for label in ("escaped", "not escaped"):
            echoes = [object_at(event, "session").get("instructions") for event in wire.replies(label)]
            assert echoes == [MIXED], label

    @observe("Q-CLIENT-EVENT-ID")
    def question_are_odd_event_ids_accepted(self, wire):
        if wire.answers_to("first use") != ["session.updated"]:
            return other(wire.answers_to("first use"))
        if wire.answers_to("second use") != ["session.updated"]:
            return Seen("duplicate-refused", json.dumps(wire.replies("second use")))
        if wire.answers_to("512 characters") != ["session.updated"]:
            return Seen("long-refused", json.dumps(wire.replies("512 characters")))
        return "accepted"


class TestMistakesInARow:
    """Three documented mistakes in a row, then a whole turn."""

    script = [
        until("session.created"),
        send("session.update", session={"modalities": ["text"], "max_tokens": 16}),
        until("session.updated", "error"),
        send("session.update", label="audio alone", session={"modalities": ["audio"]}),
        maybe("error"),
        send("response.cancel", label="idle cancel"),
        maybe("error"),
        send("input_image_buffer.append", label="image first", image="/9j/4AAQSkZJRgABAQEAYABgAAD/2Q=="),
        maybe("error"),
        send(
            "conversation.item.create",
            item={
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "Answer with exactly one word: yes"}],
            },
        ),
        until("conversation.item.created"),
        send("response.create"),
        until("response.done"),
        close(1000),
    ]

    @should("ENV-017")
    def test_three_mistakes_get_three_errors_and_do_no_harm(self, wire):
        for label in ("audio alone", "idle cancel", "image first"):
            assert wire.answers_to(label) == ["error"], f"{label}: {listed(wire.answers_to(label))}"
        assert wire.the("response.done")["response"]["status"] == "completed"


class TestWhichErrorsClose:
    """Documented mistakes in manual mode, and after each a harmless update; anew where the server closed."""

    mistakes = (
        send("session.update", label="modalities", session={"modalities": ["audio"]}),
        send("response.cancel", label="cancel"),
        send("input_image_buffer.append", label="image", image="/9j/4AAQSkZJRgABAQEAYABgAAD/2Q=="),
        send("input_audio_buffer.commit", label="commit"),
        send("session.update", label="voice", session={"voice": "NoSuchVoice"}),
    )

    async def talk(self, call):
        await call(*configured(MANUAL))
        for mistake in self.mistakes:
            await probe(call, mistake)

    @observe("Q-ERROR-CLOSES")
    def question_which_errors_close(self, wire):
        fates = {str(step.label): fate(wire, step.label).outcome for step in self.mistakes}
        silent = {name for name, outcome in fates.items() if outcome not in {"error", "closed"}}
        if silent - {"voice"}:
            raise Inconclusive(f"no error came for: {', '.join(sorted(silent))}")
        closed = {name for name, outcome in fates.items() if outcome == "closed"}
        server_errors = {name for name in fates for error in errors_to(wire, name) if kind(error) == "server_error"}
        seen = f"closed by: {', '.join(sorted(closed)) or 'none'}; server_error: {', '.join(sorted(server_errors))}"
        if closed and closed == server_errors:
            return Seen("by-type", seen)
        if not closed:
            return Seen("none", seen)
        return Seen("backend-only" if closed == {"voice"} else "session-errors-too", seen)


def kind(error):
    """`error.type`, where there is one."""
    return error.get("type") if isinstance(error, dict) else None
