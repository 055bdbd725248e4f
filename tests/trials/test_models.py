"""The whole suite against the mock at a live pace: no MUST fails.  tests/test_plan.py meets every model."""

from __future__ import annotations

from conformance.mock.options import MockOptions
from conformance.trial import Trial, failures, run


def test_live_latency_and_billed_silence_break_no_must() -> None:
    (result,) = run([Trial(None, mock=MockOptions(latency="live", silence_billing="all"))])
    assert failures(result.outcomes) == {}
