"""A price of images that is a tenth off is told, and what a template adds is not (USE-010)."""

from __future__ import annotations

import pytest

from conformance.cases.test_10_usage import is_near, squares


@pytest.mark.parametrize(("side", "tokens"), [(28, 128), (32, 98)])
def test_two_tokens_and_a_twentieth_are_let_pass_and_a_tenth_is_not(side: int, tokens: int) -> None:
    assert squares(side) == tokens
    assert all(is_near(cost, tokens) for cost in (tokens, tokens + 2, round(tokens * 1.05), tokens - 6))
    assert not any(is_near(cost, tokens) for cost in (round(tokens * 1.1), round(tokens * 0.9), tokens * 2, 0))
