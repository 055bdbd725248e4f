"""Signals from the first moment to the last."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys

import pytest

from conformance import early

IGNORES = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); from conformance import early; "
ENDS = "import os; os.kill(os.getpid(), {number}); print('went on')"


def python(code: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != "PYTEST_XDIST_WORKER"}
    return subprocess.run(
        [sys.executable, "-c", code], env=clean, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("number", early.SIGNALS)
def test_before_there_is_a_record(number: signal.Signals) -> None:
    done = python(IGNORES + "early.guard(); " + ENDS.format(number=int(number)))
    assert done.returncode == 2
    assert done.stderr == "interrupted before anything was recorded\n"
    assert done.stdout == ""


@pytest.mark.parametrize("number", early.SIGNALS)
def test_from_then_on_both_interrupt_though_one_was_ignored(number: signal.Signals) -> None:
    done = python(IGNORES + "early.release(); " + ENDS.format(number=int(number)))
    assert "KeyboardInterrupt" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(("later", "interrupts"), [(early.ONE - 0.01, False), (early.ONE, True)])
def test_two_at_once_are_one(later: float, interrupts: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early, "_came", [])
    times = iter([100.0, 100.0 + later])
    monkeypatch.setattr(early.time, "monotonic", lambda: next(times))
    with pytest.raises(KeyboardInterrupt):
        early._interrupt(2, None)
    with pytest.raises(KeyboardInterrupt) if interrupts else contextlib.nullcontext():
        early._interrupt(2, None)


@pytest.mark.parametrize("number", early.SIGNALS)
def test_when_the_end_has_begun_one_is_noted_for_what_may_be_broken_off(number: signal.Signals) -> None:
    told = ENDS.format(number=int(number))
    before = f"early.defer(); {told}\nwith early.breakable(): print('was inside')"
    assert "went on\n" in (done := python(IGNORES + before)).stdout
    assert "was inside" not in done.stdout
    assert "KeyboardInterrupt" in done.stderr
    inside = f"early.defer()\nwith early.breakable(): {told}"
    assert "KeyboardInterrupt" in (done := python(IGNORES + inside)).stderr
    assert done.stdout == ""
    after = f"early.defer()\nwith early.breakable(): pass\n{told}"
    assert python(IGNORES + after).stdout == "went on\n"


@pytest.mark.parametrize("number", early.SIGNALS)
def test_an_end_that_has_begun_is_not_broken_off(number: signal.Signals) -> None:
    done = python(IGNORES + "early.release(); early.hold_off(); " + ENDS.format(number=int(number)))
    assert done.stdout == "went on\n"
