"""What was broken off is one finding, wherever it was."""

from __future__ import annotations

import pytest

from conformance.judge.finding import TOLD, Failed
from conformance.judge.rules.bounds import keeps_within_bounds
from conformance.wire.transcript import Ending, Leg, Transcript
from support.rules import failure
from support.talks import talk


def held(name: str, *passed: str) -> Transcript:
    return Transcript(name, "", [Leg("ws://x", ending=Ending(broken_off=words)) for words in passed])


def test_nothing_is_said_of_what_kept_within() -> None:
    assert failure(keeps_within_bounds, [held("a/A", ""), held("a/B", "", "")]) == ""


def test_the_connection_is_named_where_there_are_several() -> None:
    assert failure(keeps_within_bounds, [held("a/A", "more than 9 x"), held("a/B", "", "a y")]) == (
        "a/A: broken off: more than 9 x; a/B: connection 2 was broken off: a y"
    )


def test_many_are_counted() -> None:
    many = [held(f"a/{number}", "x") for number in range(TOLD + 2)]
    assert failure(keeps_within_bounds, many[:TOLD]).count("broken off") == TOLD
    assert failure(keeps_within_bounds, many).endswith("(and 2 more)")


def test_the_place_is_the_last_frame_that_came() -> None:
    leg = talk("C x", "S y").transcript.legs[0]
    leg.ending = Ending(broken_off="more than 9 x")
    with pytest.raises(Failed) as problem:
        keeps_within_bounds([Transcript("a/A", "", [leg]), held("a/B", "z")])
    assert [finding.frame for finding in problem.value.findings] == [len(leg.frames) - 1, None]
    assert [finding.seen for finding in problem.value.findings] == ["broken off: more than 9 x", "broken off: z"]
