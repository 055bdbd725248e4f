"""Some conversations before the spoiler of each seed, judged in this process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from random import Random

from conformance.judge.checks import load
from conformance.mock.options import MockOptions
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.trial import Result, Trial, needed, run

from .spoiler import spoiled

EACH = 3
"""Conversations of one seed."""
SIDE_BY_SIDE = 40
"""Seeds at once: an endpoint that stalls is waited for, and others can be held meanwhile."""
Hands = Mapping[int, tuple[str, ...]]
"""Which conversations each seed spoils."""


def names() -> list[str]:
    """The conversations that can be spoiled."""
    known = load().conversations
    return [one for one in needed(profile_for(DEFAULT_MODEL)) if not known[one].slow]


def drawn(seeds: Iterable[int]) -> Hands:
    """A few conversations for each seed, all of them equally often in the long run."""
    return {seed: tuple(Random(seed).sample(names(), EACH)) for seed in seeds}


def dealt(deal: int) -> Hands:
    """All conversations, each once: a seed for every few of them, others in every deal."""
    deck = names()
    Random(deal).shuffle(deck)
    hands = [tuple(deck[at : at + EACH]) for at in range(0, len(deck), EACH)]
    return dict(enumerate(hands, deal * len(hands)))


def spoil(hands: Hands) -> list[Result]:
    """Hold and judge what each seed spoils."""
    with ExitStack() as stack:
        spoilers = {seed: stack.enter_context(spoiled(seed)) for seed in hands}
        trials = [Trial(hands[seed], mock=MockOptions(quirks=(name,))) for seed, name in spoilers.items()]
        return run(trials, SIDE_BY_SIDE)


def errors(results: Iterable[Result]) -> dict[str, str]:
    """Checks that broke, by seed and id, with what they said; a suite that knows no error finds none."""
    return {
        f"{result.trial.mock.quirks[0]} {check}": outcome.detail
        for result in results
        for check, outcome in result.outcomes.items()
        if outcome.verdict == "error"
    }
