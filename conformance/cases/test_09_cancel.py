"""§9  Cancel: the client stops a reply, in time, too late, too early and twice."""

import json

from conformance import fixtures
from conformance.cases.shared import BLUE_WHALE, BRIEF, COUNT, user
from conformance.cut import listed
from conformance.judge.verdicts import Blocked, Inconclusive, Seen, Uncooperative, other
from conformance.spec import observe, should
from conformance.wire import append, close, maybe, quiet, send, silence, until

# "Tell me a story." with a little silence around it: 32 bytes are one millisecond.
STORY = fixtures.wav("speech/three_utterances.wav")[2280 * 32 : 3540 * 32]
LAG = 2000  # ms: our figure for "soon"


def told(wire, label):
    """The error for a cancel without a response; whether it comes is GEN-018's business."""
    if "error" not in wire.answers_to(label):
        raise Blocked("error", "GEN-018")
    return wire.error_to(label)


def cancelled(wire):
    """The response that was cancelled while it ran; inconclusive when the cancel came too late."""
    response, moment = wire.response(), wire.sent("cancel")
    done = [frame.index for frame in response.frames if frame.type == "response.done"]
    refused = "error" in wire.answers_to("cancel")
    # Refused after the end: the cancel and the end crossed on their way, which clients must bear.
    error = next((frame.index for frame in wire.after(moment) if frame.type == "error"), 0) if refused else 0
    if done and done[0] < max(moment.index, error):
        raise Uncooperative("the reply had ended before the cancel arrived")
    return response


def closing(wire, response):
    """Types of the events of a response that came after the cancel, deltas left out."""
    moment = wire.sent("cancel")
    late = [frame.type for frame in response.frames if frame.index > moment.index]
    return [kind for kind in late if not kind.endswith(".delta")]


class TestNothingToCancel:
    """The client cancels in an idle session, has a turn, and cancels again when its reply is done."""

    script = [
        until("session.created"),
        send(
            "session.update",
            session={"modalities": ["text"], "instructions": BRIEF, "max_tokens": 16},
        ),
        until("session.updated"),
        send("response.cancel", label="idle cancel"),
        maybe("error"),
        send("conversation.item.create", item=user(BLUE_WHALE)),
        until("conversation.item.created"),
        send("response.create"),
        until("response.done"),
        send("response.cancel", label="late cancel"),
        maybe("error"),
        send("session.update", label="update", session={"modalities": ["text"]}),
        until("session.updated"),
        quiet(),
        close(1000),
    ]

    @should("CAN-001")
    def test_the_error_has_its_type(self, wire):
        assert told(wire, "idle cancel").get("type") == "invalid_request_error"

    @should("CAN-002")
    def test_the_error_says_what_clients_look_for(self, wire):
        said = str(told(wire, "idle cancel").get("message"))
        assert "Conversation has none active response" in said, f"the message is {said!r}"

    @should("CAN-003")
    def test_a_turn_follows_the_error(self, wire):
        told(wire, "idle cancel")
        asked = wire.sent("response.create")
        done = [frame.event["response"] for frame in wire.after(asked) if frame.type == "response.done"]
        assert [body.get("status") for body in done] == ["completed"]

    @should("CAN-011")
    def test_a_late_cancel_is_refused_and_changes_nothing(self, wire):
        wire.the("response.done")
        assert wire.answers_to("late cancel") == ["error"], (
            f"it was answered by {listed(wire.answers_to('late cancel'))}"
        )
        assert wire.answers_to("update") == ["session.updated"]

    @observe("Q-ERROR-CODE")
    def question_which_code_the_error_has(self, wire):
        code = told(wire, "idle cancel").get("code")
        if code in (None, ""):
            return "empty"
        if code == "COMMON_ERROR":
            return "common-error"
        return Seen("snake-case", code) if str(code).islower() else other(code)


class TestMidText:
    """The client cancels a written reply at its first delta, cancels again, and asks for another reply."""

    script = [
        until("session.created"),
        send("session.update", session={"modalities": ["text"], "turn_detection": None, "max_tokens": 400}),
        until("session.updated"),
        send("conversation.item.create", item=user(COUNT)),
        until("conversation.item.created"),
        send("response.create"),
        until("response.text.delta"),
        send("response.cancel", label="cancel"),
        quiet(),
        send("response.cancel", label="second cancel"),
        maybe("error"),
        send("conversation.item.create", item=user(BLUE_WHALE)),
        until("conversation.item.created"),
        send("response.create", label="next"),
        until("response.done"),
        close(1000),
    ]

    @should("CAN-004")
    def test_the_deltas_end_soon(self, wire):
        response, moment = cancelled(wire), wire.sent("cancel")
        late = [frame.at - moment.at for frame in response.frames if frame.type == "response.text.delta"]
        if not late:
            raise Inconclusive("the reply has no text")
        assert max(late) <= LAG, f"a delta came {max(late):.0f} ms after the cancel"
        kinds = response.types
        if "response.text.done" in kinds:
            assert "response.text.delta" not in kinds[kinds.index("response.text.done") :], "deltas followed the end"

    @should("CAN-005")
    def test_the_text_is_closed(self, wire):
        seen = closing(wire, cancelled(wire))
        assert "response.text.done" in seen, f"after the cancel came {seen}"

    @should("CAN-007")
    def test_the_item_is_closed(self, wire):
        seen = closing(wire, cancelled(wire))
        assert "response.output_item.done" in seen, f"after the cancel came {seen}"

    @should("CAN-008")
    def test_the_cancel_is_not_an_error(self, wire):
        cancelled(wire)
        assert "error" not in wire.answers_to("cancel")

    @should("CAN-009")
    def test_the_next_reply_runs_to_its_end(self, wire):
        first, asked = cancelled(wire), wire.sent("next")
        done = [frame.event["response"] for frame in wire.after(asked) if frame.type == "response.done"]
        assert [body.get("status") for body in done if body.get("id") != first.id] == ["completed"]

    @should("CAN-010")
    def test_a_second_cancel_is_refused(self, wire):
        cancelled(wire)
        seen = wire.answers_to("second cancel")
        assert "error" in seen, f"it was answered by {seen or 'nothing'}"

    @should("CAN-013")
    def test_the_text_is_cut_short(self, wire):
        said = cancelled(wire).joined("response.text.delta")
        if "1" not in said:
            raise Uncooperative(f"the model did not count: {said[:80]!r}")
        assert "40" not in said, "the model counted to the end"

    @observe("Q-CANCEL-DONE")
    def question_how_a_cancelled_response_ends(self, wire):
        response = cancelled(wire)
        done = response.all("response.done")
        seen = ", ".join(closing(wire, response))
        if not done:
            return Seen("no-done", seen)
        status = done[0]["response"].get("status")
        known = status in {"cancelled", "incomplete", "completed"}
        return Seen(f"done-{status}", seen) if known else other(f"{status}: {seen}")

    @observe("Q-CANCELLED-USAGE")
    def question_does_a_cancelled_response_report_usage(self, wire):
        response = cancelled(wire)
        found = [usage for usage in map(usage_of, response.all(*response.types)) if usage is not None]
        if not found:
            return Seen("absent", ", ".join(closing(wire, response)))
        return Seen("present" if any_tokens(found[0]) else "zero", json.dumps(found[0]))


def usage_of(event):
    """The `usage` of an event or of its response, or None."""
    body = event.get("response")
    return (body.get("usage") if isinstance(body, dict) else None) or event.get("usage")


def any_tokens(usage):
    """Whether a usage counts anything."""
    return any(isinstance(count, int) and count for count in usage.values())


class TestMidSpeech:
    """The user asks for a story aloud and the client cancels it at its first sound."""

    script = [
        until("session.created"),
        send("session.update", session={"instructions": "Tell a long story when asked for one.", "max_tokens": 400}),
        until("session.updated"),
        append(STORY, label="speech story"),
        silence(2000),
        until("response.audio.delta"),
        send("response.cancel", label="cancel"),
        quiet(),
        maybe(
            "conversation.item.input_audio_transcription.completed",
            "conversation.item.input_audio_transcription.failed",
        ),
        close(1000),
    ]

    @should("CAN-006")
    def test_the_sound_is_closed(self, wire):
        seen = closing(wire, cancelled(wire))
        assert "response.audio.done" in seen, f"after the cancel came {seen}"

    @should("CAN-012")
    def test_the_users_words_are_kept(self, wire):
        cancelled(wire)
        if wire.has("conversation.item.input_audio_transcription.failed"):
            raise Uncooperative("the transcription failed")
        assert wire.has("conversation.item.input_audio_transcription.completed")


class TestAtOnce:
    """The client asks for a reply and cancels it before it can have begun."""

    script = [
        until("session.created"),
        send("session.update", session={"modalities": ["text"], "turn_detection": None, "max_tokens": 400}),
        until("session.updated"),
        send("conversation.item.create", item=user(COUNT)),
        until("conversation.item.created"),
        send("response.create", label="create"),
        send("response.cancel", label="cancel"),
        maybe("response.created", "error"),
        quiet(),
        close(1000),
    ]

    @observe("Q-CANCEL-PENDING")
    def question_what_becomes_of_a_pending_response(self, wire):
        after = [frame for frame in wire.received if frame.index > wire.sent("create").index]
        kinds = [str(frame.type) for frame in after]
        seen = ", ".join(dict.fromkeys(kinds)) or "nothing"
        if "response.created" not in kinds:
            return Seen("no-response", seen)
        said = wire.response().joined("response.text.delta")
        complete = "40" in said
        if complete:
            return (
                Seen("error-and-completes", seen) if "error" in kinds else other(f"no error, and it completes: {seen}")
            )
        return Seen("cancelled", f"{len(said)} characters; {seen}") if "error" not in kinds else other(seen)
