"""Whether a client waited in vain, where a recording does not show its end."""

from __future__ import annotations

import pytest

from conformance.judge.evidence.waiting import waited_out
from conformance.judge.view import Wire
from conformance.spec.profiles import profile_for
from conformance.wire.gaps import Unshown
from support.records import MODEL, Stage, transcript


def wire(stage: Stage, *gaps: str) -> Wire:
    return Wire(transcript("a call", stage.leg, gaps=gaps), profile_for(MODEL))


def test_the_last_request_of_a_recording_without_an_end_is_not_judged() -> None:
    stage = Stage().greet().client("session.update", session={})
    asked = wire(stage)
    assert not waited_out(asked, asked.requests[0])
    asked = wire(stage, "close")
    with pytest.raises(Unshown, match="how the connection ended"):
        waited_out(asked, asked.requests[0])


def test_a_wait_that_is_shown_is_one_whatever_is_missing() -> None:
    stage = Stage().greet().client("session.update", session={})
    stage.client("session.update", after=500.0, session={})
    asked = wire(stage, "close")
    assert waited_out(asked, asked.requests[0])
