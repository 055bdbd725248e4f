"""A check of the catalogue with what a run says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.judge.finding import Finding


@dataclass(frozen=True)
class Case:
    """One check of the catalogue with its final verdict."""

    id: str
    level: str
    verdict: str
    detail: str
    conversation: str
    seconds: float
    owner: str | None = None
    outcome: str | None = None
    where: str = ""
    basis: str = "protocol"
    """Whose demand the clause is: the protocol's, or the transport's (RFC 6455)."""

    absent: bool = False
    """Whether its evidence never came, and no clause that failed answers for that."""

    findings: tuple[Finding, ...] = ()
    """What is wrong, as data; empty in records that are older than that."""

    excuses: tuple[dict[str, Any], ...] = ()
    """What its rule let pass: `code` of the open point, the case in `words`, and how many `times`."""

    places: int = 0
    """How many findings there were in all, those that were not kept among them."""

    scenes: tuple[str, ...] = ()
    """The conversations that it was judged on, where it is of none alone and its record tells them."""

    unexpected: str = ""
    """Why the answer to an open question is one that no source allows, or that it is not the same each time."""

    hides: str = ""
    """An outcome that what this run saw can't be told from the one that is given (`conformance.report.supported`)."""

    since: str = ""
    """The date since when the baseline knows that it fails; empty where none says so."""

    @property
    def counts_against(self) -> bool:
        """Whether this case alone makes the run fail."""
        return self.verdict == "fail" and self.level == "MUST"
