"""Whether a server keeps within what a client can be asked to hold: the one rule that judges what was broken off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.wire.transcript import Transcript

MOST_TOLD = 5


def passed_bounds(held: Iterable[Transcript]) -> str:
    """Where and how connections passed the bounds of `conformance.wire.limits`; empty when none did."""
    found = list(_passed(held))
    more = f" (and {len(found) - MOST_TOLD} more)" if len(found) > MOST_TOLD else ""
    return "; ".join(found[:MOST_TOLD]) + more


def _passed(held: Iterable[Transcript]) -> Iterator[str]:
    for transcript in held:
        for number, leg in enumerate(transcript.legs, 1):
            if leg.ending.broken_off:
                where = f" (connection {number})" if len(transcript.legs) > 1 else ""
                yield f"{transcript.conversation}{where}: broken off: {leg.ending.broken_off}"
