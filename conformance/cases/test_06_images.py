"""§6  Images: pictures that go with the audio of a turn."""

import base64

from conformance import fixtures
from conformance.cases.shared import BRIEF, MANUAL, configured, errors_to, fate, heard, leg_of, probe, said_to
from conformance.cut import listed
from conformance.guarded import object_at
from conformance.judge.verdicts import Blocked, Inconclusive, Seen, other
from conformance.spec import must, observe, should
from conformance.wire import append, close, either, likely, maybe, quiet, send, silence, until

MS = 32  # bytes of a millisecond at 16 kHz
KB = 1024
WEATHER = fixtures.wav("weather")
SMALL = fixtures.image("small_320x240.jpg")
SPOKEN = base64.b64encode(WEATHER[: 400 * MS]).decode()


def picture(label, data):
    """One image, sent as it stands."""
    return send("input_image_buffer.append", label=label, image=base64.b64encode(data).decode())


def audio(label="some audio"):
    """Enough audio to go before an image."""
    return send("input_audio_buffer.append", label=label, audio=SPOKEN)


def accepted(wire, label):
    """Assert that an image was met with silence: the next update was answered, and nothing before it."""
    seen = fate(wire, label)
    if seen.outcome == "other":
        raise Blocked(f"the answer to the update after {label}", "GEN-011", seen.evidence)
    assert seen.outcome == "ignored", f"{label}: {seen.evidence}"


class TestOrder:
    """An image before any audio, one after audio, one after the turn was committed; then a turn of three images."""

    async def talk(self, call):
        await call(*configured(MANUAL))
        await probe(call, picture("image before audio", SMALL))
        await probe(call, picture("image after audio", SMALL), before=(audio("first audio"),))
        if not call.alive:
            return
        await call(
            send("input_audio_buffer.commit", label="commit"),
            either(until("input_audio_buffer.committed"), until("error")),
            maybe("conversation.item.created"),
            heard(),
        )
        await probe(call, picture("image after commit", SMALL))
        if call.alive:
            several = (step for nth in (1, 2, 3) for step in (audio(f"audio {nth}"), picture(f"image {nth}", SMALL)))
            await call(
                *several,
                send("input_audio_buffer.commit", label="commit of several"),
                either(until("input_audio_buffer.committed"), until("error")),
                quiet(),
            )

    @should("IMG-001")
    def test_the_error_before_audio_has_its_type(self, wire):
        assert error_before_audio(wire).get("type") == "invalid_request_error"

    @should("IMG-002")
    def test_the_error_before_audio_says_so(self, wire):
        message = str(error_before_audio(wire).get("message"))
        assert "append image before append audio" in message.lower(), message

    @should("IMG-003")
    def test_a_session_takes_audio_and_an_image_after_it(self, wire):
        error_before_audio(wire)
        ended = leg_of(wire, "image before audio") is not leg_of(wire, "image after audio") and len(
            wire.transcript.legs
        )
        assert ended <= 1, fate(wire, "image before audio").evidence
        assert not errors_to(wire, "image after audio"), errors_to(wire, "image after audio")

    @must("IMG-004")
    def test_a_small_jpeg_after_audio_is_accepted(self, wire):
        accepted(wire, "image after audio")

    @should("IMG-005")
    def test_an_image_has_no_acknowledgement(self, wire):
        said = [event["type"] for event in said_to(wire, "image after audio") if event["type"] != "error"]
        assert said[:-1] == [], f"{listed(said[:-1])} came before the answer to the next update"

    @should("IMG-009")
    def test_a_turn_holds_several_images(self, wire):
        there = leg_of(wire, "image 1")
        errors = [frame.event.get("error") for frame in there.after(there.sent("image 1")) if frame.type == "error"]
        assert not errors, errors[0]
        answers = there.answers_to("commit of several")
        assert "input_audio_buffer.committed" in answers, answers

    @observe("Q-IMAGE-ORDER")
    def question_whether_every_turn_needs_audio_first(self, wire):
        there = leg_of(wire, "commit")
        if "input_audio_buffer.committed" not in there.answers_to("commit"):
            raise Inconclusive(f"the turn was not committed: {there.replies('commit')}")
        seen = fate(wire, "image after commit")
        return Seen({"error": "per-turn", "ignored": "per-session"}.get(seen.outcome, "other"), seen.evidence)

    @observe("Q-IMAGE-IN-ITEM")
    def question_whether_the_item_shows_its_images(self, wire):
        there = leg_of(wire, "commit")
        items = [event.get("item") or {} for event in there.all("conversation.item.created")]
        users = [item for item in items if "input_audio" in str(item.get("content"))]
        if not users:
            there.the("input_audio_buffer.committed")  # without which there is no turn
            raise Blocked("conversation.item.created of the turn", "GEN-014")
        kinds = [part.get("type") for part in users[0]["content"]]
        return Seen("not-shown" if kinds == ["input_audio"] else "shown", str(kinds))


def error_before_audio(wire):
    """The error that an image before any audio got; the rule about such mistakes answers for a missing one."""
    errors = errors_to(wire, "image before audio")
    if not errors:
        raise Blocked("the error to an image before audio", "GEN-018", fate(wire, "image before audio").evidence)
    return object_at(errors[0])


class TestKinds:
    """Images of many sizes and kinds, each after some audio and before an update that shows what became of it."""

    async def talk(self, call):
        await call(*configured(MANUAL, needed=False))
        for label, data in {
            "180 KB": fixtures.padded_jpeg(SMALL, 180 * KB),
            "1280 x 720": fixtures.image("hd_1280x720.jpg"),
            "1920 x 1080": fixtures.grey_jpeg(1920, 1080),
            "300 KB": fixtures.padded_jpeg(SMALL, 300 * KB),
            "600 KB": fixtures.padded_jpeg(SMALL, 600 * KB),
            "PNG": fixtures.image("square.png"),
            "broken": SMALL[: len(SMALL) // 2],
            "3840 x 2160": fixtures.grey_jpeg(3840, 2160),
        }.items():
            await probe(call, picture(label, data), before=(audio(f"audio before {label}"),))
        await probe(call, send("input_image_buffer.append", label="no image"), before=(audio(),))
        not_base64 = send("input_image_buffer.append", label="wrong alphabet", image="*" * 40)
        await probe(call, not_base64, before=(audio(),))

    @must("IMG-006")
    def test_180_kb_are_accepted(self, wire):
        accepted(wire, "180 KB")

    @should("IMG-007")
    def test_720p_is_accepted(self, wire):
        accepted(wire, "1280 x 720")

    @should("IMG-008")
    def test_1080p_is_accepted(self, wire):
        accepted(wire, "1920 x 1080")

    @should("IMG-013")
    def test_an_image_is_required(self, wire):
        assert errors_to(wire, "no image"), fate(wire, "no image").evidence

    @should("IMG-014")
    def test_a_wrong_alphabet_is_refused(self, wire):
        assert errors_to(wire, "wrong alphabet"), fate(wire, "wrong alphabet").evidence

    @observe("Q-IMAGE-LIMIT")
    def question_how_large_an_image_may_be(self, wire):
        seen = {size: fate(wire, size) for size in ("180 KB", "300 KB", "600 KB")}
        taken = tuple(size for size, what in seen.items() if what.outcome == "ignored")
        told = "; ".join(f"{size}: {what.evidence}" for size, what in seen.items())
        outcomes = {
            ("180 KB",): "base64-256k",
            ("180 KB", "300 KB"): "raw-500k",
            ("180 KB", "300 KB", "600 KB"): "no-limit-seen",
        }
        return Seen(outcomes[taken], told) if taken in outcomes else other(told)

    @observe("Q-IMAGE-PNG")
    def question_what_becomes_of_a_png(self, wire):
        return fate(wire, "PNG")

    @observe("Q-IMAGE-CORRUPT")
    def question_what_becomes_of_half_a_jpeg(self, wire):
        return fate(wire, "broken")

    @observe("Q-IMAGE-RESOLUTION")
    def question_what_becomes_of_a_very_large_picture(self, wire):
        seen = fate(wire, "3840 x 2160")
        return Seen({"ignored": "accepted"}.get(seen.outcome, seen.outcome), seen.evidence)


class TestInVad:
    """An image in the middle of a spoken question, in VAD mode."""

    script = [
        *configured({"modalities": ["text"], "instructions": BRIEF, "max_tokens": 16}),
        append(WEATHER[: 900 * MS], label="speech, first half"),
        until("input_audio_buffer.speech_started"),
        picture("image", SMALL),
        append(WEATHER[900 * MS :], label="speech, second half"),
        silence(2000),
        until("input_audio_buffer.speech_stopped"),
        likely("response.done"),
        close(1000),
    ]

    @should("IMG-010")
    def test_an_image_before_the_end_of_speech_is_accepted(self, wire):
        image, stop = wire.sent("image"), wire.frame("input_audio_buffer.speech_stopped")
        between = [frame for frame in wire.after(image) if frame.index < stop.index]
        errors = [frame.event.get("error") for frame in between if frame.type == "error"]
        assert not errors, errors[0]


class TestCost:
    """Four equal spoken turns: two without an image, one with, one where audio and image were cleared before.

    The growth of the input from turn to turn is the new turn and the reply before it; what exceeds that of the second
    turn is the image.
    """

    script = [
        *configured(MANUAL),
        *(
            step
            for number in (1, 2, 3, 4)
            for step in (
                *((audio("cleared audio"), picture("cleared image", SMALL)) if number == 4 else ()),
                *((send("input_audio_buffer.clear"), until("input_audio_buffer.cleared")) if number == 4 else ()),
                append(WEATHER, label=f"speech {number}"),
                *((picture("image", SMALL),) if number == 3 else ()),
                send("input_audio_buffer.commit"),
                until("input_audio_buffer.committed"),
                heard(),
                send("response.create"),
                until("response.done"),
            )
        ),
        close(1000),
    ]

    @should("IMG-011")
    def test_an_image_costs_tokens(self, wire):
        cost = beyond(wire, 2)
        assert cost >= 4, f"the turn with an image of 320 x 240 pixels cost {cost} tokens more than one without"

    @observe("Q-CLEAR-IMAGES")
    def question_whether_a_clear_drops_images(self, wire):
        image, cleared = beyond(wire, 2), beyond(wire, 3)
        seen = f"{image} tokens for an image, {cleared} for one before a clear"
        if image < 8:
            raise Inconclusive(f"an image is too cheap to tell: {seen}")
        if abs(cleared) <= image / 4:
            return Seen("cleared", seen)
        return Seen("kept", seen) if abs(cleared - image) <= image / 4 else other(seen)


def beyond(wire, nth):
    """Input tokens by which the `nth` turn (from 0) grew more than the second one."""

    def growth(turn):
        usages = [wire.response(number).done.get("usage") or {} for number in (turn - 1, turn)]
        if not all(isinstance(usage.get("input_tokens"), int) for usage in usages):
            raise Blocked(f"the usage of responses {turn} and {turn + 1}", "GEN-056")
        return usages[1]["input_tokens"] - usages[0]["input_tokens"] - (usages[0].get("output_tokens") or 0)

    return growth(nth) - growth(1)
