"""This machine's clock is set while a run goes on: its dates are odd, and nothing else is."""

from __future__ import annotations

import itertools
import time

import pytest

from conformance import trial

HOUR = 3600 * 10**9  # ns
# Here the mock's clock jumps, too: its list has sessions that lasted an hour less than nothing, and that is told.
TOLD = {"CLO-020", "CLO-023"}


@pytest.mark.parametrize("way", [-1, 1])
def test_a_clock_that_jumps_changes_no_verdict(way: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real, looks = time.time_ns, itertools.count()

    def jumping() -> int:
        """An hour off at every second pair of looks."""
        return real() + way * HOUR * (next(looks) // 2 % 2)

    monkeypatch.setattr(time, "time_ns", jumping)
    monkeypatch.setattr(time, "time", lambda: jumping() / 1e9)
    outcomes = trial.alone(["connection/Sanity", "closing/Idle", "closing/FinishThenClose"])
    assert next(looks) > 8  # it was asked
    assert trial.failures(outcomes, None).keys() <= TOLD
    assert any(said.verdict == "pass" for said in outcomes.values())
