"""Recordings judged one after the other: what each says of every check, kept, and the recording let go.

The checks of a chapter are asked of the places that it names (`conformance.judge.place`), the rules of every
connection.  A check fails where one place fails; it holds where at least one does and none fails; what no place can
show is skipped, with the reason.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from conformance.judge.checks import Check, Outcome, applies, evidence, run
from conformance.judge.finding import MOST as FINDINGS
from conformance.judge.finding import Finding
from conformance.judge.patience import Patience
from conformance.judge.place import Places
from conformance.judge.view import Wire
from conformance.spec.profiles import Profile
from conformance.spec.requests import Excuse
from conformance.wire.gaps import Unshown
from conformance.wire.transcript import Transcript

PATIENCE = 3600.0  # seconds for all checks: recordings may be long
MOST = 5  # breaches that are told of one check


@dataclass(frozen=True)
class Failure:
    """A check that failed on a conversation, in words."""

    check: Check
    conversation: str
    detail: str


@dataclass
class _Kept:
    """What was said of one check so far."""

    verdicts: Counter[str] = field(default_factory=Counter)
    first: dict[str, Outcome] = field(default_factory=dict)
    failed: list[Outcome] = field(default_factory=list)
    places: int = 0
    excuses: Counter[Excuse] = field(default_factory=Counter)
    seen: Counter[str | None] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        self.verdicts[outcome.verdict] += 1
        self.excuses.update(dict(outcome.excuses))
        self.first.setdefault(outcome.verdict, outcome)
        if outcome.verdict == "observed":
            self.seen[outcome.outcome] += 1
        if outcome.verdict == "fail":
            self.places += outcome.places
            if len(self.failed) < FINDINGS:
                self.failed.append(outcome)


class Tally:
    """Verdicts of many transcripts that need not be in memory together."""

    def __init__(self, checks: Iterable[Check], profile: Profile) -> None:
        self.checks = list(checks)
        self.profile = profile
        self.kept: dict[str, _Kept] = {check.id: _Kept() for check in self.checks}
        self.unshown: dict[str, str] = {}
        self._asked: dict[Places, list[Check]] = {}
        for check in self.checks:
            for places in asked(check) if applies(check.id, profile) is None else ():
                self._asked.setdefault(places, []).append(check)
        self._patience = Patience(everything=PATIENCE)

    def add(self, transcript: Transcript, places: Sequence[Mapping[int, int]] | None = None) -> list[Failure]:
        """Judge a conversation; returns what it breaks.

        `places`: where the record has the frames of each connection, where it does not keep them all.
        """
        wires = evidence([transcript], self.profile)
        found: list[Failure] = []
        for check, outcome in itertools.chain(self._ruled(wires), self._placed(wires)):
            self.kept[check.id].add(outcome if places is None else _moved(outcome, places))
            if outcome.verdict == "fail":
                found.append(Failure(check, transcript.conversation, outcome.detail))
        return found

    def _ruled(self, wires: list[Wire]) -> Iterator[tuple[Check, Outcome]]:
        """What the rules say of these connections; what a recorder of ours bounds, a recording does not show."""
        for check in self.checks:
            if check.takes == "wires" and wires and applies(check.id, self.profile) is None:
                yield check, run(check.id, self._patience.over(check.function), check.owner(), wires)

    def _placed(self, wires: list[Wire]) -> Iterator[tuple[Check, Outcome]]:
        """What the chapters say of each place; one place at a time is made, and let go."""
        for places, checks in self._asked.items():
            try:
                for place in (place for wire in wires for place in places.of(wire)):
                    for check in checks:
                        said = run(check.id, self._patience.over(check.function), check.owner(), place)
                        where = f"{place.transcript.conversation}: " if said.verdict == "fail" else ""
                        yield check, replace(said, detail=where + said.detail)
            except Unshown as problem:
                for check in checks:
                    self.unshown.setdefault(check.id, str(problem))

    def outcomes(self) -> dict[str, Outcome]:
        """The verdict of every check on all that was added."""
        return {
            check.id: replace(self._outcome(check), excuses=tuple(self.kept[check.id].excuses.items()))
            for check in self.checks
        }

    def _outcome(self, check: Check) -> Outcome:
        why = applies(check.id, self.profile)
        if why is not None:
            return Outcome("skipped", why)
        kept, kind = self.kept[check.id], self._kind(check)
        judged = kept.verdicts["pass"] + kept.verdicts["fail"]
        if kept.verdicts["error"]:
            return kept.first["error"]
        if kept.verdicts["fail"]:
            more = kept.verdicts["fail"] - len(kept.failed[:MOST])
            told = "; ".join(one.detail for one in kept.failed[:MOST]) + (f" (and {more} more)" if more else "")
            findings = tuple(one for said in kept.failed for one in said.findings)[:FINDINGS]
            share = f"{kept.verdicts['fail']} of {judged} {kind} fail: " if check.conversation else ""
            return Outcome("fail", share + told, findings=findings, places=kept.places)
        if kept.verdicts["observed"]:
            return self._observed(kept, kind)
        if kept.verdicts["pass"]:
            return Outcome("pass", f"held in {judged} of {judged} {kind}" if check.conversation else "")
        for verdict in ("inconclusive", "blocked", "skipped", "not_run"):
            if verdict in kept.first:
                return Outcome("skipped", kept.first[verdict].detail)
        if check.id in self.unshown:
            return Outcome("skipped", self.unshown[check.id])
        if check.conversation is not None and not asked(check):
            return Outcome("skipped", f"only the suite's own script of {check.conversation} shows it")
        if check.takes == "held":
            return Outcome("skipped", "only a run of the suite's own shows it")
        return Outcome("skipped", f"no {kind} in the recording" if check.conversation else "nothing to judge")

    def _observed(self, kept: _Kept, kind: str) -> Outcome:
        """One answer where all places give it, else all of them, counted."""
        first = kept.first["observed"]
        if len(kept.seen) == 1:
            told = f"{first.detail} (in {kept.seen.total()} of {kept.seen.total()} {kind})".strip()
            return Outcome("observed", told, first.outcome)
        return Outcome("observed", ", ".join(f"{name}: {times}" for name, times in kept.seen.most_common()), "other")

    @staticmethod
    def _kind(check: Check) -> str:
        return " and ".join(places.name for places in asked(check)) or "connections"


def _moved(outcome: Outcome, places: Sequence[Mapping[int, int]]) -> Outcome:
    """An outcome whose findings name the frames as the record numbers them; None for those that it leaves out."""

    def kept(one: Finding) -> int | None:
        known = places[one.connection] if one.connection < len(places) else {}
        return None if one.frame is None else known.get(one.frame)

    return replace(outcome, findings=tuple(replace(one, frame=kept(one)) for one in outcome.findings))


def asked(check: Check) -> list[Places]:
    """The places that a check is asked of."""
    on = getattr(check.owner, "on", ())
    return [places for places in ((on,) if isinstance(on, Places) else on) if check.id in places.checks]
