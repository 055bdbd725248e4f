"""What a rule lets pass is counted, and told with the verdict."""

from __future__ import annotations

from conformance.judge.checks import line
from conformance.spec import requests
from support.rules import verdict
from support.talks import c, talk, waited

SPARED = [c("session.update"), waited("C close 1000")]


def test_an_absence_that_is_excused_is_counted() -> None:
    found = verdict("GEN-011", talk(*SPARED), talk(*SPARED))
    assert found.verdict == "skipped"  # nothing else was there to judge
    assert dict(found.excuses) == {requests.NO_SESSION: 2}
    words = {"code": "U5", "words": "an update without `session`", "times": 2}
    assert line("GEN-011", "MUST", found, 0.0)["excuses"] == [words]


def test_what_nobody_waited_for_needs_no_excuse() -> None:
    found = verdict("GEN-011", talk(c("session.update"), "C close 1000"))
    assert found.excuses == ()
    assert "excuses" not in line("GEN-011", "MUST", found, 0.0)


def test_a_check_takes_no_excuse_over_from_another() -> None:
    wire = talk(*SPARED)
    assert verdict("GEN-011", wire).excuses
    assert verdict("GEN-013", wire).excuses == ()
