import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import fixtures
from conformance.mock.vad import SpeechStarted, SpeechStopped, VoiceActivity, gate_dbfs

HELLO = fixtures.wav("hello")
THREE = fixtures.wav("three_utterances")


def events(pcm: Any, **settings: Any) -> list[Any]:
    return VoiceActivity(**settings).feed(pcm)


def test_three_utterances_are_found_where_they_are() -> None:
    truth = fixtures.manifest()["speech/three_utterances.wav"]["utterances"]
    found = events(THREE)
    assert [type(event) for event in found] == [SpeechStarted, SpeechStopped] * 3
    for said, start, stop in zip(truth, found[::2], found[1::2], strict=True):
        # espeak's first and last sounds may be too soft for the gate
        assert said["start_ms"] - 300 <= start.audio_start_ms <= said["start_ms"] - 300 + 100
        assert said["end_ms"] + 800 - 200 <= stop.audio_end_ms <= said["end_ms"] + 800


@pytest.mark.parametrize("rate", [8000, 16_000, 24_000, 48_000])
def test_times_do_not_depend_on_the_rate(rate: Any) -> None:
    found = events(fixtures.resample(THREE, 16_000, rate), rate=rate)
    for one, other in zip(found, events(THREE), strict=True):
        mine = one.audio_start_ms if isinstance(one, SpeechStarted) else one.audio_end_ms
        theirs = other.audio_start_ms if isinstance(other, SpeechStarted) else other.audio_end_ms
        assert abs(mine - theirs) <= 30


@given(st.lists(st.integers(1, 12_001), min_size=1, max_size=60))
def test_any_chunking_gives_the_same_events(sizes: Any) -> None:
    vad = VoiceActivity()
    found, at, turn = [], 0, 0
    while at < len(THREE):
        size = sizes[turn % len(sizes)] if turn < 200 else len(THREE)
        found += vad.feed(THREE[at : at + size])
        at, turn = at + size, turn + 1
    assert found == events(THREE)
    assert vad.position_bytes == len(THREE)


def test_single_bytes_give_the_same_events() -> None:
    pcm = HELLO[:8000]
    vad = VoiceActivity(silence_duration_ms=200)
    pcm += fixtures.silence(300)
    found = [event for i in range(len(pcm)) for event in vad.feed(pcm[i : i + 1])]
    assert found == events(pcm, silence_duration_ms=200)
    assert found


def test_the_bytes_of_an_utterance_hold_it() -> None:
    lead = fixtures.silence(1000)
    _start, stop = events(lead + HELLO + fixtures.silence(1000))
    assert isinstance(stop, SpeechStopped)
    item = (lead + HELLO + fixtures.silence(1000))[stop.start_byte : stop.end_byte]
    assert HELLO[1000:20_000] in item
    assert stop.end_byte == stop.audio_end_ms * 32
    assert stop.start_byte <= len(lead) - 200 * 32


@pytest.mark.parametrize(
    ("threshold", "level", "heard"),
    [
        (0.5, -50, False),
        (0.5, -30, True),
        (0.2, -50, False),
        (0.2, -42, True),
        (0.5, -42, False),
        (-1.0, -65, True),
        (-1.0, -80, False),
        (1.0, -20, False),
        (1.0, -10, True),
    ],
)
def test_the_threshold_is_a_gate(threshold: Any, level: Any, heard: Any) -> None:
    assert bool(events(fixtures.noise(500, level), threshold=threshold)) is heard


def test_the_gate_only_rises_with_the_threshold() -> None:
    gates = [gate_dbfs(step / 10) for step in range(-10, 11)]
    assert gates == sorted(gates)
    assert (gates[0], gates[15], gates[20]) == (-70, -38, -16)


def test_speech_at_a_normal_level_triggers_by_default() -> None:
    for name in ("hello", "weather", "goodbye", "nihao"):
        assert [type(e) for e in events(fixtures.wav(name) + fixtures.silence(900))] == [SpeechStarted, SpeechStopped]


def test_a_click_and_an_offset_are_not_speech() -> None:
    click = struct.pack("<h", 30_000) * 16 * 20
    assert not events((click + fixtures.silence(500)) * 4, threshold=-0.5)
    assert not events(struct.pack("<h", 8000) * 16_000, threshold=-1.0)


def test_silence_has_to_last() -> None:
    assert len(events(HELLO + fixtures.silence(700))) == 1
    assert len(events(HELLO + fixtures.silence(800))) == 2
    assert len(events(HELLO + fixtures.silence(200), silence_duration_ms=200)) == 2


def test_padding_ends_where_the_last_utterance_ended() -> None:
    found = events((HELLO + fixtures.silence(900)) * 2, prefix_padding_ms=5000)
    assert [type(e) for e in found] == [SpeechStarted, SpeechStopped] * 2
    assert found[0].audio_start_ms == 0
    assert found[2].audio_start_ms == found[1].audio_end_ms


def test_numbers_only_grow_and_lie_within_what_was_sent() -> None:
    vad = VoiceActivity()
    last, sent = 0, b""
    for packet in fixtures.packets(THREE * 2):
        sent += packet
        for event in vad.feed(packet):
            ms = event.audio_start_ms if isinstance(event, SpeechStarted) else event.audio_end_ms
            assert last <= ms <= fixtures.pcm_ms(sent)
            last = ms
    assert last


def test_reset_forgets_the_utterance_and_keeps_the_clock() -> None:
    vad = VoiceActivity(prefix_padding_ms=5000)
    assert vad.feed(HELLO + b"x")
    before = (vad.speaking, vad.start_byte)
    vad.reset()
    assert before == (True, 0)
    assert (vad.speaking, vad.start_byte) == (False, None)
    assert vad.position_bytes == len(HELLO)
    start, stop = vad.feed(HELLO + fixtures.silence(900))
    assert start == SpeechStarted(fixtures.pcm_ms(HELLO), len(HELLO))
    assert stop.start_byte == len(HELLO)


def test_settings_may_change_in_mid_stream() -> None:
    vad = VoiceActivity()
    assert len(vad.feed(HELLO + fixtures.silence(400))) == 1
    vad.configure(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=200)
    (stop,) = vad.feed(fixtures.silence(10))
    assert isinstance(stop, SpeechStopped)
    assert stop.end_byte <= vad.position_bytes


def test_channels_share_one_clock() -> None:
    samples = fixtures.to_samples(HELLO + fixtures.silence(900))
    stereo = fixtures.to_pcm(sample for one in samples for sample in (one, one))
    mono = events(HELLO + fixtures.silence(900))
    both = events(stereo, channels=2)
    assert both[0].audio_start_ms == mono[0].audio_start_ms
    assert both[1].audio_end_ms == mono[1].audio_end_ms
    assert both[1].end_byte == 2 * mono[1].end_byte


@pytest.mark.parametrize(
    "settings",
    [{"threshold": 1.1}, {"prefix_padding_ms": -1}, {"silence_duration_ms": -1}, {"rate": 11_025}, {"channels": 0}],
)
def test_settings_out_of_range_are_refused(settings: Any) -> None:
    with pytest.raises(ValueError, match=r"is|negative"):
        VoiceActivity(**settings)
