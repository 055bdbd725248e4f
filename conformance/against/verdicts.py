"""Checks that say one thing of the one target and another of the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.against.difference import Cause, Difference
from conformance.judge.checks import Bench, Check, Outcome
from conformance.spec.profiles import Profile
from conformance.wire.transcript import Transcript

COMPARABLE = frozenset({"pass", "fail", "observed"})
"""Verdicts that say something of a target, before any baseline has a say."""

Pair = tuple[Transcript, Transcript]


@dataclass(frozen=True)
class Verdict:
    """One of them: what it says here and there, and the conversations on which it was judged."""

    check: Check
    here: str
    there: str
    conversations: tuple[str, ...]
    detail: str

    def to_json(self) -> dict[str, Any]:
        """The form of a record's `against` line."""
        return {"id": self.check.id, "here": self.here, "there": self.there, "detail": self.detail}


def differing(checks: Iterable[Check], mine: Mapping[str, Outcome], yours: Mapping[str, Outcome]) -> list[Verdict]:
    """The checks that were judged on both targets and say different things."""
    found = (_verdict(check, mine[check.id], yours[check.id]) for check in checks)
    return [one for one in found if one is not None]


def _verdict(check: Check, here: Outcome, there: Outcome) -> Verdict | None:
    mine, yours = (one.outcome or one.verdict for one in (here, there))
    if not {here.verdict, there.verdict} <= COMPARABLE or mine == yours:
        return None
    seen = dict.fromkeys(one.conversation for one in (*here.findings, *there.findings))
    names = (check.conversation,) if check.conversation else tuple(seen)
    detail = next((one.detail for one in (there, here) if one.verdict == "fail"), there.detail)
    return Verdict(check, mine, yours, names, detail)


def followed(
    causes: Iterable[Cause], verdicts: Iterable[Verdict], seen: Mapping[str, list[Difference]]
) -> list[Verdict]:
    """Fold each verdict under the first cause that its conversations show; returns those that follow from none."""
    known = {cause.first.key: cause for cause in causes}
    left = []
    for verdict in verdicts:
        keys = (one.key for name in verdict.conversations for one in seen.get(name, ()))
        cause = next((known[key] for key in keys if key in known), None)
        if cause is None:
            left.append(verdict)
        else:
            cause.checks.append(verdict.check.id)
    return left


def says_so_again(verdict: Verdict, again: Pair, profiles: tuple[Profile, Profile]) -> bool:
    """Whether a check says the same two things of a conversation that was held once more on both."""
    benches = (Bench({one.conversation: one}, profile) for one, profile in zip(again, profiles, strict=True))
    made = _verdict(verdict.check, *(bench.judge(verdict.check) for bench in benches))
    return made is not None and (made.here, made.there) == (verdict.here, verdict.there)
