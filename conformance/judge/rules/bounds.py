"""Whether a server keeps within what a client can be asked to hold: the one rule that judges what was broken off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.judge.finding import Failed, Finding
from conformance.spec.catalogue import clauses
from conformance.wire.transcript import Transcript

CLAUSE = "GEN-070"


def keeps_within_bounds(held: Iterable[Transcript]) -> None:
    """Raises Failed with each connection that passed a bound of `conformance.wire.limits`."""
    found = list(_passed(held))
    if found:
        raise Failed(found)


def _passed(held: Iterable[Transcript]) -> Iterator[Finding]:
    expected = clauses()[CLAUSE].sentence
    for transcript in held:
        for number, leg in enumerate(transcript.legs):
            if leg.ending.broken_off:
                last = len(leg.frames) - 1 if leg.frames else None
                which = f"connection {number + 1} was " if len(transcript.legs) > 1 else ""
                said = f"{which}broken off: {leg.ending.broken_off}"
                yield Finding(CLAUSE, transcript.conversation, number, last, expected, said, cause=CLAUSE)
