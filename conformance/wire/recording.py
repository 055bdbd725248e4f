"""What came of holding conversations, how far it is, and what it may spend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from conformance.wire.transcript import Transcript

Cause = Literal["trouble", "budget", "throttling"]
"""Why a conversation was not held though it was asked for."""

Limit = Literal["sessions", "tokens"]
"""What a budget limits that whoever runs the suite may raise."""


@dataclass
class Progress:
    """What the live line shows; changed in place by the recorder."""

    total: int = 0
    held: int = 0
    holding: int = 0
    sessions: int = 0
    tokens: int = 0
    waiting: float = 0.0
    """Seconds that the next connection waits for its turn."""
    why: str = ""
    """Why it waits longer than its pace asks for."""
    changed: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Budget:
    """What a run may spend; None: no limit."""

    tokens: int | None = None
    sessions: int | None = None
    seconds: float | None = None
    """After so many no further conversation begins."""


def spent(given: int, what: Limit) -> str:
    """Why nothing more is held, where a budget is the reason."""
    return f"the budget of {given} {what} is spent"


@dataclass
class Recording:
    """What came of it: transcripts by conversation, and the reason for each conversation that was not held.

    `kept_out` says what kept a conversation from being held that was asked for.  `rested` are the seconds that the run
    was held up by throttling, `slowed` how often; `lag` is the most (ms) that this machine was late.
    """

    transcripts: dict[str, Transcript] = field(default_factory=dict)
    not_held: dict[str, str] = field(default_factory=dict)
    kept_out: dict[str, Cause] = field(default_factory=dict)
    urgent: list[str] = field(default_factory=list)
    rested: float = 0.0
    slowed: int = 0
    lag: float = 0.0
    infrastructure: str | None = None
    progress: Progress = field(default_factory=Progress)
