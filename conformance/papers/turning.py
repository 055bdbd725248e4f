"""On which of the differences a check turns: asked of the check itself, by judging mended recordings.

The recording with every difference undone must not show the finding.  Differences are then left as they are, one after
the other, as long as it still does not: what remains to be undone is what the finding turns on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from conformance.papers.company import shared
from conformance.papers.facts import CHANCE, ENDED, Courses, Fact, any_of, holds, literal
from conformance.papers.keys import keys
from conformance.papers.player import GONE, at
from conformance.papers.times import times
from conformance.papers.trace import Edit
from conformance.papers.wholes import wholes
from conformance.wire.transcript import Transcript

Claim = Callable[[Transcript], bool | None]
"""Whether a transcript shows the finding; None where it tells nothing of it."""
STRANGE: dict[type, Any] = {str: "conformance-strange", int: 987_654, float: 987_654.5, bool: None}


def turning(courses: Courses, claim: Claim, frame: int | None = None, words: Sequence[str] = ()) -> list[Fact]:
    """The facts on which a finding turns (any of them shows it), most telling first; none: it can't be said.

    `frame` is the frame that the check named, where it named one, `words` are what it has of its own to look for.
    """
    facts = differences(courses)
    mended = courses.trace.mended

    def cured(chosen: Sequence[Fact]) -> bool:
        try:
            made = mended(fact.edit for fact in chosen)
            # What the script noted on its way was so in the conversation that it held, and not in this one.
            return claim(made) is False or bool(made.notes and claim(replace(made, notes={})) is False)
        except (LookupError, TypeError, AttributeError):
            return False  # two edits that can't be made together

    while True:
        ordered = _likeliest(facts, frame)
        needed = (
            _alone(ordered, cured) or _alone(_likeliest(courses.everywhere(), frame), cured) or _reduced(ordered, cured)
        )
        found = {fact: _general(fact, courses, claim, words) for fact in needed if fact.weight < CHANCE}
        if not needed:
            return _ended(facts, lambda fact: claim(mended([fact.edit])))
        if all(found.values()):
            return [fact for fact in found.values() if fact is not None]
        facts = [fact for fact in facts if found.get(fact, fact) is not None]  # the check bears them out in no form


def _ended(facts: Sequence[Fact], asked: Callable[[Fact], bool | None]) -> list[Fact]:
    """That the server ended it, where this alone makes the check fail: what would have followed it never got to see."""
    return [fact for fact in facts if fact.test == ENDED and asked(fact) is None]


def differences(courses: Courses) -> list[Fact]:
    """All that is true of the one course and of neither of the others."""
    return [*courses.facts(), *wholes(courses), *shared(courses), *times(courses), *keys(courses)]


def _likeliest(facts: Sequence[Fact], frame: int | None) -> list[Fact]:
    """The likeliest last."""
    return sorted(facts, key=lambda fact: (frame is not None and frame in fact.where, -fact.weight))


def _alone(facts: Sequence[Fact], cured: Callable[[Sequence[Fact]], bool]) -> list[Fact]:
    """The one fact whose edit alone is enough, the likeliest first."""
    return next(([fact] for fact in reversed(facts) if cured([fact])), [])


def _reduced(facts: list[Fact], cured: Callable[[Sequence[Fact]], bool]) -> list[Fact]:
    if not facts or not cured(facts):
        return []
    size = max(1, len(facts) // 2)
    while True:
        start = 0
        while start < len(facts):
            fewer = facts[:start] + facts[start + size :]
            if fewer and cured(fewer):
                facts = fewer
            else:
                start += size
        if size == 1:
            return facts
        size //= 2


def _general(fact: Fact, courses: Courses, claim: Claim, words: Sequence[str]) -> Fact | None:
    """A fact in the widest form that the check bears out: of a member that it is not there, or not what it should be.

    None where it bears out none.
    """
    if fact.narrowed is not None:
        narrow = fact.narrowed(lambda edit: claim(courses.trace.mended([edit])), words)
        return narrow if narrow is not None and courses.telling([narrow]) else None
    if fact.member is None:
        return fact
    kind, step, path = fact.member
    mine = at(courses.trace.entries[fact.where[0]].event, path)
    other = at(next(iter(courses.other.of(kind, step)), None), path)
    if GONE in (mine, other):
        test = f"{'==' if mine is GONE else '!='} GONE"
        return _checked(fact, any_of(kind, step, path, test), courses)
    if type(mine) is type(other) and type(mine) in STRANGE:
        strange = STRANGE[type(mine)]

        def edit(draft: Any) -> None:
            for key in fact.where:
                draft.put(key, path, strange)

        if claim(courses.trace.mended([edit])):
            return _checked(fact, any_of(kind, step, path, f"!= {literal(other)}"), courses)
    return fact


def _checked(fact: Fact, test: str, courses: Courses) -> Fact:
    right = holds(test, courses.mine) and not holds(test, courses.other) and not holds(test, courses.again)
    return replace(fact, test=test) if right else fact


__all__ = ["Claim", "Edit", "turning"]
