"""Whatever an endpoint does to its stream, no check of ours breaks on it."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from conformance.trial import run

from . import pairs
from .runs import errors, trial
from .spoiler import spoiled

PARTS, SEEDS = 6, 50


@pytest.mark.parametrize("part", range(PARTS))
def test_no_check_breaks(part: int) -> None:
    assert errors(range(part * SEEDS, (part + 1) * SEEDS)) == {}


def test_much_is_spoiled() -> None:
    with ExitStack() as stack:
        results = run([trial(seed, stack.enter_context(spoiled(seed))) for seed in range(20)])
    failed = {check for one in results for check, outcome in one.outcomes.items() if outcome.verdict == "fail"}
    assert len(failed) > 20, failed


def test_two_lies_at_once_break_no_check() -> None:
    assert pairs.errors([pairs.trial(pair, seed=2) for pair in pairs.pairs(12, seed=2)]) == {}


def test_a_seed_gives_the_same_pairs() -> None:
    assert pairs.pairs(50, seed=1) == pairs.pairs(50, seed=1) != pairs.pairs(50, seed=2)
    assert len({(one.name, other.name) for one, other in pairs.pairs(400, seed=1)}) == 400
