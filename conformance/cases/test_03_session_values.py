"""§2.1, §3.3  Session configuration: values at the documented bounds and past them."""

import json

from conformance.cases.updates import (
    SHOWN,
    accepted,
    ask,
    echo,
    judged_fields,
    named,
    not_accepted,
    offer,
    outcome,
    reaction,
    update,
)
from conformance.judge.verdicts import Seen, other
from conformance.spec import bounds, must, observe, should
from conformance.wire import until


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
