"""What single frames hold, and where waits ran out."""

from conformance.judge.evidence.frames import decoded, peak, silences
from support.talks import audio, talk, waited


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
