"""Where a conversation broke off, and what its client waited for in vain."""

from __future__ import annotations

from conformance.judge.evidence.connection import Evidence
from conformance.judge.evidence.requests import Request
from conformance.wire.transcript import Stop


def stop_of(evidence: Evidence) -> Stop | None:
    """Where the script broke off, if it did so on this connection."""
    last = evidence.number == len(evidence.transcript.legs) - 1
    return evidence.transcript.stop if last else None


def silent_stop(evidence: Evidence) -> Stop | None:
    """The stop of a script that waited in vain on an open connection."""
    stop = stop_of(evidence)
    return stop if stop is not None and stop.cause == "silence" and stop.waiting_for else None


def lost(evidence: Evidence) -> bool:
    """Whether the script broke off because the connection was gone."""
    stop = stop_of(evidence)
    return stop is not None and stop.cause in {"ended", "unsent"}


def waited_out(evidence: Evidence, request: Request) -> bool:
    """Whether the client let a whole wait run out after this request, or the script broke off waiting.

    Raises Unshown where only the end of a recording, which is not there, would tell: it may be that nobody waited.
    """
    if silent_stop(evidence) is not None or evidence.waited_after(request.frame.index):
        return True
    evidence.needs("close")
    return False
