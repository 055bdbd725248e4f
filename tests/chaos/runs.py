"""Some conversations before the spoiler of each seed, judged in this process."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from random import Random

from conformance.mock.options import MockOptions
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.trial import Trial, chapters, needed, run

from .spoiler import spoiled

EACH = 3
"""Conversations of one seed."""
SIDE_BY_SIDE = 40
"""Seeds at once: an endpoint that stalls is waited for, and others can be held meanwhile."""


def trial(seed: int, name: str) -> Trial:
    """The conversations of a seed, all of them equally often."""
    known = chapters().conversations
    names = [one for one in needed(profile_for(DEFAULT_MODEL)) if not known[one].slow]
    return Trial(tuple(Random(seed).sample(names, EACH)), mock=MockOptions(quirks=(name,)))


def errors(seeds: Iterable[int]) -> dict[str, str]:
    """Checks that broke, by seed and id, with what they said; a suite that knows no error finds none."""
    with ExitStack() as stack:
        trials = [trial(seed, stack.enter_context(spoiled(seed))) for seed in seeds]
        return {
            f"{result.trial.mock.quirks[0]} {check}": outcome.detail
            for result in run(trials, SIDE_BY_SIDE)
            for check, outcome in result.outcomes.items()
            if outcome.verdict == "error"
        }
