"""What went wrong, in words, worst first, and grouped by cause.

Checks of one chapter whose findings name the same cause have one as far as a report can tell; in records that are older
than findings, those with the same words (figures and ids aside).  A blocked check is nobody's second failure: it is
listed under the one that owns its evidence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.report.case import Case
from conformance.report.html_text import plural, told

RANK = {"error": 0, "MUST": 1, "SHOULD": 2, "unexpected": 2, "MAY": 3, "OBSERVE": 4}
WORD = {
    "error": "Error of the suite",
    "MUST": "MUST fails",
    "SHOULD": "SHOULD missed",
    "MAY": "MAY missed",
    "OBSERVE": "Probe without an answer",
    "unexpected": "Unexpected answer",
}

GENERATED = "FUZ-"
"""Generated conversations break the same rules in scripts that nobody wrote: they speak for a cause last."""

_VARIABLE = re.compile(r"\b(?:0x[0-9a-f]+|[a-z]+_[A-Za-z0-9]{6,}|[0-9a-fA-F-]{16,}|\d+(?:\.\d+)?)\b")


_PLACE = re.compile(r"([a-z_]+/[\w-]+): (.+)", re.DOTALL)


@dataclass
class Group:
    """One cause: the cases that show it, those it blocks, and the conversations in which it was seen."""

    cases: list[Case]
    blocked: list[Case] = field(default_factory=list)
    status: str = ""
    """`new`, `known` or empty (no baseline was given)."""
    cause: str = ""
    """What all of them hang on, where it is one thing in the whole run (`conformance.report.causes`)."""

    places_of_cause: tuple[str, ...] = ()
    """The conversations that show the cause."""

    @property
    def since(self) -> str:
        """Since when it is known: the date of the oldest entry of the baseline; empty for one that is not known."""
        return min((case.since for case in self.cases if case.since), default="") if self.status == "known" else ""

    @property
    def against(self) -> str:
        """What the baseline says of it: `new`, or `known since 2026-10-05`; empty without one."""
        return f"{self.status} since {self.since}" if self.since else self.status

    @property
    def first(self) -> Case:
        """The case that stands for all."""
        return self.cases[0]

    @property
    def kind(self) -> str:
        """`error`, `unexpected`, or the level of the clause."""
        return kind(self.first)

    @property
    def word(self) -> str:
        """The kind in words."""
        if not self.cause:
            return word(self.first)
        levels = Counter(case.level for case in self.cases if case.verdict == "fail")
        if not levels:
            return "One cause of what could not be judged"
        told = ", ".join(f"{count} {level}" for level, count in sorted(levels.items()))
        return f"One cause of {plural(levels.total(), 'failed check')} ({told})"

    @property
    def conversations(self) -> list[str]:
        """Where it was seen; empty for a rule that judges all of them."""
        if self.places_of_cause:
            return list(self.places_of_cause)
        return list(dict.fromkeys(case.conversation for case in self.cases if case.conversation))

    @property
    def places(self) -> list[tuple[str, str]]:
        """Where a rule was broken, as (conversation, words)."""
        return places(self.first)

    @property
    def breadth(self) -> str:
        """In how many conversations."""
        if self.places and not self.conversations:
            names = {name for name, _ in self.places}
            cut = self.first.places > len(self.first.findings) if self.first.findings else "more)" in self.first.detail
            more = "at least " if cut else ""
            return f"in {more}{plural(len(names), 'conversation')}"
        return f"in {plural(len(self.conversations), 'conversation')}" if self.conversations else "in the whole run"


def places(case: Case) -> list[tuple[str, str]]:
    """Where a rule was broken, as (conversation, words); older records have it in the words alone."""
    if case.conversation:
        return []
    if case.findings:
        return [(one.conversation, one.seen) for one in case.findings if one.conversation]
    found = (_PLACE.fullmatch(part.strip()) for part in told(case.detail)[0].split("; "))
    return [(match[1], match[2]) for match in found if match]


def kind(case: Case) -> str:
    """`error`, `unexpected` (an answer that no source allows), or the level of the clause."""
    if case.verdict == "error":
        return "error"
    return "unexpected" if case.unexpected else case.level


def word(case: Case) -> str:
    """What went wrong with a case, in two words."""
    said = WORD[kind(case)]
    return f"{said}, a rule of RFC 6455" if case.basis == "transport" and case.verdict != "error" else said


def findings(judged: Iterable[Case], made: dict[str, Any]) -> list[Group]:
    """All findings, worst first, those that block most checks before others of their level."""
    judged = list(judged)
    status = _status(made)
    groups: dict[tuple[str, str, str], Group] = {}
    told = {name: one["words"] for one in made.get("causes", ()) for name in one["checks"]}
    shown = {one["words"]: tuple(one.get("conversations", ())) for one in made.get("causes", ())}
    for cause in dict.fromkeys(told.values()):
        groups["cause", cause, ""] = Group([], cause=cause, places_of_cause=shown[cause])
    for case in judged:
        if (cause := told.get(case.id)) is not None and case.verdict == "fail":
            groups["cause", cause, ""].cases.append(case)
            continue
        if case.verdict not in {"fail", "error", "accepted"} and not case.unexpected:
            continue
        if case.unexpected:  # each is a question of its own
            groups[case.verdict, case.id, ""] = Group([replace(case, detail=_unexpected(case))])
            continue
        key = (case.verdict, case.id.rpartition("-")[0], _cause(case) or case.id)
        groups.setdefault(key, Group([])).cases.append(case)
    found = list(groups.values())
    for finding in found:
        finding.cases.sort(key=_shows_all if finding.cause else _shows)
        finding.blocked = blocked_by({case.id for case in finding.cases}, judged)
        if finding.cause:
            known = {case.id for case in finding.blocked}
            hangs = (case for case in judged if told.get(case.id) == finding.cause and case.verdict != "fail")
            finding.blocked += [case for case in hangs if case.id not in known]
        words = {status[case.id] for case in finding.cases if case.id in status}
        if not finding.cases:  # nothing fails: what could not be judged hangs on it all the same
            finding.cases = [finding.blocked.pop(0)]
        finding.status = "new" if "new" in words else next(iter(sorted(words)), "")
    order = {case.id: place for place, case in enumerate(judged)}
    return sorted(
        found,
        key=lambda item: (
            -_weight(item),
            RANK[item.kind],
            item.status == "known",
            -len(item.blocked),
            order[item.first.id],
        ),
    )


def _shows(case: Case) -> tuple[int, bool, str]:
    """Which case stands for those that are alike: the worst, of a scripted conversation, by its name."""
    return RANK.get(case.level, 9), case.id.startswith(GENERATED), case.id


def _shows_all(case: Case) -> tuple[int, bool, int, str]:
    """Which case stands for a cause: the one that shows it in most places, for others tell what follows from it."""
    rank, generated, name = _shows(case)
    return rank, generated, -case.places, name


def _weight(item: Group) -> int:
    """How many checks hang on one cause of the run; 0 for a finding that stands for itself."""
    return len(item.cases) + len(item.blocked) if item.cause else 0


def _cause(case: Case) -> str:
    """What this failure shares with others that are the same; empty for one without words of its own."""
    if case.findings:
        return case.findings[0].cause
    cause = _VARIABLE.sub("N", " ".join(told(case.detail)[0].split()))[:300]
    return "" if cause == "the check's assertion does not hold" or cause.startswith("assert ") else cause


def _unexpected(case: Case) -> str:
    """What was answered, and why that is none that was to be expected."""
    return f"`{case.outcome}`: {case.unexpected}" + (f"\n{case.detail}" if case.detail else "")


def blocked_by(owners: set[str], judged: list[Case]) -> list[Case]:
    """The cases whose evidence never arrived because of these, directly or through other blocked ones."""
    known = set(owners)
    while True:
        more = {case.id for case in judged if case.verdict == "blocked" and case.owner in known} - known
        if not more:
            break
        known |= more
    return [case for case in judged if case.verdict == "blocked" and case.id in known - owners]


def _status(made: dict[str, Any]) -> dict[str, str]:
    """`new` or `known` by check id, when the run was compared with something."""
    if "drift" not in made:
        return {}
    return {
        case["id"]: "known" if case["verdict"] == "accepted" else "new"
        for case in made["cases"]
        if case["verdict"] in {"fail", "accepted"}
    }
