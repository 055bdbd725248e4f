"""§2.1, §3.3  Session configuration: what may be set, what the echo shows, what is refused."""

import contextlib
import json
from functools import partial

from conformance.cases.shared import greeting, user
from conformance.judge.places import accepted_updates
from conformance.judge.verdicts import Blocked, Inconclusive, Seen, Uncooperative, other
from conformance.judge.view import listed
from conformance.spec import bounds, must, observe, should
from conformance.spec.bounds import Probe
from conformance.spec.catalogue import clauses, owners
from conformance.spec.profiles import MODELS
from conformance.wire import close, either, maybe, quiet, send, silence, speak, until
from conformance.wire.call import Broken

TWO_WORDS = "Answer with exactly two words."
# What every family accepts: what answers it shows whether the session is still there.
HARMLESS = {"modalities": ["text"]}
BOTH = (["text", "audio"], ["audio", "text"])
UNUSUAL = {"type": "server_vad", "threshold": 0.3, "prefix_padding_ms": 450, "silence_duration_ms": 950}
SDK_VAD = {"type": "server_vad", "threshold": 0.2, "prefix_padding_ms": 300, "silence_duration_ms": 800}
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
MCP = {"type": "mcp", "server_label": "docs", "server_url": "https://example.com/mcp"}
NAMED = {"type": "function", "function": {"name": "get_time"}}
# MCP entries that break a documented rule, by what is wrong with them.
MISUSES = {
    "no label": [{"type": "mcp", "server_url": MCP["server_url"]}],
    "label with a blank": [{**MCP, "server_label": "my docs"}],
    "one label twice": [MCP, MCP],
    "url with user": [{**MCP, "server_url": "https://me@example.com/mcp"}],
    "url with fragment": [{**MCP, "server_url": "https://example.com/mcp#part"}],
    "url with port": [{**MCP, "server_url": "https://example.com:8443/mcp"}],
    "private url": [{**MCP, "server_url": "https://192.168.0.1/mcp"}],
    "long url": [{**MCP, "server_url": f"https://example.com/{'x' * 4096}"}],
    "long authorization": [{**MCP, "authorization": "x" * 8193}],
    "authorization in lines": [{**MCP, "authorization": "Bearer\nx"}],
    "17 headers": [{**MCP, "headers": {f"x-conformance-{number}": "x" for number in range(17)}}],
    "host header": [{**MCP, "headers": {"Host": "example.com"}}],
    "mcp- header": [{**MCP, "headers": {"Mcp-Session": "x"}}],
    "long tool name": [{**MCP, "allowed_tools": ["x" * 65]}],
    "other approval": [{**MCP, "require_approval": "sometimes"}],
    "nine servers": [{**MCP, "server_label": f"docs{number}"} for number in range(9)],
}
LONG = "Answer with exactly two words. " * 3300  # 100 KB
# Legal values that stand in examples and recordings instead of in a range.
SHOWN = [Probe("turn_detection.prefix_padding_ms", 500, legal=True), Probe("max_tokens", 128, legal=True)]

answered = either(until("session.updated"), until("error"))
update = partial(send, "session.update")


# -- asking: an update whose answer may end the session


async def ask(call, label, /, reset=HARMLESS, **fields):
    """Send an update that may be refused, then one that can't be: a refusal must not decide the next question."""
    await offer(call, update(label=label, **fields))
    if call.alive:
        await offer(call, update(label=f"after {label}", session=reset))


async def offer(call, step):
    """Send an update and wait for its answer; where the server has closed, on a connection of its own.

    A server that has left one update unanswered is given less time for the next.
    """
    if not call.alive:
        await call.connect()
        await call(until("session.created"))
    waits = call.target.deadlines
    patience = waits.quiet if call.transcript.notes.get("unanswered") else waits.answer
    with contextlib.suppress(Broken):
        if await call(step, maybe("session.updated", "error", within_ms=patience)) is None:
            call.note(unanswered=step.label)


def judged_fields(profile, series):
    """The members of `session` that clauses of this series (`SES-1`, `SES-2`) judge for this model, in their order."""
    names = [
        name
        for row in clauses().values()
        if row.id.startswith(series) and (not row.models or profile.family in row.models)
        for name in row.fields
    ]
    return list(dict.fromkeys(names))


# -- reading the answers


def view(wire, label):
    """The connection on which this update was sent."""
    for number in range(len(wire.transcript.legs)):
        if any(frame.label == label for frame in wire.leg(number).frames):
            return wire.leg(number)
    return wire


def reaction(wire, label):
    """What an update got: `updated`, `error`, `closed` (whatever was said before), or `silent`."""
    there = view(wire, label)
    said = there.answers_to(label)
    last = [frame.label for frame in there.frames if frame.side == "client" and frame.opcode == "text"][-1]
    ended = there.ending.first == "server"
    if ended and (last == label or (last == f"after {label}" and not there.answers_to(last))):
        return "closed"
    return "error" if "error" in said else "updated" if "session.updated" in said else "silent"


def words(wire, label):
    """What was said to an update, for the report."""
    there = view(wire, label)
    errors = [event.get("error") for event in there.replies(label) if event["type"] == "error"]
    ending = there.ending
    closed = f"closed with {ending.code_received} {ending.reason_received}" if ending.first == "server" else ""
    return json.dumps(errors[0], ensure_ascii=False) if errors else closed or ", ".join(there.answers_to(label))


def confirmed(wire, label):
    """Assert that an update was answered by `session.updated`."""
    seen = reaction(wire, label)
    if seen == "silent":
        raise Blocked(f"the answer to {label}", owners().get("session.updated"))
    assert seen == "updated", f"{label}: {seen}, {words(wire, label)}"


def refused(wire, *labels):
    """Assert that updates were answered by `error`; what became of the connection is a question of its own."""
    for label in labels:
        said = view(wire, label).answers_to(label)
        assert "error" in said, f"{label} was answered by {listed(said)}, not by error"


def echo(wire, label):
    """The `session` of the `session.updated` that answers an update; fails when the update was refused."""
    there = view(wire, label)
    for event in there.replies(label):
        if event["type"] == "session.updated":
            session = event.get("session")
            assert isinstance(session, dict), f"`session` is {session!r}"
            return session
    assert "error" not in there.answers_to(label), f"{label} was refused: {words(wire, label)}"
    lost = "connection" if there.ending.first == "server" else "session.updated"
    raise Blocked(f"session.updated after {label}", owners().get(lost), words(wire, label))


def merged(wire, label):
    """An update kept what it did not name; where it replaces that (C18), an echo does not tell what came before it."""
    if echo(wire, label).get("instructions") != TWO_WORDS:
        raise Inconclusive("an update replaces what it does not name, or does not show it (C18)")


def first_echo(wire):
    """The echo of the first update of all; that it is taken is the business of SES-001 and SES-002."""
    if reaction(wire, "first") != "updated":
        raise Blocked("the first echo", "SES-002", words(wire, "first"))
    return echo(wire, "first")


def accepted(wire, path, among=None):
    """Every legal value of a field (or those in `among`) was confirmed."""
    probes = [*bounds.legal(path, wire.profile), *(probe for probe in SHOWN if probe.path == path)]
    probes = [probe for probe in probes if among is None or probe.value in among]
    assert probes, f"the schema gives no value of {path} to try"
    for probe in probes:
        confirmed(wire, probe.label)


def not_accepted(wire, path):
    """Every value past the bounds of a field was answered by `error`."""
    probes = bounds.illegal(path, wire.profile)
    assert probes, f"the schema gives no value past the bounds of {path}"
    for probe in probes:
        refused(wire, probe.label)


def outcome(wire, label, otherwise, *, fatal=False):
    """`error` when that is what an update got, else what `otherwise` says of the echo.

    `fatal`: the question foresees that the connection is closed.
    """
    seen = reaction(wire, label)
    if seen == "updated":
        return otherwise(echo(wire, label))
    if seen == "error" or (seen == "closed" and fatal):
        return Seen(seen, words(wire, label))
    return other(f"{seen}: {words(wire, label)}")


def named(found, outcomes):
    """The outcome that belongs to a value, from pairs of value and outcome; `other` when none does."""
    return next((name for value, name in outcomes if value == found), None) or other(json.dumps(found))


def shown(key, sent):
    """For `outcome`: whether the echo has the value that was sent under this key."""
    return lambda session: "echoed" if session.get(key) == sent else Seen("ignored", str(session.get(key)))


def inside(session, path):
    """A member by its dotted path, None where any part is missing."""
    for name in path.split("."):
        session = session.get(name) if isinstance(session, dict) else None
    return session


# -- conversations


class TestFirstUpdate:
    """The client configures the session as its first event, then changes one thing after another."""

    on = accepted_updates.asked("Q-MAX-RESPONSE-OUTPUT-TOKEN", named=("first",))

    script = [
        until("session.created"),
        update(label="first", session={"instructions": TWO_WORDS}),
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
        update(label="burst 3", session={"instructions": TWO_WORDS}),
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
        assert first_echo(wire).get("instructions") == TWO_WORDS

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
        return "merge" if kept == TWO_WORDS else "replace" if not kept else other(kept)

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


class TestAcceptedValues:
    """The client sends every legal value at its bounds, one update each."""

    async def talk(self, call):
        await call(until("session.created"))
        for path in judged_fields(call.profile, "SES-1"):
            for probe in bounds.legal(path, call.profile):
                await offer(call, update(label=probe.label, session=probe.session()))
        for probe in SHOWN:
            if call.profile.family in bounds.fields()[probe.path].models:
                await offer(call, update(label=probe.label, session=probe.session()))

    @must("SES-101")
    def test_temperature(self, wire):
        accepted(wire, "temperature")

    @must("SES-102")
    def test_top_p(self, wire):
        accepted(wire, "top_p")

    @must("SES-103")
    def test_top_k(self, wire):
        accepted(wire, "top_k")

    @must("SES-104")
    def test_max_tokens(self, wire):
        accepted(wire, "max_tokens")

    @must("SES-105")
    def test_max_tokens_up_to_the_longest_output(self, wire):
        accepted(wire, "max_tokens")

    @must("SES-106")
    def test_max_tokens_of_usual_size(self, wire):
        accepted(wire, "max_tokens")

    @must("SES-107")
    def test_repetition_penalty_above_zero(self, wire):
        accepted(wire, "repetition_penalty")

    @must("SES-108")
    def test_repetition_penalty_of_zero(self, wire):
        accepted(wire, "repetition_penalty", {0})

    @must("SES-109")
    def test_presence_penalty(self, wire):
        accepted(wire, "presence_penalty")

    @must("SES-110")
    def test_seed(self, wire):
        accepted(wire, "seed")

    @must("SES-111")
    def test_threshold(self, wire):
        accepted(wire, "turn_detection.threshold")

    @must("SES-112")
    def test_silence_duration(self, wire):
        accepted(wire, "turn_detection.silence_duration_ms")

    @must("SES-113")
    def test_idle_timeout(self, wire):
        accepted(wire, "turn_detection.idle_timeout_ms")

    @should("SES-114")
    def test_prefix_padding(self, wire):
        accepted(wire, "turn_detection.prefix_padding_ms")

    @must("SES-115")
    def test_semantic_vad(self, wire):
        accepted(wire, "turn_detection.type", {"semantic_vad"})

    @must("SES-116")
    def test_server_vad(self, wire):
        accepted(wire, "turn_detection.type", {"server_vad"})

    @must("SES-117")
    def test_containers_of_the_input(self, wire):
        accepted(wire, "audio.input.format.type")

    @must("SES-118")
    def test_sample_rates_of_the_input(self, wire):
        accepted(wire, "audio.input.format.sample_rate")

    @should("SES-119")
    def test_channels_of_the_input(self, wire):
        for name in ("type", "sample_rate", "sample_format", "channels", "packing", "channel_layout"):
            accepted(wire, f"audio.input.format.{name}")

    @should("SES-120")
    def test_compact_video(self, wire):
        accepted(wire, "video.input.representation_compact")

    @must("SES-121")
    def test_smooth_output(self, wire):
        accepted(wire, "smooth_output")

    @should("SES-122")
    def test_switches_of_turn_detection(self, wire):
        accepted(wire, "turn_detection.create_response")
        accepted(wire, "turn_detection.interrupt_response")

    @must("SES-123")
    def test_search(self, wire):
        accepted(wire, "enable_search")

    @should("SES-124")
    def test_search_with_sources(self, wire):
        accepted(wire, "search_options.enable_source")

    @must("SES-127")
    def test_flat_formats_as_pcm(self, wire):
        accepted(wire, "input_audio_format", {"pcm"})
        accepted(wire, "output_audio_format", {"pcm"})

    @should("SES-128")
    def test_flat_formats_by_their_older_names(self, wire):
        accepted(wire, "input_audio_format", {"pcm16"})
        accepted(wire, "output_audio_format", {"pcm16", "pcm24"})

    @should("SES-129")
    def test_formats_of_the_output(self, wire):
        accepted(wire, "audio.output.format.type")
        accepted(wire, "audio.output.format.sample_rate")

    @observe("Q-AUDIO-FORMAT-NAMES")
    def question_how_the_names_of_flat_formats_are_echoed(self, wire):
        found = {}
        for path in ("input_audio_format", "output_audio_format"):
            for probe in bounds.legal(path, wire.profile):
                seen = reaction(wire, probe.label)
                found[probe.label] = echo(wire, probe.label).get(path) if seen == "updated" else seen
        verbatim = json.dumps(found)
        if "error" in found.values():
            return Seen("error", verbatim)
        if all(label.endswith(f'="{name}"') for label, name in found.items()):
            return Seen("as-sent", verbatim)
        return Seen("normalised", verbatim) if set(found.values()) == {"pcm"} else other(verbatim)


class TestPastBounds:
    """The client sends values just past their bounds, each followed by a legal one."""

    async def talk(self, call):
        await call(until("session.created"))
        if call.profile.can("sampling"):
            await ask(call, "temperature in range", session={"temperature": 0.4}, reset={"temperature": 0.4})
        for path in judged_fields(call.profile, "SES-2"):
            back = bounds.legal(path, call.profile)[0].session()
            for probe in bounds.illegal(path, call.profile):
                await ask(call, probe.label, session=probe.session(), reset=back)

    @should("SES-201")
    def test_temperature(self, wire):
        not_accepted(wire, "temperature")

    @should("SES-202")
    def test_top_p(self, wire):
        not_accepted(wire, "top_p")

    @should("SES-203")
    def test_top_k(self, wire):
        not_accepted(wire, "top_k")

    @should("SES-204")
    def test_max_tokens(self, wire):
        not_accepted(wire, "max_tokens")

    @should("SES-205")
    def test_max_tokens_of_zero(self, wire):
        not_accepted(wire, "max_tokens")

    @should("SES-207")
    def test_repetition_penalty_of_zero(self, wire):
        not_accepted(wire, "repetition_penalty")

    @should("SES-208")
    def test_repetition_penalty_below_zero(self, wire):
        not_accepted(wire, "repetition_penalty")

    @should("SES-209")
    def test_presence_penalty(self, wire):
        not_accepted(wire, "presence_penalty")

    @should("SES-210")
    def test_seed(self, wire):
        not_accepted(wire, "seed")

    @should("SES-211")
    def test_threshold(self, wire):
        not_accepted(wire, "turn_detection.threshold")

    @should("SES-212")
    def test_silence_duration(self, wire):
        not_accepted(wire, "turn_detection.silence_duration_ms")

    @should("SES-213")
    def test_idle_timeout(self, wire):
        not_accepted(wire, "turn_detection.idle_timeout_ms")

    @should("SES-215")
    def test_unknown_turn_detection(self, wire):
        not_accepted(wire, "turn_detection.type")

    @should("SES-217")
    def test_unknown_container(self, wire):
        not_accepted(wire, "audio.input.format.type")

    @should("SES-219")
    def test_three_channels(self, wire):
        not_accepted(wire, "audio.input.format.channels")

    @should("SES-220")
    def test_unknown_video_setting(self, wire):
        not_accepted(wire, "video.input.representation_compact")

    @should("SES-221")
    def test_unknown_sample_format(self, wire):
        not_accepted(wire, "audio.input.format.sample_format")

    @should("SES-222")
    def test_unknown_packing(self, wire):
        not_accepted(wire, "audio.input.format.packing")

    @should("SES-223")
    def test_unknown_output_container(self, wire):
        not_accepted(wire, "audio.output.format.type")

    @observe("Q-PAST-BOUND")
    def question_what_a_number_past_its_bound_gets(self, wire):
        past = bounds.illegal("temperature", wire.profile)[-1]
        accepted_before = [probe.value for probe in bounds.legal("temperature", wire.profile)]
        nearest = max(accepted_before)

        def read(session):
            kept = [(value, "ignored") for value in (None, 0.4, *accepted_before)]
            return named(session.get("temperature"), [(past.value, "accepted"), (nearest, "clamped"), *kept])

        return outcome(wire, past.label, read, fatal=True)


class TestModalities:
    """The client tries the combinations of modalities, the documented wrong one among them."""

    async def talk(self, call):
        await call(
            until("session.created"),
            update(label="text, audio", session={"modalities": ["text", "audio"]}),
            answered,
            update(label="audio, text", session={"modalities": ["audio", "text"]}),
            answered,
            update(label="text", session={"modalities": ["text"], "instructions": TWO_WORDS}),
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
        if found == TWO_WORDS:
            return "atomic"
        return "partial" if found == "Sing." else other(found)

    def error(self, wire):
        """The error for `["audio"]`; whether it comes is SES-011's business."""
        if "error" not in wire.answers_to("audio alone"):
            raise Blocked("error", "SES-011")
        return wire.error_to("audio alone")


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
        await ask(call, "long instructions", session={"instructions": LONG}, reset={"instructions": TWO_WORDS})
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
        await ask(call, "instructions", session={"instructions": TWO_WORDS})
        await ask(call, "instructions 5", session={"instructions": 5}, reset={"instructions": TWO_WORDS})
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
        def read(session):
            told = str(session.get("instructions"))
            return "echoed" if told == LONG else Seen("cut", f"{len(told)} characters") if told else other("nothing")

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
            before = {"instructions": TWO_WORDS}.get(key)

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


class TestTools:
    """The client gives the model tools, well and badly made, takes them away, and asks for search beside them."""

    async def talk(self, call):
        await call(until("session.created"))
        none = {"tools": []}
        flat = {"type": "function", **TOOL["function"]}
        await ask(call, "nested", session={"tools": [TOOL]})
        await ask(call, "taken away", session=none)
        await ask(
            call, "name only", session={"tools": [{"type": "function", "function": {"name": "ping"}}]}, reset=none
        )
        no_name = {"type": "function", "function": {"description": "Does nothing."}}
        await ask(call, "no name", session={"tools": [no_name]}, reset=none)
        odd = {"type": "function", "function": {"name": "ping", "parameters": {"type": "array", "items": {}}}}
        await ask(call, "odd parameters", session={"tools": [odd]}, reset=none)
        await ask(call, "no array", session={"tools": TOOL}, reset=none)
        await ask(call, "flat", session={"tools": [flat]}, reset=none)
        off = {"tools": [], "enable_search": False}
        await ask(call, "with search", session={"tools": [TOOL], "enable_search": True}, reset=off)

    @must("SES-030")
    def test_a_nested_function_is_echoed(self, wire):
        (tool,) = echo(wire, "nested").get("tools") or [{}]
        shown = tool.get("function") or {}
        assert {name: shown.get(name) for name in TOOL["function"]} == TOOL["function"]  # an echo may say more

    @should("SES-031")
    def test_a_name_is_enough(self, wire):
        confirmed(wire, "name only")

    @should("SES-032")
    def test_a_name_is_needed(self, wire):
        refused(wire, "no name")

    @should("SES-061")
    def test_parameters_are_an_object(self, wire):
        refused(wire, "odd parameters")

    @should("SES-033")
    def test_an_empty_list_takes_the_tools_away(self, wire):
        assert not echo(wire, "taken away").get("tools")

    @should("SES-034")
    def test_tools_are_an_array(self, wire):
        refused(wire, "no array")

    @observe("Q-FLAT-TOOL")
    def question_what_becomes_of_a_flat_tool(self, wire):
        return outcome(wire, "flat", lambda session: "accepted" if session.get("tools") else "dropped")

    @observe("Q-TOOLS-WITH-SEARCH")
    def question_what_becomes_of_tools_beside_search(self, wire):
        def read(session):
            both = bool(session.get("tools")), bool(session.get("enable_search"))
            by_name = {(True, True): "accepted", (True, False): "search-dropped", (False, True): "tools-dropped"}
            return by_name.get(both) or other("neither is echoed")

        return outcome(wire, "with search", read)


class TestMcp:
    """The client names an MCP server, first well, then against each rule that a client can break by itself."""

    SECRETS = {"authorization": "Bearer conformance-secret", "headers": {"X-Conformance": "conformance-header"}}

    async def talk(self, call):
        await call(until("session.created"))
        none = {"tools": []}
        await ask(call, "no url", session={"tools": [{"type": "mcp", "server_label": "docs"}]}, reset=none)
        await ask(call, "long label", session={"tools": [{**MCP, "server_label": "x" * 65}]}, reset=none)
        plain = "http://example.com/mcp"
        await ask(call, "no https", session={"tools": [{**MCP, "server_url": plain}]}, reset=none)
        await ask(call, "whole", session={"tools": [{**MCP, **self.SECRETS}]}, reset=none)
        await ask(call, "beside a function", session={"tools": [MCP, NAMED]}, reset=none)
        for label, entries in MISUSES.items():
            await ask(call, label, session={"tools": entries}, reset=none)

    @should("SES-037")
    def test_nothing_secret_is_echoed(self, wire):
        if reaction(wire, "whole") != "updated":
            raise Inconclusive(f"the MCP server was not taken: {words(wire, 'whole')}")
        shown_back = json.dumps(echo(wire, "whole"))
        for secret in (MCP["server_url"], "conformance-secret", "conformance-header"):
            assert secret not in shown_back

    @should("SES-053")
    def test_a_label_is_a_name_of_its_own(self, wire):
        refused(wire, "no label", "label with a blank", "one label twice")

    @should("SES-054")
    def test_a_url_is_public(self, wire):
        refused(wire, "url with user", "url with fragment", "url with port", "private url", "long url")

    @should("SES-055")
    def test_an_authorization_is_a_short_line(self, wire):
        refused(wire, "long authorization", "authorization in lines")

    @should("SES-056")
    def test_headers_are_few_and_the_clients_own(self, wire):
        refused(wire, "17 headers", "host header", "mcp- header")

    @should("SES-057")
    def test_allowed_tools_have_short_names(self, wire):
        refused(wire, "long tool name")

    @should("SES-058")
    def test_approval_is_always_or_never(self, wire):
        refused(wire, "other approval")

    @should("SES-059")
    def test_there_are_eight_servers_at_most(self, wire):
        refused(wire, "nine servers")

    @should("SES-060")
    def test_functions_and_servers_may_be_mixed(self, wire):
        shown = echo(wire, "beside a function").get("tools") or []
        assert {entry.get("type") for entry in shown} == {"mcp", "function"}

    @should("SES-038")
    def test_a_url_is_needed(self, wire):
        refused(wire, "no url")

    @should("SES-039")
    def test_a_label_has_64_characters_at_most(self, wire):
        refused(wire, "long label")

    @should("SES-040")
    def test_a_url_is_https(self, wire):
        refused(wire, "no https")


class TestVoices:
    """The client sets voices that the model has, then an empty one."""

    async def talk(self, call):
        await call(until("session.created"))
        for voice in sample(call.profile):
            await ask(call, f"voice {voice}", session={"voice": voice})
        if call.profile.family == "qwen3.8":
            both = {"voice": "Tina", "audio": {"output": {"voice": "longanlingxin"}}}
            await ask(call, "two voices", session=both)
        await ask(call, "no voice", session={"voice": ""}, reset={"voice": call.profile.default_voice})

    @should("SES-003")
    def test_the_voice_is_echoed(self, wire):
        voice = sample(wire.profile)[-1]
        assert echo(wire, f"voice {voice}").get("voice") == voice

    @must("SES-126")
    def test_the_default_voice_is_accepted(self, wire):
        confirmed(wire, f"voice {wire.profile.default_voice}")

    @should("SES-125")
    def test_listed_voices_are_accepted(self, wire):
        for voice in sample(wire.profile):
            confirmed(wire, f"voice {voice}")

    @should("SES-045")
    def test_the_nested_voice_wins(self, wire):
        session = echo(wire, "two voices")
        assert (inside(session, "audio.output.voice") or session.get("voice")) == "longanlingxin"

    @observe("Q-VOICE-EMPTY")
    def question_what_an_empty_voice_gets(self, wire):
        seen = outcome(wire, "no voice", lambda session: Seen("accepted", str(session.get("voice"))), fatal=True)
        return Seen("error-open", seen.evidence) if seen.outcome == "error" else seen


def sample(profile):
    """The voices that the sources name for a model, its default first, at most four."""
    return [profile.default_voice, *sorted(profile.voices - {profile.default_voice})][:4]


class TestUnknownVoice:
    """The client sets a voice that no model has and, where it is confirmed, asks for a spoken reply."""

    path = "fatal-error"  # the mistake that most surely ends a session (C39)

    async def talk(self, call):
        patience = call.target.deadlines.answer
        unknown = {"voice": "no-such-voice-0000", "instructions": TWO_WORDS}
        answer = await call(
            until("session.created"),
            update(label="unknown voice", session=unknown),
            maybe("session.updated", "error", within_ms=patience),
        )
        await call(quiet())
        if call.alive and answer is not None and answer.type == "session.updated":
            with contextlib.suppress(Broken):
                await call(
                    send("conversation.item.create", item=user("Say hello.")),
                    maybe("conversation.item.created", "error", within_ms=patience),
                    send("response.create"),
                    maybe("response.done", "error", within_ms=patience),
                    quiet(),
                )

    @observe("Q-VOICE-UNKNOWN")
    def question_what_an_unknown_voice_gets(self, wire):
        said, ending = wire.answers_to("unknown voice"), wire.ending
        errors = [event.get("error") for event in wire.all("error")]
        verbatim = f"{json.dumps(errors, ensure_ascii=False)}, {ending.code_received} {ending.reason_received}"
        ended = ending.first == "server"
        if "session.updated" in said:
            return "accepted" if not ended and not errors else Seen("late", verbatim)
        if ended and ending.code_received == 1007:
            return Seen("error-then-1007" if errors else "close-1007-only", verbatim)
        return Seen("error-open", verbatim) if errors and not ended else other(verbatim)


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
            update(label="instructed", session={"instructions": "Answer with exactly two words: blue whale"}),
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


class TestUpdateDuringResponse:
    """The client changes the instructions while a reply is running."""

    script = [
        until("session.created"),
        update(session={"modalities": ["text"], "turn_detection": None}),
        answered,
        send("conversation.item.create", item=user("Count to 30.")),
        until("conversation.item.created"),
        send("response.create"),
        until("response.text.delta", "response.audio_transcript.delta"),
        update(label="meanwhile", session={"instructions": TWO_WORDS}),
        until("response.done"),
        quiet(),
        close(1000),
    ]

    @observe("Q-UPDATE-DURING-RESPONSE")
    def question_whether_an_update_is_taken_while_a_response_runs(self, wire):
        later = [frame.type for frame in wire.after(wire.sent("meanwhile"))]
        if "response.done" not in later:
            raise Uncooperative("the reply had ended before the update was sent")
        if "error" in later:
            return Seen("error", words(wire, "meanwhile"))
        if "session.updated" not in later:
            return other("no answer")
        return "accepted" if later.index("session.updated") < later.index("response.done") else "deferred"
