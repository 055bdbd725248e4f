"""§2.1, §3.3  Session configuration: what an update changes, and what its echo shows."""

import json

from conformance.cases.shared import BLUE_WHALE, BRIEF, greeting
from conformance.cases.updates import (
    answered,
    ask,
    confirmed,
    echo,
    first_echo,
    inside,
    merged,
    named,
    reaction,
    refused,
    update,
    words,
)
from conformance.judge.places import accepted_updates
from conformance.judge.verdicts import Blocked, Inconclusive, Seen, other
from conformance.spec import must, observe, should
from conformance.wire import close, maybe, quiet, silence, speak, until

BOTH = (["text", "audio"], ["audio", "text"])
UNUSUAL = {"type": "server_vad", "threshold": 0.3, "prefix_padding_ms": 450, "silence_duration_ms": 950}


class TestFirstUpdate:
    """The client configures the session as its first event, then changes one thing after another."""

    on = accepted_updates.asked("Q-MAX-RESPONSE-OUTPUT-TOKEN", named=("first",))

    script = [
        until("session.created"),
        update(label="first", session={"instructions": BRIEF}),
        answered,
        update(label="another field", session={"modalities": ["text"]}),
        answered,
        update(label="empty", session={}),
        answered,
        update(label="vad numbers", session={"turn_detection": UNUSUAL}),
        answered,
        update(label="threshold alone", session={"turn_detection": {"threshold": 0.4}}),
        answered,
        update(label="no instructions", session={"instructions": ""}),
        answered,
        update(label="burst 1", session={"instructions": "Be brief."}),
        update(label="burst 2", session={"instructions": "Be very brief."}),
        update(label="burst 3", session={"instructions": BRIEF}),
        maybe("session.updated", "error", count=3),
        quiet(),
        close(1000),
    ]

    @must("SES-001")
    def test_an_update_may_be_the_first_event(self, wire):
        confirmed(wire, "first")

    @must("SES-002")
    def test_a_valid_update_is_confirmed(self, wire):
        assert wire.answers_to("first") == ["session.updated"]
        assert wire.answers_to("another field") == ["session.updated"]

    @must("SES-004")
    def test_the_echo_says_which_session_it_is(self, wire):
        session = first_echo(wire)
        assert session.keys() >= {"id", "object", "model", "modalities"}, f"only {sorted(session)}"

    @must("SES-020")
    def test_instructions_are_echoed(self, wire):
        assert first_echo(wire).get("instructions") == BRIEF

    @should("SES-051")
    def test_the_echo_invents_no_field(self, wire):
        known = {*greeting(wire), "instructions", "max_response_output_token"}
        assert set(first_echo(wire)) <= known

    @should("SES-052")
    def test_turn_detection_that_is_not_named_keeps_its_keys(self, wire):
        before = greeting(wire).get("turn_detection")
        if not before:
            raise Inconclusive("`session.created` shows no `turn_detection`")
        assert (first_echo(wire).get("turn_detection") or {}).keys() >= before.keys()

    @should("SES-006")
    def test_an_empty_update_changes_nothing(self, wire):
        merged(wire, "another field")
        assert echo(wire, "empty") == echo(wire, "another field")

    @should("SES-029")
    def test_changed_vad_numbers_are_echoed(self, wire):
        found = echo(wire, "vad numbers").get("turn_detection") or {}
        assert {name: found.get(name) for name in UNUSUAL} == UNUSUAL

    @should("SES-022")
    def test_instructions_may_be_empty(self, wire):
        confirmed(wire, "no instructions")

    @must("SES-005")
    def test_each_of_three_updates_is_confirmed(self, wire):
        said = [frame.type for frame in wire.after(wire.sent("burst 1"))]
        wire.sent("burst 3")
        assert said == ["session.updated"] * 3

    @observe("Q-UPDATE-MERGE")
    def question_whether_an_update_replaces_what_it_does_not_name(self, wire):
        kept = echo(wire, "another field").get("instructions")
        return "merge" if kept == BRIEF else "replace" if not kept else other(kept)

    @observe("Q-UPDATE-MERGE-NESTED")
    def question_what_becomes_of_siblings_in_turn_detection(self, wire):
        if reaction(wire, "threshold alone") == "error":
            return Seen("error", words(wire, "threshold alone"))
        found = echo(wire, "threshold alone").get("turn_detection") or {}
        siblings = {name: found.get(name) for name in ("prefix_padding_ms", "silence_duration_ms")}
        verbatim = json.dumps(found)
        if all(value == UNUSUAL[name] for name, value in siblings.items()):
            return Seen("deep", verbatim)
        if not any(siblings.values()):
            return Seen("absent", verbatim)
        default = {"prefix_padding_ms": 300, "silence_duration_ms": 800}
        return Seen("defaults", verbatim) if siblings == default else other(verbatim)

    @observe("Q-VAD-THRESHOLD-DEFAULT")
    def question_which_threshold_is_in_force_by_default(self, wire):
        value = inside(greeting(wire), "turn_detection.threshold")
        if value is None:
            return "not-shown"
        return named(value, [(0.5, "server-0-5"), (0.2, "server-0-2")])

    @observe("Q-MAX-RESPONSE-OUTPUT-TOKEN")
    def question_whether_the_echo_has_the_undocumented_limit(self, wire):
        session = echo(wire, "first")
        if "max_response_output_token" not in session:
            return "omitted"
        return Seen("shown", str(session["max_response_output_token"]))


class TestModalities:
    """The client tries the combinations of modalities, the documented wrong one among them."""

    async def talk(self, call):
        await call(
            until("session.created"),
            update(label="text, audio", session={"modalities": ["text", "audio"]}),
            answered,
            update(label="audio, text", session={"modalities": ["audio", "text"]}),
            answered,
            update(label="text", session={"modalities": ["text"], "instructions": BRIEF}),
            answered,
        )
        flat = {"input_audio_format": "pcm"}
        await ask(call, "audio alone", session={"modalities": ["audio"]}, reset=flat)
        await ask(call, "half wrong", session={"instructions": "Sing.", "modalities": ["audio"]}, reset=flat)
        await ask(call, "none", session={"modalities": []})
        await ask(call, "text, video", session={"modalities": ["text", "video"]})

    @must("SES-008")
    def test_text(self, wire):
        assert echo(wire, "text").get("modalities") == ["text"]

    @must("SES-009")
    def test_text_and_audio(self, wire):
        assert echo(wire, "text, audio").get("modalities") in BOTH

    @must("SES-010")
    def test_audio_and_text(self, wire):
        assert echo(wire, "audio, text").get("modalities") in BOTH

    @must("SES-011")
    def test_audio_alone_is_refused(self, wire):
        refused(wire, "audio alone")

    @should("SES-012")
    def test_the_error_is_an_invalid_request(self, wire):
        assert self.error(wire).get("type") == "invalid_request_error"

    @should("SES-013")
    def test_the_error_names_an_invalid_value(self, wire):
        assert self.error(wire).get("code") == "invalid_value"

    @should("SES-014")
    def test_the_error_points_at_the_modalities(self, wire):
        assert self.error(wire).get("param") == "session.modalities"

    @should("SES-015")
    def test_the_message_names_what_is_supported(self, wire):
        message = str(self.error(wire).get("message"))
        assert "['text']" in message, message
        assert "['audio', 'text']" in message or "['text', 'audio']" in message, message

    @must("SES-016")
    def test_the_session_goes_on(self, wire):
        self.error(wire)
        assert reaction(wire, "audio alone") == "error", words(wire, "audio alone")
        confirmed(wire, "after audio alone")

    @should("SES-017")
    def test_the_modalities_stay_as_they_were(self, wire):
        self.error(wire)
        if reaction(wire, "after audio alone") != "updated":
            raise Blocked("the next echo", "SES-016")
        merged(wire, "after audio alone")
        assert echo(wire, "after audio alone").get("modalities") == ["text"]

    @should("SES-018")
    def test_no_modality_is_refused(self, wire):
        refused(wire, "none")

    @should("SES-019")
    def test_video_is_refused(self, wire):
        refused(wire, "text, video")

    @observe("Q-UPDATE-ATOMIC")
    def question_whether_half_of_a_refused_update_is_applied(self, wire):
        if reaction(wire, "half wrong") != "error":
            return other(f"{reaction(wire, 'half wrong')}: {words(wire, 'half wrong')}")
        found = echo(wire, "after half wrong").get("instructions")
        if found == BRIEF:
            return "atomic"
        return "partial" if found == "Sing." else other(found)

    def error(self, wire):
        """The error for `["audio"]`; whether it comes is SES-011's business."""
        if "error" not in wire.answers_to("audio alone"):
            raise Blocked("error", "SES-011")
        return wire.error_to("audio alone")


class TestSpeechUnderConfiguration:
    """The client goes to manual mode and back, turns the transcription off, speaks a turn, and goes on configuring."""

    @staticmethod
    def script(profile):
        heard = [
            until("session.created"),
            update(label="manual", session={"turn_detection": None, "modalities": ["text"]}),
            answered,
            update(label="vad again", session={"turn_detection": {"type": "server_vad"}}),
            answered,
            update(label="instructed", session={"instructions": BLUE_WHALE}),
            answered,
            update(label="untranscribed", session={"input_audio_transcription": None}),
            answered,
            speak("hello"),
            silence(1500),
            until("response.done"),
            update(label="after a turn", session={"modalities": ["text"]}),
            answered,
        ]
        compact = update(label="compact", session={"video": {"input": {"representation_compact": "normal"}}})
        late = [compact, answered] if profile.can("video_compact") else []
        return [*heard, *late, quiet(), close(1000)]

    @must("SES-007")
    def test_manual_mode_has_no_turn_detection(self, wire):
        assert not isinstance(echo(wire, "manual").get("turn_detection"), dict)

    @should("SES-036")
    def test_the_client_can_leave_manual_mode(self, wire):
        assert inside(echo(wire, "vad again"), "turn_detection.type") == "server_vad"

    @should("SES-027")
    def test_the_transcription_may_be_off(self, wire):
        confirmed(wire, "untranscribed")

    @should("SES-028")
    def test_nothing_is_transcribed_then(self, wire):
        if reaction(wire, "untranscribed") != "updated":
            raise Inconclusive(f"the transcription can't be turned off: {words(wire, 'untranscribed')}")
        wire.the("input_audio_buffer.committed")
        stem = "conversation.item.input_audio_transcription."
        assert [kind for kind in wire.types if kind.startswith(stem)] == []

    @should("SES-021")
    def test_the_reply_follows_the_instructions(self, wire):
        """The wish is for two words that nothing else in the conversation suggests."""
        said = wire.response().joined("response.text.delta")
        with wire.model_chose():
            assert "blue whale" in said.lower(), f"the reply was {said!r}"

    @should("SES-050")
    def test_an_update_is_confirmed_after_a_turn(self, wire):
        confirmed(wire, "after a turn")

    @should("SES-046")
    def test_video_is_not_made_compact_after_audio(self, wire):
        refused(wire, "compact")

    @observe("Q-NULL-TURN-DETECTION-ECHO")
    def question_how_the_echo_shows_manual_mode(self, wire):
        session = echo(wire, "manual")
        if "turn_detection" not in session:
            return "missing"
        found = session["turn_detection"]
        return "null" if found is None else other(json.dumps(found))
