"""`python -m tests.chaos.pairs [COUNT [SEED]]`: two lies of the mock at once; exit code 1 when a check broke.

Each lie alone is in the kill matrix.  Two may meet in ways that nobody thought of: whatever comes of it, the suite
gives verdicts and no errors.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conformance.mock.options import MockOptions  # the tests' own folder has to be found first
from conformance.mock.quirks import REGISTRY, Quirk
from conformance.mock.quirks.base import USUAL
from conformance.trial import Trial, names, run

COUNT, SEED = 400, 1
AT_ONCE = 40
EACH = 3
"""Conversations of one pair, of those that either of the two can touch."""


def pairs(count: int, seed: int) -> list[tuple[Quirk, Quirk]]:
    """So many pairs of quirks, each at most once."""
    every = list(itertools.combinations([REGISTRY[name] for name in sorted(REGISTRY)], 2))
    return Random(seed).sample(every, count)


def trial(pair: tuple[Quirk, Quirk], seed: int) -> Trial:
    """Some conversations before a mock that tells both lies, as the model that either of them needs."""
    one, other = pair
    model = other.model if one.model == USUAL else one.model
    options = MockOptions(quirks=(one.name, other.name), switches={**other.switches, **one.switches})
    touched = [name for name in names(Trial((*one.touches, *other.touches), model)) if "/" in name]
    chosen = Random(f"{one.name} {other.name} {seed}").sample(touched, min(EACH, len(touched)))
    return Trial(tuple(chosen) or one.touches, model, options)


def errors(trials: Sequence[Trial]) -> dict[str, str]:
    """Checks that broke, by pair and id, with what they said; a suite that knows no error finds none."""
    return {
        f"{' + '.join(result.trial.mock.quirks)} {check}": outcome.detail
        for result in run(trials, AT_ONCE)
        for check, outcome in result.outcomes.items()
        if outcome.verdict == "error"
    }


def main() -> int:
    """Try the pairs; returns the exit code."""
    count, seed = ([int(text) for text in sys.argv[1:]] + [COUNT, SEED][len(sys.argv) - 1 :])[:2]
    trials = [trial(pair, seed) for pair in pairs(count, seed)]
    broke = 0
    began = time.monotonic()
    for start in range(0, count, AT_ONCE):
        part = trials[start : start + AT_ONCE]
        found = errors(part)
        broke += len(found)
        for where, said in found.items():
            print(f"{where}: {said}")
        took = time.monotonic() - began
        print(f"{start + len(part)} pairs of seed {seed}: {broke} checks broke; {took:.0f} s", flush=True)
    return int(bool(broke))


if __name__ == "__main__":
    sys.exit(main())
