"""Whatever an endpoint does to its stream, no check of ours breaks on it.

Every conversation is dealt to three spoilers here.  `python -m tests.chaos` goes through as many thousands of seeds as
somebody has time for, and docs/trust.md says of which it was done.
"""

from __future__ import annotations

from collections import Counter

import pytest

from . import pairs
from .runs import dealt, drawn, errors, names, spoil

DEALS = 3


@pytest.mark.parametrize("deal", range(DEALS))
def test_much_is_spoiled_and_no_check_breaks(deal: int) -> None:
    results = spoil(dealt(deal))
    assert errors(results) == {}
    failed = {check for one in results for check, outcome in one.outcomes.items() if outcome.verdict == "fail"}
    assert len(failed) > 20, failed


def test_a_deal_is_all_there_is_and_no_seed_is_dealt_twice() -> None:
    deals = [dealt(deal) for deal in range(DEALS)]
    assert [Counter(name for hand in deal.values() for name in hand) for deal in deals] == [Counter(names())] * DEALS
    assert len({seed for deal in deals for seed in deal}) == sum(map(len, deals))
    assert drawn(range(9)) == drawn(range(9))


def test_two_lies_at_once_break_no_check() -> None:
    assert pairs.errors([pairs.trial(pair, seed=2) for pair in pairs.pairs(12, seed=2)]) == {}


def test_a_seed_gives_the_same_pairs() -> None:
    assert pairs.pairs(50, seed=1) == pairs.pairs(50, seed=1) != pairs.pairs(50, seed=2)
    assert len({(one.name, other.name) for one, other in pairs.pairs(400, seed=1)}) == 400
