"""Where the choices of a generated conversation come from.

Everything that is generated goes through one question: "a number below n, please".  A seeded source answers it for
runs, Hypothesis answers it in the project's tests, so both make the same kinds of conversations.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Chooser(Protocol):
    """Answers one question."""

    def below(self, count: int) -> int:
        """A number from 0 to `count` - 1; 0 is the simplest choice."""


class Seeded:
    """The same choices for the same seed, on every version of Python.

    Of `random.Random` only `random()` is documented to give the same numbers for ever; the other methods may change, so
    nothing else is used.
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def below(self, count: int) -> int:
        """A number from 0 to `count` - 1."""
        return int(self._random.random() * count)


def pick(chooser: Chooser, options: Sequence[T]) -> T:
    """One of these; the first is the simplest."""
    return options[chooser.below(len(options))]


def chance(chooser: Chooser, percent: int) -> bool:
    """True in so many cases out of a hundred; false is simpler."""
    return chooser.below(100) >= 100 - percent
