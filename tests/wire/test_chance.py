"""How often a loss has to come again, by what the line loses."""

from __future__ import annotations

import pytest

from conformance.wire.chance import MOST, SILENT, SUDDEN, Chance


def line(passed: int) -> Chance:
    """A line on which so many losses did not come again."""
    made = Chance()
    for number in range(passed):
        made.passed(f"a/{number}")
    return made


@pytest.mark.parametrize(
    ("passed", "enough"),
    [
        (0, SUDDEN),
        (5, SUDDEN),  # one in twenty of a hundred: three times happen once in eighty runs
        (6, 4),
        (11, 4),
        (12, 5),
        (18, 5),
        (19, MOST),
        (90, MOST),  # it is never asked for more
    ],
)
def test_a_line_that_loses_more_has_to_lose_it_more_often(passed: int, enough: int) -> None:
    assert line(passed).enough(100, 100, sudden=True) == enough


def test_silence_is_no_line_s_twice() -> None:
    assert line(19).enough(100, 100, sudden=False) == SILENT


def test_a_conversation_counts_once() -> None:
    made = Chance()
    for _ in range(50):
        made.passed("a/B")
    assert made.enough(100, 100, sudden=True) == SUDDEN


def test_nothing_was_opened_yet() -> None:
    assert Chance().enough(0, 0, sudden=True) == SUDDEN
