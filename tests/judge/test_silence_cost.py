"""What an idle second costs, read off a line: both sides of every number."""

from __future__ import annotations

import pytest

from conformance.judge.silence_cost import FREE, NEAR, SURE, Line, fit

RATE = 7.0
SECONDS = (0.0, 0.0, 5.0, 15.0, 30.0, 30.0)


def line(slope: float, error: float) -> str:
    return Line(slope, 14.0, error).answer(RATE)


@pytest.mark.parametrize(
    ("slope", "error", "answer"),
    [
        (0.0, 0.016, "not-billed"),
        (FREE - 0.001, 1.0, "not-billed"),
        (FREE, 1.0, "unclear"),  # not small, and not sure
        (-FREE, 1.0, "unclear"),
        (0.09, 0.09 / SURE, "not-billed"),  # three errors from nothing, and no more
        (0.09, 0.09 / SURE - 0.001, "in-part"),
        (FREE, FREE / SURE - 0.001, "in-part"),
        (RATE / 4, 0.02, "in-part"),
        ((1 - NEAR) * RATE - 0.001, 0.02, "in-part"),
        ((1 - NEAR) * RATE, 0.02, "billed"),
        (RATE, RATE / SURE - 0.001, "billed"),
        (RATE, RATE / SURE, "unclear"),
        ((1 + NEAR) * RATE, 0.02, "billed"),
        ((1 + NEAR) * RATE + 0.001, 0.02, "unclear"),
        (-1.0, 0.02, "unclear"),
    ],
)
def test_every_number_has_two_sides(slope: float, error: float, answer: str) -> None:
    assert line(slope, error) == answer


@pytest.mark.parametrize(
    ("tokens", "answer"),
    [
        ((14, 14, 14, 14, 14, 14), "not-billed"),
        ((14, 14, 14, 14, 15, 15), "not-billed"),  # a token of rounding
        ((12, 12, 14, 14, 14, 14), "not-billed"),  # padding that there was no audio for
        ((14, 14, 49, 119, 224, 224), "billed"),
        ((14, 14, 23, 41, 67, 67), "in-part"),
        ((14, 14, 15, 17, 20, 20), "in-part"),  # 0.2 a second
        ((14, 14, 14, 14, 14, 200), "unclear"),
    ],
)
def test_a_run_is_told(tokens: tuple[int, ...], answer: str) -> None:
    assert fit(list(zip(SECONDS, tokens, strict=True))).answer(RATE) == answer


def test_no_line_is_known_better_than_whole_tokens_allow() -> None:
    assert fit([(0.0, 14), (0.0, 14), (30.0, 14)]).error == pytest.approx(0.5 / 600**0.5)
