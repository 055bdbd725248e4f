"""Verdicts of checks, and the exceptions by which a check says anything but pass or fail."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from conformance.cut import cut

Verdict = Literal["pass", "fail", "blocked", "skipped", "inconclusive", "not_run", "observed", "error"]

# Worst last: a check that was judged more than once (by several workers, say) is one case with its worst verdict.
ORDER: Final[tuple[Verdict, ...]] = (
    "pass",
    "observed",
    "skipped",
    "not_run",
    "inconclusive",
    "blocked",
    "fail",
    "error",
)


class Unjudged(Exception):  # noqa: N818  # it is an outcome, not an error
    """The check can't say pass or fail; subclasses say why."""

    verdict: Verdict = "error"


class Blocked(Unjudged):
    """The evidence never arrived.  `owner` is the check that answers for its arrival."""

    verdict: Verdict = "blocked"

    def __init__(self, missing: str, owner: str | None, why: str = "") -> None:
        super().__init__(f"{missing} never came" + (f" ({why})" if why else ""))
        self.missing = missing
        self.owner = owner


class Inconclusive(Unjudged):
    """There is evidence, and it does not tell."""

    verdict: Verdict = "inconclusive"


class Uncooperative(Inconclusive):
    """The model did not do what was asked of it; on a live endpoint the conversation is held once more."""


class Contrary(AssertionError):  # noqa: N818  # it need not be an error
    """A model did not say what it should have; it is free to, so that one that says so once fails nothing.

    `doubted` are the checks that fail for it and that no earlier attempt has failed (`Transcript.doubted`).
    """

    def __init__(self, words: str, doubted: Collection[str]) -> None:
        super().__init__(words)
        self.doubted = doubted


class NotApplicable(Unjudged):
    """The clause does not hold for this model or target."""

    verdict: Verdict = "skipped"


class NotHeld(Unjudged):
    """Not held, or not to its end: a budget, a filter, an interruption, an endpoint that can't be used."""

    verdict: Verdict = "not_run"


@dataclass(frozen=True)
class Seen:
    """What a probe observed: an outcome's id, or `other` with the observation verbatim."""

    outcome: str
    evidence: str = ""


def other(evidence: object) -> Seen:
    """An outcome that none of the sources foresaw; `evidence` is kept verbatim (cut at 500 characters)."""
    return Seen("other", cut(str(evidence), 500))


def worst(verdicts: list[Verdict]) -> Verdict:
    """The verdict of a check that was judged several times."""
    return max(verdicts, key=ORDER.index)
