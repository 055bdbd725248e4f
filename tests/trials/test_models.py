"""The mock at a live pace, before deadlines of a mock that somebody started by hand: no MUST fails.

What depends on time or on what silence costs is held here.  The whole suite at a live pace is rehearsed
(tests/rehearsal), and tests/test_plan.py meets every model.
"""

from __future__ import annotations

from conformance.mock.options import MockOptions
from conformance.trial import Trial, failures, run

TIMED = ("audio/*", "vad/*", "cancel/*", "usage/*", "closing/*")


def test_live_latency_and_billed_silence_break_no_must() -> None:
    (result,) = run([Trial(TIMED, mock=MockOptions(latency="live", silence_billing="all"))])
    assert len(result.transcripts) > 40
    assert failures(result.outcomes) == {}
