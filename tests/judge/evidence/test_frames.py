"""What single frames hold, and where waits ran out."""

import base64
import sys

import pytest

from conformance.judge.evidence.frames import decoded, head, is_loud, is_odd, peak, placed, silences, size
from conformance.wire.gaps import Elided, Unshown
from support.talks import Line, audio, c, talk, waited


def test_a_wait_that_ran_out_shows_as_a_gap_before_a_client_frame():
    wire = talk(waited("C session.finish", 200), waited("S session.finished", 5000), waited("C close 1000", 50))
    assert silences(wire.frames) == [1]


def test_paced_audio_is_no_wait():
    wire = talk([waited(line, 130) for line in audio(500)])
    assert silences(wire.frames) == []


def test_only_base64_is_decoded():
    assert decoded("AAAA") == b"\x00\x00\x00"
    assert decoded("AA AA") is None
    assert decoded(7) is None


def test_the_peak_disregards_the_sign_and_an_odd_byte():
    assert peak(b"\x01\x00\xfe\xff\x7f") == 2
    assert peak(b"") == 0


def test_the_peak_is_that_of_any_sample():
    assert peak(b"\x00\x40\x00\x00") == peak(b"\x00\x00\x00\x40") == 16384
    assert peak(b"\x00\xc0\x00\x00") == 16384


def test_samples_are_little_endian_on_any_machine(monkeypatch):
    other = {"little": "big", "big": "little"}[sys.byteorder]
    monkeypatch.setattr(sys, "byteorder", other)
    assert peak.__wrapped__(b"\x00\x01") == 1  # read the other way round


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([waited("C session.finish", 120)], [1]),
        ([waited("C session.finish", 119)], []),
        ([waited("S error", 500)], []),
        ([waited("S close 1000", 500), "C close 1000"], []),
        ([waited("C close 1000", 500), "S close 1000"], [1]),
        ([waited("C binary x", 500)], [1]),
        ([waited(line, 2000) for line in audio(100)], []),  # an append ends no wait
        # after an append twice its own length may pass, and after audio that is none nothing
        ([*audio(100), waited("C session.finish", 319)], []),
        ([*audio(100), waited("C session.finish", 320)], [2]),
        ([c("input_audio_buffer.append", audio=7), waited("C session.finish", 120)], [2]),
        ([c("session.update", audio="AAAA" * 3200), waited("C session.finish", 120)], [2]),
    ],
)
def test_where_a_wait_ran_out(lines, found):
    assert silences(talk(*lines).frames) == found


@pytest.mark.parametrize("opcode", ["ping", "pong"])
def test_a_ping_neither_ends_a_wait_nor_begins_one(opcode):
    between = Line("server", opcode, b"", after=100.0)
    theirs = Line("client", opcode, b"", after=500.0)
    assert silences(talk(between, waited("C session.finish", 50)).frames) == [2]
    assert silences(talk(theirs, waited("C session.finish", 1)).frames) == [2]
    assert silences(talk(theirs).frames[:2]) == []


def test_nothing_comes_before_the_first_frame():
    assert silences(talk(waited("C session.finish", 500), greeting=False).frames) == []


def test_where_each_type_stands():
    frames = talk("C session.update", "S session.updated", "S binary x", "S session.updated").frames
    found = placed(frames)
    assert found["server", "session.updated"] == [2, 4]
    assert found["client", "session.update"] == [1]
    assert sorted(found) == [("client", "session.update"), ("server", "session.created"), ("server", "session.updated")]


PCM = base64.b64encode(bytes(6)).decode()


@pytest.mark.parametrize(
    ("audio", "bytes_", "first", "odd"),
    [
        (PCM, 6, bytes(3), False),
        (base64.b64encode(bytes(5)).decode(), 5, bytes(3), True),
        (base64.b64encode(b"RIFF  ").decode(), 6, b"RIF", True),
        ("", 0, b"", True),
        ("A", None, None, True),
        (None, None, None, True),
        (7, None, None, True),
    ],
)
def test_what_a_payload_is(audio, bytes_, first, odd):
    assert (size(audio), head(audio), is_odd(audio)) == (bytes_, first, odd)


def test_what_is_known_of_audio_that_was_left_out():
    left_out = Elided(6, "UklG")
    assert (size(left_out), head(left_out), is_odd(left_out), is_loud(left_out)) == (6, b"RIF", True, None)
    assert not is_odd(Elided(6, "AAAA"))
    assert is_odd(Elided(5, "AAAA"))
    with pytest.raises(Unshown):
        decoded(left_out)


def test_loud_is_what_has_a_peak_above_a_thousand():
    def sample(value):
        return base64.b64encode(value.to_bytes(2, "little", signed=True)).decode()

    assert [is_loud(sample(value)) for value in (1000, 1001, -1000, -1001, 0)] == [False, True, False, True, False]
    assert is_loud("no audio") is False


def test_long_audio_is_decoded_and_not_kept():
    assert size("AAAA" * 25_000) == 75_000
    assert size("AAAA" * 25_001) == 75_003
