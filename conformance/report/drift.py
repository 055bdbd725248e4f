"""What a comparison with a baseline means: which differences fail a run, and how they are told.

Made from the `drift` of `summary.json`, which is `Drift.to_json()`: kind of difference → sentences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.report.html_text import cell, plural

Told = Mapping[str, Sequence[str]]

MOST = 20
"""Entries of one kind that a job summary tells; the report has them all."""


@dataclass(frozen=True)
class Kind:
    """One kind of difference: its name for one and for many, what it means, whether it makes the run exit with 1."""

    one: str
    many: str
    means: str
    fails: bool = True

    @property
    def title(self) -> str:
        """Its heading."""
        return self.many[:1].upper() + self.many[1:]


KINDS = {
    "new_failures": Kind("new failure", "new failures", "a MUST that the baseline does not accept"),
    "failed_in_another_way": Kind(
        "failure of another kind", "failures of another kind", "accepted, but for another reason"
    ),
    "unexpected_passes": Kind("unexpected pass", "unexpected passes", "accepted as failures; take them out"),
    "stale_entries": Kind("stale entry", "stale entries", "the baseline names checks that there are not"),
    "changed_answers": Kind("changed answer", "changed answers", "open questions that were answered otherwise"),
    "changed_shapes": Kind("changed shape", "changed shapes", "members of events: added, removed, of another type"),
    "new_missed": Kind("newly missed SHOULD", "newly missed SHOULD", "told, and fails nothing", fails=False),
    "not_judged": Kind("not judged", "not judged", "known, and not seen in this run; fails nothing", fails=False),
}


@dataclass(frozen=True)
class Group:
    """The entries of one kind."""

    kind: Kind
    entries: list[str]


def groups(told: Told) -> list[Group]:
    """What there is to tell, what fails the run first; kinds without entries are left out."""
    known = [Group(kind, list(told[name])) for name, kind in KINDS.items() if told.get(name)]
    # A kind that a later version added is told rather than lost; whether it fails, that version's exit code says.
    other = [
        Group(Kind(words, words, "", fails=False), list(entries))
        for name, entries in told.items()
        if name not in KINDS and entries
        for words in [name.replace("_", " ")]
    ]
    return known + other


def points(told: Told) -> int:
    """In how many points the run differs from the baseline; what fails nothing is no point."""
    return sum(len(group.entries) for group in groups(told) if group.kind.fails)


def fails(told: Told) -> bool:
    """Whether the run exits with 1 for it."""
    return points(told) > 0


def headline(told: Told) -> str:
    """What the run does, in words: `differs from the baseline in 3 points (1 new failure, 2 changed answers)`."""
    found = [group for group in groups(told) if group.kind.fails]
    if not found:
        return "is as the baseline says"
    parts = ", ".join(plural(len(group.entries), group.kind.one, group.kind.many) for group in found)
    return f"differs from the baseline in {plural(points(told), 'point')} ({parts})"


def markdown(made: Mapping[str, Any]) -> list[str]:
    """The section of `summary.md`, as lines; none for a run that was compared with nothing."""
    told = made.get("drift")
    if told is None:
        return []
    out = ["## Against the baseline", "", f"The run {headline(told)}.", ""]
    for group in groups(told):
        means = f" ({group.kind.means})" if group.kind.means else ""
        out += [f"**{group.kind.title}**{means}:", ""]
        out += [f"- {cell(entry)}" for entry in group.entries[:MOST]]
        if len(group.entries) > MOST:
            out.append(f"- and {len(group.entries) - MOST} more in `report.html`")
        out.append("")
    return out
