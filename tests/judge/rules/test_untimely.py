"""What comes before the greeting, or too much at once, may be what ended a connection; what comes in time may not."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from conformance.judge.rules.survival import LARGE, MOST_A_SECOND, provocation
from conformance.judge.view import Wire
from conformance.wire.gaps import Elided
from support.rules import verdict
from support.talks import SESSION, Line, c, s, talk

SOUND = base64.b64encode(b"\0\1" * 1000).decode()
GREETING = s("session.created", session=SESSION)
APPEND = c("input_audio_buffer.append", audio=SOUND)
UPDATE = c("session.update", session={"modalities": ["text"]})


def ended(*lines: str | Line | list[Line]) -> Wire:
    return talk(*lines, "S close 1007 too fast", "C close 1007", greeting=False)


def excused(wire: Wire) -> bool:
    return any(provocation(wire, frame) for frame in wire.frames if frame.side == "client" and frame.opcode == "text")


@pytest.mark.parametrize(
    ("lines", "early"),
    [
        ([APPEND, GREETING], True),
        ([UPDATE, GREETING], True),
        ([GREETING, APPEND], True),  # nobody knows whether the greeting had been read
        ([GREETING, UPDATE, s("session.updated", session=SESSION), APPEND], False),
        ([GREETING, UPDATE], False),
    ],
)
def test_an_event_before_the_greeting_is_early(lines: list[Line], early: bool) -> None:
    wire = ended(*lines)
    assert excused(wire) == early
    assert (verdict("GEN-001", wire).verdict == "fail") != early


def burst(characters: int, *, apart: float) -> list[Line]:
    """Audio of this many characters in packets of 5 %, `apart` ms from each other."""
    whole = "A" * (characters // 20 // 8 * 8)
    return [c("input_audio_buffer.append", audio=whole, after=apart) for _ in range(20)]


CONFIGURED = [GREETING, UPDATE, s("session.updated", session=SESSION)]


@pytest.mark.parametrize(
    ("characters", "apart", "fast"),
    [
        (MOST_A_SECOND, 1.0, True),  # with what surrounds the audio it is more
        (MOST_A_SECOND * 9 // 10, 1.0, False),
        (MOST_A_SECOND, 100.0, False),  # two seconds of it
    ],
)
def test_too_much_within_a_second_is_fast(characters: int, apart: float, fast: bool) -> None:
    assert excused(ended(*CONFIGURED, burst(characters, apart=apart))) == fast


def test_audio_that_was_left_out_counts_by_its_size() -> None:
    for pcm, large in ((LARGE * 3 // 4, True), (LARGE * 3 // 5, False)):
        wire = ended(*CONFIGURED, c("input_audio_buffer.append", audio=str(Elided(pcm, "AAAA"))))
        frame = wire.transcript.legs[0].frames[3] = replace(wire.frames[3], gap="audio")
        assert bool(provocation(wire, frame)) == large
