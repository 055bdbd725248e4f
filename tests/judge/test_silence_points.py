"""The points of the line: which connections give one, how long they idled, and what was billed."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from conformance.judge.silence_cost import Line, audio_tokens, fit, idle_seconds, points
from conformance.wire.transcript import Frame, Leg
from support import talks
from support.talks import audio, c, s, talk


def leg(*lines: Any) -> Leg:
    return talk(*lines).transcript.legs[0]


def billed(tokens: Any, kind: str = "response.done") -> talks.Line:
    details = {"text_tokens": 1, "audio_tokens": tokens}
    return s(kind, response={"id": "r", "usage": {"input_tokens_details": details}})


def frame(line: talks.Line) -> Frame:
    return leg(line).frames[1]


def idle(ms: int, label: str = "idle") -> list[talks.Line]:
    return audio(ms, loud=False, label=label)


@pytest.mark.parametrize(
    ("line", "tokens"),
    [
        (billed(7), 7),
        (billed(0), 0),
        (billed(7, "response.created"), None),
        (replace(billed(7), side="client"), None),
        (billed("7"), None),
        (billed(True), None),  # noqa: FBT003
        (billed(7.0), None),
        (s("response.done", response={"usage": {"input_tokens_details": {}}}), 0),
        (s("response.done", response={"usage": {"input_tokens_details": 7}}), None),
        (s("response.done", response={"usage": 7}), None),
        (s("response.done", response=7), None),
        (s("response.done"), None),
    ],
)
def test_what_a_reply_says_was_billed(line: talks.Line, tokens: int | None) -> None:
    assert audio_tokens(frame(line)) == tokens


def test_idle_seconds_are_those_of_the_labelled_audio() -> None:
    assert idle_seconds(leg(audio(1000), idle(2500))) == 2.5
    assert idle_seconds(leg(idle(500), idle(1000, "idle noise"))) == 1.5
    assert idle_seconds(leg(idle(500, "idleness"), idle(500, "not idle"))) == 0.0
    assert idle_seconds(leg(c("session.update", label="idle"), idle(100))) == 0.1
    assert idle_seconds(leg(replace(s("x", audio="AAAA"), label="idle"))) == 0.0
    assert idle_seconds(leg(c("input_audio_buffer.append", label="idle", audio="?"))) == 0.0


def test_each_connection_that_tells_its_usage_is_a_point() -> None:
    wire = talk(idle(1000), billed("x"), billed(3), billed(9))
    wire.transcript.legs += [
        leg(audio(1000), billed(2)),  # none idle
        leg(idle(1000, "idle noise"), billed(4)),  # of another kind
        leg(idle(1000), idle(1000, "idle noise"), billed(5)),  # of two kinds
        leg(idle(1000)),  # no usage
        leg(idle(3000), billed(0)),
    ]
    assert points(wire.transcript) == [(1.0, 3), (0.0, 2), (3.0, 0)]
    assert points(wire.transcript, "idle noise") == [(0.0, 2), (1.0, 4)]


def test_least_squares() -> None:
    found = fit([(0.0, 1), (1.0, 3), (2.0, 3), (3.0, 9)])
    assert (found.slope, found.level) == pytest.approx((2.4, 0.4))
    rest = sum((y - 0.4 - 2.4 * x) ** 2 for x, y in [(0, 1), (1, 3), (2, 3), (3, 9)]) / 2
    assert found.error == pytest.approx(math.sqrt(rest / 5))
    assert fit([(10.0, 100), (11.0, 101), (15.0, 105)]).slope == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("slope", "answer"),
    [(0.0, "unclear"), (1e-6, "in-part"), (7 * 0.75 - 1e-6, "in-part"), (7 * 0.75, "billed"), (-1e-6, "unclear")],
)
def test_what_is_sure_is_billed_in_part_between_nothing_and_the_rate(slope: float, answer: str) -> None:
    assert Line(slope, 0.0, 0.0).answer(7.0) == ("not-billed" if slope == 0.0 else answer)
