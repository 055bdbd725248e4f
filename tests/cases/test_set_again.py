"""What is set again is judged where it can be told, and where it can't nothing is said (SES-067, VAD-027)."""

from __future__ import annotations

import pytest

from conformance.mock.options import MockOptions
from conformance.spec.profiles import DEFAULT_MODEL
from conformance.trial import Trial, run

VOICES, WORDS = "session/UpdateDuringResponse", "vad/ThreeUtterances"
TURBO = "qwen-omni-turbo-realtime"


@pytest.mark.parametrize(
    ("check", "held", "model", "quirks", "verdict"),
    [
        ("SES-067", VOICES, TURBO, (), "pass"),
        ("SES-067", VOICES, TURBO, ("keeps-its-voice",), "fail"),
        ("SES-067", VOICES, TURBO, ("refuses-listed-voices",), "inconclusive"),
        ("SES-067", VOICES, DEFAULT_MODEL, (), "skipped"),  # of which the sources name one voice
        ("VAD-027", WORDS, DEFAULT_MODEL, (), "pass"),
        ("VAD-027", WORDS, DEFAULT_MODEL, ("words-stay-off",), "fail"),
        ("VAD-027", WORDS, DEFAULT_MODEL, ("refuses-no-transcription",), "inconclusive"),
        ("VAD-027", WORDS, DEFAULT_MODEL, ("never-transcribes",), "inconclusive"),
    ],
)
def test_both_sides(check: str, held: str, model: str, quirks: tuple[str, ...], verdict: str) -> None:
    (result,) = run([Trial((held,), model, MockOptions(quirks=quirks))], side_by_side=1)
    assert result.outcomes[check].verdict == verdict
