"""What keeps an answer from being known, and what to do about it tomorrow: one thing, though there may be several.

A cause that holds up the answer's own conversations comes before what ended the run: without it more would be known,
however early the run ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from conformance.report.answer import MOST_WORDS, InWords, Known
from conformance.report.causes import Cause
from conformance.report.record import Record

AGAIN = "then run all of it again"
ENDED = f"Find out what stopped this run, {AGAIN}."
BY_KIND = {
    "account": f"Do what is said above for the account, {AGAIN}.",
    "quota": f"Wait, or ask for a larger quota; {AGAIN}, slower with `--rpm`.",
    "service": f"Ask the vendor about the fault that is named above, {AGAIN}.",
    "line": f"Look after the network between here and the endpoint, {AGAIN}.",
    "own": f"Give this machine less to do beside the run, {AGAIN}.",
}
"""What to do about the trouble that ended a run, by its kind."""
BROKEN_OFF = f"Ask the vendor to mend what is named above, {AGAIN}."
QUESTIONS = ("Q-FINISH", "", "Q-SILENCE-BILLED")
"""What each answer rests on first of all; the second one on close paths."""


def remedy(record: Record) -> str:
    """What to do about what ended a run before it had held everything; empty where nothing did."""
    if not (record.recorded or {}).get("infrastructure"):
        return ""
    for transcript in reversed(record.transcripts.values()):
        if transcript.trouble is not None:
            return BY_KIND.get(transcript.trouble_kind, ENDED)
        if transcript.broken_off:
            return BROKEN_OFF
    return ENDED


def first(found: Iterable[Cause]) -> Cause | None:
    """The cause that comes before all others: one that nothing can be asked beside."""
    return next((cause for cause in found if cause.remedy), None)


def holds_up(number: int, known: Known, found: Iterable[Cause]) -> Cause | None:
    """The cause on which hangs what an answer rests on (0 to 2); None where none of those that say so explains it."""
    question = QUESTIONS[number]
    if question:
        return first(cause for cause in found if question in cause.checks)
    names = {row["conversation"] for row in known.rows.values()}
    if not names or any(row.get("session_id", True) for row in known.walked().values()):
        return None  # a session that is known by its id is one that the platform could have told of
    return first(cause for cause in found if names <= {*cause.conversations})


def told(answers: Sequence[InWords], known: Known, found: Sequence[Cause], ended: str) -> list[InWords]:
    """Answers that are not known, with what keeps them from it; `ended` is what to do about what ended the run."""
    out = []
    for number, one in enumerate(answers):
        cause = holds_up(number, known, found) if one.mark == "unknown" else None
        if cause is not None:
            text = f"Not known: {cause.words}."
            fits = not one.conversations and len(text.split()) <= MOST_WORDS
            out.append(replace(one, text=text if fits else one.text, todo=cause.remedy))
        else:
            out.append(replace(one, todo=ended) if ended and one.mark == "unknown" else one)
    return out
