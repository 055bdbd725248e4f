"""How often a session has to be lost at one place before that is the endpoint's own doing, and not the line's.

Of a hundred conversations, one in twenty of which loses its TCP, some two lose it twice at one place by chance: what
ended suddenly has to do so three times.  A line that loses one in five loses one of them three times, too, so there it
has to be more often.  How much a line loses is told by the losses that did not come again.
"""

from __future__ import annotations

SUDDEN, SILENT = 3, 2
"""Times at one place that are enough where little is lost: of an end, and of silence, which no line makes twice."""
MOST = 6
EXPECTED = 0.02
"""Conversations of a run that the line alone may lose so often at one place."""


class Chance:
    """What is known of the line from the conversations that lost a session and did not lose it there again."""

    def __init__(self) -> None:
        self._passed: set[str] = set()

    def passed(self, conversation: str) -> None:
        """A loss of this conversation did not come again."""
        self._passed.add(conversation)

    def enough(self, conversations: int, sessions: int, *, sudden: bool) -> int:
        """How often it has to be lost at one place, in a run of so many conversations, of so many sessions so far."""
        if not sudden:
            return SILENT
        share = min(1.0, len(self._passed) / max(1, sessions))
        return next((times for times in range(SUDDEN, MOST) if conversations * share**times <= EXPECTED), MOST)
