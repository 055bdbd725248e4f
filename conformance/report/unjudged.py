"""Why MUST checks of a run were not judged, in a few words: a share that is less than all needs its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from conformance.report.case import Case
from conformance.report.reach import kept_out
from conformance.report.record import Record
from conformance.spec.profiles import UnknownModel, profile_of

OTHERS = "for other models"
NOTHING = "no occasion came"
UNCLEAR = "undecided"
SAID = {
    "trouble": "the run was stopped",
    "budget": "the budget ran out",
    "broken off": "their conversation was broken off",
}
"""What kept conversations from being held, where it has more words than its name."""
NAMED = 2  # reasons that a sentence names


def reasons(record: Record, judged: Iterable[Case]) -> Counter[str]:
    """How many MUST checks were not judged, by the reason in words."""
    recorded = record.recorded or {}
    held: Mapping[str, str] = recorded.get("not_held") or {}
    out = kept_out(record)
    said = {name: SAID.get(why, why) for name, why in out.items()}
    rows = {row["id"]: row for row in record.catalogue["clauses"]}
    family = _family(record)
    found: Counter[str] = Counter()
    for case in judged:
        if case.level != "MUST" or case.verdict in {"pass", "fail", "accepted", "error"}:
            continue
        if case.verdict == "skipped":
            models = rows.get(case.id, {}).get("models") or ()
            found[OTHERS if models and family is not None and family not in models else NOTHING] += 1
        elif case.verdict in {"not_run", "inconclusive"} and case.conversation in out:
            found[said[case.conversation]] += 1
        elif case.verdict == "not_run" and not case.conversation and len({*said.values()}) == 1:
            found[next(iter(said.values()))] += 1  # of the whole run, which one thing has cut
        elif case.verdict == "not_run":
            found[held.get(case.conversation) or case.detail] += 1
        else:
            found[NOTHING if case.verdict == "blocked" else UNCLEAR] += 1
    return found


def sentence(found: Mapping[str, int]) -> str:
    """`Not judged: 69 (the budget ran out), 4 (for other models).`; empty where all were judged."""
    if not found:
        return ""
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    named = len(ordered) if len(ordered) <= NAMED + 1 else NAMED  # one that is left is as short by its name
    told = [f"{count} ({why})" for why, count in ordered[:named]]
    if left := sum(count for _, count in ordered[named:]):
        told.append(f"{left} for other reasons")
    return f"Not judged: {', '.join(told)}."


def _family(record: Record) -> str | None:
    try:
        return profile_of(record.run["target"]).family
    except UnknownModel:  # a record from elsewhere, or a client's
        return None
