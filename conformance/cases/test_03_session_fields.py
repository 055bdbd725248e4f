"""§2.1, §3.3  Session configuration: fields of the SDKs, of other families and of nobody."""

import json

from conformance.cases.shared import BRIEF
from conformance.cases.updates import (
    TOOL,
    answered,
    ask,
    confirmed,
    echo,
    inside,
    named,
    outcome,
    reaction,
    refused,
    shown,
    update,
)
from conformance.judge.verdicts import Seen, other
from conformance.spec import must, observe, should
from conformance.spec.profiles import MODELS
from conformance.wire import close, until

SDK_VAD = {"type": "server_vad", "threshold": 0.2, "prefix_padding_ms": 300, "silence_duration_ms": 800}
LONG = "AnswerWithExactlyTwoWords" * 4000  # 100 KB; letters alone are Base64, of which a record keeps one copy


class TestSdks:
    """The client sends what the vendor's SDKs send: by default, and in the newer ones with formats in `audio`."""

    INPUT = {"type": "pcm", "sample_rate": 16000}
    script = [
        until("session.created"),
        update(
            label="python",
            session={
                "modalities": ["audio", "text"],
                "voice": None,
                "input_audio_format": "pcm16",
                "output_audio_format": "pcm16",
                "input_audio_transcription": {"model": None},
                "turn_detection": SDK_VAD,
            },
        ),
        answered,
        update(
            label="java",
            session={
                "modalities": ["audio", "text"],
                "input_audio_format": "pcm16",
                "output_audio_format": "pcm24",
                "input_audio_transcription": {"model": None},
                "turn_detection": SDK_VAD,
            },
        ),
        answered,
        update(
            label="newer sdk",
            session={
                "modalities": ["audio", "text"],
                "audio": {"input": {"format": INPUT}, "output": {"format": {"type": "pcm", "sample_rate": 24000}}},
                "input_audio_transcription": {"model": None},
                "turn_detection": SDK_VAD,
            },
        ),
        answered,
        update(label="input only", session={"audio": {"input": {"format": {**INPUT, "sample_rate": 24000}}}}),
        answered,
        close(1000),
    ]

    @should("SES-023")
    def test_the_python_sdk_is_understood(self, wire):
        confirmed(wire, "python")

    @must("SES-024")
    def test_the_java_sdk_is_understood(self, wire):
        confirmed(wire, "java")

    @should("SES-025")
    def test_the_newer_sdks_are_understood(self, wire):
        confirmed(wire, "newer sdk")

    @should("SES-026")
    def test_the_nested_format_is_echoed_in_its_place(self, wire):
        assert inside(echo(wire, "input only"), "audio.input.format.sample_rate") == 24000

    @observe("Q-AUDIO-ECHO-FLAT")
    def question_whether_the_flat_formats_are_still_echoed(self, wire):
        session = echo(wire, "input only")
        nested, flat = inside(session, "audio.input.format"), session.get("input_audio_format")
        if nested is None:
            return "flat-only" if flat else other(sorted(session))
        return "present" if flat else "absent"


class TestOddFields:
    """The client sends fields that are unknown, null, of a wrong type, or of another model or dialect."""

    async def talk(self, call):
        await call(until("session.created"))
        family, sampling = call.profile.family, call.profile.can("sampling")
        await ask(call, "unknown field", session={"no_such_field": 1})
        await ask(call, "long instructions", session={"instructions": LONG}, reset={"instructions": BRIEF})
        await ask(call, "another model", session={"model": another(call.profile.model)})
        await ask(call, "transcriber", session={"input_audio_transcription": {"model": "gummy-realtime-v1"}})
        await ask(call, "temperature 0.5", session={"temperature": 0.5})
        if sampling:
            await ask(call, "temperature null", session={"temperature": None})
            await ask(call, "seed -1", session={"seed": -1})
        if call.profile.can("tools"):
            await ask(call, "tool choice", session={"tool_choice": "required"}, reset={"tool_choice": "auto"})
        if not call.profile.can("semantic_vad"):
            back = {"turn_detection": SDK_VAD}
            await ask(call, "semantic_vad", session={"turn_detection": {**SDK_VAD, "type": "semantic_vad"}}, reset=back)
        if family == "qwen3":
            audio = {"input": {"format": {"type": "pcm", "sample_rate": 24000}}}
            await ask(call, "fields it lacks", session={"tools": [TOOL], "audio": audio}, reset={"tools": []})
        await ask(call, "instructions", session={"instructions": BRIEF})
        await ask(call, "instructions 5", session={"instructions": 5}, reset={"instructions": BRIEF})
        await ask(call, "turn_detection on", session={"turn_detection": "on"}, reset={"turn_detection": SDK_VAD})
        await ask(call, "no session")
        await ask(call, "g711", session={"input_audio_format": "g711_ulaw"}, reset={"input_audio_format": "pcm"})
        if call.profile.can("nested_audio"):
            await ask(
                call, "rate 11025", session=nested(type="pcm", sample_rate=11025), reset=nested(sample_rate=16000)
            )
        if call.profile.can("multichannel"):
            back = nested(type="pcm", sample_rate=16000, channels=1)
            await ask(call, "rate null", session=nested(type="pcm", sample_rate=None), reset=back)
            odd = nested(type="pcm", sample_rate=16000, channels=2, channel_layout="mono")
            await ask(call, "layout", session=odd, reset=back)

    @should("SES-035")
    def test_fields_that_the_family_lacks_are_confirmed(self, wire):
        confirmed(wire, "fields it lacks")

    @should("SES-043")
    def test_null_in_an_audio_format_is_refused(self, wire):
        refused(wire, "rate null")

    @should("SES-044")
    def test_a_layout_that_does_not_fit_is_refused(self, wire):
        refused(wire, "layout")

    @observe("Q-LONG-INSTRUCTIONS")
    def question_what_becomes_of_long_instructions(self, wire):
        asked = wire.sent("long instructions").event["session"]["instructions"]

        def read(session):
            told = str(session.get("instructions"))
            return "echoed" if told == asked else Seen("cut", f"{len(told)} characters") if told else other("nothing")

        return outcome(wire, "long instructions", read)

    @observe("Q-UNKNOWN-FIELD")
    def question_what_becomes_of_an_unknown_field(self, wire):
        return outcome(wire, "unknown field", lambda session: "echoed" if "no_such_field" in session else "ignored")

    @observe("Q-SESSION-MODEL")
    def question_what_session_model_does(self, wire):
        asked = another(wire.profile.model)

        def read(session):
            return named(session.get("model"), [(asked, "switched"), (wire.transcript.model, "ignored")])

        return outcome(wire, "another model", read)

    @observe("Q-TRANSCRIPTION-MODEL")
    def question_whether_the_transcriber_can_be_named(self, wire):
        def read(session):
            found = inside(session, "input_audio_transcription.model")
            return named(found, [("qwen3-asr-flash-realtime", "fixed"), ("gummy-realtime-v1", "as-sent")])

        return outcome(wire, "transcriber", read)

    @observe("Q-TURBO-SAMPLING")
    def question_what_becomes_of_a_fixed_parameter(self, wire):
        return outcome(wire, "temperature 0.5", shown("temperature", 0.5))

    @observe("Q-NULL-FIELD")
    def question_what_null_does_to_a_value(self, wire):
        default = wire.profile.sampling["temperature"]

        def read(session):
            return named(session.get("temperature"), [(0.5, "kept"), (None, "reset"), (default, "reset")])

        return outcome(wire, "temperature null", read)

    @observe("Q-SEED-MINUS-ONE")
    def question_whether_the_default_seed_may_be_sent(self, wire):
        return outcome(wire, "seed -1", lambda session: Seen("accepted", str(session.get("seed"))))

    @observe("Q-TOOL-CHOICE")
    def question_whether_tool_choice_is_taken(self, wire):
        return outcome(wire, "tool choice", shown("tool_choice", "required"))

    @observe("Q-SEMANTIC-VAD-OLD")
    def question_what_becomes_of_semantic_vad_on_an_older_model(self, wire):
        def read(session):
            found = inside(session, "turn_detection.type")
            return named(found, [("server_vad", "dropped"), ("semantic_vad", "echoed")])

        return outcome(wire, "semantic_vad", read)

    @observe("Q-OLD-MODEL-TOOLS")
    def question_what_becomes_of_tools_on_an_older_model(self, wire):
        return outcome(wire, "fields it lacks", lambda session: "echoed" if session.get("tools") else "dropped")

    @observe("Q-WRONG-TYPE")
    def question_what_a_wrong_type_gets(self, wire):
        def read(label, key):
            before = {"instructions": BRIEF}.get(key)

            def kept(session):
                found = session.get(key)
                same = found == before if before is not None else isinstance(found, dict)
                return "ignored" if same else Seen("coerced", json.dumps(found))

            return outcome(wire, label, kept, fatal=True)

        both = [read("instructions 5", "instructions"), read("turn_detection on", "turn_detection")]
        seen = {item.outcome if isinstance(item, Seen) else item for item in both}
        return Seen(seen.pop()) if len(seen) == 1 else other(both)

    @observe("Q-SESSION-MISSING")
    def question_what_an_update_without_session_gets(self, wire):
        if reaction(wire, "no session") == "silent":
            return "silent"
        return outcome(wire, "no session", lambda session: Seen("accepted", str(sorted(session))))

    @observe("Q-AUDIO-FORMAT-FOREIGN")
    def question_what_becomes_of_a_format_of_another_dialect(self, wire):
        return outcome(wire, "g711", shown("input_audio_format", "g711_ulaw"), fatal=True)

    @observe("Q-SAMPLE-RATE")
    def question_what_becomes_of_a_rate_that_is_not_listed(self, wire):
        def read(session):
            found = inside(session, "audio.input.format.sample_rate")
            return "accepted" if found == 11025 else Seen("ignored", str(found))

        return outcome(wire, "rate 11025", read)


def another(model):
    """The name of another model."""
    return next(name for name in MODELS if not model.startswith(name))


def nested(**format_):
    """A session that sets the nested input format."""
    return {"audio": {"input": {"format": format_}}}
