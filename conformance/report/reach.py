"""How much of what a run was asked to judge it judged: whether its verdict stands for the whole.

A check that trouble, the budget or throttling kept from being judged counts as missing.  One that does not apply to the
model, that takes minutes, or whose model did not cooperate does not: no second run would judge it by being luckier.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.report import client_runs
from conformance.report.case import Case
from conformance.report.record import Record

SHARE = 20
"""One MUST in so many may stay unjudged in a run that is called whole: 5 %."""


BLOCKED = "what it needs never came"
CAUSES = {
    "account": "trouble of the account",
    "quota": "throttling",
    "service": "faults of the service",
    "line": "trouble of the line",
    "own": "a stall of this machine",
}
"""What kept a check from being judged, by whose trouble its conversation met."""


@dataclass(frozen=True)
class Reach:
    """Figures of one run.

    `musts`: MUST checks that were selected and apply.  `missing`: those of them that were kept from being judged.
    `questions`: conversations of the questions people ask that were kept out.  `unselected`: MUST checks left out by a
    selection.  `cut`: why the record is not whole, in words; `spent`: which of the run's limits ran out, in words.
    """

    musts: int
    missing: int
    questions: tuple[str, ...]
    causes: tuple[str, ...]
    unselected: int
    partial: bool
    cut: str | None = None
    spent: tuple[str, ...] = ("budget",)

    @property
    def incomplete(self) -> bool:
        """Whether too much is missing for a verdict on the whole."""
        return self.cut is not None or bool(self.questions) or self.missing * SHARE > self.musts

    @property
    def words(self) -> str:
        """What is missing, as the rest of a sentence."""
        if self.cut is not None:
            return self.cut
        told = dict.fromkeys(part for cause in self.causes for part in (self.spent if cause == "budget" else (cause,)))
        causes = f" ({', '.join(told)})" if told else ""
        if self.missing:
            said = f"{self.missing} MUST could not be judged{causes}"
        else:
            said = f"a part of the questions could not be asked{causes}"
        return said + (f"; not held for it: {', '.join(self.questions[:3])}" if self.questions else "")

    def to_json(self) -> dict[str, Any]:
        """The form of `summary.json`."""
        return {
            "must": self.musts,
            "not_judged": self.missing,
            "questions": list(self.questions),
            "causes": list(self.causes),
            "not_selected": self.unselected,
        }


def reach(record: Record, judged: Collection[Case]) -> Reach:
    """How much of what was asked for was judged.

    A MUST that is blocked by a failing MUST is told by that one; blocked by anything else it was not judged.
    """
    recorded = record.recorded or {}
    out = kept_out(record)
    cut = _cut(record)
    # What is absent from a record that is cut short was asked for; elsewhere it was left out with a reason.
    left = set() if cut is not None else set(recorded.get("not_held") or ()) - set(out)
    selected = {line["id"] for line in record.verdicts}
    wanted = [case for case in judged if case.level == "MUST" and case.verdict != "skipped"]
    musts = [
        case for case in wanted if case.id in selected and not (case.verdict == "not_run" and case.conversation in left)
    ]
    failed = {case.id for case in judged if case.level == "MUST" and case.verdict == "fail"}
    nothing = {case.id for case in musts if case.absent or (case.verdict == "blocked" and case.owner not in failed)}
    missing = [case for case in musts if case.id in nothing or _kept_out(case, out)]
    urgent = [name for name in recorded.get("urgent") or () if name in out]
    unselected = [case for case in wanted if case.id not in selected]
    return Reach(
        musts=len(musts),
        missing=len(missing),
        questions=tuple(urgent),
        causes=tuple(
            sorted(
                {out[name] for name in {*(case.conversation for case in missing), *urgent} if name in out}
                | {BLOCKED for case in missing if case.id in nothing and case.conversation not in out}
            )
        ),
        unselected=len(unselected),
        partial=bool(selected)
        and cut is None
        and (any(case.id not in selected for case in judged) or bool(client_runs.unheld(record))),
        cut=cut,
        spent=_spent(recorded) or ("budget",),
    )


def _spent(recorded: Mapping[str, Any]) -> tuple[str, ...]:
    """What the run said when a limit of its own kept it from holding a conversation."""
    held = recorded.get("not_held") or {}
    kept = [name for name, cause in (recorded.get("kept_out") or {}).items() if cause == "budget"]
    return tuple(sorted({held[name] for name in kept if name in held}))


def kept_out(record: Record) -> dict[str, str]:
    """What kept conversations from being held, or from being held to their end, by their name."""
    out: dict[str, str] = dict((record.recorded or {}).get("kept_out") or {})
    for name, transcript in record.transcripts.items():
        if transcript.trouble is not None:
            out[name] = CAUSES.get(transcript.trouble_kind, "trouble")
        elif transcript.broken_off:
            out[name] = "broken off"
    return out


def _kept_out(case: Case, out: Collection[str]) -> bool:
    unjudged = case.verdict in {"not_run", "inconclusive"}
    return unjudged and (
        case.conversation in out or (not case.conversation and case.verdict == "not_run" and bool(out))
    )


def _cut(record: Record) -> str | None:
    """Why there is no whole run in the record; an interrupted one has a verdict of its own."""
    if record.truncated:
        return "the record is cut short"
    ended = (record.run.get("replayed") or {}).get("ended")
    return f"the record that was judged again is not whole: {ended}" if ended else None
