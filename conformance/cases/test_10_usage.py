"""§10  Usage: what a turn costs in tokens, and what costs nothing."""

import asyncio
import base64
import json
import math

from conformance import fixtures
from conformance.aside import aside
from conformance.cases.shared import BLUE_WHALE, BRIEF, configured, heard, user
from conformance.judge import silence_cost
from conformance.judge.evidence.frames import size
from conformance.judge.places import typed_replies
from conformance.judge.verdicts import Blocked, Inconclusive, Seen, other
from conformance.spec import must, observe, should
from conformance.wire import append, close, likely, maybe, send, silence, speak, until

SPEECH = fixtures.wav("speech/three_utterances.wav")
MS = 32  # bytes of a millisecond at 16 kHz
OUT = 48_000  # bytes of a second at 24 kHz, the default of the output
TINY = base64.b64encode(fixtures.image("tiny_16x16.jpg")).decode()
# Whole squares of 28 and of 32 pixels: no rounding of the sides leaves room for a tenth more.
WIDTH, HEIGHT = 448, 224
WHOLE = base64.b64encode(fixtures.grey_jpeg(WIDTH, HEIGHT)).decode()
# A fraction of a second that tells the ways of rounding apart at every family's rate.
SECONDS = 5.35
BRIEFLY = {"modalities": ["text"], "instructions": BRIEF, "max_tokens": 16}
KEYS = ("total_tokens", "input_tokens", "output_tokens", "input_tokens_details", "output_tokens_details")


def usage(wire, nth=0):
    """The `usage` of the `nth` response; blocked by the rule that wants one in every completed response."""
    done = wire.response(nth).done
    found = done.get("usage")
    if not isinstance(found, dict):
        if done.get("status") != "completed":
            raise Inconclusive(f"response {nth + 1} ended as {done.get('status')} and has no usage")
        raise Blocked(f"the usage of response {nth + 1}", "GEN-056")
    return found


def count(wire, nth, name):
    """`input_tokens` or `output_tokens` of the `nth` response; blocked by the clause about the keys."""
    found = usage(wire, nth).get(name)
    if not isinstance(found, int):
        raise Blocked(f"a number in {name} of response {nth + 1}", "USE-001" if found is None else "USE-002")
    return found


def audio(wire, nth, side):
    """`audio_tokens` of one side of the `nth` response, 0 where the key is left out."""
    details = usage(wire, nth).get(f"{side}_tokens_details")
    if not isinstance(details, dict):
        raise Blocked(f"{side}_tokens_details of response {nth + 1}", "USE-001")
    found = details.get("audio_tokens", 0)
    assert type(found) is int, f"`audio_tokens` is {found!r}, which is no count"
    return found


def spoken(wire, nth):
    """Input `audio_tokens` of a turn with speech; inconclusive when the details do not show any."""
    found = audio(wire, nth, "input")
    if not found:
        raise Inconclusive("the details show no `audio_tokens` for a spoken turn, which USE-006 judges")
    return found


class TestTwoTurns:
    """Two typed turns in one session."""

    on = typed_replies.asked("USE-001 USE-003")

    script = [
        until("session.created"),
        send(
            "session.update",
            session={
                "modalities": ["text"],
                "instructions": BRIEF,
                "turn_detection": None,
                "max_tokens": 16,
            },
        ),
        until("session.updated"),
        send("conversation.item.create", item=user(BLUE_WHALE)),
        until("conversation.item.created"),
        send("response.create"),
        until("response.done"),
        send("conversation.item.create", item=user(BLUE_WHALE)),
        until("conversation.item.created"),
        send("response.create"),
        until("response.done"),
        close(1000),
    ]

    @must("USE-001")
    def test_usage_has_the_documented_keys(self, wire):
        missing = [key for key in KEYS if key not in usage(wire)]
        assert not missing, f"missing: {', '.join(missing)}"

    @must("USE-002")
    def test_usage_counts_in_whole_numbers(self, wire):
        for found in (usage(wire, 0), usage(wire, 1)):
            sides = [found.get(f"{side}_tokens_details") for side in ("input", "output")]
            numbers = {key: found[key] for key in KEYS[:3] if key in found}
            for details in sides:
                numbers |= {key: value for key, value in (details or {}).items() if key.endswith("_tokens")}
            odd = {key: value for key, value in numbers.items() if type(value) is not int or value < 0}
            assert not odd, f"no whole numbers: {odd}"

    @must("USE-003")
    def test_a_turn_costs_on_both_sides(self, wire):
        assert count(wire, 0, "input_tokens") > 0
        assert count(wire, 0, "output_tokens") > 0

    @must("USE-004")
    def test_the_history_counts_again(self, wire):
        first, second = count(wire, 0, "input_tokens"), count(wire, 1, "input_tokens")
        assert second > first, f"{first} input tokens became {second} in the second of two equal turns"

    @should("USE-005")
    def test_text_alone_shows_no_audio(self, wire):
        for side in ("input", "output"):
            details = usage(wire).get(f"{side}_tokens_details")
            assert "audio_tokens" not in (details or {}), f"{side}: {details}"

    @should("USE-009")
    def test_no_plugin_is_counted_without_search(self, wire):
        assert "plugins" not in usage(wire)

    @observe("Q-CACHED-TOKENS")
    def question_are_cached_tokens_shown(self, wire):
        seen = json.dumps(usage(wire, 1))
        return Seen("present" if "cached_tokens" in seen else "absent", seen)


class TestAudioIn:
    """Three turns of measured length in manual mode (whole, after a clear, short in four pieces), then a typed one.

    Each turn's input holds those before it, so what a turn costs is the growth of `audio_tokens`.
    """

    script = [
        until("session.created"),
        send(
            "session.update",
            session={
                "modalities": ["text"],
                "instructions": BRIEF,
                "turn_detection": None,
                "max_tokens": 16,
            },
        ),
        until("session.updated"),
        append(SPEECH[: int(SECONDS * 1000) * MS], packet_ms=1000, label="speech whole"),
        send("input_audio_buffer.commit"),
        until("input_audio_buffer.committed"),
        heard(),
        send("response.create"),
        until("response.done"),
        append(SPEECH[: 5000 * MS], label="speech cleared"),
        send("input_audio_buffer.clear"),
        until("input_audio_buffer.cleared"),
        append(SPEECH[: 1000 * MS], label="speech after the clear"),
        send("input_audio_buffer.commit"),
        until("input_audio_buffer.committed"),
        heard(),
        send("response.create"),
        until("response.done"),
        append(SPEECH[400 * MS : 800 * MS], label="speech in four pieces"),
        send("input_audio_buffer.commit", label="short commit"),
        until("input_audio_buffer.committed", "error"),
        heard(),
        send("response.create", label="short turn"),
        until("response.done"),
        append(SPEECH[: 5000 * MS], label="speech never committed"),
        send("conversation.item.create", item=user(BLUE_WHALE)),
        until("conversation.item.created"),
        send("response.create", label="typed turn"),
        until("response.done"),
        close(1000),
    ]

    @should("USE-007")
    def test_a_second_costs_the_familys_rate(self, wire):
        cost = spoken(wire, 0)
        expected = SECONDS * wire.profile.audio_in_rate
        assert abs(cost - expected) <= wire.profile.audio_in_rate, f"{SECONDS} s cost {cost} tokens, not {expected:.0f}"

    @observe("Q-TOKEN-ROUNDING")
    def question_how_fractions_are_rounded(self, wire):
        cost = spoken(wire, 0)
        exact = SECONDS * wire.profile.audio_in_rate
        seconds = (math.floor(SECONDS), math.ceil(SECONDS))
        seen = f"{cost} tokens for {SECONDS} s at {wire.profile.audio_in_rate} a second"
        if cost == math.ceil(exact):
            return Seen("up", seen)
        if cost == math.floor(exact):
            return Seen("down", seen)
        whole = {
            round_(second * wire.profile.audio_in_rate) for second in seconds for round_ in (math.floor, math.ceil)
        }
        return Seen("whole-seconds", seen) if cost in whole else other(seen)

    @observe("Q-CLEARED-BILLED")
    def question_does_cleared_audio_cost(self, wire):
        growth = spoken(wire, 1) - spoken(wire, 0)
        return nearest(growth / wire.profile.audio_in_rate, {"not-billed": 1, "billed": 6}, 0.8)

    @observe("Q-UNCOMMITTED-BILLED")
    def question_does_uncommitted_audio_cost(self, wire):
        growth = spoken(wire, 3) - spoken(wire, 2)
        return nearest(growth / wire.profile.audio_in_rate, {"not-billed": 0, "billed": 5}, 0.8)

    @observe("Q-AUDIO-MINIMUM")
    def question_what_the_minimum_applies_to(self, wire):
        if "error" in wire.answers_to("short commit"):
            raise Inconclusive(f"0.4 s could not be committed: {wire.error_to('short commit')}")
        growth = spoken(wire, 2) - spoken(wire, 1)
        return nearest(growth / wire.profile.audio_in_rate, {"per-turn": 1, "per-append": 4, "exact": 0.4}, 0.2)


def nearest(seconds, outcomes, within):
    """The outcome whose seconds lie within `within` of those that were billed, or `other`."""
    seen = f"{seconds:.2f} s were billed"
    for outcome, expected in outcomes.items():
        if abs(seconds - expected) <= within:
            return Seen(outcome, seen)
    return other(seen)


class TestAudioOut:
    """A spoken turn in manual mode with a spoken reply of a few seconds; the client ends it with `session.finish`."""

    path = "finish-after-speech"
    script = [
        until("session.created"),
        send(
            "session.update",
            session={
                "instructions": "Answer with: one, two, three, four, five, six, seven, eight, nine, ten",
                "turn_detection": None,
                "max_tokens": 200,
            },
        ),
        until("session.updated"),
        speak("hello"),
        silence(500),
        send("input_audio_buffer.commit"),
        until("input_audio_buffer.committed"),
        heard(),
        send("response.create"),
        until("response.done"),
        send("session.finish"),
        maybe("session.finished", "error", within_ms=5500),
        close(1000),
    ]

    @observe("Q-FINISH-AUDIO-MODE")
    def question_is_finish_accepted_after_a_spoken_reply(self, wire):
        after = [frame.type for frame in wire.after(wire.sent("session.finish"))]
        if "session.finished" in after:
            return Seen("finished", str(after))
        if "error" in after:
            return Seen("refused", json.dumps(wire.error_to("session.finish"), ensure_ascii=False))
        return Seen("closed" if wire.ending.first == "server" else "silent", str(after))

    @should("USE-006")
    def test_speech_shows_on_both_sides(self, wire):
        assert audio(wire, 0, "input") > 0, f"input: {usage(wire)['input_tokens_details']}"
        assert audio(wire, 0, "output") > 0, f"output: {usage(wire)['output_tokens_details']}"

    @should("USE-008")
    def test_a_spoken_second_costs_the_familys_rate(self, wire):
        cost, seconds = audio(wire, 0, "output"), sounded(wire.response())
        if not cost:
            raise Blocked("output `audio_tokens`", "USE-006")
        expected = max(seconds, wire.profile.audio_min_seconds) * wire.profile.audio_out_rate
        assert abs(cost - expected) <= wire.profile.audio_out_rate, (
            f"{seconds:.2f} s cost {cost} tokens, not {expected:.0f}"
        )


def sounded(response):
    """Seconds of audio in the deltas of a response, at the default rate."""
    pieces = [event.get("delta", "") for event in response.all("response.audio.delta")]
    if not pieces:
        raise Inconclusive("the reply has no audio")
    return sum(size(piece) or 0 for piece in pieces) / OUT


class TestImages:
    """Five equal spoken turns in manual mode: two without an image, a tiny one, and one and the same image twice.

    The growth of the input from turn to turn is the new turn and the reply before it; what exceeds that of two turns
    without images is the image.  Four seconds that are cleared make the last turn a late one.
    """

    script = [
        until("session.created"),
        send(
            "session.update",
            session={
                "modalities": ["text"],
                "instructions": BLUE_WHALE,
                "turn_detection": None,
                "max_tokens": 16,
            },
        ),
        until("session.updated"),
        append(SPEECH[: 1000 * MS], label="speech 1"),
        send("input_audio_buffer.commit"),
        until("input_audio_buffer.committed"),
        heard(),
        send("response.create"),
        until("response.done"),
        append(SPEECH[: 1000 * MS], label="speech 2"),
        send("input_audio_buffer.commit"),
        until("input_audio_buffer.committed"),
        heard(),
        send("response.create"),
        until("response.done"),
        append(SPEECH[: 1000 * MS], label="speech 3"),
        send("input_image_buffer.append", label="tiny", image=TINY),
        maybe("error"),
        send("input_audio_buffer.commit", label="commit of the tiny image"),
        until("input_audio_buffer.committed"),
        heard(),
        send("response.create"),
        until("response.done"),
        append(SPEECH[: 1000 * MS], label="speech 4"),
        send("input_image_buffer.append", label="early", image=WHOLE),
        send("input_audio_buffer.commit"),
        until("input_audio_buffer.committed"),
        heard(),
        send("response.create"),
        until("response.done"),
        silence(4000),
        send("input_audio_buffer.clear"),
        until("input_audio_buffer.cleared"),
        append(SPEECH[: 1000 * MS], label="speech 5"),
        send("input_image_buffer.append", label="late", image=WHOLE),
        send("input_audio_buffer.commit"),
        until("input_audio_buffer.committed"),
        heard(),
        send("response.create"),
        until("response.done"),
        close(1000),
    ]

    @should("USE-010")
    def test_an_image_costs_its_pixels(self, wire):
        expected, cost = squares(wire.profile.image_side), image_cost(wire, 3)
        assert is_near(cost, expected), f"it cost {cost} tokens; the formula gives {expected}"

    @observe("Q-IMAGE-TOKEN-KEY")
    def question_under_which_key_images_stand(self, wire):
        details = usage(wire, 3).get("input_tokens_details") or {}
        named = [key for key in ("image_tokens", "video_tokens") if details.get(key)]
        return Seen(named[0].replace("_", "-") if named else "untold", json.dumps(details))

    @observe("Q-IMAGE-TOKEN-MIN")
    def question_what_the_smallest_image_costs(self, wire):
        if "error" in wire.answers_to("tiny") + wire.answers_to("commit of the tiny image"):
            return Seen("refused", json.dumps(wire.the("error").get("error"), ensure_ascii=False))
        cost = image_cost(wire, 2)
        # The template may put a token on either side of an image.
        return (
            Seen("four", str(cost))
            if 4 <= cost <= 6
            else Seen("twenty-four", str(cost))
            if 24 <= cost <= 26
            else other(cost)
        )

    @observe("Q-IMAGE-BILLING")
    def question_does_the_sessions_length_count(self, wire):
        early, late = image_cost(wire, 3), image_cost(wire, 4)
        seen = f"{early} tokens early, {late} late"
        if abs(late - early) <= max(3, early / 20):
            return Seen("per-image", seen)
        return Seen("times-seconds", seen) if late > early else other(seen)


def squares(side):
    """Tokens of the image by the documented formula, of squares with this side."""
    return (WIDTH // side) * (HEIGHT // side)


def is_near(cost, expected):
    """Whether an image costs what is expected: a twentieth may be another count, and the template has two tokens."""
    return abs(cost - expected) <= expected / 20 + 2


def image_cost(wire, nth):
    """Tokens of the image in the `nth` turn (from 0): what its growth exceeds that of the second turn by."""

    def growth(turn):
        new = count(wire, turn, "input_tokens") - count(wire, turn - 1, "input_tokens")
        return new - count(wire, turn - 1, "output_tokens")

    return growth(nth) - growth(1)


WINDOW_MS = 2000  # how long the detection waits for more speech: long, so that what it adds to a bill shows
VAD = {**BRIEFLY, "turn_detection": {"type": "server_vad", "silence_duration_ms": WINDOW_MS}}
WEATHER = fixtures.wav("weather")


LEVELS = (-60, -40)  # dBFS: a quiet room, and one that is not; speech lies around -20
ALONE = 10  # seconds of silence that no speech follows


def noisy(level):
    """The label of noise at this level."""
    return f"{silence_cost.IDLE} noise {level} dBFS"


async def after_idling(call, audio, label):
    """A spoken question after so much idle audio, and its reply.

    Every session begins with a second of silence: what a detected turn takes for its padding is there in all of them.
    """
    await call(
        *configured(VAD),
        silence(1000),
        append(audio, label=label),
        append(WEATHER, label="speech"),
        silence(WINDOW_MS + 1000),
        likely("response.done"),
    )


async def typed_after_silence(call):
    """Silence that leads to no turn, then a typed message and its reply, in the session of a spoken one."""
    await call(
        append(fixtures.silence(1000 * ALONE), label="silence alone"),
        send("conversation.item.create", item=user(BLUE_WHALE)),
        until("conversation.item.created"),
        send("response.create", label="typed turn"),
        until("response.done"),
    )


def idle_line(wire, kind=silence_cost.IDLE):
    """The line through what the sessions of a conversation were billed, and the figures in words."""
    points = silence_cost.points(wire.transcript, kind)
    if len(points) < 3 or len({seconds for seconds, _ in points}) < 2:
        raise Inconclusive(f"only {len(points)} sessions had a reply with its usage, too few for a line")
    line = silence_cost.fit(points)
    figures = ", ".join(f"{seconds:g} s: {tokens}" for seconds, tokens in sorted(points))
    rate = wire.profile.audio_in_rate
    told = f"{line.slope:.2f} ± {line.error:.2f} tokens for each idle second, of {rate:g} for audio ({figures})"
    return line, told


def heard_early(wire, kind):
    """Whether idle audio of this kind was taken for speech: `speech_started` came before any speech was sent."""
    for number in range(len(wire.transcript.legs)):
        leg = wire.leg(number)
        spoken = next((frame.index for frame in leg.frames if frame.label == "speech"), len(leg.frames))
        if any(frame.label == kind for frame in leg.frames) and any(
            frame.index < spoken for frame in leg.received if frame.type == "input_audio_buffer.speech_started"
        ):
            return True
    return False


def noise_cost(wire, level):
    """What an idle second of noise at this level costs."""
    if heard_early(wire, noisy(level)):
        return Seen("heard-as-speech", f"speech_started came in the noise at {level} dBFS")
    line, told = idle_line(wire, noisy(level))
    answer = line.answer(wire.profile.audio_in_rate)
    return other(told) if answer == "unclear" else Seen(answer, told)


class TestSilence:
    """A spoken question in VAD mode: at once and after 8 and 15 seconds of silence, the first and the last twice.

    Beside them the same after 12 seconds of noise at two levels.  One session goes on: 10 seconds of silence, and a
    typed turn.  It is the longest of what the three questions need, and as short as whole tokens allow: over 15 seconds
    three standard errors are just under what counts as free.
    """

    urgent = True
    connections = 7

    async def talk(self, call):
        # Some work: made in place it would hold up every other conversation.
        loud = await aside(lambda: [fixtures.noise(4000, float(level)) * 3 for level in LEVELS])
        quiet = [(fixtures.silence(1000 * seconds), silence_cost.IDLE) for seconds in (0, 15, 15, 8, 0)]
        noise = [(pcm, noisy(level)) for pcm, level in zip(loud, LEVELS, strict=True)]

        async def one(held, audio, label):
            await after_idling(held, audio, label)
            if held is call:
                await typed_after_silence(held)
            await held(close(1000))

        # Live, a connection is opened each second: who speaks longest begins first, and nobody waits for the others.
        held = [asyncio.ensure_future(one(call, *quiet[0]))]
        try:
            for audio, label in (*quiet[1:3], *noise, *quiet[3:]):
                held.append(asyncio.ensure_future(one(await call.beside(), audio, label)))
        except BaseException:
            for talk in held:
                talk.cancel()
            raise
        finally:
            # A session that broke off shows by what it lacks; the others are worth as much without it.
            await asyncio.gather(*held, return_exceptions=True)

    @observe("Q-SILENCE-BILLED")
    def question_does_silence_cost(self, wire):
        line, told = idle_line(wire)
        rate = wire.profile.audio_in_rate
        answer = line.answer(rate)
        if answer == "in-part":
            return Seen(answer, f"{told}; {line.slope / rate:.0%} of what speech costs")
        if answer != "not-billed":
            return Seen(answer, told) if answer == "billed" else other(told)
        spare = line.level / rate - fixtures.pcm_ms(WEATHER) / 1000
        told += f"; at most {abs(spare):.1f} s {'more' if spare > 0 else 'less'} than the speech itself lasts"
        return Seen("padding" if spare >= WINDOW_MS / 2000 else answer, told)

    @observe("Q-NOISE-BILLED")
    def question_does_noise_cost(self, wire):
        return noise_cost(wire, -60)

    @observe("Q-LOUD-NOISE-BILLED")
    def question_does_louder_noise_cost(self, wire):
        return noise_cost(wire, -40)

    @observe("Q-SILENCE-ALONE-BILLED")
    def question_does_silence_without_a_turn_cost(self, wire):
        if len(wire.responses) < 2:
            raise Inconclusive("the session had no second reply")
        growth = audio(wire, 1, "input") - audio(wire, 0, "input")
        told = f"{growth} audio tokens more for {ALONE} s of silence without a turn"
        share = growth / (ALONE * wire.profile.audio_in_rate)
        if abs(growth) <= 1:
            return Seen("not-billed", told)
        return Seen("billed" if share >= 1 - silence_cost.NEAR else "in-part", told) if growth > 0 else other(told)


class TestChannels:
    """The same second in one channel and, in a second session, in two."""

    connections = 2

    async def talk(self, call):
        mono = fixtures.to_samples(SPEECH[: 2000 * MS])
        stereo = fixtures.to_pcm(sample for sample in mono for _ in range(2))
        session = {
            "modalities": ["text"],
            "instructions": BRIEF,
            "turn_detection": None,
            "max_tokens": 16,
        }
        two = {"input": {"format": {"sample_rate": 16000, "channels": 2, "channel_layout": "raw_mic_array"}}}
        await call(
            until("session.created"),
            send("session.update", session=session),
            until("session.updated"),
            append(fixtures.to_pcm(mono), label="speech mono"),
            send("input_audio_buffer.commit"),
            until("input_audio_buffer.committed"),
            heard(),
            send("response.create"),
            until("response.done"),
            close(1000),
        )
        await call.connect()
        await call(
            until("session.created"),
            send("session.update", session={**session, "audio": two}),
            until("session.updated"),
            append(stereo, rate=32000, label="speech stereo"),
            send("input_audio_buffer.commit"),
            until("input_audio_buffer.committed"),
            heard(),
            send("response.create"),
            until("response.done"),
            close(1000),
        )

    @should("USE-011")
    def test_two_channels_cost_twice_as_much(self, wire):
        one, two = spoken(wire, 0), spoken(wire.leg(1), 0)
        factor = wire.profile.multichannel_factor
        assert abs(two - factor * one) <= wire.profile.audio_in_rate, f"{one} tokens in one channel, {two} in two"


class TestCompact:
    """The same spoken turn with the same image, and in a second session with `representation_compact`."""

    connections = 2

    async def talk(self, call):
        session = {
            "modalities": ["text"],
            "instructions": BRIEF,
            "turn_detection": None,
            "max_tokens": 16,
        }
        compact = {"input": {"representation_compact": "normal"}}
        for number, video in enumerate(({}, {"video": compact})):
            if number:
                await call.connect()
            await call(
                until("session.created"),
                send("session.update", session={**session, **video}),
                until("session.updated"),
                append(SPEECH[: 1000 * MS], label="speech"),
                send("input_image_buffer.append", image=WHOLE),
                send("input_audio_buffer.commit"),
                until("input_audio_buffer.committed"),
                heard(),
                send("response.create"),
                until("response.done"),
                close(1000),
            )

    @should("USE-012")
    def test_a_compact_image_costs_a_quarter(self, wire):
        whole = squares(wire.profile.image_side)
        saved = count(wire, 0, "input_tokens") - count(wire.leg(1), 0, "input_tokens")
        assert 0.65 * whole <= saved <= 0.85 * whole, f"{saved} tokens were saved of {whole}"
