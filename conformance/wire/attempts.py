"""What is known of the attempts at one conversation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.wire import trouble


@dataclass(frozen=True)
class Stalls:
    """How long (ms) this machine, and the endpoint as a whole, stood still during an attempt."""

    ours: float
    theirs: float


@dataclass
class Attempts:
    """What is known of the attempts at one conversation."""

    why: str = ""
    """What was wanting in the one before."""
    started: float = 0.0
    """When the one that counts began, by the pacer's clock."""
    causes: set[str] = field(default_factory=set)
    beside: bool = False
    """Whether they are held beside others."""
    crowded: bool = False
    """Whether the last one found no room beside others."""
    held: int = 0
    """How many there were when the next was put off."""
    kept_back: int = 0
    """Sessions of the budget that are kept for it."""
    losses: tuple[trouble.Loss, ...] = ()
    failing: frozenset[str] = frozenset()
    """Checks that failed in any of them for what the model chose to say."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What they answered to open questions, the last of them first of all."""

    def used(self, cause: str) -> bool:
        """Whether there was one more attempt for this cause already."""
        return bool(cause) and cause in self.causes


def minutes(seconds: float) -> str:
    """`12 minutes`, or `40 s`: how a run's time is told."""
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} s"
