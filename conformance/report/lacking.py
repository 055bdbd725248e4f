"""What a record could not show, or a run not reach, and what would let the next one: sentences for its reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from conformance.report.html_text import plural
from conformance.report.reach import Reach
from conformance.report.record import Record
from conformance.wire.gaps import GAPS
from conformance.wire.recording import Limit, spent


def raised(record: Record, reached: Reach) -> list[str]:
    """What would let a run judge all of it, where a budget of its own kept it from that."""
    if not reached.incomplete or "budget" not in reached.causes:
        return []
    budget, plan = record.run.get("budget") or {}, (record.recorded or {}).get("plan") or {}
    takes = {"sessions": [plan.get("connections")], "tokens": plan.get("tokens", [None])}
    limits: tuple[Limit, ...] = ("sessions", "tokens")
    ran_out = [what for what in limits if budget.get(what) is not None and spent(budget[what], what) in reached.spent]
    return [
        f"The budget of {budget[what]:,} {what} ran out{_planned(takes[what])}: `--budget-{what}` sets a higher one."
        for what in ran_out
    ]


def _planned(counts: Iterable[int | None]) -> str:
    """What the run would have taken, as the least and the most; nothing where no plan was made of it."""
    told = " to ".join(dict.fromkeys(f"{count:,}" for count in counts if count is not None))
    return f", and all of it was planned to take {told}" if told else ""


def unshown(record: Record) -> list[str]:
    """What the recordings do not show and the record does not keep, a sentence each."""
    held = record.transcripts.values()
    seen = Counter(gap for transcript in held for gap in transcript.gaps)
    cut = sum("left_out" in transcript.notes for transcript in held)
    kept = [f"Of {plural(cut, 'long conversation')} the record keeps a part; all of it was judged."] if cut else []
    return kept + [
        f"{words[0].upper()}{words[1:]}"
        + (f" ({seen[gap]} of {len(held)} conversations)" if seen[gap] < len(held) else "")
        + ": what needs it is not judged."
        for gap, words in GAPS.items()
        if seen[gap]
    ]
