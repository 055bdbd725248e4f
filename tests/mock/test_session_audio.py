"""Audio in: voice detection, commits, images, transcriptions, interruptions, unasked replies."""

import base64

import pytest

from conformance import fixtures
from conformance.mock.models import MODELS
from support.told import COUNT, Told, error, one, types

HELLO = fixtures.wav("hello")
QUIET = fixtures.silence(1500)
PREVIEW = "conversation.item.input_audio_transcription.delta"
HEARD = "conversation.item.input_audio_transcription.completed"


def manual(**options):
    told = Told(**options)
    told.update(turn_detection=None, modalities=["text"])
    return told


def turn(told, pcm=HELLO):
    told.append(pcm)
    return told.tell("input_audio_buffer.commit")


def usage(events):
    return one(events, "response.done")["response"]["usage"]["input_tokens_details"]


def test_a_detected_turn_is_answered_by_itself():
    told = Told()
    events = told.append(HELLO + QUIET)
    kinds = types(events)
    assert kinds[:5] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.created",
        "response.created",
    ]
    ids = {event.get("item_id") or event["item"]["id"] for event in events[:4]}
    assert len(ids) == 1
    assert events[3]["item"]["role"] == "user"
    assert events[3]["item"]["content"] == [{"type": "input_audio"}]
    assert one(events, "response.done")["response"]["status"] == "completed"


def test_the_transcription_follows_the_commit_on_its_own_clock():
    told = Told(latency="fast")
    told.append(HELLO + QUIET)
    assert HEARD not in types(told.says)
    events = told.wait(1)
    previews = [event for event in events if event["type"] == PREVIEW]
    assert [event["text"] for event in previews] == [""] * len(previews)
    assert [len(event["stash"]) for event in previews] == sorted(len(event["stash"]) for event in previews)
    assert one(events, HEARD)["transcript"] == fixtures.utterance_text("hello") == previews[-1]["stash"]
    assert types(events).index(HEARD) < types(events).index("response.done")


def test_two_utterances_are_two_turns():
    told = Told()
    told.append(HELLO + QUIET + HELLO + QUIET)
    starts = [event for event in told.says if event["type"].endswith("speech_started")]
    stops = [event for event in told.says if event["type"].endswith("speech_stopped")]
    assert len(starts) == len(stops) == 2
    assert starts[1]["audio_start_ms"] >= stops[0]["audio_end_ms"]
    assert starts[0]["item_id"] != starts[1]["item_id"]


def test_the_size_of_appends_does_not_matter():
    def seen(size):
        told = Told()
        pcm = HELLO + QUIET
        for at in range(0, len(pcm), size):
            told.tell("input_audio_buffer.append", audio=base64.b64encode(pcm[at : at + size]).decode())
        return [e.get("audio_start_ms", e.get("audio_end_ms")) for e in told.says if "speech_s" in e["type"]]

    assert seen(1_000_000) == seen(640) == seen(333)


def test_manual_mode_waits_for_the_client():
    told = manual()
    assert told.append(HELLO + QUIET) == []
    events = told.tell("input_audio_buffer.commit")
    assert types(events)[:2] == ["input_audio_buffer.committed", "conversation.item.created"]
    assert "response.created" not in types(events)
    answer = one(told.tell("response.create"), "response.text.done")["text"]
    assert fixtures.utterance_text("hello") in answer


def test_audio_is_billed_by_its_length_and_again_with_the_history():
    told = manual()
    turn(told, fixtures.tone(10_000))
    assert usage(told.tell("response.create"))["audio_tokens"] == 70
    turn(told, fixtures.tone(400))
    assert usage(told.tell("response.create"))["audio_tokens"] == 77


def test_silence_in_voice_mode_is_billed_by_policy():
    def cost(**options):
        told = Told(**options)
        told.append(fixtures.silence(5000) + HELLO + QUIET)
        return usage(told.says)["audio_tokens"]

    assert cost() < cost(silence_billing="padding") < cost(silence_billing="all")
    assert cost(silence_billing="all") == cost(switches={"silence-billed": "billed"})


@pytest.mark.parametrize(("side", "tokens"), [("none", None), ("padding", None), ("quarter", 18), ("all", 70)])
def test_silence_that_nobody_answered_is_listed_by_policy(side, tokens):
    told = Told(silence_billing=side)
    told.append(fixtures.silence(10_000))
    left = told.session.left_over()
    assert (left and left.usage["input_tokens_details"]["audio_tokens"]) == tokens


def test_create_response_false_holds_the_reply_back():
    told = Told()
    told.update(turn_detection={"type": "server_vad", "create_response": False})
    told.append(HELLO + QUIET)
    assert "response.created" not in types(told.says)
    assert "response.created" in types(told.tell("response.create"))


def test_speaking_interrupts_a_reply():
    told = Told(latency="fast")
    told.write(COUNT)
    told.tell("response.create")
    told.wait(0.05)
    events = told.append(HELLO)
    kinds = types(events)
    assert kinds[0] == "input_audio_buffer.speech_started"
    assert kinds[-1] == "response.done"
    assert events[-1]["response"]["status"] == "incomplete"
    assert events[-1]["response"]["usage"]["output_tokens"] > 0
    told.append(QUIET)
    assert one(told.wait(10), "response.done")["response"]["status"] == "completed"


def test_interrupt_response_false_lets_the_reply_end_and_answers_then():
    told = Told(latency="fast")
    told.update(turn_detection={"type": "server_vad", "interrupt_response": False})
    told.write(COUNT)
    told.tell("response.create")
    told.wait(0.02)
    told.append(HELLO + QUIET)
    told.wait(10)
    done = [event["response"]["status"] for event in told.says if event["type"] == "response.done"]
    assert done == ["completed", "completed"]
    assert "error" not in types(told.says)


def test_no_create_while_the_user_speaks():
    told = Told()
    told.append(HELLO)
    assert error(told.tell("response.create"))["message"] == "Cannot create response while user is speaking."


def test_clear_forgets_speech_and_the_clock_goes_on():
    told = Told()
    told.append(HELLO)
    assert types(told.tell("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
    assert told.append(QUIET) == []
    told.append(HELLO + QUIET)
    first, second = [event for event in told.says if event["type"].endswith("speech_started")]
    assert second["audio_start_ms"] > first["audio_start_ms"]
    assert second["item_id"] != first["item_id"]


def test_clear_of_an_empty_buffer():
    assert types(Told().tell("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]


@pytest.mark.parametrize(("ms", "kind"), [(50, "error"), (150, "input_audio_buffer.committed")])
def test_the_least_that_can_be_committed(ms, kind):
    assert types(turn(manual(), fixtures.tone(ms)))[0] == kind


def test_a_second_commit_finds_nothing():
    told = manual()
    turn(told)
    assert "buffer too small" in error(told.tell("input_audio_buffer.commit"))["message"]


def test_leaving_and_entering_voice_mode():
    told = Told()
    told.append(HELLO[:16000])
    told.update(turn_detection=None)
    assert types(told.tell("input_audio_buffer.commit"))[0] == "input_audio_buffer.committed"
    told.update(turn_detection={"type": "server_vad"})
    told.append(HELLO + QUIET)
    started = [event for event in told.says if event["type"].endswith("speech_started")]
    assert started[-1]["audio_start_ms"] >= 500


def test_a_session_without_transcription():
    told = Told()
    told.update(input_audio_transcription=None)
    told.append(HELLO + QUIET)
    told.wait(1)
    assert not any("transcription" in kind for kind in types(told.says))


def test_other_rates_and_containers():
    told = manual()
    told.update(audio={"input": {"format": {"type": "wav", "sample_rate": 8000}}})
    from conformance.mock.buffer import wav_header

    pcm = fixtures.resample(HELLO, 16000, 8000)
    told.tell("input_audio_buffer.append", audio=base64.b64encode(wav_header(8000, len(pcm)) + pcm).decode())
    events = told.tell("input_audio_buffer.commit")
    assert one(events, HEARD)["transcript"] == fixtures.utterance_text("hello")


def test_four_channels_cost_double():
    told = manual(model=next(iter(MODELS)))
    form = {"type": "pcm", "sample_rate": 16000, "channels": 4}
    told.update(audio={"input": {"format": form}}, voice="Tina")
    turn(told, bytes(16000 * 2 * 4 * 10))
    assert usage(told.tell("response.create"))["audio_tokens"] == 140


def test_images_belong_to_the_turn():
    told = manual()
    told.append(HELLO)
    assert told.image("small_320x240.jpg") == []
    told.tell("input_audio_buffer.commit")
    assert usage(told.tell("response.create"))["image_tokens"] == 80
    assert error(told.image("small_320x240.jpg"))["message"] == "Error append image before append audio."


@pytest.mark.parametrize("image", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b""])
def test_what_is_no_picture_is_refused(image):
    told = manual()
    told.append(HELLO)
    refused = told.tell("input_image_buffer.append", image=base64.b64encode(image).decode())
    assert error(refused)["param"] == "image"


def test_a_picture_has_a_largest_size():
    told = manual()
    told.append(HELLO)
    big = base64.b64encode(b"\xff\xd8" + bytes(256 * 1024)).decode()
    assert "256 KB" in error(told.tell("input_image_buffer.append", image=big))["message"]


def test_the_model_speaks_unasked_after_idle_timeout_ms():
    told = Told()
    told.update(turn_detection={"type": "server_vad", "idle_timeout_ms": 5000})
    assert told.wait(60) == []
    told.append(HELLO + QUIET)
    before = len(told.says)
    told.wait(4.9)
    assert len(told.says) == before
    events = told.wait(0.2)
    assert types(events)[0] == "response.created"
    assert one(events, "response.done")["response"]["usage"]["output_tokens"] > 0


def test_speech_stops_the_wait_for_speech():
    told = Told()
    told.update(turn_detection={"type": "server_vad", "idle_timeout_ms": 5000})
    told.append(HELLO + QUIET)
    told.append(HELLO)
    before = len(told.says)
    told.wait(20)
    assert len(told.says) == before


def test_odd_and_empty_appends_do_no_harm():
    told = manual()
    told.tell("input_audio_buffer.append", audio="")
    told.tell("input_audio_buffer.append", audio=base64.b64encode(HELLO[:3001]).decode())
    told.tell("input_audio_buffer.append", audio=base64.b64encode(HELLO[3001:]).decode())
    events = told.tell("input_audio_buffer.commit")
    assert one(events, HEARD)["transcript"] == fixtures.utterance_text("hello")


def test_commit_during_a_response():
    told = manual(latency="fast")
    told.write(COUNT)
    told.tell("response.create")
    assert types(turn(told))[0] == "input_audio_buffer.committed"
