"""What a client's rule is: a function of a program's run that yields one finding for each thing that it judged.

A finding is a sentence for a breach (`Session.told`: with its connection and frame, where there is one that decides),
None for what was in order, or an `Unjudged`: `depends` where no source tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from conformance.clients.view import Played
from conformance.judge.verdicts import Inconclusive, Unjudged

Finding = str | Unjudged | None
Judge = Callable[[Played], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """A clause, what completes "the program …" where there is nothing to judge, and the function that judges."""

    clause: str
    absent: str
    judge: Judge


RULES: dict[str, Rule] = {}


def rule(clause: str, absent: str) -> Callable[[Judge], Judge]:
    """Register a function as the judge of a clause."""

    def register(function: Judge) -> Judge:
        assert clause not in RULES, f"{clause} has two judges"
        RULES[clause] = Rule(clause, absent, function)
        return function

    return register


def depends(on: str) -> Inconclusive:
    """What is neither right nor wrong as long as the sources leave it open."""
    return Inconclusive(f"depends: {on}")
