"""No reader: the reason why nothing can be said, in the place of one."""

from __future__ import annotations

from conformance.status.model import Json, NotObservable


class NoReader:
    """Says of every session that it is not observable, and why."""

    name = "none"
    poll_s = 0.0

    def __init__(self, reason: str, words: str = "") -> None:
        self.problem = NotObservable(reason, words)

    def rows(self, since_ms: int, until_ms: int) -> list[Json]:
        """Raise the reason."""
        del since_ms, until_ms
        raise NotObservable(self.problem.reason, self.problem.words)
